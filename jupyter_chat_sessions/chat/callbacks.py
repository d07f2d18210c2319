"""The decorators that put an author's functions into the app's slots.

A slot holds the last function registered, and each decorator returns the function as it was, so that it can be called
and tested directly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..host.current import current_app
from ..host.run import Run
from ..host.scope import current_session
from .chat_context import note_received
from .commands import chosen_command
from .message import Message
from .modes import chosen_modes
from .stored_thread import thread_dict

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
    current_app().register("on_chat_start", function)
    return function


def on_chat_resume(function: F) -> F:
    """Run a function once when a conversation goes on after its kernel or its session has ended.

    It runs in the place of `on_chat_start`, before any message. `user_session` holds again what could be kept of it,
    and `chat_context` what was said; what could not be kept, such as a connection, is set here.

    Args:
        function: Takes the thread as a `ThreadDict`, or nothing; `async def` or `def`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_chat_resume
        ... async def resume(thread: cl.ThreadDict):
        ...     cl.user_session.set("client", connect())

    Chainlit's runs again at each reconnect of a resumed chat, and `chat_context` is filled after it.
    """
    current_app().register("on_chat_resume", function, arguments=_thread)
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
    current_app().register("on_message", function, arguments=_received)
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

    Chainlit's runs at each lost connection; see `on_disconnect`. It does not run when the kernel is restarted: the
    session goes on.
    """
    current_app().register("on_chat_end", function)
    return function


def on_disconnect(function: F) -> F:
    """Run a function when the last viewer of a session has gone; the session waits for it to come back.

    It has its turn among the session's runs. If the viewer is back before that, neither it nor `on_reconnect` runs.

    Args:
        function: Takes nothing.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_disconnect
        ... def left():
        ...     print(cl.user_session.get("user_name"), "looks away")

    Not in Chainlit, whose `on_chat_end` runs then.
    """
    current_app().register("on_disconnect", function)
    return function


def on_reconnect(function: F) -> F:
    """Run a function when a viewer comes back to a session that the last one had left.

    Args:
        function: Takes nothing.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_reconnect
        ... async def back():
        ...     await cl.Message("Welcome back!").send()

    Not in Chainlit.
    """
    current_app().register("on_reconnect", function)
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
    current_app().register("on_stop", function)
    return function


def _received(run: Run) -> tuple[Any, ...]:
    """Make the message that `on_message` is about, and note it in the session's `chat_context`."""
    if run.step is None:
        return ()
    session = current_session()
    message = Message.from_step(run.step)
    message.command = chosen_command(session, message.command)
    message.modes = chosen_modes(session, message.modes)
    note_received(message)
    return (message,)


def _thread(run: Run) -> tuple[Any, ...]:
    """Make the thread that `on_chat_resume` is about."""
    return () if run.thread is None else (thread_dict(run.thread, user=current_session().user),)
