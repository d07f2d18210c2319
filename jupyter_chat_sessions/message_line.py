"""One end of a WebSocket over an asyncio transport: a message comes with one callback, and leaves with one call.

Frames are read and made by `websockets`, which does no I/O of its own. Tornado reads a message by eleven callbacks and
two changes of what the system is asked to watch; that was most of what a short message cost on either side.

The one rule: nothing here waits.
"""

from __future__ import annotations

import asyncio
import logging
from typing import cast

from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.protocol import SEND_EOF, Protocol, Side, State

CLOSE_S = 5.0
"""How long the other end has to answer a close frame, in seconds: tornado's figure."""
_DATA = Opcode.TEXT, Opcode.BINARY, Opcode.CONT

quiet_logger = logging.getLogger(__name__)
"""For `websockets`, whose debug lines have the text of messages in them, and viewers' variables."""
quiet_logger.setLevel(logging.WARNING)


class MessageLine(asyncio.BufferedProtocol):
    """What both ends have in common: which does what with what it hears, they say by `on_message` and its like.

    Attributes:
        frames: What reads and makes the frames.
        transport: Where they come and go, once there is one.
    """

    buffer: memoryview
    """Where what is read is put. On a selector's loop many may share one: it is handed on in the turn that it came."""

    frames: Protocol
    transport: asyncio.Transport | None = None
    _parts: list[bytes] | None = None
    """Of a message that comes in several frames."""
    _closing: asyncio.TimerHandle | None = None

    # ---- what whoever is behind it hears -----------------------------------------------------------------------------

    def on_message(self, message: bytes) -> None:
        """A message has come, whole."""

    def on_pong(self, data: bytes) -> None:
        """The other end has answered a ping."""

    def on_handshake(self, event: Request | Response) -> None:
        """What the other end says of the handshake."""

    # ---- what whoever is behind it does ------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self.frames.state is State.OPEN

    def flush(self) -> None:
        """Let everything leave that waits. Before there is a transport, it waits on."""
        transport = self.transport
        if transport is None:
            return
        for data in self.frames.data_to_send():
            if data is SEND_EOF:
                transport.close()
            elif not transport.is_closing():
                transport.write(data)
        if self._closing is None and self.frames.close_expected():
            self._closing = asyncio.get_running_loop().call_later(CLOSE_S, self.cut)

    def write(self, frame: Frame) -> None:
        """Send a frame that begins and ends a message: past what `frames` keeps for the next `flush`, where it can."""
        transport = self.transport
        if transport is None:
            self.frames.send_frame(frame)
        elif not transport.is_closing():
            transport.write(frame.serialize(mask=self.frames.side is Side.CLIENT))

    def cut(self) -> None:
        """Close the line itself."""
        if self.transport is not None:
            self.transport.abort()

    def feed(self, data: bytes) -> None:
        """Take what has come, answer what wants an answer, and tell of the rest."""
        self.frames.receive_data(data)
        self.flush()
        for event in self.frames.events_received():
            if not isinstance(event, Frame):
                self.on_handshake(event)
            elif event.opcode in _DATA:
                self._take(event)
            elif event.opcode is Opcode.PONG:
                self.on_pong(bytes(event.data))

    # ---- what the transport calls ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        self.transport = cast(asyncio.Transport, transport)  # other loops have transports of their own

    def get_buffer(self, sizehint: int) -> memoryview:
        """See `asyncio.BufferedProtocol`."""
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """See `asyncio.BufferedProtocol`."""
        self.feed(bytes(self.buffer[:nbytes]))

    def eof_received(self) -> None:
        """See `asyncio.BufferedProtocol`."""
        self.frames.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self.frames.receive_eof()
        if self._closing is not None:
            self._closing.cancel()

    # ---- private -----------------------------------------------------------------------------------------------------

    def _take(self, frame: Frame) -> None:
        """Tell of a message once it is whole. Whether it is text is for whoever reads it to say."""
        data = bytes(frame.data)
        if self._parts is None and frame.fin:
            self.on_message(data)
            return
        self._parts = self._parts or []
        self._parts.append(data)
        if frame.fin:
            parts, self._parts = self._parts, None
            self.on_message(b"".join(parts))
