"""A viewer that does not give up: the product's own machine (`Viewing`) over tornado's WebSocket client.

It reconnects with a short backoff, keeps what it said until it is confirmed, and writes a journal of what it sees.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import sys
import time
from collections.abc import Callable, Sequence
from typing import Literal
from uuid import uuid4

from tornado.httpclient import HTTPError, HTTPRequest
from tornado.iostream import StreamClosedError
from tornado.websocket import WebSocketClientConnection, WebSocketError, websocket_connect

from jupyter_chat_sessions.protocol.errors import ProtocolError
from jupyter_chat_sessions.protocol.frames import (
    Accepted as AcceptedFrame,
)
from jupyter_chat_sessions.protocol.frames import (
    Decoder,
    EndSession,
    ErrorFrame,
    Frame,
    Going,
    Heartbeat,
    Hello,
    HubFrame,
    Numbered,
    PutStep,
    Retry,
    SendAnswer,
    SendMessage,
    Stop,
    ViewerCommand,
    Welcome,
    encode_message,
)
from jupyter_chat_sessions.protocol.steps import Step
from jupyter_chat_sessions.protocol.viewing import Viewing

from .journal import (
    Accepted,
    Applied,
    Journal,
    Opened,
    Refused,
    Sent,
    Shown,
    Viewed,
    Welcomed,
    digest,
    key_of,
    seen_step,
)
from .server import TOKEN, ChaosServer

LIMIT_S = 30.0
FIRST_WAIT_S = 0.02
LONGEST_WAIT_S = 0.5
"""The browser's are 0.25 s and 15 s: a test has less patience."""
SILENCE_S = 40.0
_MAX_FRAMES = 64

_frames = Decoder(HubFrame, max_bytes=sys.maxsize, max_frames=sys.maxsize).frames


