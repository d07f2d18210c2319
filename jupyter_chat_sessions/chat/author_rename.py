"""`author_rename`: under which names authors are shown.

The one rule: a name is asked for once a session, and what a message or step carries stays as its author wrote it.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from ..host.app import Handler
from ..host.current import current_app
from ..host.session import BaseSession
from .sync import run_sync

F = TypeVar("F", bound=Callable[..., Any])

RENAME_LIMIT_S = 10.0
"""How long plain code is held up by an async function, in seconds."""

_is_asking: ContextVar[bool] = ContextVar("chat_is_asking_for_a_name", default=False)


def author_rename(function: F) -> F:
    """Let a function say under which name an author is shown (Chainlit: `@cl.author_rename`).

    It is asked when a message or step of an author is first shown in a session; the answer is remembered for that
    session. The object keeps its own `author` or `name`, so that it can be compared and sent again. The names of
    viewers are theirs and are not asked about.

    Args:
        function: Takes the name and returns the name to show; `async def`, or `def`, which is called where the message
            is sent and should be quick.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called. What the function raises, and that it returned no text, is raised where the
            message is sent.

    Example:
        >>> @cl.author_rename
        ... async def rename(name: str):
        ...     return {"LLMMathChain": "Albert Einstein"}.get(name, name)

    Chainlit's writes the new name over the message's author and takes an `async def` only. In a plain `with cl.Step`,
    where nothing can be awaited, an async function is run on a loop of its own and has 10 seconds.
    """
    current_app().register("author_rename", function)
    return function


def is_renaming(session: BaseSession) -> bool:
    """Return whether there is a function to ask."""
    return session.app.handler("author_rename") is not None


async def learn_name(session: BaseSession, name: str) -> None:
    """Ask under which name an author is shown in a session, where that is not known yet.

    Raises:
        TypeError: The author's function returned no text.
        Exception: Whatever it raises.
    """
    handler = _handler_to_ask(session, name)
    if handler is None:
        return
    with _asking():
        shown = handler.function(name)
        if inspect.isawaitable(shown):
            shown = await shown
    _note(session, handler, name, shown)


def shown_name(session: BaseSession, name: str) -> str:
    """Return under which name an author is shown in a session. From any thread; asks where it is not known yet.

    Raises:
        TypeError: The author's function returned no text.
        TimeoutError: It took too long.
        Exception: Whatever it raises.
    """
    renames = session.app.handler("author_rename")
    if renames is None:
        return name
    known = session.shown_names.known(name, by=renames)
    if known is not None:
        return known
    handler = _handler_to_ask(session, name)
    if handler is None:
        return name
    with _asking():
        shown = handler.function(name)
        if inspect.isawaitable(shown):
            shown = run_sync(_limited(shown))
    return _note(session, handler, name, shown)


def _handler_to_ask(session: BaseSession, name: str) -> Handler | None:
    """Return what is to be asked about a name. What the function itself says while it is asked is shown as it is."""
    handler = session.app.handler("author_rename")
    if handler is None or _is_asking.get() or session.shown_names.known(name, by=handler) is not None:
        return None
    return handler


def _note(session: BaseSession, handler: Handler, name: str, shown: Any) -> str:
    if not isinstance(shown, str):
        raise TypeError(
            f"@author_rename returns the name to show, a text; for {name!r} it returned {type(shown).__name__!r}."
        )
    session.shown_names.note(name, shown, by=handler)
    return shown


@contextmanager
def _asking() -> Iterator[None]:
    token = _is_asking.set(True)
    try:
        yield
    finally:
        _is_asking.reset(token)


async def _limited(answer: Awaitable[Any]) -> Any:
    import asyncio  # here and not above: importing the author's API stays fast

    try:
        return await asyncio.wait_for(answer, RENAME_LIMIT_S)
    except TimeoutError:
        raise TimeoutError(
            f"@author_rename did not answer within {RENAME_LIMIT_S:g} s, and a plain `with` had to wait for it. "
            "Use `async with`, or write the function with a plain `def`."
        ) from None
