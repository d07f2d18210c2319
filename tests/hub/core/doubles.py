"""Small real stand-ins for what the hub's core meets: time, a viewer's tab, a host.

Whatever crosses a socket in life is encoded and decoded here too.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import count
from typing import Any, Literal, Self, TypeVar

import pytest

from jupyter_chat_sessions.hub import store as stored
from jupyter_chat_sessions.hub.access import Principal
from jupyter_chat_sessions.hub.attachment import Attachment
from jupyter_chat_sessions.hub.disk import Disk, DiskAtOnce
from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.hub.host_port import HostConnection
from jupyter_chat_sessions.hub.hub import Created, Hub, NewSession
from jupyter_chat_sessions.hub.memory_store import MemoryStore
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.hub.session import Session
from jupyter_chat_sessions.hub.store import (
    CommandRecord,
    DropSession,
    PutCommand,
    PutSession,
    PutValues,
    SessionRecord,
    StorageStatus,
    StoredSession,
    Values,
    Write,
)
from jupyter_chat_sessions.protocol.errors import ProtocolError, RefusedError
from jupyter_chat_sessions.protocol.frames import (
    MAX_HOST_BYTES,
    MAX_VIEWER_BYTES,
    PROTOCOL_VERSION,
    AppendText,
    Call,
    CallName,
    ChannelSettings,
    Decoder,
    Deliver,
    EditMessage,
    Emit,
    Event,
    GiveEnv,
    Hello,
    HostBatch,
    HostFrame,
    HostLinkFrame,
    HubBatch,
    HubFrame,
    HubLinkFrame,
    HubToHostFrame,
    LinkAck,
    LinkHello,
    LinkWelcome,
    Numbered,
    OpenSession,
    PressAction,
    Publish,
    PutQuestion,
    PutStep,
    Retry,
    RunChanged,
    SendAnswer,
    SendMessage,
    UserInfo,
    ViewerCommand,
    ViewerFrame,
    encode,
    join,
)
from jupyter_chat_sessions.protocol.link import LinkEnd
from jupyter_chat_sessions.protocol.steps import Question, RunStatus, Step, Uploads
from jupyter_chat_sessions.protocol.viewing import Viewing

F = TypeVar("F")

_numbers = count(1)


def new_id() -> str:
    """Return an id that no other has."""
    return f"00000000-0000-4000-8000-{next(_numbers):012x}"


def a_person(name: str = "alice", *, is_owner: bool = False) -> Principal:
    """Return somebody who is signed in."""
    return Principal(key=f"user:{name}", user=UserInfo(identifier=name, display_name=name.title()), is_owner=is_owner)


def _nothing() -> None:
    """What a cancelled timer calls."""


class FakeTimer:
    """A timer of the fake clock."""

    def __init__(self, due: float, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        self.due = due
        self.callback = callback
        self.args = args
        self.is_waiting = True

    def cancel(self) -> None:
        """Let it never ring, and let go of what it would have called, as asyncio's does."""
        self.is_waiting = False
        self.callback, self.args = _nothing, ()


class FakeClock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._timers: list[FakeTimer] = []

    @property
    def waiting(self) -> int:
        """How many timers will still ring."""
        return sum(timer.is_waiting for timer in self._timers)

    def time(self) -> float:
        """Return the time."""
        return self._now

    def forget(self) -> None:
        """Let no timer ring any more."""
        self._timers.clear()

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> FakeTimer:
        """Call back once `delay` seconds were let pass."""
        timer = FakeTimer(self._now + delay, callback, args)
        self._timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        """Let time pass; what falls due is called at its time."""
        end = self._now + seconds
        while due := [timer for timer in self._timers if timer.is_waiting and timer.due <= end]:
            timer = min(due, key=lambda one: one.due)
            timer.is_waiting = False
            self._now = max(self._now, timer.due)
            timer.callback(*timer.args)
        self._timers = [timer for timer in self._timers if timer.is_waiting]
        self._now = end


