"""Plain functions in threads: the author's `def` handlers, and what `make_async` wraps.

Daemon threads of our own, not an executor: a function that never returns must neither use up a pool nor keep the
kernel from exiting.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function in a thread of its own, with this context, and wait for its result.

    Cancelling stops the waiting, not the thread.

    Raises:
        BaseException: Whatever the function raises.
    """
    context = contextvars.copy_context()
    future: Future[T] = Future()

    def work() -> None:
        try:
            result = context.run(function, *args, **kwargs)
        except BaseException as error:
            if isinstance(error, StopIteration):  # a coroutine cannot raise it, and would wait for ever
                error = RuntimeError(f"{getattr(function, '__name__', 'the function')} raised StopIteration")
            if not future.cancelled():
                future.set_exception(error)
        else:
            if not future.cancelled():
                future.set_result(result)

    threading.Thread(target=work, name="chat-handler", daemon=True).start()
    return await asyncio.wrap_future(future)
