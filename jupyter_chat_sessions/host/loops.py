"""The loops that an author's handlers run on: the notebook's, and with `run_on="thread"` one of the runtime's own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from .busy import BusyWatch

OnBusy = Callable[[asyncio.AbstractEventLoop, bool], None]


class HandlerLoops:
    """Hands work to loops, watching whether a cell keeps them.

    Args:
        on_busy: Called on the link's loop when one of them is kept (True), and when it is free again.
        is_working: Returns whether a handler goes on on a loop.
    """

    def __init__(self, *, on_busy: OnBusy, is_working: Callable[[asyncio.AbstractEventLoop], bool]) -> None:
        self._on_busy = on_busy
        self._is_working = is_working
        self._watches: dict[asyncio.AbstractEventLoop, BusyWatch] = {}
        self._own: asyncio.AbstractEventLoop | None = None

    def own(self) -> asyncio.AbstractEventLoop:
        """Return the runtime's own loop, which runs on a thread of its own."""
        if self._own is None:
            loop = self._own = asyncio.new_event_loop()

            def run() -> None:
                asyncio.set_event_loop(loop)
                try:
                    loop.run_forever()
                finally:
                    loop.close()

            threading.Thread(target=run, name="chat-handlers", daemon=True).start()
        return self._own

    def hand_over(
        self, work: Callable[[], None], to: asyncio.AbstractEventLoop, *, link_loop: asyncio.AbstractEventLoop
    ) -> None:
        """Let a loop do something, in the order in which it was handed over. Called on the link's loop."""
        watch = self._watches.get(to)
        if watch is None:
            watch = self._watches[to] = BusyWatch(
                to,
                link_loop,
                on_change=lambda is_busy: self._on_busy(to, is_busy),
                is_working=lambda: self._is_working(to),
            )
        watch.hand_over(work)

    def close(self, last: Callable[[asyncio.AbstractEventLoop], Coroutine[Any, Any, None]]) -> None:
        """Stop watching, and stop the own loop once something last has run on it."""
        self._watches.clear()
        loop, self._own = self._own, None
        if loop is None:
            return

        async def stop() -> None:
            await last(loop)
            loop.stop()

        asyncio.run_coroutine_threadsafe(stop(), loop)