class Tab:
    """A viewer's tab: keeps what arrives, and follows the conversation as a browser does."""

    def __init__(self, hub: Hub, principal: Principal, session: str, secret: str) -> None:
        self.principal = principal
        self.viewing = Viewing(session, secret)
        self.frames: list[HubFrame] = []
        self.effects: list[str | None] = []
        self.closed: tuple[int, str] | None = None
        self._hub = hub
        self._attachment: Attachment | None = None
        self._unsent: list[ViewerFrame] = []
        self._from_hub = Decoder(HubFrame, max_bytes=MAX_HOST_BYTES)
        self._to_hub = Decoder(ViewerFrame, max_bytes=MAX_VIEWER_BYTES)

    def open(self, hello: Hello | None = None) -> Self:
        """Say hello, and send again what was not confirmed."""
        self._attachment = self._hub.attach(self.principal, hello or self.viewing.hello(), self)
        unsent, self._unsent = self._unsent, []
        for frame in unsent:
            self.put(frame)
        return self

    def come_back(self, hub: Hub) -> Self:
        """Open the session at a server that was started anew."""
        self._hub, self.closed = hub, None
        self.viewing.disconnected()
        return self.open()

    def drop(self) -> None:
        """Lose the connection."""
        assert self._attachment is not None
        self._attachment.detach()
        self._attachment = None
        self.viewing.disconnected()

    # ---- the hub's side ----------------------------------------------------------------------------------------------

    def send(self, frame: bytes) -> None:
        """Take a frame of the hub's."""
        (read,) = self._from_hub.frames(join([frame]))
        assert not isinstance(read, ProtocolError), read
        self.frames.append(read)
        effect, answers = self.viewing.receive(read)
        self.effects.append(effect)
        self._unsent += answers

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Call back at once: the tests look at what was said right after it was."""
        callback()

    def close(self, code: int, reason: str) -> None:
        """Be closed by the hub."""
        self.closed = (code, reason)

    # ---- the viewer's side -------------------------------------------------------------------------------------------

    def put(self, frame: ViewerFrame) -> None:
        """Put a frame on the wire, whatever it is."""
        assert self._attachment is not None
        (read,) = self._to_hub.frames(join([encode(frame)]))
        self._attachment.receive(read)

    def put_error(self, error: ProtocolError) -> None:
        """Put something on the wire that cannot be read."""
        assert self._attachment is not None
        self._attachment.receive(error)

    def say(self, text: str, *, client_id: str | None = None, files: Sequence[str] = ()) -> str:
        """Send a message, or keep it until the connection is back; return its client id."""
        command = SendMessage(client_id=client_id or new_id(), text=text, files=list(files))
        return self._command(command)

    def answer(self, question: str, text: str, *, client_id: str | None = None, files: Sequence[str] = ()) -> str:
        """Answer a question."""
        client_id = client_id or new_id()
        return self._command(SendAnswer(client_id=client_id, question_id=question, text=text, files=list(files)))

    def press(self, step: str, action: str, *, client_id: str | None = None) -> str:
        """Press a button."""
        return self._command(PressAction(client_id=client_id or new_id(), step_id=step, action_id=action))

    def call(self, name: CallName, value: Any = None, *, about: str | None = None, client_id: str | None = None) -> str:
        """Do something else that a handler is run for."""
        return self._command(Call(client_id=client_id or new_id(), name=name, about=about, value=value))

    def edit(self, step: str, text: str, *, client_id: str | None = None) -> str:
        """Change a message."""
        return self._command(EditMessage(client_id=client_id or new_id(), step_id=step, text=text))

    def retry(self, step: str) -> str:
        """Ask for an interrupted message to be run again."""
        return self._command(Retry(client_id=new_id(), step_id=step))

    def give_env(self, values: dict[str, str]) -> str:
        """Give variables."""
        return self._command(GiveEnv(client_id=new_id(), values=values))

    def got(self, kind: type[F]) -> list[F]:
        """Return what came of one kind."""
        return [frame for frame in self.frames if isinstance(frame, kind)]

    @property
    def events(self) -> list[Event]:
        """The events that came, in order."""
        return [frame.event for frame in self.got(Numbered)]

    @property
    def state(self) -> dict[str, Any]:
        """The session's state."""
        return self.viewing.conversation.state

    @property
    def steps(self) -> list[Step]:
        """The steps as this viewer sees them."""
        return self.viewing.conversation.steps

    @property
    def statuses(self) -> list[RunStatus | None]:
        """What became of each message of the viewer's."""
        return [step.status for step in self.steps if step.type == "user_message"]

    def _command(self, command: ViewerCommand) -> str:
        for frame in self.viewing.command(command):
            self.put(frame)
        return command.client_id


