"""What the two sockets have in common."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.log import log_request
from jupyter_server.prometheus.log_functions import prometheus_log_method
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

    def _log(self) -> None:
        """Count a handshake that went well, and write of it for who debugs.

        Jupyter makes the record for everybody, and lets it fall: a thousand viewers at once wait for that.
        """
        server = self.settings["serverapp"]
        is_usual = getattr(self.settings.get("log_function"), "func", None) is log_request
        is_opened = self.get_status() == HTTPStatus.SWITCHING_PROTOCOLS
        if not (is_usual and is_opened) or server.log_level <= logging.DEBUG:
            super()._log()
        elif server.record_http_request_metrics:
            prometheus_log_method(self)  # type: ignore[no-untyped-call]

    def set_default_headers(self) -> None:
        """A socket sends none of a page's headers."""
