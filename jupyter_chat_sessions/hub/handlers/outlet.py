"""A viewer's socket as the hub sees it: what gathers leaves in one message, the slow slow only themselves.

The one rule: nothing here waits for a viewer, and nothing is kept for one without a bound.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from tornado.websocket import WebSocketClosedError

from ...protocol.coalescing import coalesce
from ...protocol.frames import Heartbeat, encode, join

logger = logging.getLogger(__name__)

SOFT_BYTES = 64 * 1024
"""With more than this on its way unread, what comes is held back, and text that continues text is merged."""
DEAD_AFTER_S = 20.0
"""How long after a ping without a word the line counts as dead, in seconds."""
CUT_AFTER_S = 5.0
"""How long a viewer has to take a close frame that may stand behind what it does not read, in seconds."""

SLOW, SILENT = 4008, 4012


class Line(Protocol):
    """A socket, as far as an outlet needs one."""

    def write(self, message: bytes) -> Awaitable[None] | None:
        """Write a message; what is returned is done once it has left this process. None: it has."""

    def ping(self) -> None:
        """Ask the other end for a sign of life."""

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake."""

    def cut(self) -> None:
        """Close the line itself."""


class ViewerOutlet:
    """The way to one viewer.

    Args:
        line: The socket.
        loop: The loop that it lives on.
        soon: Calls back once this turn of the loop is over.
        heartbeat_s: Silence after which a heartbeat is sent, and how often a sign of life is asked for, in seconds.
        max_unread_bytes: What may wait for a viewer that reads slowly before it is let go.
    """

    def __init__(
        self,
        line: Line,
        loop: asyncio.AbstractEventLoop,
        *,
        soon: Callable[[Callable[[], None]], object],
        heartbeat_s: float,
        max_unread_bytes: int,
    ) -> None:
        self._line = line
        self._loop = loop
        self._soon = soon
        self._heartbeat_s = heartbeat_s
        self._max_unread_bytes = max_unread_bytes
        self._unread_bytes = 0
        self._frames: list[bytes] = []
        self._held_bytes = 0
        self._close: tuple[int, str] | None = None
        self._is_closed = False
        self._is_flushing = False
        self._spoke_at = self.heard_at = loop.time()
        self._pulse = loop.call_later(heartbeat_s, self._feel_pulse)

    def send(self, frame: bytes) -> None:
        """Queue a frame."""
        if self._is_closed or self._close is not None:
            return
        self._frames.append(frame)
        self._held_bytes += len(frame)
        self._flush_soon()

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued."""
        if self._close is None:
            self._close = (code, reason)
            self._flush_soon()
            self._loop.call_later(CUT_AFTER_S, self._cut)

    def heard(self) -> None:
        """Note that something came from the viewer."""
        self.heard_at = self._loop.time()

    def stop(self) -> None:
        """The socket is gone."""
        self._is_closed = True
        self._pulse.cancel()
        self._frames.clear()

    def _flush_soon(self) -> None:
        if not self._is_flushing:
            self._is_flushing = True
            self._soon(self._flush)

    def _flush(self) -> None:
        self._is_flushing = False
        if self._is_closed:
            return
        if self._unread_bytes > SOFT_BYTES and self._close is None:
            self._hold()
            return
        frames, self._frames, self._held_bytes = self._frames, [], 0
        try:
            if frames:
                self._write(join(frames))
            if self._close is not None:
                self._line.close(*self._close)
                self._is_closed = True
        except WebSocketClosedError:
            self.stop()

    def _hold(self) -> None:
        """Keep what has come until the viewer has read more; merge it when there is much, let go when there is more."""
        if self._held_bytes <= self._max_unread_bytes:
            return
        self._frames = coalesce(self._frames)
        self._held_bytes = sum(map(len, self._frames))
        if self._held_bytes > self._max_unread_bytes:
            logger.info("a viewer reads too slowly and is let go")
            self._frames.clear()
            self.close(SLOW, "it reads too slowly")

    def _write(self, message: bytes) -> None:
        self._spoke_at = self._loop.time()
        writing = self._line.write(message)
        written = None if writing is None else asyncio.ensure_future(writing)
        if written is None or written.done():
            return
        self._unread_bytes += len(message)

        def on_written(written: asyncio.Future[None]) -> None:
            self._unread_bytes -= len(message)
            if not written.cancelled():
                written.exception()  # a closed line is told to the socket
            if self._frames and self._unread_bytes <= SOFT_BYTES:
                self._frames = coalesce(self._frames)
                self._flush_soon()

        written.add_done_callback(on_written)

    def _feel_pulse(self) -> None:
        now = self._loop.time()
        if now - self.heard_at > self._heartbeat_s + DEAD_AFTER_S:
            logger.info("nothing is heard from a viewer any more")
            self._frames.clear()
            self.close(SILENT, "nothing was heard")
            return
        try:
            self._line.ping()
        except WebSocketClosedError:
            self.stop()
            return
        due_s = self._spoke_at + self._heartbeat_s - now
        if due_s <= 0:
            self.send(encode(Heartbeat()))
            due_s = self._heartbeat_s
        self._pulse = self._loop.call_later(min(due_s, DEAD_AFTER_S), self._feel_pulse)

    def _cut(self) -> None:
        self._is_closed = True
        self._line.cut()