class FakeHost:
    """A host at the other end of the link; it numbers and acknowledges as the real one does."""

    def __init__(self, hub: Hub, *, epoch: str = "host-1", kernel_id: str | None = "kernel-1") -> None:
        self.frames: list[HubToHostFrame] = []
        self._done: list[Deliver] = []
        self.welcomes: list[LinkWelcome] = []
        self.closed: tuple[int, str] | None = None
        self._hub = hub
        self._epoch = epoch
        self._kernel_id = kernel_id
        self._hub_epoch: str | None = None
        self._end: LinkEnd[HostFrame, HubToHostFrame] = LinkEnd()
        self._connection: HostConnection | None = None
        self._from_hub = Decoder(HubLinkFrame, max_bytes=MAX_HOST_BYTES)
        self._to_hub = Decoder(HostLinkFrame, max_bytes=MAX_HOST_BYTES)

    def connect(self) -> Self:
        """Dial."""
        self._connection = self._hub.hosts.connect(self.hello(), self)
        seq, frames = self._end.unacknowledged()
        if frames:
            self.put(HostBatch(seq=seq, ack=self._end.received, frames=frames))
        return self

    def hello(self) -> LinkHello:
        """Return the first frame for a new connection."""
        return LinkHello(
            v=PROTOCOL_VERSION,
            host_epoch=self._epoch,
            hub_epoch=self._hub_epoch,
            kernel_id=self._kernel_id,
            received=self._end.received,
        )

    def cut(self) -> None:
        """Lose the connection; what the hub sends from now on goes nowhere."""
        assert self._connection is not None
        connection, self._connection = self._connection, None
        connection.lost()

    # ---- the hub's side ----------------------------------------------------------------------------------------------

    def send(self, frame: HubLinkFrame) -> None:
        """Take a frame of the hub's."""
        (read,) = self._from_hub.frames(join([encode(frame)]))
        assert not isinstance(read, ProtocolError), read
        match read:
            case LinkWelcome(resumed=resumed, received=received, hub_epoch=hub_epoch):
                self.welcomes.append(read)
                self._hub_epoch = hub_epoch
                if resumed:
                    self._end.acknowledged(received)
                else:
                    self._end.restart()
            case HubBatch(seq=seq, ack=ack, frames=frames):
                self._end.acknowledged(ack)
                self.frames += self._end.receive(seq, frames)
            case LinkAck(ack=ack):
                self._end.acknowledged(ack)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Call back at once: the tests look at what was said right after it was."""
        callback()

    def close(self, code: int, reason: str) -> None:
        """Be closed by the hub."""
        self.closed = (code, reason)

    # ---- the host's side ---------------------------------------------------------------------------------------------

    def put(self, frame: HostLinkFrame) -> None:
        """Put a frame on the wire, whatever it is."""
        assert self._connection is not None
        (read,) = self._to_hub.frames(join([encode(frame)]))
        assert not isinstance(read, ProtocolError), read
        self._connection.receive(read)

    def say(self, *frames: HostFrame) -> None:
        """Send frames, now or when the connection is back."""
        seq = self._end.number(frames)
        if self._connection is not None:
            self.put(HostBatch(seq=seq, ack=self._end.received, frames=list(frames)))

    @property
    def unacknowledged(self) -> list[HostFrame]:
        """What the hub has not said that it has."""
        return self._end.unacknowledged()[1]

    def publish(self, settings: ChannelSettings, *, force: bool = False) -> None:
        """Offer a channel."""
        self.say(Publish(settings=settings, force=force))

    def emit(self, session: str, *events: Event) -> None:
        """Emit events of a session."""
        self.say(*(Emit(session=session, event=event) for event in events))

    def reply(self, session: str, text: str) -> Step:
        """Send a whole message to a session."""
        step = Step(id=new_id(), type="assistant_message", name="Bot", output=text)
        self.emit(session, PutStep(step=step))
        return step

    def stream(self, session: str, *tokens: str) -> str:
        """Begin a message, send some of it, and return its id; it is not finished."""
        step = Step(id=new_id(), type="assistant_message", name="Bot", streaming=True)
        self.emit(session, PutStep(step=step))
        offset = 0
        for token in tokens:
            self.emit(session, AppendText(step_id=step.id, offset=offset, text=token))
            offset += len(token)
        return step.id

    def ask(self, session: str, *, timeout_s: float = 60.0, uploads: Uploads | None = None) -> str:
        """Put a question to a session and return its id; with `uploads`, one that is answered with files."""
        step = self.reply(session, "What is your name?")
        kind: Literal["text", "file"] = "text" if uploads is None else "file"
        question = Question(id=new_id(), step_id=step.id, kind=kind, timeout_s=timeout_s, uploads=uploads)
        self.emit(session, PutQuestion(question=question))
        return question.id

    def begin(self, session: str) -> None:
        """Run `on_chat_start` of a session."""
        run = new_id()
        self.run(session, run, "running", name="on_chat_start")
        self.run(session, run, "done", name="on_chat_start")

    def work(self) -> None:
        """Run every message that came and comes, to its end."""
        while undone := [frame for frame in self.got(Deliver) if frame not in self._done]:
            for frame in undone:
                self._done.append(frame)
                self.run(frame.session, frame.step.id, "running")
                self.run(frame.session, frame.step.id, "done")

    def run(self, session: str, step: str, status: RunStatus, *, name: str = "on_message") -> None:
        """Say how a run stands."""
        self.say(RunChanged(session=session, run=step, name=name, status=status))

    def got(self, kind: type[F]) -> list[F]:
        """Return what came of one kind."""
        return [frame for frame in self.frames if isinstance(frame, kind)]

    @property
    def opened(self) -> list[OpenSession]:
        """The sessions that were opened here."""
        return self.got(OpenSession)

    @property
    def delivered(self) -> list[str]:
        """The texts of the messages that came, in order."""
        return [frame.step.output for frame in self.got(Deliver)]


class LateHost(FakeHost):
    """A host whose turns of the loop, and whose time, pass when the test says so.

    Attributes:
        messages: What the hub sent, message by message.
    """

    def __init__(self, hub: Hub, *, epoch: str = "host-1", kernel_id: str | None = "kernel-1") -> None:
        super().__init__(hub, epoch=epoch, kernel_id=kernel_id)
        self.messages: list[HubLinkFrame] = []
        self._due: list[tuple[float, Callable[[], None]]] = []

    def send(self, frame: HubLinkFrame) -> None:
        """Take a frame of the hub's, and note it."""
        self.messages.append(frame)
        super().send(frame)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Keep it until its time has come."""
        self._due.append((delay_s, callback))

    @property
    def said(self) -> int:
        """The number of the last frame that it sent."""
        return self._end.sent

    def end_turn(self) -> None:
        """Let what was to be done after this turn of the loop be done."""
        self.wait(0)

    def wait(self, delay_s: float) -> None:
        """Let time pass."""
        due, self._due = self._due, []
        self._due = [(after_s - delay_s, callback) for after_s, callback in due if after_s > delay_s]
        for after_s, callback in due:
            if after_s <= delay_s:
                callback()


class LastingStore(MemoryStore):
    """A store that outlives its hub; it writes at once, or when told to, or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.is_slow = False
        self.is_full = False
        self.transactions: list[Sequence[Write]] = []
        self._waiting: list[tuple[Sequence[Write], Callable[[], None] | None, Callable[[], None] | None]] = []
        self._records: dict[str, SessionRecord] = {}
        self._commands: dict[str, list[CommandRecord]] = {}
        self._said: dict[str, CommandRecord] = {}
        self._values: dict[str, Values] = {}
        self._on_status: Callable[[StorageStatus], None] = lambda status: None

    def watch(self, on_status: Callable[[StorageStatus], None]) -> None:
        """Tell the hub, the latest one, how this store is."""
        self._on_status = on_status

    def become(self, status: StorageStatus) -> None:
        """Become full, or well again."""
        self.is_full = status.code == "full"
        self.status = status
        self._on_status(status)

    def commit(
        self,
        writes: Sequence[Write],
        *,
        then: Callable[[], None] | None = None,
        otherwise: Callable[[], None] | None = None,
    ) -> None:
        """Write now, or when `write` is called."""
        self._waiting.append((writes, then, otherwise))
        if not self.is_slow:
            self.write()

    def write(self) -> None:
        """Write all that waits."""
        waiting, self._waiting = self._waiting, []
        for writes, then, otherwise in waiting:
            if self.is_full and otherwise is not None:
                otherwise()
            else:
                self.transactions.append(writes)
                self._keep(writes)
                super().commit([write for write in writes if not isinstance(write, DropSession)], then=then)

    def lose_what_waits(self) -> None:
        """The server is killed: what was not written is gone."""
        self._waiting.clear()

    def sessions(self, *, newest_steps: int, newest_commands: int) -> list[StoredSession]:
        """Return what has not ended."""
        found = []
        for record in self._records.values():
            kept = self._threads[record.thread_id].stored(newest_steps)
            steps = self._threads[record.thread_id].step_by_id
            said = [self._said[step_id] for step_id in steps if step_id in self._said]
            commands = (self._commands.get(record.id, []) + said)[-newest_commands:]
            values = self._values.get(record.id, Values())
            found.append(StoredSession(record=record, thread=kept, commands=commands, values=values))
        return found

    def _keep(self, writes: Sequence[Write]) -> None:
        for write in writes:
            match write:
                case PutSession(record):
                    self._records[record.id] = record
                case DropSession(record):
                    del self._records[record.id]
                case PutCommand(session, command):
                    self._commands.setdefault(session, []).append(command)
                case stored.PutStep(_, _, step, bytes() as fingerprint):
                    said = CommandRecord(client_id=step.client_id or "", fingerprint=fingerprint, step_id=step.id)
                    self._said[step.id] = said
                case PutValues(session, values):
                    self._values[session] = values


