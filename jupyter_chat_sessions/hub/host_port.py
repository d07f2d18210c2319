"""The hub's end of the link to one host process, over any number of connections.

The one rule: frames of an earlier connection are dropped by one guard, `HostPort.receive`. What is said during one turn
of the loop travels in one message, and the acknowledgement of what came rides on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ..protocol.errors import ProtocolError
from ..protocol.frames import (
    BATCH_BYTES,
    PROTOCOL_VERSION,
    Deliver,
    DeliverAnswer,
    HostBatch,
    HostFrame,
    HostLinkFrame,
    HubBatch,
    HubLinkFrame,
    HubToHostFrame,
    LinkAck,
    LinkBeat,
    LinkHello,
    LinkWelcome,
    OpenSession,
    SessionEnded,
    StopRuns,
    encode,
)
from ..protocol.link import LinkEnd, batches
from .clock import Timer
from .wanted import WantedPieces

ACK_AFTER_S = 0.005
"""How long an acknowledgement waits for something to ride on, in seconds: the next message follows at its heels."""


class HostOutlet(Protocol):
    """A host's socket, as the hub sees it."""

    def send(self, frame: HubLinkFrame) -> None:
        """Queue one frame; never waits."""

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Call back after a while; after no time, once this turn of the loop is over."""

    def close(self, code: int, reason: str) -> None:
        """Close the socket once what is queued has left."""


class HostPort:
    """One host process.

    Args:
        epoch: The host's own, new for each process.
        kernel_id: The kernel that it is, where it is one.
        on_frame: Called with each frame, once, in order.
    """

    def __init__(self, epoch: str, kernel_id: str | None, *, on_frame: Callable[[HostPort, HostFrame], None]) -> None:
        self.epoch = epoch
        self.kernel_id = kernel_id
        self.grace_timer: Timer | None = None
        self.is_silent = False
        """Its line stands, and nothing has come over it for a while: not even its link's thread gets to run."""
        self._on_frame = on_frame
        self._end: LinkEnd[HubToHostFrame, HostFrame] = LinkEnd()
        self._connection: HostConnection | None = None
        self._taking = 0
        """The number of the frame that is being taken, or was last."""
        self._held: dict[int, None] = {}
        """The numbers of those that have yet to have their effect, the lowest first."""
        self.wanted = WantedPieces(self._send_numbered)

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open now."""
        return self._connection is not None

    def send(self, frame: HubToHostFrame) -> None:
        """Send a frame, now or when the host is back."""
        self._send_numbered(frame)

    def connect(
        self, hello: LinkHello, outlet: HostOutlet, *, hub_epoch: str, is_resumed: bool, on_lost: LostCallback
    ) -> HostConnection:
        """Take a new connection in the place of an earlier one, and send again what it has not.

        Raises:
            ProtocolError: The host claims to have what was never sent; nothing has changed.
        """
        if is_resumed:
            self._acknowledged(hello.received)
        if self._connection is not None:
            self._connection.outlet.close(1012, "replaced by a newer connection")
        connection = self._connection = HostConnection(self, outlet, on_lost=on_lost)
        self.is_silent = False
        outlet.send(LinkWelcome(v=PROTOCOL_VERSION, hub_epoch=hub_epoch, received=self._received, resumed=is_resumed))
        seq, _ = self._end.unacknowledged()
        connection.sent, connection.told = seq - 1, self._received
        self.speak(connection)
        return connection

    def take_back(self, session: str) -> None:
        """Let a session leave this host: what it was still to be given for it becomes the news that it has moved."""
        moved = SessionEnded(session=session, reason="moved")

        def change(frame: HubToHostFrame) -> HubToHostFrame:
            is_work = isinstance(frame, OpenSession | Deliver | DeliverAnswer | StopRuns) and frame.session == session
            return moved if is_work else frame

        self._end.amend(change)
        self.send(moved)

    def receive(self, connection: HostConnection, frame: HostLinkFrame) -> None:
        """Take a frame of the current connection.

        Raises:
            ProtocolError: The frame is out of order.
        """
        if connection is not self._connection:
            return
        match frame:
            case HostBatch(seq=seq, ack=ack, frames=frames):
                self._acknowledged(ack)
                new = self._end.receive(seq, frames)
                for number, one in enumerate(new, self._end.received - len(new) + 1):
                    self._taking = number
                    self._on_frame(self, one)
                connection.acknowledge_soon()
            case LinkAck(ack=ack):
                self._acknowledged(ack)
            case LinkBeat():
                connection.outlet.send(frame)
            case LinkHello():
                raise ProtocolError("out_of_order", "A host says hello once in a connection.")

    def hold(self) -> Callable[[], None]:
        """Do not acknowledge the frame that is being taken until what this returns is called: it has no effect yet."""
        number = self._taking
        self._held[number] = None

        def let_go() -> None:
            del self._held[number]
            if self._connection is not None:
                self._connection.acknowledge_soon()

        return let_go

    def speak(self, connection: HostConnection) -> None:
        """Send on a connection what was not sent on it yet; where that is nothing, acknowledge what has come."""
        if connection is not self._connection:
            return
        first, frames = connection.sent + 1, self._end.after(connection.sent)
        for seq, some in batches(first, frames, size=_size, max_bytes=BATCH_BYTES):
            connection.outlet.send(HubBatch(seq=seq, ack=self._received, frames=some))
        if not frames and connection.told != self._received:
            connection.outlet.send(LinkAck(ack=self._received))
        connection.sent, connection.told = self._end.sent, self._received

    @property
    def _received(self) -> int:
        """The number up to which the host may forget what it has sent."""
        return next(iter(self._held)) - 1 if self._held else self._end.received

    def _send_numbered(self, frame: HubToHostFrame) -> int:
        self._end.number([frame])
        if self._connection is not None:
            self._connection.speak_soon()
        return self._end.sent

    def _acknowledged(self, number: int) -> None:
        self._end.acknowledged(number)
        self.wanted.settled(number)

    def lose(self, connection: HostConnection) -> bool:
        """Note that a connection is gone; return whether it was the current one."""
        if connection is not self._connection:
            return False
        self._connection = None
        return True


def _size(frame: HubToHostFrame) -> int:
    return len(encode(frame))


LostCallback = Callable[[HostPort], None]


class HostConnection:
    """One connection of a host, handed to whoever reads the socket."""

    def __init__(self, port: HostPort, outlet: HostOutlet, *, on_lost: LostCallback) -> None:
        self.port = port
        self.outlet = outlet
        self.sent = 0
        """The number of the last frame that was sent on it."""
        self.told = 0
        """The number of the last frame that it was told has come."""
        self._on_lost = on_lost
        self._speaks_soon = False
        self._acknowledges_soon = False

    def speak_soon(self) -> None:
        """Send what there is, once this turn of the loop is over."""
        if not self._speaks_soon:
            self._speaks_soon = True
            self.outlet.call_later(0, self._speak)

    def acknowledge_soon(self) -> None:
        """Acknowledge what has come, with what is sent next or alone."""
        if not self._acknowledges_soon:
            self._acknowledges_soon = True
            self.outlet.call_later(ACK_AFTER_S, self._acknowledge)

    def _speak(self) -> None:
        self._speaks_soon = False
        self.port.speak(self)

    def _acknowledge(self) -> None:
        self._acknowledges_soon = False
        self.port.speak(self)

    def receive(self, frame: HostLinkFrame) -> None:
        """Take a frame.

        Raises:
            ProtocolError: The frame is out of order; close the socket.
        """
        self.port.receive(self, frame)

    def lost(self) -> None:
        """The socket is gone."""
        if self.port.lose(self):
            self._on_lost(self.port)
