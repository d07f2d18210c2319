"""What the two sockets have in common."""

from __future__ import annotations

from typing import Any

from jupyter_server.base.websocket import WebSocketMixin
from tornado.websocket import WebSocketHandler


class ChatSocket(WebSocketMixin, WebSocketHandler):
    """A WebSocket that Jupyter's mixin keeps alive."""

    @property
    def ping_timeout(self) -> float:
        """Milliseconds without a pong; no longer than the interval, or tornado warns at each connection."""
        interval: float = self.ping_interval
        return interval

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Let each message leave at once: several small ones would else wait 40 ms for the other end's word."""
        self.set_nodelay(True)
        super().open(*args, **kwargs)

    def on_close(self) -> None:
        """Stop the mixin's pings: they would keep a closed socket, with all it holds, for half a minute."""
        if self.ping_callback is not None:
            self.ping_callback.stop()
        super().on_close()

    def set_default_headers(self) -> None:
        """A socket sends none of a page's headers."""
