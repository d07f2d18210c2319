"""Between `def` and `async def`: plain functions awaited, coroutines waited for.

asyncio is imported where it is used: importing the author's API stays fast.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from ..host.line import wait_limit_s
from ..host.scope import current_session, is_in_handler

SYNC_LIMIT_S = 30.0
"""How long plain code is held up by a message that cannot leave, seconds."""

P = ParamSpec("P")
T = TypeVar("T")


def make_async(function: Callable[P, T], cancellable: bool = False) -> Callable[P, Awaitable[T]]:
    """Return an async function that runs a plain one in a thread, with this session (Chainlit: `cl.make_async`).

    Args:
        function: What takes long.
        cancellable: For compatibility. Cancelling always stops the waiting and never the thread.

    Example:
        >>> answer = await cl.make_async(slow_model)(prompt)
    """
    from ..host.threads import run_in_thread

    @wraps(function)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return await run_in_thread(function, *args, **kwargs)

    return run


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine from plain code and return its result (Chainlit: `cl.run_sync`).

    In a plain handler's thread it runs on the loop of the session. On a loop's own thread it runs on a loop of its own
    in another thread while this one waits, so it must not need anything that only this loop can do.

    Raises:
        HubUnreachableError: Much was said that the server has not got, and for 30 seconds nothing came through.
        BaseException: Whatever the coroutine raises.

    Example:
        >>> def handler(message):
        ...     cl.run_sync(cl.Message("From a plain function").send())
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        if is_in_handler():
            return asyncio.run_coroutine_threadsafe(_limited(coroutine), current_session().loop).result()
        return asyncio.run(_limited(coroutine))
    return _run_beside(_limited(coroutine))


async def sleep(duration: float) -> None:
    """Wait, and let others run (Chainlit: `cl.sleep`).

    Args:
        duration: Seconds.

    Example:
        >>> await cl.sleep(0.5)
    """
    import asyncio

    await asyncio.sleep(duration)


async def _limited(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that a thread waits for: it does not wait for ever for the link."""
    wait_limit_s.set(SYNC_LIMIT_S)  # in the context of this task, which is the coroutine's own
    return await coroutine


def _run_beside(coroutine: Coroutine[Any, Any, T]) -> T:
    import asyncio

    context = contextvars.copy_context()
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(context.run(asyncio.run, coroutine))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, name="chat-run-sync", daemon=True).start()
    return future.result()
