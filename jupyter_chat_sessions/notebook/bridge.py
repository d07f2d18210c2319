"""The way of a widget's viewers to the hub inside the kernel: the same frames, as custom messages of the widget.

Such messages reach every front end of the kernel: sessions are kept apart for correctness here, not as a boundary of
security.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec

from ..embedded import EmbeddedHub
from ..hub.access import Principal
from ..hub.attachment import Attachment, Reception
from ..hub.hub import NewSession
from ..hub.session import Session
from ..protocol.errors import RefusedError
from ..protocol.frames import Begin, Begun, Heartbeat, Hello, UserInfo, encode, join
from .bridge_files import BridgeFiles

logger = logging.getLogger(__name__)

GATHER_S = 0.02
"""How long frames gather before they leave in one message, in seconds: front ends take a limited number of messages."""
MAX_CONNECTIONS_PER_SESSION = 4
"""A page that is gone does not say so here; the newest connections of a session are kept."""
DEAD_AFTER_S = 600.0
"""A page that has said nothing for so long is gone, in seconds: each answers a heartbeat, but the kernel may not get
round to reading what it says while a cell runs."""
MAX_STEPS = 200

_VIEWER = Principal(
    # The same for every page: what tells the sessions apart is the secret, which a page keeps over a reload.
    key="kernel",
    user=UserInfo(identifier="notebook user", display_name="You"),
    is_owner=True,
)
_STATUS = {"unknown_channel": 404, "unknown_session": 404, "unknown_file": 404, "busy": 503}

Send = Callable[[dict[str, Any]], None]


class Bridge:
    """Carries frames between a widget's pages and the hub.

    Everything but `receive` and `close` happens on the link's loop.

    Args:
        embedded: The hub.
        loop: The link's loop, which the hub lives on.
        send: Sends a custom message to the widget's pages; called on that loop.
    """

    def __init__(self, embedded: EmbeddedHub, *, loop: asyncio.AbstractEventLoop, send: Send) -> None:
        self._embedded = embedded
        self._loop = loop
        self._send = send
        self._connection_by_id: dict[str, _Connection] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._files = BridgeFiles(embedded.hub, loop, find_session=self._session)

    def receive(self, message: dict[str, Any]) -> None:
        """Take a page's message. From any thread."""
        self._loop.call_soon_threadsafe(self._on_message, message)

    def close(self) -> None:
        """Let every connection go. From any thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close_all)

    def _on_message(self, message: dict[str, Any]) -> None:
        connection_id = message.get("connection")
        match message.get("kind"):
            case "create":
                self._create(message)
            case "steps":
                self._answer(message, lambda: self._steps(message.get("body")))
            case "file" | "files" | "upload" | "upload_piece" | "remove_file" as kind:
                self._answer(message, lambda: self._files.answer(kind, message.get("body")))
            case "open" if isinstance(connection_id, str):
                self._connection_by_id[connection_id] = _Connection(self, connection_id)
            case "frames" if isinstance(connection_id, str):
                connection = self._connection_by_id.get(connection_id)
                if connection is not None:
                    connection.receive(str(message.get("data", "")))
            case "close" if isinstance(connection_id, str):
                connection = self._connection_by_id.pop(connection_id, None)
                if connection is not None:
                    connection.lost()

    def _create(self, message: dict[str, Any]) -> None:
        status, body = 201, {}
        try:
            request = msgspec.convert(message.get("body"), NewSession)
            body = msgspec.to_builtins(self._embedded.hub.create_session(_VIEWER, request))
        except msgspec.ValidationError as reason:
            status, body = 400, {"code": "malformed", "text": f"This request cannot be read: {reason}."}
        except RefusedError as error:
            status, body = _STATUS.get(error.code, 403), {"code": error.code, "text": error.text}
        self._send({"kind": "created", "request": message.get("request"), "status": status, "body": body})

    def _answer(self, message: dict[str, Any], work: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        """Answer a request under its own name, once the work for it is done."""
        telling = self._loop.create_task(self._tell(message, work))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def _tell(self, message: dict[str, Any], work: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        status = 200
        try:
            body = await work()
        except msgspec.ValidationError as reason:
            status, body = 400, {"code": "malformed", "text": f"This request cannot be read: {reason}."}
        except RefusedError as error:
            status, body = _STATUS.get(error.code, 403), {"code": error.code, "text": error.text}
        self._send({"kind": message["kind"], "request": message.get("request"), "status": status, "body": body})

    async def _steps(self, body: Any) -> dict[str, Any]:
        """Return steps that stand before one of them, to who has the session's secret."""
        wanted = msgspec.convert(body, _WantedSteps)
        session = self._session(wanted.session, wanted.secret)
        steps, earlier = await session.steps_before(wanted.before, limit=wanted.limit)
        return {"steps": msgspec.to_builtins(steps), "earlier": earlier}

    def _session(self, session_id: str, secret: str) -> Session:
        return self._embedded.hub.session(_VIEWER, session_id, secret)

    def _close_all(self) -> None:
        for connection in list(self._connection_by_id.values()):
            connection.lost()
        self._connection_by_id.clear()

    # ---- for its connections -----------------------------------------------------------------------------------------

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The hub's loop."""
        return self._loop

    @property
    def heartbeat_s(self) -> float:
        """Silence after which a page is told that the kernel lives, in seconds."""
        return self._embedded.hub.options.heartbeat_s

    def attach(self, connection: _Connection, hello: Hello) -> Attachment:
        """Join a connection to its session.

        Raises:
            RefusedError: The hub does not let it in.
        """
        of_session = [other for other in self._connection_by_id.values() if other.session_id == hello.session]
        for oldest in of_session[: max(0, len(of_session) - MAX_CONNECTIONS_PER_SESSION + 1)]:
            oldest.close(4012, "replaced by a newer connection")
        return self._embedded.hub.attach(_VIEWER, hello, connection)

    def begin(self, begin: Begin, then: Callable[[Begun], None]) -> None:
        """Make a session."""
        self._embedded.hub.begin(_VIEWER, begin, then=then)

    def send(self, message: dict[str, Any]) -> None:
        """Send a message to the pages."""
        self._send(message)

    def forget(self, connection_id: str) -> None:
        """A connection is closed."""
        self._connection_by_id.pop(connection_id, None)


