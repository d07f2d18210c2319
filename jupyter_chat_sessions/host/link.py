"""The link to the hub: a thread of its own, so that no cell that blocks can stop it.

The one rule: everything here but `start`, `close` and `call` happens on the link's own loop.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Literal, Protocol, TypeVar
from uuid import uuid4

import msgspec

from ..protocol.errors import ChatSessionsError, HubUnreachableError, ProtocolError
from ..protocol.frames import (
    BATCH_BYTES,
    MAX_HOST_BYTES,
    PROTOCOL_VERSION,
    Decoder,
    HubBatch,
    HubLinkFrame,
    HubToHostFrame,
    LinkAck,
    LinkBeat,
    LinkHello,
    LinkRefused,
    LinkWelcome,
    encode,
    join,
)
from ..protocol.link import LinkEnd, batches
from .outbox import Outbox
from .wire import Dial, Wire

logger = logging.getLogger(__name__)

LinkStatus = Literal["connecting", "connected", "refused", "closed"]

T = TypeVar("T")

ACK_AFTER_S = 0.005
"""How long an acknowledgement waits for something to ride on, in seconds."""
LOOK_S = 0.02
"""How often it is looked whether something is held back by a handler that works and does not wait, in seconds."""
BEAT_S = 10.0
SILENCE_S = 35.0
"""Without a word of the hub, not even the answer to a beat, the line counts as dead."""
LONGEST_WAIT_S = 5.0


class LinkListener(Protocol):
    """Who the link works for. Called on the link's thread: take note and return."""

    def on_frames(self, frames: list[HubToHostFrame]) -> None:
        """Frames came, each once, in order."""

    def on_new_hub(self) -> None:
        """The hub that was known is gone; the one there now knows nothing of this host."""

    def on_status(self, status: LinkStatus, reason: str | None) -> None:
        """The connection came or went."""


