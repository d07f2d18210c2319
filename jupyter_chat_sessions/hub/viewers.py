"""Who looks at a session: every viewer's socket gets what there is to show, each frame encoded once.

The one rule: nobody is waited for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Protocol

MAX_UNHEARD = 16
"""Signals that are kept for the first viewer of a session."""


class Outlet(Protocol):
    """A viewer's socket, as the hub sees it."""

    def send(self, frame: bytes) -> None:
        """Queue one encoded frame; never waits."""

    def close(self, code: int, reason: str) -> None:
        """Close the socket once what is queued has left."""


class Viewers:
    """The viewers that are attached to one session."""

    __slots__ = ("_outlets", "_unheard")

    def __init__(self) -> None:
        self._outlets: list[Outlet] = []
        self._unheard: deque[bytes] | None = deque(maxlen=MAX_UNHEARD)
        """Signals from before the first viewer was attached: `on_chat_start` may well be quicker. Then None."""

    def __len__(self) -> int:
        return len(self._outlets)

    def add(self, outlet: Outlet, frames: Iterable[bytes]) -> None:
        """Take one in, and give it what it has missed. If that raises, it is in all the same."""
        self._outlets.append(outlet)
        for frame in (*frames, *(self._unheard or ())):
            outlet.send(frame)
        self._unheard = None

    def remove(self, outlet: Outlet) -> bool:
        """Let one go; return whether it was there."""
        is_here = outlet in self._outlets
        if is_here:
            self._outlets.remove(outlet)
        return is_here

    def send(self, frame: bytes) -> None:
        """Send everybody a frame."""
        for outlet in self._outlets:
            outlet.send(frame)

    def signal(self, frame: bytes) -> None:
        """Send everybody a frame that is not kept; before the first has come, it waits for that one."""
        if self._unheard is not None:
            self._unheard.append(frame)
        self.send(frame)

    def close(self, frame: bytes, code: int, reason: str) -> None:
        """Send everybody a last frame, and close their sockets."""
        outlets, self._outlets = self._outlets, []  # closing may detach at once
        for outlet in outlets:
            outlet.send(frame)
            outlet.close(code, reason)
