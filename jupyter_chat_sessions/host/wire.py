"""What the link needs of a connection to a hub, and the one over a WebSocket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from ..protocol.addresses import HubAddress
from ..protocol.errors import HubUnreachableError


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
        from .websocket import open_websocket

        url = f"ws{address.url.removeprefix('http')}api/chat-sessions/host"
        # The token is the server's own, handed to this process; a loopback name has no certificate of its own.
        is_here = any(f"//{host}" in address.url for host in ("localhost", "127.0.0.1", "[::1]"))
        try:
            return await open_websocket(url, authorization=f"chat-host {address.token}", checks_certificate=not is_here)
        except Exception as reason:  # socket and TLS errors, and what is wrong with the handshake
            raise HubUnreachableError(f"The Jupyter server at {address.url} cannot be reached: {reason}") from reason

    return dial
