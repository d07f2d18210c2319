"""How fast somebody may speak: a little at once, and then so much a minute."""

from __future__ import annotations


class Pace:
    """A bucket of tokens for one session.

    Args:
        burst: How many may come at once.
        per_minute: How many a minute may come in the long run; 0 for any number.

    Example:
        >>> pace = Pace(burst=1, per_minute=60)
        >>> pace.wait_s(now=0.0), pace.wait_s(now=0.2), pace.wait_s(now=1.5)
        (0.0, 1.0, 0.0)
    """

    def __init__(self, *, burst: int, per_minute: float) -> None:
        self._burst = float(burst)
        self._per_s = per_minute / 60
        self._left = self._burst
        self._settled_at: float | None = None
        self._closed_until = 0.0

    def wait_s(self, now: float) -> float:
        """Take one, if it may come now.

        Args:
            now: Seconds on a monotonic clock.

        Returns:
            0 if it may; else in how many seconds it may come again. Until then none may: what is sent later must not
            overtake it.
        """
        if self._per_s <= 0:
            return 0.0
        passed = 0.0 if self._settled_at is None else now - self._settled_at
        self._settled_at = now
        self._left = min(self._burst, self._left + passed * self._per_s)
        if now < self._closed_until:
            return self._closed_until - now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        wait_s = max(1.0, (1 - self._left) / self._per_s)
        self._closed_until = now + wait_s
        return wait_s
