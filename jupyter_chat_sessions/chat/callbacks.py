"""The decorators that put an author's functions into the app's slots.

A slot holds the last function registered, and each decorator returns the function as it was, so that it can be called
and tested directly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..host.current import current_runtime
from ..host.scope import current_session
from ..protocol.steps import Step
from .message import Message

F = TypeVar("F", bound=Callable[..., Any])


def on_chat_start(function: F) -> F:
    """Run a function once when a session begins.

    Args:
        function: Takes nothing; `async def` runs on the notebook's loop, `def` in a thread.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_chat_start
        ... async def start():
        ...     await cl.Message("Hello!").send()

    Unlike Chainlit's, it does not run again when a socket reconnects.
    """
    current_runtime().app.register("on_chat_start", function)
    return function


def on_message(function: F) -> F:
    """Run a function for each message of a user, one at a time for each session.

    Args:
        function: Takes the `Message`, or nothing; `async def` or `def`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_message
        ... async def reply(message: cl.Message):
        ...     await cl.Message(f"You said: {message.content}").send()

    Unlike Chainlit's, a plain `def` works too, and a second message waits for the first.
    """
    current_runtime().app.register("on_message", function, arguments=_received)
    return function


def on_chat_end(function: F) -> F:
    """Run a function once when a session really ends: closed, or left alone longer than the session timeout.

    Args:
        function: Takes nothing; has 10 seconds.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_chat_end
        ... def goodbye():
        ...     print("ended:", cl.user_session.get("id"))

    Chainlit's runs at each lost connection.
    """
    current_runtime().app.register("on_chat_end", function)
    return function


def on_stop(function: F) -> F:
    """Run a function after a viewer has stopped a run.

    Args:
        function: Takes nothing.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_stop
        ... async def stopped():
        ...     await cl.Message("Stopped. Ask me something else.").send()
    """
    current_runtime().app.register("on_stop", function)
    return function


def _received(step: Step | None) -> tuple[Any, ...]:
    """Make the message that `on_message` is about, and note it in the session's `chat_context`."""
    if step is None:
        return ()
    message = Message.from_step(step)
    current_session().messages.append(message)
    return (message,)
