"""What the link needs of a connection to a hub, and the one over a WebSocket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from ..protocol.addresses import HubAddress
from ..protocol.errors import HubUnreachableError
from ..protocol.frames import MAX_HOST_BYTES


class Wire(Protocol):
    """An open connection to a hub."""

    def send(self, message: bytes) -> None:
        """Send one message; never waits."""

    async def receive(self) -> str | bytes | None:
        """Return the next message; None when the connection is gone."""

    def close(self) -> None:
        """Close the connection; `receive` then returns None."""


Dial = Callable[[], Awaitable[Wire]]
"""Opens a connection; raises `HubUnreachableError`."""


def dial_websocket(address: HubAddress) -> Dial:
    """Return what opens WebSockets to a hub."""

    async def dial() -> Wire:
        # Imported on the link's thread: it takes a while, and not every process that imports the author's API hosts a
        # chat.
        from tornado.httpclient import HTTPRequest
        from tornado.websocket import WebSocketClientConnection, WebSocketError, websocket_connect

        url = "ws" + address.url.removeprefix("http") + "api/chat-sessions/host"
        request = HTTPRequest(
            url,
            headers={"Authorization": f"chat-host {address.token}"},
            connect_timeout=5.0,
            request_timeout=5.0,
            # The token is the server's own, handed to this process; a loopback name has no certificate of its own.
            validate_cert=not any(f"//{host}" in address.url for host in ("localhost", "127.0.0.1", "[::1]")),
        )
        try:
            connection = await websocket_connect(request, max_message_size=MAX_HOST_BYTES)
        except Exception as reason:  # tornado raises its HTTP errors, socket and TLS errors alike here
            raise HubUnreachableError(f"The Jupyter server at {address.url} cannot be reached: {reason}") from reason
        if connection.protocol is not None:
            connection.protocol.set_nodelay(True)  # else several small messages wait 40 ms for the hub's word

        class WebSocketWire:
            def send(self, message: bytes) -> None:
                try:
                    connection.write_message(message)
                except WebSocketError:
                    connection.close()

            async def receive(self) -> str | bytes | None:
                return await connection.read_message()

            def close(self) -> None:
                connection.close()

        _: type[WebSocketClientConnection] = type(connection)
        return WebSocketWire()

    return dial
