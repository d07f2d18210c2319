"""WebSocket frames over an asyncio transport: what follows tornado's handshake, with less on the way.

Tornado reads a message by eleven callbacks and two changes of what the system is asked to watch; that is most of what a
short message costs. Here it is one callback. Frames are read and made by `websockets`, which does no I/O of its own.

The one rule: a handler cannot tell the difference.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import Any

from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler, WebSocketProtocol13
from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol

_DATA = Opcode.TEXT, Opcode.BINARY, Opcode.CONT
_quiet = logging.getLogger(f"{__name__}.frames")
_quiet.setLevel(logging.WARNING)
"""For `websockets`, whose debug lines have the text of messages in them, and viewers' variables."""

READ_BYTES = 256 * 1024
"""How much is read at once, in bytes."""
CLOSE_S = 5.0
"""How long the other end has to answer a close frame, in seconds: tornado's figure."""


class TransportProtocol(WebSocketProtocol13, asyncio.BufferedProtocol):
    """A WebSocket whose handshake is tornado's, and whose frames come and go over an asyncio transport.

    Args:
        handler: What hears of messages, as with tornado's own protocol.
        mask_outgoing: False: this end is the server.
        params: What the handler asks for.
    """

    _buffer = memoryview(bytearray(READ_BYTES))
    """What was read last, of whichever connection: a selector loop hands it on in the turn in which it was read."""

    def __init__(self, handler: WebSocketHandler, mask_outgoing: bool, params: Any) -> None:
        super().__init__(handler, mask_outgoing, params)
        self._frames = ServerProtocol(state=State.OPEN, max_size=params.max_message_size, logger=_quiet)
        self._transport: asyncio.Transport | None = None
        self._parts: list[bytes] = []
        """Of a message that comes in several frames."""
        self._drained: asyncio.Future[None] | None = None
        """Done when nothing waits to be written any more; None where nothing does."""
        self._closing: asyncio.TimerHandle | None = None

    @staticmethod
    def can_take(stream: object) -> bool:
        """Return whether a connection can be taken from tornado: not where TLS is its work."""
        is_plain = isinstance(stream, IOStream) and not isinstance(stream.socket, ssl.SSLSocket)
        return is_plain and isinstance(asyncio.get_running_loop(), asyncio.SelectorEventLoop)

    # ---- what a handler does -----------------------------------------------------------------------------------------

    def write_message(self, message: str | bytes | dict[str, Any], binary: bool = False) -> asyncio.Future[None]:
        """Write a message; what is returned is done once it has left this process."""
        data = message.encode() if isinstance(message, str) else message
        assert isinstance(data, bytes)
        if self.is_closing():
            raise WebSocketClosedError
        (self._frames.send_binary if binary else self._frames.send_text)(data)
        self._write()
        return _done() if self._drained is None else self._drained

    def write_ping(self, data: bytes) -> None:
        """Ask the other end for a sign of life."""
        self._frames.send_ping(data)
        self._write()

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Begin the closing handshake; cut the line if the other end does not follow."""
        if not self.is_closing():
            self._frames.send_close(code if code is not None or reason is None else 1000, reason or "")
            self._write()

    def is_closing(self) -> bool:
        """Return whether no message can be written any more."""
        return self._frames.state is not State.OPEN

    def cut(self) -> None:
        """Close the line itself."""
        if self._transport is not None:
            self._transport.abort()
        else:
            self.stream.close()

    # ---- what tornado calls ------------------------------------------------------------------------------------------

    async def _receive_frame_loop(self) -> None:
        """Take the socket from tornado, which has finished the handshake."""
        stream = self.stream
        try:
            if stream.writing():
                await stream.write(b"")
            # What came with the handshake, if something did.
            early = asyncio.ensure_future(stream.read_bytes(READ_BYTES, partial=True))
            IOLoop.current().remove_handler(stream.socket)
            loop = asyncio.get_running_loop()
            await loop.connect_accepted_socket(lambda: self, stream.socket)
        except (OSError, StreamClosedError):
            stream.close()
            self.connection_lost(None)
            return
        del self.stream
        if early.done():
            self._receive(early.result())
        self._write()

    def _abort(self) -> None:
        self.cut()

    # ---- what the transport calls ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=0)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        """See `asyncio.BufferedProtocol`."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """See `asyncio.BufferedProtocol`."""
        self._receive(bytes(self._buffer[:nbytes]))

    def eof_received(self) -> None:
        """See `asyncio.BufferedProtocol`."""
        self._frames.receive_eof()

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol`."""
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():  # who waited for it may have given up
            drained.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        if self._closing is not None:
            self._closing.cancel()
        self._frames.receive_eof()
        self.resume_writing()
        self.client_terminated = self.server_terminated = True
        close = self._frames.close_rcvd
        self._run_callback(self.handler.on_ws_connection_close, close and close.code, close and close.reason)

    # ---- private -----------------------------------------------------------------------------------------------------

    def _receive(self, data: bytes) -> None:
        self._frames.receive_data(data)
        for frame in self._frames.events_received():
            assert isinstance(frame, Frame)
            if frame.opcode in _DATA:
                self._take(frame)
            elif frame.opcode is Opcode.PONG:
                self._run_callback(self.handler.on_pong, bytes(frame.data))
        self._write()

    def _take(self, frame: Frame) -> None:
        """Hand a message on once it is whole. What is no text is told by whoever reads it."""
        data = bytes(frame.data)
        if self._parts or not frame.fin:
            self._parts.append(data)
            if not frame.fin:
                return
            data = b"".join(self._parts)
            self._parts = []
        self._run_callback(self.handler.on_message, data)

    def _write(self) -> None:
        """Let everything leave that waits. Before there is a transport, it waits on."""
        transport = self._transport
        if transport is None:
            return
        for data in self._frames.data_to_send():
            if data is SEND_EOF:
                transport.close()
            elif not transport.is_closing():
                transport.write(data)
        if self._closing is None and self._frames.close_expected():
            self._closing = asyncio.get_running_loop().call_later(CLOSE_S, self.cut)


def _done() -> asyncio.Future[None]:
    done = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done
