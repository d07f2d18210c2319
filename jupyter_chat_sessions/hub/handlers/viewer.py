"""The viewer's socket."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.iostream import IOStream
from tornado.websocket import WebSocketClosedError

from ...protocol.frames import MAX_VIEWER_BYTES, Bye, Heartbeat, encode, join
from ..access import Principal
from ..attachment import Reception
from .base import ChatHandler, Refusal
from .socket import ChatSocket

logger = logging.getLogger(__name__)


class ViewerSocket(ChatSocket, ChatHandler):
    """Joins a viewer's WebSocket to its session."""

    is_socket = True
    _hello_timer: asyncio.TimerHandle | None = None
    _outlet: _SocketOutlet | None = None
    _principal: Principal | None = None
    _reception: Reception | None = None
    """Only of who is let in: without it, nothing of the hub can be reached from here."""
    _refused_with = ""

    @property
    def max_message_size(self) -> int:
        """The largest message that tornado takes, in bytes.

        Tornado cuts the line on a larger one, without a word. What is over the protocol's own limit, but not by much,
        is to be answered instead.
        """
        return 4 * MAX_VIEWER_BYTES

    async def prepare(self) -> None:  # type: ignore[override]
        """Leave a token in the address unread: it would lift the check of the origin, and addresses end up in logs."""
        self.request.arguments.pop("token", None)
        self.request.query_arguments.pop("token", None)
        await super().prepare()

    @allow_unauthenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the socket to who may chat, from a page of this server or with an `Authorization` header.

        A browser tells its page nothing of a refused handshake, and the page would try for ever. So a page of this
        server is refused on an open socket, by a goodbye that it understands; tornado's own `get` has compared the
        origin by then. Everybody else is refused in the handshake.
        """
        try:
            await self.authorize()
            if "Origin" not in self.request.headers and not self.token_authenticated:
                raise Refusal(
                    "forbidden", "A browser's WebSocket names its origin; a script sends an Authorization header."
                )
            self._principal = await self.principal()
        except Refusal as refusal:
            if "Origin" not in self.request.headers:
                raise
            self._refused_with = refusal.body.text
        await super().get(*args, **kwargs)

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Wait for the hello, or say goodbye at once."""
        if self._principal is None:
            self._say_goodbye()
            return
        super().open(*args, **kwargs)
        loop = asyncio.get_running_loop()
        options, principal = self.hub.options, self._principal
        outlet = self._outlet = _SocketOutlet(
            self, loop, heartbeat_s=options.heartbeat_s, max_unread_bytes=options.max_write_buffer_bytes
        )
        self._reception = Reception(lambda hello: self.hub.attach(principal, hello, outlet), outlet)
        self._hello_timer = loop.call_later(options.hello_timeout_s, self.close, 4408, "no hello")

    def on_message(self, message: str | bytes) -> None:
        """Hand a message on. Nothing here waits."""
        if self._reception is None:
            return  # It was refused: there is nobody to hand it to.
        self._reception.receive(message)
        if self._reception.has_heard_hello and self._hello_timer is not None:
            self._hello_timer.cancel()
        if self._reception.attachment is not None:
            host = self._reception.attachment.session.channel.host
            self.note_activity(None if host is None else host.kernel_id)

    def on_close(self) -> None:
        """Let the session know that this viewer is gone."""
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        if self._outlet is not None:
            self._outlet.stop()
        if self._reception is not None:
            self._reception.lost()
        super().on_close()

    def cut(self) -> None:
        """Close the line itself, without a word."""
        self._stream().close()

    def _say_goodbye(self) -> None:
        code, reason = (4401, "not signed in") if self.current_user is None else (4403, "not allowed")
        logger.info("a viewer was refused: %s", reason)
        self.write_message(join([encode(Bye(code=code, text=self._refused_with))]).decode())
        self.close(code, reason)

    def _stream(self) -> IOStream:
        assert self.ws_connection is not None
        assert self.ws_connection.stream is not None
        return self.ws_connection.stream


class _SocketOutlet:
    """A viewer's socket as the hub sees it: gathers the frames of one turn of the loop into one message."""

    def __init__(
        self, socket: ViewerSocket, loop: asyncio.AbstractEventLoop, *, heartbeat_s: float, max_unread_bytes: int
    ) -> None:
        self._socket = socket
        self._loop = loop
        self._heartbeat_s = heartbeat_s
        self._max_unread_bytes = max_unread_bytes
        self._unread_bytes = 0
        self._frames: list[bytes] = []
        self._close: tuple[int, str] | None = None
        self._timer = loop.call_later(heartbeat_s, self._beat)

    def send(self, frame: bytes) -> None:
        """Queue a frame."""
        if not self._frames and self._close is None:
            self._loop.call_soon(self._flush)
        self._frames.append(frame)

    def close(self, code: int, reason: str) -> None:
        """Close after what is queued."""
        self._close = (code, reason)
        self._loop.call_soon(self._flush)

    def stop(self) -> None:
        """The socket is gone."""
        self._timer.cancel()
        self._frames.clear()

    def _flush(self) -> None:
        frames, self._frames = self._frames, []
        try:
            if frames:
                self._write(join(frames))
                self._timer.cancel()
                self._timer = self._loop.call_later(self._heartbeat_s, self._beat)
            if self._close is not None:
                self._socket.close(*self._close)
        except WebSocketClosedError:
            self.stop()

    def _write(self, message: bytes) -> None:
        """Write a message of any size, unless too much waits already: a long conversation is no slow viewer."""
        if self._unread_bytes > self._max_unread_bytes:
            # A close frame would wait behind what is not being read; the viewer finds the line cut, and resumes.
            logger.info("a viewer reads too slowly and is let go")
            self._socket.cut()
            return
        self._unread_bytes += len(message)

        def on_written(written: asyncio.Future[None]) -> None:
            self._unread_bytes -= len(message)
            if not written.cancelled():
                written.exception()  # a closed line is told to `on_close`

        self._socket.write_message(message.decode()).add_done_callback(on_written)

    def _beat(self) -> None:
        self.send(encode(Heartbeat()))
