"""The viewer's socket."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from tornado.iostream import IOStream, StreamBufferFullError
from tornado.websocket import WebSocketClosedError

from ...protocol.errors import ProtocolError, RefusedError
from ...protocol.frames import (
    MAX_VIEWER_BYTES,
    Bye,
    Decoder,
    ErrorFrame,
    Heartbeat,
    Hello,
    ViewerFrame,
    encode,
    join,
)
from ..access import Principal
from ..hub import Attachment
from .base import ChatHandler, Refusal
from .socket import ChatSocket

logger = logging.getLogger(__name__)

MAX_UNREADABLE = 20
"""Messages that cannot be read before the socket is closed."""

_CLOSE_CODES = {"unknown_session": 4404, "version": 4426, "busy": 4409}


class ViewerSocket(ChatSocket, ChatHandler):
    """Joins a viewer's WebSocket to its session."""

    is_socket = True
    _attachment: Attachment | None = None
    _hello_timer: asyncio.TimerHandle | None = None
    _outlet: _SocketOutlet | None = None
    _unreadable = 0

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

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the socket to who may chat, from a page of this server or with an `Authorization` header."""
        await self.authorize()
        if "Origin" not in self.request.headers and not self.token_authenticated:
            raise Refusal(
                "forbidden", "A browser's WebSocket names its origin; a script sends an Authorization header."
            )
        self._principal: Principal = await self.principal()
        await super().get(*args, **kwargs)

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Wait for the hello."""
        super().open(*args, **kwargs)
        loop = asyncio.get_running_loop()
        options = self.hub.options
        self._decoder = Decoder(ViewerFrame, max_bytes=MAX_VIEWER_BYTES, max_frames=64)
        self._stream().max_write_buffer_size = options.max_write_buffer_bytes
        self._outlet = _SocketOutlet(self, loop, heartbeat_s=options.heartbeat_s)
        self._hello_timer = loop.call_later(options.hello_timeout_s, self.close, 4408, "no hello")

    def on_message(self, message: str | bytes) -> None:
        """Take a message apart. Nothing here waits."""
        try:
            frames = self._decoder.frames(message)
        except ProtocolError as error:
            frames = [error]
        for frame in frames:
            if isinstance(frame, ProtocolError):
                self._on_unreadable(frame)
            elif self._attachment is not None:
                self._attachment.receive(frame)
            elif isinstance(frame, Hello):
                self._on_hello(frame)
            else:
                self._say(ErrorFrame(code="out_of_order", text="Say hello first: which session, and its secret."))
        if self._attachment is not None:
            host = self._attachment.session.channel.host
            self.note_activity(None if host is None else host.kernel_id)

    def on_close(self) -> None:
        """Let the session know that this viewer is gone."""
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        if self._outlet is not None:
            self._outlet.stop()
        if self._attachment is not None:
            self._attachment.detach()
        super().on_close()

    def cut(self) -> None:
        """Close the line itself, without a word."""
        self._stream().close()

    def _stream(self) -> IOStream:
        assert self.ws_connection is not None
        assert self.ws_connection.stream is not None
        return self.ws_connection.stream

    def _on_hello(self, hello: Hello) -> None:
        assert self._outlet is not None
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        try:
            self._attachment = self.hub.attach(self._principal, hello, self._outlet)
        except RefusedError as error:
            logger.info("a viewer was refused: %s", error.code)
            code = _CLOSE_CODES.get(error.code, 4400)
            self._say(ErrorFrame(code=error.code, text=error.text))
            self._say(Bye(code=code, text=error.text))
            self._outlet.close(code, error.code)

    def _on_unreadable(self, error: ProtocolError) -> None:
        assert self._outlet is not None
        if self._unreadable == MAX_UNREADABLE:
            return  # It is being closed.
        session = "-" if self._attachment is None else self._attachment.session.id
        logger.warning("session %s: a frame of its viewer was refused (%s)", session, error.code)
        self._unreadable += 1
        self._say(ErrorFrame(code=error.code, text=error.text, client_id=error.client_id))
        if self._unreadable == MAX_UNREADABLE:
            text = "Too much of what this page sent could not be read. Reload it."
            self._say(Bye(code=4400, text=text))
            self._outlet.close(4400, "malformed")

    def _say(self, frame: ErrorFrame | Bye) -> None:
        assert self._outlet is not None
        self._outlet.send(encode(frame))


class _SocketOutlet:
    """A viewer's socket as the hub sees it: gathers the frames of one turn of the loop into one message."""

    def __init__(self, socket: ViewerSocket, loop: asyncio.AbstractEventLoop, *, heartbeat_s: float) -> None:
        self._socket = socket
        self._loop = loop
        self._heartbeat_s = heartbeat_s
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
                self._socket.write_message(join(frames).decode())
                self._timer.cancel()
                self._timer = self._loop.call_later(self._heartbeat_s, self._beat)
            if self._close is not None:
                self._socket.close(*self._close)
        except WebSocketClosedError:
            self.stop()
        except StreamBufferFullError:
            # A close frame would wait behind what is not being read; the viewer finds the line cut, and resumes.
            logger.info("a viewer reads too slowly and is let go")
            self._socket.cut()

    def _beat(self) -> None:
        self.send(encode(Heartbeat()))
