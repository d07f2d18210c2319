"""Those who call the server in these tests: browsers, scripts, a host. Real HTTP and real WebSockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from http.cookies import SimpleCookie
from typing import Any, TypeVar
from uuid import uuid4

from jupyter_server.serverapp import ServerApp
from msgspec.structs import replace
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, websocket_connect

from jupyter_chat_sessions.hub.hub import Hub
from jupyter_chat_sessions.protocol.errors import ProtocolError
from jupyter_chat_sessions.protocol.frames import (
    MAX_HOST_BYTES,
    PROTOCOL_VERSION,
    AppendText,
    ChannelSettings,
    Decoder,
    Deliver,
    DeliverAnswer,
    Emit,
    FinishStep,
    Frame,
    HostBatch,
    HostFrame,
    HubBatch,
    HubFrame,
    HubLinkFrame,
    HubToHostFrame,
    LinkAck,
    LinkHello,
    LinkWelcome,
    OpenSession,
    Publish,
    Published,
    PutQuestion,
    PutStep,
    RunChanged,
    SendAnswer,
    SendMessage,
    encode_message,
)
from jupyter_chat_sessions.protocol.link import LinkEnd
from jupyter_chat_sessions.protocol.steps import Action, Question, Step, Uploads
from jupyter_chat_sessions.protocol.viewing import Viewing

API = "api/chat-sessions"
DEADLINE_S = 10.0
_ID = str(uuid4())
ASKING = {
    "ask": Question(id=_ID, step_id=_ID),
    "ask with buttons": Question(id=_ID, step_id=_ID, kind="action"),
    "ask for files": Question(id=_ID, step_id=_ID, kind="file", uploads=Uploads(max_files=2)),
}
"""What the scripted host asks when it is told so."""

F = TypeVar("F")


class Server:
    """The server from outside.

    Args:
        app: The server; only its secrets and its hub's numbers are read.
        client: An HTTP client bound to it.
        base_url: Where its paths begin.
    """

    def __init__(self, app: ServerApp, client: Any, base_url: str) -> None:
        self.app = app
        self.base_url = base_url
        self._client = client

    @property
    def hub(self) -> Hub:
        """The hub, for its statistics."""
        hub: Hub = self.app.web_app.settings["chat_sessions_hub"]
        return hub

    @property
    def token(self) -> dict[str, str]:
        """The header of a script that has the server's token."""
        return {"Authorization": f"token {self.app.identity_provider.token}"}

    @property
    def host_token(self) -> dict[str, str]:
        """The header of a host."""
        return {"Authorization": f"chat-host {self.app.web_app.settings['chat_sessions_host_token']}"}

    @property
    def origin(self) -> str:
        """The origin of this server's own pages."""
        url: str = self._client.get_url("")
        return url

    async def request(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, body: Any = None, **more: Any
    ) -> HTTPResponse:
        """Send a request below the base URL; structs and plain data are sent as JSON, text and bytes as they are."""
        fields = dict(headers or {})
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
            fields.setdefault("Content-Type", "application/json")
        response: HTTPResponse = await self._client.fetch(
            f"{self.base_url}{path}",
            method=method,
            headers=fields,
            body=body,
            raise_error=False,
            follow_redirects=False,
            allow_nonstandard_methods=True,
            request_timeout=DEADLINE_S,
            **more,
        )
        return response

    async def open_socket(self, path: str, headers: Mapping[str, str]) -> WebSocketClientConnection:
        """Open a WebSocket below the base URL.

        Raises:
            HTTPClientError: It was refused.
        """
        url = f"{self.origin.replace('http', 'ws', 1)}{self.base_url}{path}"
        return await websocket_connect(HTTPRequest(url, headers=HTTPHeaders(headers), request_timeout=DEADLINE_S))

    async def start_extension(self) -> None:
        """Let the extension do what it does once the server listens."""
        extensions: Any = self.app.extension_manager
        await extensions.start_all_extensions()

    async def stop_extension(self) -> None:
        """Stop the extension, as a server does that goes down."""
        extensions: Any = self.app.extension_manager
        await extensions.stop_all_extensions()

    def last_activity(self) -> datetime:
        """Return when the server counts as last used."""
        app: Any = self.app.web_app
        last: datetime = app.last_activity()
        return last

    async def browser(self) -> Browser:
        """Return a browser of somebody who has just signed in."""
        browser = Browser(self)
        await browser.sign_in()
        return browser


