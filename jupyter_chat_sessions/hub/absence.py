"""The time in which nobody looks at a session: after a while it rests, and later it ends."""

from __future__ import annotations

from collections.abc import Callable

from .clock import Clock, Timer

REST_AFTER_S = 600.0
"""How long after its last viewer has left a session keeps the events from which one catches up, in seconds."""


class Absence:
    """The timers that run while nobody looks at one session.

    Args:
        clock: Where time comes from.
        on_rest: Called when there is nobody left to catch up.
        on_timeout: Called when nobody has come back in time.
    """

    __slots__ = ("_clock", "_on_rest", "_on_timeout", "_timers")

    def __init__(self, clock: Clock, *, on_rest: Callable[[], None], on_timeout: Callable[[], None]) -> None:
        self._clock = clock
        self._on_rest = on_rest
        self._on_timeout = on_timeout
        self._timers: tuple[Timer, ...] = ()

    def begin(self, timeout_s: float | None) -> None:
        """Nobody looks from now on.

        Args:
            timeout_s: How long the session waits, in seconds; None for as long as it takes.
        """
        self.end()
        if timeout_s is not None:
            self._timers += (self._clock.call_later(timeout_s, self._on_timeout),)
        self._timers += (self._clock.call_later(REST_AFTER_S, self._on_rest),)

    def end(self) -> None:
        """Somebody looks, or it does not matter any more."""
        for timer in self._timers:
            timer.cancel()
        self._timers = ()
