"""Time, as the hub is given it, and the clocks of open questions, which stand still while nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Timer(Protocol):
    """Something that will be called later."""

    def cancel(self) -> None:
        """Let it never be called."""


class Clock(Protocol):
    """An asyncio loop, as far as the hub needs one."""

    def time(self) -> float:
        """Return seconds on a monotonic clock."""

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> Timer:
        """Call back after `delay` seconds."""


class QuestionClocks:
    """The time left for each open question of a session; it runs only while somebody is attached.

    Args:
        clock: Where time comes from.
        on_expired: Called with a question's id when its time is over.
    """

    def __init__(self, clock: Clock, *, on_expired: Callable[[str], None]) -> None:
        self._clock = clock
        self._on_expired = on_expired
        self._left_s: dict[str, float] = {}
        self._timers: dict[str, Timer] = {}
        self._running_since: float | None = None

    def put(self, question_id: str, timeout_s: float) -> None:
        """Start a question's clock."""
        self._settle()
        self._left_s[question_id] = timeout_s
        self._rearm()

    def clear(self, question_id: str) -> None:
        """Forget a question."""
        self._left_s.pop(question_id, None)
        timer = self._timers.pop(question_id, None)
        if timer is not None:
            timer.cancel()

    def run(self) -> None:
        """Let the clocks run: somebody looks."""
        if self._running_since is None:
            self._running_since = self._clock.time()
            self._rearm()

    def pause(self) -> None:
        """Let the clocks stand: nobody looks."""
        self._settle()
        self._running_since = None
        self._rearm()

    def remaining(self) -> dict[str, float]:
        """Return the seconds left, by question."""
        self._settle()
        return dict(self._left_s)

    def _settle(self) -> None:
        if self._running_since is None:
            return
        now = self._clock.time()
        passed, self._running_since = now - self._running_since, now
        self._left_s = {question_id: max(0.0, left - passed) for question_id, left in self._left_s.items()}

    def _rearm(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._running_since is not None:
            for question_id, left in self._left_s.items():
                self._timers[question_id] = self._clock.call_later(left, self._expire, question_id)

    def _expire(self, question_id: str) -> None:
        self.clear(question_id)
        self._on_expired(question_id)
