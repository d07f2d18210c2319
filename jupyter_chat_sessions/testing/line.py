"""A viewer's connection: frames are encoded and decoded as on a socket, between the test's loop and the hub's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..hub.access import Principal
from ..hub.attachment import Attachment
from ..hub.hub import Hub
from ..protocol.errors import ProtocolError
from ..protocol.frames import (
    MAX_HOST_BYTES,
    MAX_VIEWER_BYTES,
    Decoder,
    Hello,
    HubFrame,
    ViewerFrame,
    encode,
    join,
)
from .stage import Stage


class Line:
    """A viewer's connection: frames go to the hub's loop, and come back to the test's, encoded both ways."""

    def __init__(self, stage: Stage, *, on_frame: Callable[[Line, HubFrame], None]) -> None:
        self.attachment: Attachment | None = None
        self._hub_loop = stage.link.loop
        self._loop = asyncio.get_running_loop()
        self._on_frame = on_frame
        self._read_viewer = Decoder(ViewerFrame, max_bytes=MAX_VIEWER_BYTES)
        self._read_hub = Decoder(HubFrame, max_bytes=MAX_HOST_BYTES)

    async def attach(self, hub: Hub, principal: Principal, hello: Hello) -> None:
        """Join the session. On the hub's loop."""
        self.attachment = hub.attach(principal, hello, _Outlet(self._loop, self._arrive))

    def send(self, frame: ViewerFrame) -> None:
        """Send a frame of the viewer's."""
        for read in self._read_viewer.frames(join([encode(frame)])):
            self._hub_loop.call_soon_threadsafe(self._deliver, read)

    async def aclose(self) -> None:
        """Go away."""

        async def detach() -> None:
            if self.attachment is not None:
                self.attachment.detach()

        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(detach(), self._hub_loop))

    def _deliver(self, frame: ViewerFrame | ProtocolError) -> None:
        if self.attachment is not None:
            self.attachment.receive(frame)

    def _arrive(self, frame: bytes) -> None:
        for read in self._read_hub.frames(join([frame])):
            if isinstance(read, ProtocolError):
                raise read
            self._on_frame(self, read)


class _Outlet:
    """The hub's end of a viewer's connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop, arrive: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._arrive = arrive

    def send(self, frame: bytes) -> None:
        self._loop.call_soon_threadsafe(self._arrive, frame)

    def close(self, code: int, reason: str) -> None:
        """The `bye` before it says all."""