class Browser:
    """Somebody's browser: has cookies and names its origin; it has not the token."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}

    async def sign_in(self) -> None:
        """Open the page of a chat with the token, as the link that Jupyter prints does."""
        response = await self.server.request("GET", "chat-sessions/lesson", headers=self.server.token)
        assert response.code == 200
        for line in response.headers.get_list("Set-Cookie"):
            self.cookies.update({name: morsel.value for name, morsel in SimpleCookie(line).items()})

    @property
    def cookie(self) -> dict[str, str]:
        """The header with the cookies."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    @property
    def own_page(self) -> dict[str, str]:
        """The headers of a request that a page of this server makes."""
        return {**self.cookie, "Origin": self.server.origin, "X-XSRFToken": self.cookies["_xsrf"]}

    async def request(self, method: str, path: str, *, secret: str = "", body: Any = None, **more: Any) -> HTTPResponse:
        """Send a request as a page of this server does."""
        headers = {**self.own_page, **({"X-Chat-Session-Secret": secret} if secret else {})}
        headers.update(more.pop("headers", {}))
        return await self.server.request(method, f"{API}/{path}", headers=headers, body=body, **more)

    async def create(self, *, channel: str = "lesson", **request: Any) -> dict[str, str]:
        """Make a session."""
        response = await self.request("POST", "sessions", body={"channel": channel, **request})
        assert response.code == 201, response.body
        created: dict[str, str] = json.loads(response.body)
        return created

    async def tab(self, created: Mapping[str, str]) -> SocketTab:
        """Open a session in a tab, and wait until its host has greeted it."""
        tab = SocketTab(self, created["session"], created["secret"])
        await tab.open()
        await tab.until(lambda: bool(tab.state.get("started")))
        return tab

    async def new_tab(self) -> SocketTab:
        """Begin a chat in a new tab."""
        return await self.tab(await self.create())


class Line:
    """One WebSocket, read frame by frame."""

    def __init__(self, socket: WebSocketClientConnection, of: Any) -> None:
        self.socket = socket
        self._decoder = Decoder(of, max_bytes=MAX_HOST_BYTES)

    async def put(self, *frames: Frame) -> None:
        """Send frames in one message."""
        await self.socket.write_message(encode_message(frames).decode())

    async def read(self) -> list[Any]:
        """Return the frames of the next message; none when the socket was closed.

        Raises:
            TimeoutError: Nothing came.
        """
        message = await asyncio.wait_for(self.socket.read_message(), DEADLINE_S)
        return [] if message is None else self.decode(message)

    def decode(self, message: str | bytes) -> list[Any]:
        """Return the frames of a message, all of which can be read."""
        frames = self._decoder.frames(message)
        assert not any(isinstance(frame, ProtocolError) for frame in frames), frames
        return frames

    async def until_closed(self) -> int | None:
        """Read on until the socket is closed, and return the code."""
        while await self.read():
            pass
        return self.socket.close_code


