"""A hub inside this process: for scripted viewers, and for notebooks that no Jupyter server with the extension serves.

It lives on the thread of the runtime's link, and the same frames travel, encoded, through a queue instead of a socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .hub.host_port import HostConnection
from .hub.hub import Hub
from .hub.memory_store import MemoryStore
from .hub.options import HubOptions
from .protocol.errors import ProtocolError, RefusedError
from .protocol.frames import (
    MAX_HOST_BYTES,
    Decoder,
    HostLinkFrame,
    HubLinkFrame,
    LinkHello,
    LinkRefused,
    encode,
    join,
)


class EmbeddedHub:
    """Makes a hub on the link's loop when the link first dials.

    Args:
        options: The hub's limits.

    Example:
        >>> embedded = EmbeddedHub()
        >>> runtime.connect(embedded.dial)
    """

    def __init__(self, *, options: HubOptions | None = None) -> None:
        self._options = options or HubOptions()
        self._hub: Hub | None = None

    @property
    def hub(self) -> Hub:
        """The hub; only to be used on the link's loop.

        Raises:
            RuntimeError: The link has not dialled yet.
        """
        if self._hub is None:
            raise RuntimeError("The embedded hub is made when the link dials; wait until it is connected.")
        return self._hub

    async def dial(self) -> LocalWire:
        """Open a connection: what the link calls."""
        if self._hub is None:
            self._hub = Hub(options=self._options, store=MemoryStore(), clock=asyncio.get_running_loop())
        return LocalWire(self._hub)


class LocalWire:
    """A connection within the process: the host's wire and the hub's outlet in one."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._decoder = Decoder(HostLinkFrame, max_bytes=4 * MAX_HOST_BYTES)
        self._incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._outlet = _LocalOutlet(self._incoming)
        self._connection: HostConnection | None = None

    def send(self, message: bytes) -> None:
        """See `Wire.send`."""
        for frame in self._decoder.frames(message):
            try:
                self._on_frame(frame)
            except (ProtocolError, RefusedError) as error:
                self._outlet.send(LinkRefused(code=error.code, text=error.text))
                self.close()

    async def receive(self) -> bytes | None:
        """See `Wire.receive`."""
        return await self._incoming.get()

    def close(self) -> None:
        """See `Wire.close`."""
        if self._connection is not None:
            self._connection.lost()
            self._connection = None
        self._incoming.put_nowait(None)

    def _on_frame(self, frame: HostLinkFrame | ProtocolError) -> None:
        if isinstance(frame, ProtocolError):
            raise frame
        if self._connection is None:
            if not isinstance(frame, LinkHello):
                raise ProtocolError("out_of_order", "A host says hello first.")
            self._connection = self._hub.hosts.connect(frame, self._outlet)
        else:
            self._connection.receive(frame)


class _LocalOutlet:
    def __init__(self, incoming: asyncio.Queue[bytes | None]) -> None:
        self._incoming = incoming

    def send(self, frame: HubLinkFrame) -> None:
        self._incoming.put_nowait(join([encode(frame)]))

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(delay_s, callback)

    def close(self, code: int, reason: str) -> None:
        self._incoming.put_nowait(None)
