"""Who waits for the disk that files are on, so that the hub need not: one thing after the other, in the order given.

The one rule: what comes of it is told in that order, too, on the hub's loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Protocol, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")

CLOSE_LIMIT_S = 10.0
"""How long the end of the hub waits for a disk, in seconds."""


class Disk(Protocol):
    """What the hub asks of whoever waits for the disk."""

    def do(self, work: Callable[[], T], then: Callable[[Future[T]], None] | None = None) -> None:
        """Do something that may wait, behind what was given before. Never waits.

        Args:
            work: What to do, on whatever thread.
            then: Called on the hub's loop with what came of it. Without it, an error is only logged.
        """

    async def run(self, work: Callable[[], T]) -> T:
        """Do as `do` does, and return what came of it."""

    async def aclose(self) -> None:
        """Finish what was given, as far as the disk lets it."""


class DiskAtOnce:
    """Does it on the spot: for a hub that nobody else depends on, such as the one in a kernel of its own."""

    def do(self, work: Callable[[], T], then: Callable[[Future[T]], None] | None = None) -> None:
        """See `Disk.do`."""
        done: Future[T] = Future()
        try:
            done.set_result(work())
        except Exception as error:
            done.set_exception(error)
        _tell(then, done)

    async def run(self, work: Callable[[], T]) -> T:
        """See `Disk.run`."""
        return work()

    async def aclose(self) -> None:
        """There is nothing to finish."""


class DiskThread:
    """Does it on a thread of its own, which is there once it is needed."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="chat-files")

    def do(self, work: Callable[[], T], then: Callable[[Future[T]], None] | None = None) -> None:
        """See `Disk.do`."""
        loop = asyncio.get_running_loop()
        self._thread.submit(work).add_done_callback(partial(_tell_on, loop, then))

    async def run(self, work: Callable[[], T]) -> T:
        """See `Disk.run`."""
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Future[T]] = loop.create_future()

        def tell(done: Future[T]) -> None:
            if not told.done():  # whoever waited may have gone
                told.set_result(done)

        self.do(work, tell)
        return (await told).result()

    async def aclose(self) -> None:
        """See `Disk.aclose`. The thread itself goes with this object: whoever is late need not be refused."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT_S):
                await self.run(_nothing)


def _tell_on(loop: asyncio.AbstractEventLoop, then: Callable[[Future[T]], None] | None, done: Future[T]) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody listens any more
        loop.call_soon_threadsafe(_tell, then, done)


def _tell(then: Callable[[Future[T]], None] | None, done: Future[T]) -> None:
    if then is not None:
        then(done)
    elif (error := done.exception()) is not None:
        logger.error("something could not be done with files: %s", error, exc_info=error)


def _nothing() -> None:
    """What is done when all that was given before is."""