class SocketTab:
    """A viewer's tab."""

    def __init__(self, browser: Browser, session: str, secret: str) -> None:
        self.viewing = Viewing(session, secret)
        self.secret = secret
        self.frames: list[HubFrame] = []
        self.effects: list[str | None] = []
        self.server = browser.server
        self._browser = browser

    async def open(self) -> None:
        """Connect, say hello, and wait for the welcome."""
        headers = {**self._browser.cookie, "Origin": self._browser.server.origin}
        self.line = Line(await self._browser.server.open_socket(f"{API}/viewer", headers), HubFrame)
        welcomes = self.effects.count("welcomed")
        await self.line.put(self.viewing.hello())
        await self.until(lambda: self.effects.count("welcomed") > welcomes)

    async def drop(self) -> None:
        """Lose the connection, and wait until the server has noticed."""
        hub = self._browser.server.hub
        viewers = hub.statistics().viewers
        self.line.socket.close()
        await self.line.until_closed()
        assert hub.statistics().viewers == viewers - 1
        self.viewing.disconnected()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Read until something is true."""
        while not condition():
            frames = await self.line.read()
            assert frames, f"closed with {self.line.socket.close_code}"
            for frame in frames:
                self.frames.append(frame)
                effect, answers = self.viewing.receive(frame)
                self.effects.append(effect)
                for answer in answers:
                    await self.line.put(answer)

    async def say(self, text: str) -> str:
        """Send a message, or the answer to the question that is open, and do not wait; return its client id."""
        questions = self.viewing.conversation.questions
        command: SendMessage | SendAnswer = (
            SendAnswer(client_id=str(uuid4()), question_id=questions[0].id, text=text)
            if questions
            else SendMessage(client_id=str(uuid4()), text=text)
        )
        for frame in self.viewing.command(command):
            await self.line.put(frame)
        return command.client_id

    async def ask(self, text: str) -> str:
        """Say something, wait until it is answered, and return the last step's text."""
        await self.say(text)
        await self.until(lambda: self.viewing.is_quiet)
        return self.last

    @property
    def state(self) -> dict[str, Any]:
        """The session's state."""
        return self.viewing.conversation.state

    @property
    def last(self) -> str:
        """The text of the last step; empty when there is none."""
        return self.transcript[-1] if self.transcript else ""

    @property
    def transcript(self) -> list[str]:
        """The text of each step."""
        return [step.output for step in self.viewing.conversation.steps]


