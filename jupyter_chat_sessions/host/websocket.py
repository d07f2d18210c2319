"""A WebSocket to a hub, over an asyncio transport: a message comes with one callback, and leaves with one call.

Frames are read and made by `websockets`, which does no I/O of its own. Tornado's client reads a message in several
turns of the loop and with two changes of what the system is asked to watch: with one viewer, half of what the kernel
did for a message was that.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import deque
from typing import cast

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.uri import parse_uri

from ..protocol.frames import MAX_HOST_BYTES

_quiet = logging.getLogger(f"{__name__}.frames")
_quiet.setLevel(logging.INFO)
"""For `websockets`, whose debug lines have the text of messages in them, and viewers' variables."""

CONNECT_S = 5.0
"""How long the hub has for the handshake, in seconds."""
CLOSE_S = 5.0
"""How long it has to answer a close frame, in seconds."""
READ_BYTES = 64 * 1024
"""How much is read at once, in bytes."""

_DATA = Opcode.TEXT, Opcode.BINARY, Opcode.CONT


async def open_websocket(url: str, *, authorization: str, checks_certificate: bool = True) -> WebSocketWire:
    """Return a connection on which messages can be sent.

    Args:
        url: Where the hub is: `ws://…`, or `wss://…`.
        authorization: The header of that name.
        checks_certificate: For `wss`: the hub must show that it is who the address says.

    Raises:
        OSError: Nobody answers there.
        TimeoutError: The handshake took too long.
        websockets.exceptions.InvalidHandshake: Whoever answers is no hub, or does not let this host in.
    """
    wire = WebSocketWire(url, authorization=authorization)
    where = parse_uri(url)
    tls = _tls(checks_certificate=checks_certificate) if where.secure else None
    try:
        async with asyncio.timeout(CONNECT_S):
            await asyncio.get_running_loop().create_connection(lambda: wire, where.host, where.port, ssl=tls)
            await wire.opened
    except BaseException:
        wire.cut()
        raise
    return wire


class WebSocketWire(asyncio.BufferedProtocol):
    """A connection to a hub: a `Wire`. Made by `open_websocket`.

    Attributes:
        opened: Done when the handshake is; it raises what has gone wrong with it.
    """

    def __init__(self, url: str, *, authorization: str) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._frames = ClientProtocol(parse_uri(url), max_size=MAX_HOST_BYTES, logger=_quiet)
        self._authorization = authorization
        self._transport: asyncio.Transport | None = None
        self._buffer = memoryview(bytearray(READ_BYTES))
        self._parts: list[bytes] = []
        """Of a message that comes in several frames."""
        self._messages: deque[bytes] = deque()
        self._arrival: asyncio.Future[None] | None = None
        """What `receive` waits for."""
        self._is_over = False
        self._closing: asyncio.TimerHandle | None = None

    # ---- what the link does ------------------------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """See `Wire`."""
        if self._frames.state is State.OPEN:
            self._frames.send_text(message)
            self._write()

    async def receive(self) -> bytes | None:
        """See `Wire`."""
        while not self._messages:
            if self._is_over:
                return None
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        return self._messages.popleft()

    def close(self) -> None:
        """See `Wire`. The closing handshake goes on by itself."""
        if self._frames.state is State.OPEN:
            self._frames.send_close()
            self._write()
        self._finish()

    def cut(self) -> None:
        """Close the line itself."""
        if self._transport is not None:
            self._transport.abort()

    # ---- what the transport calls ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        self._transport = cast(asyncio.Transport, transport)  # other loops have transports of their own
        request = self._frames.connect()
        request.headers["Authorization"] = self._authorization
        self._frames.send_request(request)
        self._write()

    def get_buffer(self, sizehint: int) -> memoryview:
        """See `asyncio.BufferedProtocol`."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """See `asyncio.BufferedProtocol`."""
        self._frames.receive_data(bytes(self._buffer[:nbytes]))
        for event in self._frames.events_received():
            if not isinstance(event, Frame):
                self._on_answer()
            elif event.opcode in _DATA:
                self._take(event)
        self._write()
        if self._frames.close_expected():
            self._finish()

    def eof_received(self) -> None:
        """See `asyncio.BufferedProtocol`."""
        self._frames.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        self._frames.receive_eof()
        if self._closing is not None:
            self._closing.cancel()
        self._finish()

    # ---- private -----------------------------------------------------------------------------------------------------

    def _on_answer(self) -> None:
        """The handshake has been answered; what is wrong with the answer, `_finish` tells."""
        if self._frames.handshake_exc is None and not self.opened.done():
            self.opened.set_result(None)

    def _take(self, frame: Frame) -> None:
        """Keep a message for `receive`, once it is whole."""
        if self._is_over:
            return
        self._parts.append(bytes(frame.data))
        if frame.fin:
            self._messages.append(b"".join(self._parts))
            self._parts.clear()
            self._wake()

    def _write(self) -> None:
        """Let everything leave that waits."""
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

    def _finish(self) -> None:
        """Nothing comes any more."""
        self._is_over = True
        if not self.opened.done():
            self.opened.set_exception(self._frames.handshake_exc or ConnectionError("The connection was closed."))
        self._wake()

    def _wake(self) -> None:
        arrival, self._arrival = self._arrival, None
        if arrival is not None and not arrival.done():
            arrival.set_result(None)


def _tls(*, checks_certificate: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not checks_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
