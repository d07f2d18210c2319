"""The viewer's socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated

from ...protocol.frames import MAX_VIEWER_BYTES, Bye, encode, join
from ..access import Principal
from ..attachment import Reception
from .base import ChatHandler, Refusal
from .outlet import SOFT_BYTES, ViewerOutlet
from .socket import ChatSocket
from .turn_end import TurnEnd
from .websocket import TransportProtocol

logger = logging.getLogger(__name__)

NOTE_S = 1.0
"""How often it is noted that something is done, in seconds: servers and kernels are idle for minutes."""


class ViewerSocket(ChatSocket, ChatHandler):
    """Joins a viewer's WebSocket to its session."""

    is_socket = True
    _hello_timer: asyncio.TimerHandle | None = None
    _outlet: ViewerOutlet | None = None
    _principal: Principal | None = None
    _reception: Reception | None = None
    """Only of who is let in: without it, nothing of the hub can be reached from here."""
    _refused_with = ""
    _note_at = 0.0
    """When it is to be noted again that something is done here."""

    @property
    def max_message_size(self) -> int:
        """The largest message that tornado takes, in bytes.

        Tornado cuts the line on a larger one, without a word. What is over the protocol's own limit, but not by much,
        is to be answered instead.
        """
        return 4 * MAX_VIEWER_BYTES

    def set_secure_cookie(self, *args: Any, **kwargs: Any) -> None:
        """Give no cookie to a script that sends the server's token, which it does each time; a browser has its own."""
        if "Authorization" not in self.request.headers:
            super().set_secure_cookie(*args, **kwargs)

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
        self._let_the_system_keep_little()
        loop = asyncio.get_running_loop()
        options, principal = self.hub.options, self._principal
        turn_end: TurnEnd = self.settings["chat_sessions_turn_end"]
        outlet = self._outlet = ViewerOutlet(
            _SocketLine(self),
            loop,
            soon=turn_end.call,
            heartbeat_s=options.heartbeat_s,
            max_unread_bytes=options.max_write_buffer_bytes,
        )
        self._reception = Reception(
            lambda begin, then: self.hub.begin(principal, begin, then=then),
            lambda hello: self.hub.attach(principal, hello, outlet),
            outlet,
        )
        self._hello_timer = loop.call_later(options.hello_timeout_s, self.close, 4408, "no hello")

    def on_message(self, message: str | bytes) -> None:
        """Hand a message on. Nothing here waits."""
        if self._reception is None or self._outlet is None:
            return  # It was refused: there is nobody to hand it to.
        self._outlet.heard()
        self._reception.receive(message)
        if self._reception.has_heard_hello and self._hello_timer is not None:
            self._hello_timer.cancel()
        now = self._outlet.heard_at
        if self._reception.attachment is not None and now >= self._note_at:
            self._note_at = now + NOTE_S
            host = self._reception.attachment.session.channel.host
            self.note_activity(None if host is None else host.kernel_id)

    def on_pong(self, data: bytes) -> None:
        """Note that the viewer lives."""
        super().on_pong(data)  # type: ignore[no-untyped-call]
        if self._outlet is not None:
            self._outlet.heard()

    def on_close(self) -> None:
        """Let the session know that this viewer is gone."""
        if self._hello_timer is not None:
            self._hello_timer.cancel()
        if self._outlet is not None:
            self._outlet.stop()
        if self._reception is not None:
            self._reception.lost()
        super().on_close()

    def _let_the_system_keep_little(self) -> None:
        """Have what waits for a slow viewer wait here, where it is merged and counted: Linux would keep 4 MiB of it."""
        stream = None if self.ws_connection is None else self.ws_connection.stream
        option = getattr(socket, "TCP_NOTSENT_LOWAT", None)  # not on Windows
        if stream is not None and option is not None:
            with contextlib.suppress(OSError):  # a Unix socket
                stream.socket.setsockopt(socket.IPPROTO_TCP, option, SOFT_BYTES)

    def _say_goodbye(self) -> None:
        code, reason = (4401, "not signed in") if self.current_user is None else (4403, "not allowed")
        logger.info("a viewer was refused: %s", reason)
        self.write_message(join([encode(Bye(code=code, text=self._refused_with))]))
        self.close(code, reason)


class _SocketLine:
    """What an outlet needs of the socket."""

    def __init__(self, socket: ViewerSocket) -> None:
        self._socket = socket

    def write(self, message: bytes) -> Awaitable[None] | None:
        """See `Line.write`."""
        connection = self._socket.ws_connection
        if isinstance(connection, TransportProtocol):
            return connection.send(message)
        return self._socket.write_message(message)

    def ping(self) -> None:
        """See `Line.ping`."""
        self._socket.ping()

    def close(self, code: int, reason: str) -> None:
        """See `Line.close`."""
        self._socket.close(code, reason)

    def cut(self) -> None:
        """See `Line.cut`."""
        connection = self._socket.ws_connection
        if isinstance(connection, TransportProtocol):
            connection.cut()
        elif connection is not None and connection.stream is not None:
            connection.stream.close()