class ScriptedHost:
    """A host with a small script: it greets, echoes in pieces, and halts when told `hold`.

    Told something of `ASKING` it asks for a name.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.frames: list[HubToHostFrame] = []
        self._end: LinkEnd[HostFrame, HubToHostFrame] = LinkEnd()
        self._published = asyncio.Event()
        self._held: list[tuple[str, Step]] = []
        self._asking: dict[str, Deliver] = {}
        self._came = asyncio.Event()

    async def publish(self, settings: ChannelSettings) -> None:
        """Offer a channel and wait until it is there."""
        self._published.clear()
        await self.say(Publish(settings=settings))
        await asyncio.wait_for(self._published.wait(), DEADLINE_S)

    async def say(self, *frames: HostFrame) -> None:
        """Send frames."""
        seq = self._end.number(frames)
        await self.line.put(HostBatch(seq=seq, ack=self._end.received, frames=list(frames)))

    async def emit(self, session: str, *events: Any) -> None:
        """Emit events of a session."""
        await self.say(*(Emit(session=session, event=event) for event in events))

    async def until_got(self, kind: type[F]) -> F:
        """Wait until the hub has said something of a kind, and return the first."""
        while not (got := [frame for frame in self.frames if isinstance(frame, kind)]):
            self._came.clear()
            await asyncio.wait_for(self._came.wait(), DEADLINE_S)
        return got[0]

    async def release(self) -> None:
        """Go on with what was held."""
        held, self._held = self._held, []
        for session, step in held:
            await self._finish(session, step)

    async def play(self) -> None:
        """Follow the script until the socket is closed."""
        while frames := await self._read():
            for frame in frames:
                match frame:
                    case HubBatch(seq=seq, ack=ack, frames=batch):
                        self._end.acknowledged(ack)
                        for new in self._end.receive(seq, batch):
                            self.frames.append(new)
                            self._came.set()
                            await self._on_frame(new)
                    case LinkAck(ack=ack):
                        self._end.acknowledged(ack)

    async def _read(self) -> list[HubLinkFrame]:
        # Without a deadline: a host may have nothing to do for long.
        message = await self.line.socket.read_message()
        frames: list[Any] = [] if message is None else self.line.decode(message)
        return frames

    async def _on_frame(self, frame: HubToHostFrame) -> None:
        match frame:
            case Published():
                self._published.set()
            case OpenSession(session=session, user=user):
                await self._greet(session, user.identifier)
            case Deliver(session=session, step=step):
                await self.say(RunChanged(session=session, run=step.id, name="on_message", status="running"))
                await self._answer(frame, session, step)
            case DeliverAnswer(session=session, question_id=question_id, answer=answer):
                step = self._asking.pop(question_id).step
                files = [] if answer is None else [each.name for each in answer.files]
                name = ", ".join(files) if files else "nobody" if answer is None else answer.text
                await self.emit(session, PutStep(step=_message(f"Hello {name}", run=step.id)))
                await self.say(RunChanged(session=session, run=step.id, name="on_message", status="done"))

    async def _greet(self, session: str, user: str) -> None:
        run = str(uuid4())
        await self.say(
            RunChanged(session=session, run=run, name="on_chat_start", status="running"),
            Emit(session=session, event=PutStep(step=_message(f"Welcome {user}", run=run))),
            RunChanged(session=session, run=run, name="on_chat_start", status="done"),
        )

    async def _answer(self, frame: Deliver, session: str, step: Step) -> None:
        if step.output in ASKING:
            actions = [Action(id=str(uuid4()), name=name.lower(), label=name) for name in ("Ada", "Eve")]
            message = replace(_message("What is your name?", run=step.id), actions=actions)
            question = replace(ASKING[step.output], id=str(uuid4()), step_id=message.id)
            self._asking[question.id] = frame
            await self.emit(session, PutStep(step=message), PutQuestion(question=question))
        elif step.output == "hold":
            self._held.append((session, step))
        else:
            await self._finish(session, step)

    async def _finish(self, session: str, step: Step) -> None:
        message = _message("", run=step.id, streaming=True)
        said = f"You said {step.output}"
        half = len(said) // 2
        await self.emit(session, PutStep(step=message))
        await self.emit(session, AppendText(step_id=message.id, offset=0, text=said[:half]))
        await self.emit(session, AppendText(step_id=message.id, offset=half, text=said[half:]))
        await self.emit(session, FinishStep(step_id=message.id))
        await self.say(RunChanged(session=session, run=step.id, name="on_message", status="done"))


def _message(text: str, *, run: str, streaming: bool = False) -> Step:
    return Step(id=str(uuid4()), type="assistant_message", name="Bot", output=text, parent_id=run, streaming=streaming)


async def _until_gone(host: ScriptedHost) -> None:
    with suppress(WebSocketClosedError):  # The body is over, and the host was still about to say something.
        await host.play()


@asynccontextmanager
async def a_host(
    server: Server, settings: ChannelSettings | None = None, *, kernel_id: str | None = None
) -> AsyncIterator[ScriptedHost]:
    """Join a host to the server for the length of the body, with one channel published."""
    socket = await server.open_socket(f"{API}/host", server.host_token)
    line = Line(socket, HubLinkFrame)
    await line.put(LinkHello(v=PROTOCOL_VERSION, host_epoch=str(uuid4()), kernel_id=kernel_id))
    (welcome,) = await line.read()
    assert isinstance(welcome, LinkWelcome)
    host = ScriptedHost(line)
    playing = asyncio.create_task(_until_gone(host))
    try:
        await host.publish(settings or ChannelSettings(name="lesson", title="Lesson"))
        yield host
    finally:
        socket.close()
        await playing
