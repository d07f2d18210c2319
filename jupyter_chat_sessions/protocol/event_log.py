"""The numbering of a session's events, and the window from which a returning viewer catches up.

The one rule: what came after k, whole, or nothing: never a part of it.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

from .frames import Event, Numbered, encode

Gap = Literal["new", "epoch", "window"]


class EventLog:
    """Numbers events `1, 2, 3, …` within an epoch and keeps the newest of them, encoded.

    Args:
        epoch: A random text; a new one says that earlier numbers mean nothing any more.
        max_events: How many events are kept at the most.
        max_bytes: How many encoded bytes are kept at the most.
    """

    def __init__(self, epoch: str, *, max_events: int = 1024, max_bytes: int = 512 * 1024) -> None:
        self.epoch = epoch
        self.last = 0
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._kept: deque[bytes] = deque()
        self._bytes = 0

    def append(self, event: Event) -> bytes:
        """Give an event its number and return the encoded `event` frame, the same for every viewer."""
        self.last += 1
        frame = encode(Numbered(seq=self.last, event=event))
        self._kept.append(frame)
        self._bytes += len(frame)
        while len(self._kept) > self._max_events or self._bytes > self._max_bytes:
            self._bytes -= len(self._kept.popleft())
        return frame

    def since(self, epoch: str | None, seq: int) -> list[bytes] | Gap:
        """Return the encoded frames after `seq`, or why they cannot be had.

        Args:
            epoch: The epoch in which the viewer counted; None if it has seen nothing.
            seq: The last number that the viewer applied.
        """
        if epoch is None:
            return "new"
        if epoch != self.epoch or seq > self.last or seq < 0:
            return "epoch"
        missing = self.last - seq
        if missing > len(self._kept):
            return "window"
        return [self._kept[index] for index in range(len(self._kept) - missing, len(self._kept))]

    def trim(self) -> None:
        """Let the kept events go: nobody can come back for them."""
        self._kept.clear()
        self._bytes = 0
