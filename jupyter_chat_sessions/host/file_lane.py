"""Pieces of files that wait to be sent, and what their sessions have said behind them.

The one rule: a session's own words keep their order, and nobody else's wait behind a file.
"""

from __future__ import annotations

from collections import deque

from ..protocol.frames import PutFile

Part = bytes | PutFile
"""What waits: a frame, encoded; or a piece of a file, which is encoded when it leaves."""


class FileLane:
    """Pieces, a queue for each session; the sessions take turns."""

    def __init__(self) -> None:
        self._queue_by_session: dict[str, deque[Part]] = {}
        """The first in each is a piece. The session whose turn it is stands first."""
        self.behind = 0
        """How many frames wait that are no pieces."""

    def __contains__(self, session: str | None) -> bool:
        return session in self._queue_by_session

    def __len__(self) -> int:
        return len(self._queue_by_session)

    def put(self, session: str, part: Part) -> None:
        """Let a piece wait, or what a session says behind one."""
        self._queue_by_session.setdefault(session, deque()).append(part)
        self.behind += not isinstance(part, PutFile)

    def take(self, most: int) -> list[Part]:
        """Return what goes next: at most so many pieces, and what waited behind them."""
        taken: list[Part] = []
        while most > 0 and self._queue_by_session:
            session, queue = next(iter(self._queue_by_session.items()))
            del self._queue_by_session[session]
            taken.append(queue.popleft())
            most -= 1
            while queue and not isinstance(queue[0], PutFile):
                taken.append(queue.popleft())
                self.behind -= 1
            if queue:
                self._queue_by_session[session] = queue
        return taken
