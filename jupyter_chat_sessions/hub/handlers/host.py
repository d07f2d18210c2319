"""The host's socket."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable
from typing import Any, ClassVar

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import ensure_async
from tornado.web import HTTPError
from tornado.websocket import WebSocketClosedError

from ...protocol.errors import ProtocolError, RefusedError
from ...protocol.frames import (
    MAX_HOST_BYTES,
    Decoder,
    HostLinkFrame,
    HubLinkFrame,
    LinkHello,
    LinkRefused,
    encode,
    join,
)
from ..host_port import HostConnection
from ..hub import Hub
from .socket import ChatSocket
from .turn_end import TurnEnd

logger = logging.getLogger(__name__)


LOOK_AFTER_S = (0.1, 0.4, 1.0, 1.5, 2.0, 5.0)
"""After these pauses, in seconds, it is looked whether the kernel behind a line that was lost is still there."""


class HostSocket(ChatSocket, JupyterHandler):
    """Joins a kernel to the hub. It is let in by the host token, which is good for this and nothing else."""

    _connection: HostConnection | None = None
    _process: int | None = None
    """The kernel's, where the host is a kernel of this server."""
    _silence: asyncio.TimerHandle | None = None
    _looking: ClassVar[set[asyncio.Task[None]]] = set()

    @property
    def max_message_size(self) -> int:
        """The largest message that tornado takes, in bytes."""
        return MAX_HOST_BYTES

    @allow_unauthenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the socket to who has the host token. No browser has it, so none is let in."""
        expected = f"chat-host {self.settings['chat_sessions_host_token']}"
        given = self.request.headers.get("Authorization", "")
        if "Origin" in self.request.headers or not hmac.compare_digest(given.encode(), expected.encode()):
            raise HTTPError(403)
        await super().get(*args, **kwargs)

    def open(self, *args: Any, **kwargs: Any) -> None:
        """Wait for the hello."""
        super().open(*args, **kwargs)
        self._decoder = Decoder(HostLinkFrame, max_bytes=MAX_HOST_BYTES)
        self._wait_for_word()

    def on_message(self, message: str | bytes) -> None:
        """Take a message apart. Nothing here waits."""
        self._wait_for_word()
        if self._connection is not None and self._connection.port.is_silent:
            self._hub.hosts.silent(self._connection, is_silent=False)
        try:
            for frame in self._decoder.frames(message):
                self._on_frame(frame)
        except (ProtocolError, RefusedError) as error:
            logger.warning("a host was refused (%s)", error.code)
            self.send(LinkRefused(code=error.code, text=error.text))
            self.close(4400, error.code)

    def on_close(self) -> None:
        """Let the hub know that this connection is gone."""
        if self._silence is not None:
            self._silence.cancel()
        if self._connection is not None:
            self._connection.lost()
            looking = asyncio.get_running_loop().create_task(self._look_for_kernel(self._connection))
            self._looking.add(looking)
            looking.add_done_callback(self._looking.discard)
        super().on_close()

    def _wait_for_word(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
        self._silence = asyncio.get_running_loop().call_later(self._hub.options.host_silence_s, self._on_silence)

    def _on_silence(self) -> None:
        """Say that the host is busy. The end of a kernel of this server is known; what is elsewhere may be gone."""
        if self._connection is None or (self._connection.port.is_silent and self._process is None):
            self.close()
        else:
            self._hub.hosts.silent(self._connection, is_silent=True)
            self._wait_for_word()

    @property
    def _hub(self) -> Hub:
        hub: Hub = self.settings["chat_sessions_hub"]
        return hub

    async def _look_for_kernel(self, connection: HostConnection) -> None:
        """Tell a cut line from a kernel that has ended: what ran there is interrupted at once, not after a grace."""
        for delay_s in LOOK_AFTER_S:
            await asyncio.sleep(delay_s)
            if connection.port.is_connected:
                return
            if self._process is not None and not await self._is_same_process():
                self._hub.hosts.gone(connection)
                return

    async def _is_same_process(self) -> bool:
        if self._process_of_kernel() != self._process:
            return False
        kernel: Any = self.kernel_manager.get_kernel(self._kernel_id())
        return bool(await ensure_async(kernel.is_alive()))

    def _process_of_kernel(self) -> int | None:
        kernel_id = self._kernel_id()
        if kernel_id not in self.kernel_manager:
            return None
        kernel: Any = self.kernel_manager.get_kernel(kernel_id)
        return getattr(kernel.provisioner, "pid", None)

    def _kernel_id(self) -> str:
        return "" if self._connection is None else self._connection.port.kernel_id or ""

    def send(self, frame: HubLinkFrame) -> None:
        """Send one frame: what the hub sees of this socket."""
        try:
            self.write_message(join([encode(frame)]))
        except WebSocketClosedError:
            logger.debug("a host's socket was closed; what it missed is sent again")

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """See `HostOutlet.call_later`."""
        if delay_s:
            asyncio.get_running_loop().call_later(delay_s, callback)
        else:
            turn_end: TurnEnd = self.settings["chat_sessions_turn_end"]
            turn_end.call_first(callback)

    def _on_frame(self, frame: HostLinkFrame | ProtocolError) -> None:
        if isinstance(frame, ProtocolError):
            raise frame
        if self._connection is None:
            if not isinstance(frame, LinkHello):
                raise ProtocolError("out_of_order", "A host says hello first.")
            self._connection = self._hub.hosts.connect(frame, self)
            self._process = self._process_of_kernel()
        else:
            self._connection.receive(frame)
