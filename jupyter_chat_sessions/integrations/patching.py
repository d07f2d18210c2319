"""A client library's calls, watched: the methods that make them are replaced by ones that also show a step.

The one rule: what the library gives and raises stays what it was, whatever goes wrong with showing it.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, NamedTuple, Protocol
from weakref import WeakSet

from ..chat.step import parent_of_what_is_said
from ..host.app import App
from ..host.current import current_app
from .trace import TracedStep, scope_or_none

logger = logging.getLogger(__name__)

_APPS = "_chat_apps"
"""What a replaced method has, and no other: for whose sessions it shows steps."""


class Said(NamedTuple):
    """What a library's answer, or a piece of one, says.

    Attributes:
        text: What the model said.
        metadata: Notes, such as how many tokens it took.
    """

    text: Any = None
    metadata: Mapping[str, Any] | None = None


class Dialect(Protocol):
    """How a library's calls are read."""

    stream_attribute: str
    """Where a stream of its has the iterator that it reads."""

    def asked(self, given: Mapping[str, Any]) -> tuple[str, Any]:
        """Return the model's name, and what it is told."""

    def answered(self, result: Any) -> Said:
        """Return what an answer says."""

    def is_stream(self, result: Any) -> bool:
        """Return whether an answer comes in pieces."""

    def piece(self, chunk: Any) -> Said:
        """Return what a piece says: text that is added, and notes."""


class Method(NamedTuple):
    """A method that makes calls.

    Attributes:
        owner: Its class.
        name: What it is called there.
        dialect: How its calls are read.
        is_async: It is awaited.
    """

    owner: type
    name: str
    dialect: Dialect
    is_async: bool


class Instrumentation:
    """What `cl.instrument_openai()` returns: the library's calls are shown until `undo`.

    Example:
        >>> shown = cl.instrument_openai()
        >>> shown.undo()
    """

    def __init__(self, app: App, methods: Sequence[Method]) -> None:
        self._app = app
        self._methods = methods

    def undo(self) -> None:
        """Show them no longer in this app's chats; where no other app wants them, the library is as it was."""
        for owner, name, _, _ in self._methods:
            present = vars(owner)[name]
            apps = getattr(present, _APPS, None)
            if apps is None:
                continue
            apps.discard(self._app)
            if not apps:
                setattr(owner, name, present.__wrapped__)


def instrument(methods: Sequence[Method]) -> Instrumentation:
    """Show what some methods do in the chats of the app that this code belongs to. A second time changes nothing."""
    app = current_app()
    for method in methods:
        present = vars(method.owner)[method.name]
        apps: WeakSet[App] | None = getattr(present, _APPS, None)
        if apps is None:
            apps = WeakSet()
            watched = (_awaited if method.is_async else _called)(present, method.dialect, apps)
            setattr(watched, _APPS, apps)
            setattr(method.owner, method.name, watched)
        apps.add(app)
    return Instrumentation(app, methods)


def _called(original: Callable[..., Any], dialect: Dialect, apps: WeakSet[App]) -> Callable[..., Any]:
    @wraps(original)
    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        step = _begin(dialect, kwargs, apps)
        if step is None:
            return original(self, *args, **kwargs)
        try:
            result = original(self, *args, **kwargs)
        except BaseException as error:
            step.finish(error=error)
            raise
        return _taken(step, dialect, result)

    return watched


def _awaited(original: Callable[..., Any], dialect: Dialect, apps: WeakSet[App]) -> Callable[..., Any]:
    @wraps(original)
    async def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        step = _begin(dialect, kwargs, apps)
        if step is None:
            return await original(self, *args, **kwargs)
        try:
            result = await original(self, *args, **kwargs)
        except BaseException as error:
            step.finish(error=error)
            raise
        return _taken(step, dialect, result)

    return watched


def _begin(dialect: Dialect, given: Mapping[str, Any], apps: WeakSet[App]) -> TracedStep | None:
    scope = scope_or_none()
    if scope is None or scope.session.app not in apps or scope.session.is_ended:
        return None
    with _quietly():
        model, told = dialect.asked(given)
        above = parent_of_what_is_said(scope)
        return TracedStep(scope, name=model, type="llm", parent_id=above, input=told, metadata={"model": model})
    return None


def _taken(step: TracedStep, dialect: Dialect, result: Any) -> Any:
    """Note what came back; of a stream, what comes."""
    with _quietly():
        if not dialect.is_stream(result):
            said = dialect.answered(result)
            step.finish(said.text, metadata=said.metadata)
            return result
        pieces = getattr(result, dialect.stream_attribute)
        is_async = hasattr(pieces, "__anext__")
        heard = _heard_async(step, dialect, pieces) if is_async else _heard(step, dialect, pieces)
        setattr(result, dialect.stream_attribute, heard)
        return result
    step.finish()
    return result


def _heard(step: TracedStep, dialect: Dialect, pieces: Iterator[Any]) -> Iterator[Any]:
    notes: dict[str, Any] = {}
    try:
        for piece in pieces:
            _note(step, dialect, piece, notes)
            yield piece
    except GeneratorExit:  # whoever reads it has had enough
        step.finish(metadata=notes)
        if inspect.isgenerator(pieces):
            pieces.close()
        raise
    except BaseException as error:
        step.finish(error=error, metadata=notes)
        raise
    step.finish(metadata=notes)


async def _heard_async(step: TracedStep, dialect: Dialect, pieces: AsyncIterator[Any]) -> AsyncIterator[Any]:
    notes: dict[str, Any] = {}
    try:
        async for piece in pieces:
            _note(step, dialect, piece, notes)
            yield piece
    except GeneratorExit:
        step.finish(metadata=notes)
        if inspect.isasyncgen(pieces):
            await pieces.aclose()
        raise
    except BaseException as error:
        step.finish(error=error, metadata=notes)
        raise
    step.finish(metadata=notes)


def _note(step: TracedStep, dialect: Dialect, piece: Any, notes: dict[str, Any]) -> None:
    with _quietly():
        said = dialect.piece(piece)
        if said.text:
            step.append(said.text)
        notes.update(said.metadata or {})


@contextmanager
def _quietly() -> Iterator[None]:
    """Whatever is odd about what a library said: the author's call goes on, and the log tells."""
    try:
        yield
    except Exception:
        logger.exception("A library's call could not be shown.")
