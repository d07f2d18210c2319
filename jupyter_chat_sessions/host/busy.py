"""Notices when a loop does not get round to what was handed to it: a cell keeps it."""

from __future__ import annotations

import asyncio
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
        self._handed = 0
        self._begun = 0
        self._is_busy = False
        self._timer: asyncio.TimerHandle | None = None

    def hand_over(self, work: Callable[[], None]) -> None:
        """Let the watched loop do something, in the order in which it was handed over."""
        self._handed += 1

        def begin() -> None:
            self._own.call_soon_threadsafe(self._on_begun)
            work()

        self._watched.call_soon_threadsafe(begin)
        if self._timer is None and not self._is_busy:
            self._timer = self._own.call_later(BUSY_AFTER_S, self._check)
        if self._probe_timer is None:
            self._probe_timer = self._own.call_later(PROBE_S, self._probe)

    def _probe(self) -> None:
        self._probe_timer = None
        if self._is_working():
            self.hand_over(lambda: None)

    def _check(self) -> None:
        self._timer = None
        if self._begun < self._handed:
            self._is_busy = True
            self._on_change(True)

    def _on_begun(self) -> None:
        self._begun += 1
        if self._begun < self._handed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_busy:
            self._is_busy = False
            self._on_change(False)
