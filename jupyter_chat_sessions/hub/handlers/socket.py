"""What the two sockets have in common."""

from __future__ import annotations

from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketHandler


class ChatSocket(WebSocketMixin, WebSocketHandler):
    """A WebSocket that Jupyter's mixin keeps alive."""

    @property
    def ping_timeout(self) -> float:
        """Milliseconds without a pong; no longer than the interval, or tornado warns at each connection."""
        interval: float = self.ping_interval
        return interval

    def set_default_headers(self) -> None:
        """A socket sends none of a page's headers."""
