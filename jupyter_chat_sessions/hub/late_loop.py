"""The server's loop as the hub's clock: sessions are read back before it runs, so that nobody comes too early."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any


class LateLoop:
    """A clock that may be asked before the loop runs; what is due later is armed when it does."""

    def __init__(self) -> None:
        self._waiting: list[_LateTimer] | None = []

    def start(self) -> None:
        """Arm what has waited. Called on the running loop."""
        waiting, self._waiting = self._waiting or [], None
        for timer in waiting:
            timer.arm()

    def time(self) -> float:
        """Return seconds on the clock that asyncio's loops go by."""
        return time.monotonic()

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> asyncio.TimerHandle | _LateTimer:
        """See `Clock.call_later`."""
        if self._waiting is None:
            return asyncio.get_running_loop().call_later(delay, callback, *args)
        timer = _LateTimer(delay, callback, args)
        self._waiting.append(timer)
        return timer


class _LateTimer:
    def __init__(self, delay: float, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._call = (delay, callback, *args)
        self._is_cancelled = False
        self._handle: asyncio.TimerHandle | None = None

    def arm(self) -> None:
        if not self._is_cancelled:
            self._handle = asyncio.get_running_loop().call_later(*self._call)

    def cancel(self) -> None:
        self._is_cancelled = True
        if self._handle is not None:
            self._handle.cancel()
