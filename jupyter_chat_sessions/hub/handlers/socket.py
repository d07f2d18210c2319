"""What the two sockets have in common."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketHandler, WebSocketProtocol, WebSocketProtocol13

from .websocket import TransportProtocol


class ChatSocket(WebSocketMixin, WebSocketHandler):
    """A WebSocket of a viewer or a host. Each has a pulse of its own, and judges for itself what silence means."""

    @property
    def ping_interval(self) -> float:
        """No pings of Jupyter's or tornado's: they would cut the line of a kernel that a cell keeps."""
        return 0.0

    def get_websocket_protocol(self) -> WebSocketProtocol | None:
        """Have frames read and written by the shorter way where there is one."""
        found = super().get_websocket_protocol()
        stream = getattr(self.request.connection, "stream", None)
        if isinstance(found, WebSocketProtocol13) and TransportProtocol.can_take(stream):
            return TransportProtocol(self, found.mask_outgoing, found.params)
        return found

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Let each message leave at once: several small ones would else wait 40 ms for the other end's word.

        And let go of what has served the handshake: it is most of what an idle viewer would cost. Jupyter's own `open`
        would start its pings.
        """
        self.set_nodelay(True)
        self.request.connection = self.request.server_connection = None

    def set_default_headers(self) -> None:
        """A socket sends none of a page's headers."""
