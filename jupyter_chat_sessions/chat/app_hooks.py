"""`on_app_startup` and `on_app_shutdown`: what an app needs beside its sessions, such as a model or a pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..host.current import current_app

F = TypeVar("F", bound=Callable[..., Any])


def on_app_startup(function: F) -> F:
    """Run a function once, before the first handler of the first session (Chainlit: `@cl.on_app_startup`).

    All sessions wait for it, for at most 60 seconds. A cell that is run again does not run it again, unless it failed.
    Reconnects, reloads, and a restart of the Jupyter server do not run it either: only a new process does, or a chat
    that is opened again after `on_app_shutdown`. Defined while sessions live, it runs before their next handler. An
    exception is shown under the cell, and the chat begins nevertheless.

    Args:
        function: Takes nothing. `async def` runs on the loop of the handlers, `def` in a thread. There is no session
            in it.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_app_startup
        ... async def connect():
        ...     global pool
        ...     pool = await open_pool()

    Chainlit's runs when its server starts. A notebook has no such moment: its chat may be opened and never used.
    """
    current_app().register("on_app_startup", function)
    return function


def on_app_shutdown(function: F) -> F:
    """Run a function once when the app ends (Chainlit: `@cl.on_app_shutdown`).

    That is when its last chat is closed and the sessions in it have had their `on_chat_end`; when a file that is run
    again takes the place of this app; when `jupyter chat-sessions run` ends; and when the kernel is shut down or
    restarted from the menu. It does not run when the process is killed, nor where no session ever needed a handler.
    It has 10 seconds; when the kernel is shut down 4, because Jupyter waits no longer.

    Args:
        function: Takes nothing; `async def` or `def`. There is no session in it.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_app_shutdown
        ... async def disconnect():
        ...     await pool.close()

    Chainlit's runs when its server stops.
    """
    current_app().register("on_app_shutdown", function)
    return function
