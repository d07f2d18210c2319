"""Notices when a loop does not get round to what was handed to it: a cell keeps it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

BUSY_AFTER_S = 0.3
PROBE_S = 1.0
"""How often it is looked whether the loop is kept while a handler goes on: nothing more is handed over meanwhile."""


class BusyWatch:
    """Hands work to a loop, and says when the loop takes long to begin it. Lives on the link's loop.

    Args:
        watched: The loop that handlers run on.
        own: The link's loop.
        on_change: Called on the link's loop with True when the watched loop is kept, with False when it is free again.
        is_working: Returns whether a handler goes on on the watched loop.
    """

    def __init__(
        self,
        watched: asyncio.AbstractEventLoop,
        own: asyncio.AbstractEventLoop,
        *,
        on_change: Callable[[bool], None],
        is_working: Callable[[], bool] = lambda: False,
    ) -> None:
        self._watched = watched
        self._own = own
        self._on_change = on_change
        self._is_working = is_working
        self._probe_timer: asyncio.TimerHandle | None = None
        self._works: deque[Callable[[], None]] = deque()
        self._is_awaited = False
        """The watched loop has been told that there is something for it, and has not begun it."""
        self._awaited_since = 0.0
        self._is_busy = False
        self._timer: asyncio.TimerHandle | None = None

    def hand_over(self, work: Callable[[], None]) -> None:
        """Let the watched loop do something, in the order in which it was handed over.

        It is woken once for all that gathers meanwhile: with many messages at a time, waking costs more than they do.
        """
        self._works.append(work)
        if not self._is_awaited:
            self._is_awaited = True
            self._awaited_since = self._own.time()
            self._watched.call_soon_threadsafe(self._begin)
        if self._timer is None and not self._is_busy:
            self._timer = self._own.call_later(BUSY_AFTER_S, self._check)
        if self._probe_timer is None:
            self._probe_timer = self._own.call_later(PROBE_S, self._probe)

    def _begin(self) -> None:
        """Do what there is. On the watched loop."""
        self._is_awaited = False  # first: what comes from now on wakes it again
        works = [self._works.popleft() for _ in range(len(self._works))]
        if self._is_busy:  # else nobody is told: to wake the link's thread costs more than a message
            self._own.call_soon_threadsafe(self._on_begun)
        for work in works:
            try:
                work()
            except Exception as error:  # it costs the others nothing
                self._watched.call_exception_handler({"message": "A session could not go on.", "exception": error})

    def _probe(self) -> None:
        self._probe_timer = None
        if self._is_working():
            self.hand_over(lambda: None)

    def _check(self) -> None:
        self._timer = None
        if not self._is_awaited:
            return
        left_s = self._awaited_since + BUSY_AFTER_S - self._own.time()
        if left_s > 0:  # what has waited when the timer was set has begun; this came later
            self._timer = self._own.call_later(left_s, self._check)
            return
        self._is_busy = True  # before it is looked again: either it is seen there, or here that it has begun
        if self._is_awaited:
            self._on_change(True)
        else:
            self._is_busy = False

    def _on_begun(self) -> None:
        if self._is_busy and not self._is_awaited:
            self._is_busy = False
            self._on_change(False)
