"""A viewer's or a host's WebSocket after tornado's handshake: with less on the way than tornado's own.

The one rule: a handler cannot tell the difference.
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import Morsel
from typing import Any

from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, StreamClosedError
from tornado.websocket import WebSocketClosedError, WebSocketHandler, WebSocketProtocol13
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from ...message_line import MessageLine, quiet_logger

READ_BYTES = 256 * 1024
"""How much is read at once, in bytes."""


class TransportProtocol(WebSocketProtocol13, MessageLine):
    """A WebSocket whose handshake is tornado's, and whose frames come and go over an asyncio transport.

    Args:
        handler: What hears of messages, as with tornado's own protocol.
        mask_outgoing: False: this end is the server.
        params: What the handler asks for.
    """

    buffer = memoryview(bytearray(READ_BYTES))

    def __init__(self, handler: WebSocketHandler, mask_outgoing: bool, params: Any) -> None:
        super().__init__(handler, mask_outgoing, params)
        self.frames = ServerProtocol(state=State.OPEN, max_size=params.max_message_size, logger=quiet_logger)
        self._drained: asyncio.Future[None] | None = None
        """Done when nothing waits to be written any more; None where nothing does."""

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
        return self.send(data, binary=binary) or _done()

    def send(self, message: bytes, *, binary: bool = False) -> asyncio.Future[None] | None:
        """Write a message; return what is done once it has left this process, or None where it has.

        Raises:
            WebSocketClosedError: Nothing can be written any more.
        """
        if not self.is_open:
            raise WebSocketClosedError
        self.write(Frame(Opcode.BINARY if binary else Opcode.TEXT, message))
        return self._drained

    def write_ping(self, data: bytes) -> None:
        """Ask the other end for a sign of life."""
        self.frames.send_ping(data)
        self.flush()

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """Begin the closing handshake; cut the line if the other end does not follow."""
        if self.is_open:
            self.frames.send_close(code if code is not None or reason is None else 1000, reason or "")
            self.flush()

    def is_closing(self) -> bool:
        """Return whether no message can be written any more."""
        return not self.is_open

    def cut(self) -> None:
        """Close the line itself."""
        if self.transport is None:
            self.stream.close()
        super().cut()

    # ---- what tornado calls ------------------------------------------------------------------------------------------

    async def accept_connection(self, handler: WebSocketHandler) -> None:
        """Take the socket from tornado and answer the handshake: tornado's way to answer takes a tenth of all of it."""
        key = handler.request.headers.get("Sec-WebSocket-Key")
        if not key:
            await super().accept_connection(handler)  # which refuses it
            return
        handler.set_status(HTTPStatus.SWITCHING_PROTOCOLS)
        answer = _answer(self.compute_accept_value(key), getattr(handler, "_new_cookie", {}))
        stream = self.stream = handler._detach_stream()
        try:
            early = _read_already(stream)
            IOLoop.current().remove_handler(stream.socket)
            await asyncio.get_running_loop().connect_accepted_socket(lambda: self, stream.socket)
        except (OSError, StreamClosedError):
            stream.close()
            self.connection_lost(None)
            return
        assert self.transport is not None
        self.transport.write(answer)
        handler._log()
        handler.on_finish()
        try:
            opening = handler.open(*handler.open_args, **handler.open_kwargs)
            if opening is not None:
                await opening
        except Exception:
            handler.log_exception(*sys.exc_info())
            self.cut()
            return
        del self.stream
        self.feed(early)
        self.transport.resume_reading()

    def _abort(self) -> None:
        self.cut()

    # ---- what the line tells -----------------------------------------------------------------------------------------

    def on_message(self, message: bytes) -> None:
        """See `MessageLine`."""
        self._run_callback(self.handler.on_message, message)

    def on_pong(self, data: bytes) -> None:
        """See `MessageLine`."""
        self._run_callback(self.handler.on_pong, data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=0)
        transport.pause_reading()  # until the handler is open
        super().connection_made(transport)

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
        super().connection_lost(exc)
        self.resume_writing()
        self.client_terminated = self.server_terminated = True
        close = self.frames.close_rcvd
        self._run_callback(self.handler.on_ws_connection_close, close and close.code, close and close.reason)


def _answer(accept: str, cookies: Mapping[str, Morsel[str]]) -> bytes:
    """Return the answer to a handshake (RFC 6455, section 4.2.2)."""
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Accept: {accept}", *(f"Set-Cookie: {each.OutputString()}" for each in cookies.values())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _read_already(stream: IOStream) -> bytes:
    """Return what a stream has read beyond the handshake: nothing, where a viewer waits for the answer as it should."""
    if getattr(stream, "_read_buffer_size", None) == 0:
        return b""
    found = asyncio.ensure_future(stream.read_bytes(READ_BYTES, partial=True))
    return found.result() if found.done() else b""


def _done() -> asyncio.Future[None]:
    done = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done