class KeepingStore(LastingStore):
    """One whose threads outlive their sessions."""

    keeps_threads = True


class LateDisk(DiskAtOnce):
    """A disk that is in the middle of something until the test says so."""

    def __init__(self) -> None:
        self.is_slow = False
        self._waiting: deque[Callable[[], None]] = deque()

    def do(self, work: Callable[[], F], then: Callable[[Future[F]], None] | None = None) -> None:
        """Do it now, or when `go_on` is called."""
        self._waiting.append(partial(super().do, work, then))
        if not self.is_slow:
            self.go_on()

    async def run(self, work: Callable[[], F]) -> F:
        """Do it behind what waits."""
        self.go_on()
        return work()

    def go_on(self, most: int = sys.maxsize) -> None:
        """Do what waits, or the first of it."""
        while self._waiting and most > 0:
            self._waiting.popleft()()
            most -= 1


class Hall:
    """A hub with a host that has published one channel."""

    def __init__(
        self,
        settings: ChannelSettings | None = None,
        *,
        options: HubOptions | None = None,
        store: MemoryStore | None = None,
        files: FileStore | None = None,
        disk: Disk | None = None,
    ) -> None:
        self.disk = disk
        self.files = files or FileStore()
        self.clock = FakeClock()
        self.store = store or MemoryStore()
        self.options = options or HubOptions()
        self.settings = settings or ChannelSettings(name="lesson", title="Lesson")
        self._kernels = count(1)
        self.start()
        self.start_kernel()

    def start(self) -> None:
        """Start a server on the store; sessions that were there go on."""
        self.hub = Hub(options=self.options, store=self.store, clock=self.clock, files=self.files, disk=self.disk)
        self.hub.restore()

    def kill(self) -> None:
        """Kill the server: nothing of it happens any more."""
        self.clock.forget()

    def start_kernel(self) -> None:
        """Start the notebook, on the kernel that it has, and open its chat."""
        self.host = FakeHost(self.hub, epoch=f"host-{next(self._kernels)}").connect()
        self.host.publish(self.settings)

    def create(self, principal: Principal | None = None, *, env: dict[str, str] | None = None) -> Created:
        """Make a session."""
        request = NewSession(channel=self.settings.name, user_env=env or {})
        return self.hub.create_session(principal or a_person(), request)

    def tab(self, created: Created, principal: Principal | None = None) -> Tab:
        """Return a tab on a session, not yet open."""
        return Tab(self.hub, principal or a_person(), created.session, created.secret)

    def enter(self, name: str = "alice", *, env: dict[str, str] | None = None) -> Tab:
        """Make a session for somebody and open it in a tab."""
        principal = a_person(name)
        return self.tab(self.create(principal, env=env), principal).open()

    def tab_of(self, tab: Tab) -> Tab:
        """Return another tab on the same session, not yet open."""
        return Tab(self.hub, tab.principal, tab.viewing.session, tab.viewing.secret)

    def session(self, tab: Tab) -> Session:
        """Return the session that a tab shows."""
        (session,) = [one for one in self.hub.sessions_of(tab.principal) if one.id == tab.viewing.session]
        return session


def refusal_of(call: Callable[[], object]) -> tuple[str, str]:
    """Return code and sentence of the refusal that a call ends in."""
    with pytest.raises(RefusedError) as raised:
        call()
    return raised.value.code, raised.value.text