class ChaosViewer:
    """One tab on a session.

    Args:
        name: What the journal calls it.
        credentials: The session's id and secret.
        port: Where it dials: the server's port, or a proxy's.
        journal: Where it writes down what it sees.
        canary: The mark of its session; a new one by default.
        rng: Where its jitter comes from.
        silence_s: Silence after which it takes the line for dead.

    Attributes:
        viewing: What it sees.
        welcomes: The answer to each of its connections.
        errors: What was turned down, for now or for good.
        goings: The server's announcements that it stops.
        close_codes: How each connection ended.
        heartbeats: How many the server has sent.
    """

    def __init__(
        self,
        name: str,
        credentials: tuple[str, str],
        *,
        port: int,
        journal: Journal,
        canary: str | None = None,
        rng: random.Random | None = None,
        silence_s: float = SILENCE_S,
    ) -> None:
        self.name = name
        self.session, self.secret = credentials
        self.port = port
        self.canary = canary or self.session[:8]
        self.viewing = Viewing(*credentials)
        self.welcomes: list[Welcome] = []
        self.errors: list[ErrorFrame] = []
        self.goings: list[Going] = []
        self.close_codes: list[int | None] = []
        self.heartbeats = 0
        self.on_frame: Callable[[Frame], None] | None = None
        """Called with each frame once it was taken."""
        self._journal = journal
        self._rng = rng or random.Random(name)
        self._silence_s = silence_s
        self._number = 0
        self._line: WebSocketClientConnection | None = None
        self._applied: tuple[int, int] | None = None
        self._known_steps: set[str] = set()
        self._watchers: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._retrying: asyncio.TimerHandle | None = None
        journal.write(Opened(self.session, viewer=name, canary=self.canary))

    # ---- life --------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Connect, and stay connected until `close`."""
        self._task = asyncio.create_task(self._stay_connected(), name=f"viewer {self.name}")

    async def vanish(self) -> None:
        """Leave without a word."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            if not self._task.cancelled():
                self._task.result()

    async def close(self) -> None:
        """Leave, and write down what is before it."""
        await self.vanish()
        self._note_applied()
        steps = [seen_step(step) for step in self.viewing.conversation.steps]
        self._journal.write(Viewed(self.session, viewer=self.name, steps=steps))

    def raise_if_failed(self) -> None:
        """Raise what has ended the viewer, if something has but its own leaving."""
        if self._task is not None and self._task.done():
            self._task.result()

    def abort(self) -> None:
        """Break its own connection without a goodbye; it comes back by itself."""
        stream = None if self._line is None or self._line.protocol is None else self._line.protocol.stream
        if stream is not None and stream.socket is not None:
            with contextlib.suppress(OSError):
                stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            stream.close()

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open now."""
        return self._line is not None

    # ---- what it says ------------------------------------------------------------------------------------------------

    def say(self, words: str) -> str:
        """Say something; return the message's key, which it begins with."""
        key = self._next_key()
        text = f"{key} {words}"
        self._command(SendMessage(client_id=str(uuid4()), text=text), "message", key=key, text=text)
        return key

    def answer(self, question_id: str | None = None) -> str:
        """Answer a question, by default the one that is open; return the answer's key."""
        key = self._next_key()
        target = question_id or self.viewing.conversation.questions[0].id
        command = SendAnswer(client_id=str(uuid4()), question_id=target, text=key)
        self._command(command, "answer", key=key, text=key, target=target)
        return key

    def retry(self, key: str) -> None:
        """Let an interrupted message be run again."""
        step = self.step(key)
        assert step is not None
        self.retry_step(step)

    def retry_step(self, step: Step) -> None:
        """Let a message be run again."""
        self._command(Retry(client_id=str(uuid4()), step_id=step.id), "retry", key=key_of(step.output), target=step.id)

    def stop(self) -> None:
        """Press Stop."""
        self._send([Stop()])

    def end(self) -> None:
        """Press New chat: the session ends."""
        self._send([EndSession()])

    # ---- what it sees ------------------------------------------------------------------------------------------------

    def step(self, key: str) -> Step | None:
        """Return the user's message of a key."""
        return next((step for step in self._steps(key) if step.type == "user_message"), None)

    def reply(self, key: str) -> Step | None:
        """Return the bot's first message of a key."""
        return next((step for step in self._steps(key) if step.type != "user_message"), None)

    def status(self, key: str) -> str | None:
        """Return the status of a message; None before it is there."""
        step = self.step(key)
        return None if step is None else step.status

    async def until(self, condition: Callable[[], bool], *, limit_s: float = LIMIT_S) -> None:
        """Wait until a condition on what it sees holds; asked again after each change."""
        if condition():
            return
        happened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        watcher = (condition, happened)
        self._watchers.append(watcher)
        waiting: set[asyncio.Future[None]] = {happened} if self._task is None else {happened, self._task}
        try:
            done, _ = await asyncio.wait(waiting, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._watchers.remove(watcher)
        if self._task in done and self._task is not None:
            self._task.result()
        if not happened.done():
            raise TimeoutError(f"{self.name} waited {limit_s} s in vain: {self}")

    async def until_status(self, key: str, *statuses: str, limit_s: float = LIMIT_S) -> None:
        """Wait until a message has one of these statuses."""
        await self.until(lambda: self.status(key) in statuses, limit_s=limit_s)

    async def until_reply_has(self, key: str, text: str) -> None:
        """Wait until the bot's message of a key has a text in it."""
        await self.until(lambda: (reply := self.reply(key)) is not None and text in reply.output)

    async def until_heartbeats(self, count: int) -> None:
        """Wait for so many more of the server's heartbeats, which come once a second at the least."""
        wanted = self.heartbeats + count
        await self.until(lambda: self.heartbeats >= wanted, limit_s=LIMIT_S + count)

    async def latencies_s(self, count: int) -> list[float]:
        """Return what each of many messages waits for its answer, one after the other."""
        found: list[float] = []
        for _ in range(count):
            began = time.perf_counter()
            await self.until_status(self.say("echo"), "done")
            found.append(time.perf_counter() - began)
        return found

    async def until_quiet(self, *, limit_s: float = LIMIT_S) -> None:
        """Wait until it is connected, and all that was said is answered."""
        await self.until(
            lambda: self.is_connected and self.viewing.is_quiet and not self.viewing.conversation.questions,
            limit_s=limit_s,
        )

    async def until_welcome(self, count: int, *, limit_s: float = LIMIT_S) -> Welcome:
        """Wait until it was welcomed so many times in all; return the last welcome."""
        await self.until(lambda: len(self.welcomes) >= count, limit_s=limit_s)
        return self.welcomes[-1]

    # ---- private -----------------------------------------------------------------------------------------------------

    def _steps(self, key: str) -> list[Step]:
        return [step for step in self.viewing.conversation.steps if step.output.partition(" ")[0] == key]

    def _next_key(self) -> str:
        self._number += 1
        # Two tabs of one session share its canary: their numbers are kept apart by their names.
        return f"{self.canary}/{number_of(self.name)}{self._number:07}"

    def _command(
        self,
        command: ViewerCommand,
        kind: Literal["message", "answer", "retry"],
        *,
        key: str,
        text: str = "",
        target: str = "",
    ) -> None:
        self._journal.write(
            Sent(
                self.session,
                viewer=self.name,
                client=command.client_id,
                kind=kind,
                key=key,
                digest=digest(text),
                target=target,
            )
        )
        self._send(self.viewing.command(command))

    async def _stay_connected(self) -> None:
        tries = 0
        while self.viewing.bye is None:
            try:
                welcomes = len(self.welcomes)
                await self._connect()
                if len(self.welcomes) > welcomes:
                    tries = 0
            except (OSError, HTTPError, StreamClosedError, WebSocketError):
                pass
            finally:
                self._lost()
            tries += 1
            await asyncio.sleep(self._rng.uniform(0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**tries)))

    async def _connect(self) -> None:
        url = f"ws://127.0.0.1:{self.port}/api/chat-sessions/viewer"
        headers = {"Authorization": f"token {TOKEN}"}
        request = HTTPRequest(url, headers=headers, connect_timeout=5.0, request_timeout=5.0)
        line = await websocket_connect(request, max_message_size=1 << 30)
        try:
            hello: Hello = self.viewing.hello()
            _write(line, [hello])
            self._line = line
            while True:
                async with asyncio.timeout(self._silence_s):
                    message = await line.read_message()
                if message is None:
                    self.close_codes.append(line.close_code)
                    return
                for frame in _frames(message):
                    if not self._take(frame):
                        line.close(4010, "a gap")
                        return
        finally:
            line.close()

    def _lost(self) -> None:
        self._line = None
        self.viewing.disconnected()
        self._note_applied()
        self._changed()

    def _take(self, frame: HubFrame | ProtocolError) -> bool:
        """Take a frame; return whether the connection is still of use."""
        if isinstance(frame, ProtocolError):
            raise frame
        before = self.viewing.last_seq
        effect, answers = self.viewing.receive(frame)
        match frame:
            case Heartbeat():
                self.heartbeats += 1
            case Welcome() if effect == "welcomed":
                self._note_applied()
                self.welcomes.append(frame)
                # Resumed, it stands where it stood: that the events after that follow is for the checker to see.
                self._journal.write(
                    Welcomed(
                        self.session,
                        viewer=self.name,
                        epoch=frame.epoch,
                        seq=self.viewing.last_seq,
                        resumed=frame.snapshot is None,
                    )
                )
                for step in self.viewing.conversation.steps:
                    self._note_shown(step.id)
            case Numbered() if self.viewing.last_seq != before:
                self._on_applied(frame)
            case AcceptedFrame(client_id=client, step_id=step):
                self._journal.write(Accepted(self.session, viewer=self.name, client=client, step=step or ""))
            case ErrorFrame(client_id=client, code=code):
                self.errors.append(frame)
                if frame.retry_after_s is None:
                    self._journal.write(Refused(self.session, viewer=self.name, client=client or "", code=code))
                else:
                    self._retry_in(frame.retry_after_s)
            case Going():
                self.goings.append(frame)
        self._send(answers)
        if self.on_frame is not None:
            self.on_frame(frame)
        self._changed()
        return effect != "gap"

    def _on_applied(self, frame: Numbered) -> None:
        first = frame.first or frame.seq
        if self._applied is not None and first == self._applied[1] + 1:
            self._applied = (self._applied[0], frame.seq)
        else:
            self._note_applied()
            self._applied = (first, frame.seq)
        if isinstance(frame.event, PutStep) and frame.event.step.id in self.viewing.conversation:
            self._note_shown(frame.event.step.id)

    def _note_applied(self) -> None:
        if self._applied is not None:
            first, last = self._applied
            self._journal.write(Applied(self.session, viewer=self.name, first=first, last=last))
            self._applied = None

    def _note_shown(self, step_id: str) -> None:
        if step_id not in self._known_steps:
            self._known_steps.add(step_id)
            self._journal.write(Shown(self.session, viewer=self.name, step=step_id))

    def _retry_in(self, wait_s: float) -> None:
        """Say it all again after that time: once, however many refusals there were, as the browser does."""
        if self._retrying is None:
            self._retrying = asyncio.get_running_loop().call_later(wait_s, self._retry_held)

    def _retry_held(self) -> None:
        self._retrying = None
        self._send(self.viewing.retry())

    def _send(self, frames: Sequence[Frame]) -> None:
        if self._line is None:
            return
        for start in range(0, len(frames), _MAX_FRAMES):
            _write(self._line, frames[start : start + _MAX_FRAMES])

    def _changed(self) -> None:
        for condition, happened in self._watchers:
            if not happened.done() and condition():
                happened.set_result(None)

    def __repr__(self) -> str:
        conversation = self.viewing.conversation
        steps = [(step.type, step.output[:40], step.status, step.streaming) for step in conversation.steps[-6:]]
        return (
            f"connected {self.is_connected}, welcomes {len(self.welcomes)}, closed {self.close_codes[-5:]}, "
            f"unconfirmed {len(self.viewing.unconfirmed)}, state {conversation.state}, "
            f"questions {len(conversation.questions)}, steps {steps}, errors {self.errors[-3:]}"
        )


def _write(line: WebSocketClientConnection, frames: Sequence[Frame]) -> None:
    """Write a message, and do not mind if the line is gone: whoever reads from it is told."""
    with contextlib.suppress(WebSocketError):
        written = asyncio.ensure_future(line.write_message(encode_message(frames)))
        written.add_done_callback(lambda each: each.cancelled() or each.exception())


def begin_session(server: ChaosServer, channel: str) -> tuple[str, str]:
    """Make a session; return its id and its secret."""
    created = server.request("POST", "api/chat-sessions/sessions", {"channel": channel})
    return created["session"], created["secret"]


def number_of(name: str) -> int:
    """Return a number for a name, the same in each process."""
    return int(digest(name)[:6], 16)
