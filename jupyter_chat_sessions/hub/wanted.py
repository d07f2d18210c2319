"""Pieces of files that a host has asked for and was not sent yet.

The one rule: a piece is read when it can leave. However much a host asks for, a few pieces are in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ..protocol.frames import FilePiece

MAX_PIECES_AWAY = 2
"""Pieces that are on their way to one host: sent, and not acknowledged."""
MAX_WANTED = 1024
"""Pieces that one host may wait for: each of its handlers waits for one at a time."""


Read = Callable[[Callable[[FilePiece], None]], None]
"""Reads a piece without waiting for the disk, and calls back with it, once, or with why there is none."""


class Want(NamedTuple):
    """Which piece is asked for."""

    session: str
    file: str
    offset: int


class WantedPieces:
    """What one host waits for, in the order in which it asked.

    Args:
        send: Sends a piece to it, and returns the number under which that travels.
    """

    def __init__(self, send: Callable[[FilePiece], int]) -> None:
        self._send = send
        self._read_by_want: dict[Want, Read] = {}
        self._reading = 0
        """Pieces that are being read."""
        self._away: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._read_by_want)

    def want(self, want: Want, read: Read) -> bool:
        """Let a host have a piece as soon as it can; return whether it will.

        Args:
            want: The piece; one that it waits for already is read once.
            read: Reads it, and calls back with it.
        """
        if want not in self._read_by_want:
            if len(self._read_by_want) >= MAX_WANTED:
                return False
            self._read_by_want[want] = read
            self._go_on()
        return True

    def settled(self, number: int) -> None:
        """Note that the host has all up to a number, and let the next pieces leave."""
        while self._away and self._away[0] <= number:
            self._away.popleft()
        self._go_on()

    def _go_on(self) -> None:
        while self._read_by_want and len(self._away) + self._reading < MAX_PIECES_AWAY:
            read = self._read_by_want.pop(next(iter(self._read_by_want)))
            self._reading += 1
            read(self._on_read)

    def _on_read(self, piece: FilePiece) -> None:
        self._reading -= 1
        self._away.append(self._send(piece))
