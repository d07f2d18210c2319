"""The kernel's WebSocket to a hub."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.uri import parse_uri

from ..message_line import MessageLine, quiet_logger
from ..protocol.frames import MAX_HOST_BYTES

CONNECT_S = 5.0
"""How long the hub has for the handshake, in seconds."""
READ_BYTES = 64 * 1024
"""How much is read at once, in bytes."""


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


class WebSocketWire(MessageLine):
    """A connection to a hub: a `Wire`. Made by `open_websocket`.

    Attributes:
        opened: Done when the handshake is; it raises what has gone wrong with it.
    """

    frames: ClientProtocol

    def __init__(self, url: str, *, authorization: str) -> None:
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.frames = ClientProtocol(parse_uri(url), max_size=MAX_HOST_BYTES, logger=quiet_logger)
        self.buffer = memoryview(bytearray(READ_BYTES))
        self._authorization = authorization
        self._messages: deque[bytes] = deque()
        self._arrival: asyncio.Future[None] | None = None
        """What `receive` waits for."""
        self._is_over = False

    # ---- what the link does ------------------------------------------------------------------------------------------

    def send(self, message: bytes) -> None:
        """See `Wire`."""
        if self.is_open:
            self.write(Frame(Opcode.TEXT, message))

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
        if self.is_open:
            self.frames.send_close()
            self.flush()
        self._finish()

    # ---- what the line tells -----------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.BaseProtocol`."""
        super().connection_made(transport)
        request = self.frames.connect()
        request.headers["Authorization"] = self._authorization
        self.frames.send_request(request)
        self.flush()

    def on_handshake(self, event: Request | Response) -> None:
        """See `MessageLine`; what is wrong with the answer, `_finish` tells."""
        if self.frames.handshake_exc is None and not self.opened.done():
            self.opened.set_result(None)

    def on_message(self, message: bytes) -> None:
        """Keep a message for `receive`."""
        if not self._is_over:
            self._messages.append(message)
            self._wake()

    def buffer_updated(self, nbytes: int) -> None:
        """See `asyncio.BufferedProtocol`."""
        super().buffer_updated(nbytes)
        if self.frames.close_expected():
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.BaseProtocol`."""
        super().connection_lost(exc)
        self._finish()

    # ---- private -----------------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Nothing comes any more."""
        self._is_over = True
        if not self.opened.done():
            self.opened.set_exception(self.frames.handshake_exc or ConnectionError("The connection was closed."))
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
