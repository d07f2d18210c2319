"""One viewer's private workspace, as the hub keeps it. All its state hangs off this one object, and the parts it holds.

The one rule: every change of the conversation goes through `publish`, which numbers it, keeps it, and shows it to
everybody attached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from ..protocol.conversation import Conversation
from ..protocol.errors import RefusedError
from ..protocol.frames import (
    AppendText,
    Bye,
    ClearQuestion,
    Event,
    Forward,
    Going,
    Hello,
    HostEvent,
    HubToHostFrame,
    PutQuestion,
    PutStep,
    RemoveStep,
    SessionEnded,
    SetState,
    Signal,
    SignalKind,
    UserEnv,
    Watched,
    encode,
)
from ..protocol.lifecycle import Move, State, after
from ..protocol.steps import Step, Uploads
from . import store as stored
from .absence import Absence
from .clock import Clock
from .disk import Disk
from .file_store import FileStore
from .greetings import opening, welcome
from .intake import Intake
from .options import HubOptions
from .questions import Questions
from .runs import Runs
from .session_files import SessionFiles
from .store import CommandRecord, SessionRecord, Store, Values
from .transcript import Transcript
from .viewers import Outlet, Viewers

if TYPE_CHECKING:
    from .channel import Channel

EndReason = Literal["closed", "timeout", "unpublished", "continued"]


class Session:
    """A session: its conversation, its viewers, its place in life.

    Args:
        record: Who it belongs to and what it is called.
        channel: Where it lives; knows the host.
        transcript: Its conversation.
        options: The limits.
        clock: Where time comes from.
        store: Where the thread is kept.
        files: Where its files are.
        disk: Who waits for that.
        file_sizes: What its thread has of them from before: how many bytes each has, by id.
        on_ended: Called once, when the session is over.
    """

    def __init__(
        self,
        record: SessionRecord,
        channel: Channel,
        transcript: Transcript,
        *,
        options: HubOptions,
        clock: Clock,
        store: Store,
        files: FileStore,
        disk: Disk,
        file_sizes: Mapping[str, int],
        on_ended: Callable[[Session], None],
    ) -> None:
        self.record = record
        self.channel = channel
        self.state: State = "unready"
        self._transcript = transcript
        self._options = options
        self._store = store
        self._on_ended = on_ended
        self._viewers = Viewers()
        self.files = SessionFiles(
            self.id,
            record.thread_id,
            files,
            disk,
            options=options,
            allowed=self._uploads,
            is_shown=transcript.conversation.shows_file,
            sizes=file_sizes,
        )
        self.questions = Questions(self, clock)
        self.runs = Runs(self, transcript, store=store)
        self.intake = Intake(self, transcript, options=options, clock=clock, store=store)
        self._env: UserEnv = {}
        self._values = Values()
        self.is_open_at_host = False
        """The channel's host has this session."""
        self._is_followed = record.client_type == "notebook"
        """A cell speaks in it, so that its host is shown what comes of that."""
        self._was_opened = False
        """Some host was given this session."""
        self._has_left = False
        """Its last viewer has gone, and none has come back."""
        self._absence = Absence(clock, on_rest=transcript.rest, on_timeout=partial(self.end, "timeout"))

    # ---- life --------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The public id."""
        return self.record.id

    @property
    def viewers(self) -> int:
        """How many viewers are attached."""
        return len(self._viewers)

    @property
    def conversation(self) -> Conversation:
        """The conversation; to be changed by events only."""
        return self._transcript.conversation

    def begin(self, env: UserEnv) -> None:
        """Start the life of a new session with what its viewer gave so far, and what its thread was left with."""
        self._values = self._transcript.thread.values
        self._store.commit([stored.PutThread(self._transcript.thread), stored.PutSession(self.record)])
        self._env = {name: value for name, value in env.items() if name in self.channel.settings.required_env}
        self._show_surroundings()

    def go_on(self, commands: list[CommandRecord], values: Values) -> None:
        """Go on with a session that the server's end has interrupted. Its variables were in memory only."""
        self.intake.restore(commands)
        self._values = values
        self.interrupt()
        self._show_surroundings()

    def _show_surroundings(self) -> None:
        state: dict[str, Any] = {"host": self.channel.host_status}
        if self.record.has_begun:
            state["started"] = True
        if self._values.settings.get("inputs"):
            state["settings"] = self._values.settings
        missing = self.missing_env()
        if missing:
            state["missingEnv"] = missing
        self.publish(SetState(state=state))
        self.show_storage()
        self._absence.begin(self._timeout_s)
        if not missing:
            self._become_ready()

    async def steps_before(self, before: str | None, *, limit: int) -> tuple[list[Step], int]:
        """Return steps of the thread that stand before one of them, and how many there are before those."""
        return await self._store.steps_before(self.record.thread_id, before=before, limit=limit)

    def attach(self, hello: Hello, outlet: Outlet) -> None:
        """Let a viewer in: welcome it, and give it what it has missed.

        Raises:
            RefusedError: Too many viewers look at this session already.
        """
        if len(self._viewers) >= self._options.max_tabs:
            raise RefusedError(
                "busy", f"This conversation is open in {self._options.max_tabs} tabs already. Close one."
            )
        self.show_storage()
        frames = welcome(
            self.record,
            self._transcript,
            hello,
            channel=self.channel.info,
            remaining_s=self.questions.clocks.remaining(),
            newest_steps=self._options.snapshot_steps,
        )
        self._move("attach")
        self._absence.end()
        self.questions.clocks.run()
        self._tell_watched(True)
        try:
            self._viewers.add(outlet, frames)
        except Exception:
            self.detach(outlet)  # else the session counts as looked at, and never ends
            raise

    def detach(self, outlet: Outlet) -> None:
        """A viewer is gone; the session waits for it a while."""
        if self._viewers.remove(outlet) and not self._viewers and self.state != "ended":
            self._move("detach")
            self.questions.clocks.pause()
            self._absence.begin(self._timeout_s)
            self._tell_watched(False)

    def let_go(self, going: Going) -> None:
        """The server stops: write what is under way, and let every viewer go so that it comes back."""
        self._transcript.checkpoint()
        self._absence.end()
        self.questions.clocks.pause()
        self._viewers.close(encode(going), 1012, "the server restarts")

    def end(self, reason: EndReason) -> None:
        """End the session: tell host and viewers, and free everything. Ending twice does nothing."""
        self.intake.turns.catch_up()
        if self.state == "ended":
            return
        self._move("expire" if reason == "timeout" else "end")
        self._absence.end()
        self.questions.clocks.pause()
        if self.is_open_at_host:
            self.to_host(SessionEnded(session=self.id, reason="closed" if reason == "continued" else reason))
        self._viewers.close(encode(Bye(code=4410, text=_END_TEXTS[reason])), 4410, "ended")
        self._env = {}
        left = stored.PutThread(replace(self._transcript.thread, values=self._values))
        self._store.commit([*self._transcript.settled(), left, stored.DropSession(self.record)])
        self._transcript.rest()
        self.files.close(keep=self._store.keeps_threads and self._options.files_outlive_sessions)
        self._on_ended(self)

    # ---- what viewers say: all but this goes through `intake` ------------------------------------------------------

    def take_env(self, values: UserEnv) -> list[str]:
        """Take variables, and begin once all are there; return the names of those that are still missing."""
        wanted = self.channel.settings.required_env
        self._env.update({name: value for name, value in values.items() if name in wanted})
        missing = self.missing_env()
        if missing:
            self.publish(SetState(state={"missingEnv": missing}))
        elif self.state == "unready":
            self.publish(SetState(state={"missingEnv": None}))
            self._become_ready()
        return missing

    # ---- what the host says ------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Show the host every event from now on: one of its cells speaks in this session."""
        self._is_followed = True

    def emit(self, event: HostEvent) -> None:
        """Give an event of the host its place.

        Raises:
            ProtocolError: The event does not fit the conversation.
        """
        match event:
            case AppendText():
                pass  # first: it comes with each token
            case PutStep(step=step):
                event = replace(event, step=stored.as_said(step, self.conversation.step(step.id)))
            case PutQuestion(question=question):
                self.questions.clocks.put(question.id, question.timeout_s)
            case ClearQuestion(question_id=question_id, reason=reason):
                self.questions.settle(question_id, reason)
            case RemoveStep(step_id=step_id):
                self.intake.outlives(step_id)
            case SetState(state={"profile": str() as profile}) if profile != self.record.chat_profile:
                self.keep_record(replace(self.record, chat_profile=profile))
        self.publish(event)

    def signal(self, kind: SignalKind, data: Any) -> None:
        """Tell whoever looks on something that is not kept."""
        self._viewers.signal(encode(Signal(kind=kind, data=data)))

    def save_values(self, values: Values) -> None:
        """Keep what `user_session` holds, for the next host."""
        self._values = values
        self._store.commit([stored.PutValues(self.id, values)])

    def show_storage(self) -> None:
        """Show viewers when their conversation is not kept as it should be."""
        status = self._store.status
        storage = None if status.code == "ok" else {"code": status.code, "text": status.text}
        if self.conversation.state.get("storage") != storage:
            self.publish(SetState(state={"storage": storage}))

    def show_host(self) -> None:
        """Show viewers whether the host is there."""
        if self.conversation.state.get("host") != self.channel.host_status:
            self.publish(SetState(state={"host": self.channel.host_status}))

    def open_at_host(self) -> None:
        """Let the channel's host know this session, and give it what waits for it.

        If an earlier host had the session, what ran there is interrupted.
        """
        if self.state in ("unready", "ended") or self.channel.host is None:
            return
        if self._was_opened:
            self.interrupt()
        self.to_host(
            opening(
                self.record,
                self._transcript,
                channel=self.channel.name,
                env=self._env,
                values=self._values,
                is_watched=not self._has_left,
                max_file_bytes=self._options.max_file_bytes,
            )
        )
        self.is_open_at_host = self._was_opened = True
        self.runs.deliver_next()

    def interrupt(self) -> None:
        """The host that had this session is gone for good: say so of what ran, and close its questions."""
        self.intake.turns.catch_up()
        self.runs.interrupt()
        for question in self.conversation.questions:
            self.questions.close(question.id, "withdrawn")
        for step in self.conversation.steps:
            is_under_way = step.start is not None and step.end is None and not step.is_message
            if step.streaming or (is_under_way and step.status is None):
                self.publish(PutStep(step=replace(step, streaming=False, status="interrupted")))
        if "run" in self.conversation.state:
            self.publish(SetState(state={"run": None}))
        self.is_open_at_host = False

    # ---- for its parts -----------------------------------------------------------------------------------------------

    def publish(self, event: Event, *, is_stored: bool = False) -> None:
        """Change the conversation, and show the change to everybody attached."""
        self._viewers.send(self._transcript.publish(event, is_stored=is_stored))
        if self._is_followed:
            self.to_host(Forward(session=self.id, event=event))

    def keep_record(self, record: SessionRecord) -> None:
        """Let something else be true of it: it is stored, and the next host is told."""
        self.record = record
        self._store.commit([stored.PutSession(record)])

    def to_host(self, frame: HubToHostFrame) -> None:
        """Send a frame to the channel's host, if there is one."""
        if self.channel.host is not None:
            self.channel.host.send(frame)

    def missing_env(self) -> list[str]:
        """Return the names of the variables that the viewer has yet to give."""
        return [name for name in self.channel.settings.required_env if not self._env.get(name)]

    # ---- private -----------------------------------------------------------------------------------------------------

    def _tell_watched(self, is_watched: bool) -> None:
        if self._has_left is not is_watched:
            return
        self._has_left = not is_watched
        if self.is_open_at_host:
            self.to_host(Watched(session=self.id, is_watched=is_watched))

    def _become_ready(self) -> None:
        self._move("ready")
        if self._viewers:
            self._move("attach")
            self._absence.end()
        self.open_at_host()

    def _uploads(self, question_id: str | None) -> Uploads:
        if question_id is not None:
            return self.questions.uploads(question_id)
        if self.channel.settings.uploads is None:
            raise RefusedError("forbidden", "This chat takes no files.")
        return self.channel.settings.uploads

    def _move(self, move: Move) -> None:
        self.state = after(self.state, move)

    @property
    def _timeout_s(self) -> float | None:
        """How long it waits for a viewer, in seconds; None where it ends with its kernel and not before."""
        if self.record.client_type == "notebook":
            return None
        wanted_s = self.channel.settings.session_timeout_s
        usual_s = self._options.session_timeout_s
        return usual_s if wanted_s is None else min(wanted_s, usual_s)


_END_TEXTS = {
    "closed": "This conversation has ended.",
    "timeout": "This conversation has ended because nobody came back to it.",
    "unpublished": "The notebook has closed this chat.",
    "continued": "This conversation goes on in another tab.",
}