class Link:
    """Keeps one connection to the hub, and loses nothing when it breaks.

    Args:
        dial: Opens a connection.
        listener: Who the frames are for.
        kernel_id: The kernel that this process is, if it is one.
    """

    def __init__(self, dial: Dial, listener: LinkListener, *, kernel_id: str | None = None) -> None:
        self.outbox = self._new_outbox()
        self._dial = dial
        self._listener = listener
        self._kernel_id = kernel_id
        self._epoch = uuid4().hex
        self._hub_epoch: str | None = None
        self._end: LinkEnd[bytes, HubToHostFrame] = LinkEnd()
        self._wire: Wire | None = None
        self._told = 0
        """The number of the last frame that the hub was told has come."""
        self._ack_timer: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._decoder = Decoder(HubLinkFrame, max_bytes=4 * MAX_HOST_BYTES)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="chat-link", daemon=True)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the thread; the link dials by itself from then on."""
        self._thread.start()

    def close(self) -> None:
        """Send what waits, close the connection, and end the thread."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop)
            self._thread.join(timeout=5.0)

    def start_over(self, listener: LinkListener) -> None:
        """Speak for another host from now on, as a new process would; what was not sent yet is forgotten."""
        self._listener = listener
        self._epoch, self._hub_epoch = uuid4().hex, None
        self._end, self._told = LinkEnd(), 0
        self.outbox = self._new_outbox()
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    def call(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run a coroutine on the link's loop, where an embedded hub lives."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The link's own loop."""
        return self._loop

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(self._keep_connected())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self._listener.on_status("closed", None)

    def _stop(self) -> None:
        self._flush(is_last=True)
        if self._wire is not None:
            self._wire.close()
        if self._task is not None:
            self._task.cancel()

    def _new_outbox(self) -> Outbox:
        outbox = Outbox(wake=lambda: self._soon(self._flush), watch=lambda: self._soon(look_later))

        def look_later() -> None:
            self._loop.call_later(LOOK_S, look)

        def look() -> None:
            if outbox.look():
                look_later()

        return outbox

    def _soon(self, work: Callable[[], None]) -> None:
        """Do something on the link's loop. From any thread."""
        try:
            self._loop.call_soon_threadsafe(work)
        except RuntimeError:
            logger.debug("the link is closed; what was said last is not sent")

    async def _keep_connected(self) -> None:
        tries = 0
        while True:
            try:
                wire = await self._dial()
                await self._serve(wire)
                tries = 0
            except HubUnreachableError as error:
                self._listener.on_status("connecting", str(error))
            except _RefusedError as error:
                self._listener.on_status("refused", str(error))
                return
            except ProtocolError as error:
                logger.warning("the link to the hub was out of step and begins anew: %s", error)
            finally:
                self._wire = None
            tries += 1
            await asyncio.sleep(random.uniform(0, min(LONGEST_WAIT_S, 0.1 * 2**tries)))  # noqa: S311  # only jitter

    async def _serve(self, wire: Wire) -> None:
        """Speak with the hub until the connection is gone."""
        self._told = self._end.received
        epoch = self._epoch
        hello = LinkHello(
            v=PROTOCOL_VERSION,
            host_epoch=self._epoch,
            hub_epoch=self._hub_epoch,
            kernel_id=self._kernel_id,
            received=self._end.received,
        )
        wire.send(join([encode(hello)]))
        beat = asyncio.create_task(self._beat(wire))
        try:
            while (message := await wire.receive()) is not None:
                if epoch != self._epoch:  # said to the host that this link spoke for before `start_over`
                    break
                self._heard_at = self._loop.time()
                for frame in self._decoder.frames(message):
                    self._on_frame(wire, frame)
        finally:
            beat.cancel()
            wire.close()
        self._listener.on_status("connecting", "The connection to the Jupyter server was cut.")

    def _on_frame(self, wire: Wire, frame: HubLinkFrame | ProtocolError) -> None:
        match frame:
            case LinkWelcome():
                self._on_welcome(wire, frame)
            case HubBatch(seq=seq, ack=ack, frames=frames):
                self._end.acknowledged(ack)
                new = self._end.receive(seq, frames)
                if new:
                    self._listener.on_frames(new)
                self._acknowledge_soon()
                self._settle()
            case LinkAck(ack=ack):
                self._end.acknowledged(ack)
                self._settle()
            case LinkBeat():
                pass
            case LinkRefused(text=text):
                raise _RefusedError(text)
            case ProtocolError():
                raise frame

    def _on_welcome(self, wire: Wire, welcome: LinkWelcome) -> None:
        if welcome.resumed:
            self._end.acknowledged(welcome.received)
        else:
            self._end.restart()
            self._told = 0
        is_another_hub = not welcome.resumed and self._hub_epoch is not None
        self._hub_epoch = welcome.hub_epoch
        self._wire = wire
        seq, frames = self._end.unacknowledged()
        self._send(seq, frames)
        if is_another_hub:
            self._listener.on_new_hub()
        self._flush()
        self._listener.on_status("connected", None)

    def _flush(self, *, is_last: bool = False) -> None:
        if self._wire is not None:
            frames = self.outbox.take(is_last=is_last)
            if frames:
                self._send(self._end.number(frames), frames)
            self._settle()

    def _send(self, seq: int, frames: list[bytes]) -> None:
        """Send numbered frames in as few messages as their size allows."""
        for first, some in batches(seq, frames, size=len, max_bytes=BATCH_BYTES):
            if self._wire is not None:
                self._told = self._end.received
                batch = _RawBatch(seq=first, ack=self._told, frames=msgspec.Raw(join(some)))
                self._wire.send(join([encode(batch)]))

    def _acknowledge_soon(self) -> None:
        """Acknowledge what has come, with what is said next or alone: mostly an answer follows at its heels."""
        if self._ack_timer is None:
            self._ack_timer = self._loop.call_later(ACK_AFTER_S, self._acknowledge)

    def _acknowledge(self) -> None:
        self._ack_timer = None
        if self._wire is not None and self._told != self._end.received:
            self._told = self._end.received
            self._wire.send(join([encode(LinkAck(ack=self._told))]))

    def _settle(self) -> None:
        self.outbox.settled(self._end.kept)

    async def _beat(self, wire: Wire) -> None:
        """Say now and then that this thread lives; the hub answers. A line on which nothing comes is a dead one."""
        beat = join([encode(LinkBeat())])
        self._heard_at = self._loop.time()
        while self._loop.time() - self._heard_at < SILENCE_S:
            wire.send(beat)
            await asyncio.sleep(BEAT_S)
        wire.close()


class _RefusedError(ChatSessionsError):
    """The hub will not speak with this host."""


class _RawBatch(msgspec.Struct, tag_field="type", tag="batch"):
    """A `HostBatch` whose frames are encoded already."""

    seq: int
    ack: int
    frames: msgspec.Raw