class _Connection:
    """One page's connection; to the hub, an outlet."""

    def __init__(self, bridge: Bridge, connection_id: str) -> None:
        self.session_id: str | None = None
        self._bridge = bridge
        self._id = connection_id
        self._reception = Reception(bridge.begin, self._attach, self)
        self._frames: list[bytes] = []
        self._flush_timer: asyncio.TimerHandle | None = None
        self._heard_at = bridge.loop.time()
        self._pulse = bridge.loop.call_later(bridge.heartbeat_s, self._feel_pulse)

    def receive(self, data: str) -> None:
        """Take what one message of the page carried."""
        self._heard_at = self._bridge.loop.time()
        self._reception.receive(data)

    def send(self, frame: bytes) -> None:
        """See `Outlet.send`."""
        self._frames.append(frame)
        if self._flush_timer is None:
            self._flush_timer = self._bridge.loop.call_later(GATHER_S, self._flush)

    def close(self, code: int, reason: str) -> None:
        """See `Outlet.close`."""
        self._flush()
        self.lost()
        self._bridge.forget(self._id)
        self._bridge.send({"kind": "closed", "connection": self._id, "code": code, "reason": reason})

    def lost(self) -> None:
        """Detach, and stop every timer."""
        if self._flush_timer is not None:
            self._flush_timer.cancel()
        self._pulse.cancel()
        self._reception.lost()

    def _attach(self, hello: Hello) -> Attachment:
        attachment = self._bridge.attach(self, hello)
        self.session_id = hello.session
        return attachment

    def _flush(self) -> None:
        self._flush_timer = None
        if self._frames:
            frames, self._frames = self._frames, []
            self._bridge.send({"kind": "frames", "connection": self._id, "data": join(frames).decode()})

    def _feel_pulse(self) -> None:
        """Ask for a sign of life, also while much is said: that alone does not tell whether anybody listens."""
        loop = self._bridge.loop
        if loop.time() - self._heard_at > DEAD_AFTER_S:
            self.close(4012, "nothing was heard")
            return
        self.send(encode(Heartbeat()))
        self._pulse = loop.call_later(self._bridge.heartbeat_s, self._feel_pulse)


class _WantedSteps(msgspec.Struct):
    session: str
    secret: str
    before: str
    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_STEPS)] = 100
