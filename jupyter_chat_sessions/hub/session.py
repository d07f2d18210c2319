"""One viewer's private workspace, as the hub keeps it. All its state hangs off this one object.

The one rule: every change of the conversation goes through `publish`, which numbers it, keeps it, and shows it to
everybody attached.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec.structs import replace

from ..protocol.conversation import Conversation
from ..protocol.errors import RefusedError
from ..protocol.frames import (
    PROTOCOL_VERSION,
    Bye,
    ClearQuestion,
    Deliver,
    DeliverAnswer,
    Event,
    Forward,
    Going,
    Hello,
    HostEvent,
    HubToHostFrame,
    OpenSession,
    PutQuestion,
    PutStep,
    RemoveStep,
    RunChanged,
    SessionEnded,
    SetRun,
    SetState,
    Signal,
    SignalKind,
    StopRuns,
    UserEnv,
    Watched,
    Welcome,
    encode,
)
from ..protocol.lifecycle import Move, State, after
from ..protocol.steps import FINAL_RUN_STATUSES, Element, RunStatus, Step, Uploads
from . import store as stored
from .clock import Clock, QuestionClocks, Timer
from .files import FileStore, SessionFiles
from .intake import Intake
from .options import HubOptions
from .store import CommandRecord, SessionRecord, Store, Values
from .transcript import Transcript
from .uploads import Upload

if TYPE_CHECKING:
    from .channel import Channel

logger = logging.getLogger(__name__)

EndReason = Literal["closed", "timeout", "unpublished", "continued"]

REST_AFTER_S = 600.0
"""How long after its last viewer has left a session keeps the events from which one catches up, in seconds."""
MAX_UNHEARD = 16
"""Signals that are kept for the first viewer of a session."""


class Outlet(Protocol):
    """A viewer's socket, as the hub sees it."""

    def send(self, frame: bytes) -> None:
        """Queue one encoded frame; never waits."""

    def close(self, code: int, reason: str) -> None:
        """Close the socket once what is queued has left."""


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
        on_ended: Callable[[Session], None],
    ) -> None:
        self.record = record
        self.channel = channel
        self.state: State = "unready"
        self._transcript = transcript
        self._options = options
        self._clock = clock
        self._store = store
        self._on_ended = on_ended
        self._outlets: list[Outlet] = []
        self.files = SessionFiles(
            self.id, record.thread_id, files, options=options, is_shown=transcript.conversation.shows_file
        )
        self.intake = Intake(self, transcript, options=options, clock=clock, store=store)
        self._env: UserEnv = {}
        self._values = Values()
        self._is_open_at_host = False
        self._is_followed = record.client_type == "notebook"
        """A cell speaks in it, so that its host is shown what comes of that."""
        self._was_opened = False
        """Some host was given this session."""
        self._sent: str | None = None
        """The message that the host has been given and has not reported on for good."""
        self._is_marked = False
        """That the transcript's `at_host` is the host's is stored."""
        self._has_left = False
        """Its last viewer has gone, and none has come back."""
        self._unheard: deque[bytes] | None = deque(maxlen=MAX_UNHEARD)
        """Signals from before the first viewer was attached: `on_chat_start` may well be quicker. Then None."""
        self._questions = QuestionClocks(clock, on_expired=self._on_question_expired)
        self._away_timer: Timer | None = None
        self._rest_timer: Timer | None = None

    # ---- life --------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The public id."""
        return self.record.id

    @property
    def viewers(self) -> int:
        """How many viewers are attached."""
        return len(self._outlets)

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
        self._wait_for_viewer()
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
        if len(self._outlets) >= self._options.max_tabs:
            raise RefusedError(
                "busy", f"This conversation is open in {self._options.max_tabs} tabs already. Close one."
            )
        self.show_storage()
        missed = self._transcript.log.since(hello.epoch, hello.last_seq)
        self._move("attach")
        self._cancel_away_timer()
        self._questions.run()
        self._tell_watched(True)
        is_resumed = isinstance(missed, list)
        welcome = Welcome(
            v=PROTOCOL_VERSION,
            session=self.id,
            thread_id=self.record.thread_id,
            epoch=self._transcript.log.epoch,
            seq=self._transcript.log.last,
            resumed=is_resumed,
            reason=None if isinstance(missed, list) else missed,
            snapshot=None if is_resumed else self.conversation.snapshot(newest=self._options.snapshot_steps),
            channel=self.channel.info,
            user=self.record.user,
            is_owner=self.record.is_owner,
            remaining_s=self._questions.remaining(),
        )
        self._outlets.append(outlet)
        try:
            for frame in (encode(welcome), *(missed if isinstance(missed, list) else ()), *(self._unheard or ())):
                outlet.send(frame)
            self._unheard = None
        except Exception:
            self.detach(outlet)  # else the session counts as looked at, and never ends
            raise

    def detach(self, outlet: Outlet) -> None:
        """A viewer is gone; the session waits for it a while."""
        if outlet not in self._outlets:
            return
        self._outlets.remove(outlet)
        if not self._outlets and self.state != "ended":
            self._move("detach")
            self._questions.pause()
            self._wait_for_viewer()
            self._tell_watched(False)

    def let_go(self, going: Going) -> None:
        """The server stops: write what is under way, and let every viewer go so that it comes back."""
        self._transcript.checkpoint()
        self._cancel_away_timer()
        self._questions.pause()
        outlets, self._outlets = self._outlets, []  # closing may detach at once
        for outlet in outlets:
            outlet.send(encode(going))
            outlet.close(1012, "the server restarts")

    def end(self, reason: EndReason) -> None:
        """End the session: tell host and viewers, and free everything. Ending twice does nothing."""
        if self.state == "ended":
            return
        self._move("expire" if reason == "timeout" else "end")
        self._cancel_away_timer()
        self._questions.pause()
        if self._is_open_at_host:
            self.to_host(SessionEnded(session=self.id, reason="closed" if reason == "continued" else reason))
        bye = encode(Bye(code=4410, text=_END_TEXTS[reason]))
        outlets, self._outlets = self._outlets, []  # closing may detach at once
        for outlet in outlets:
            outlet.send(bye)
            outlet.close(4410, "ended")
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

    def close_question(self, question_id: str, reason: Literal["answered", "expired", "withdrawn"]) -> None:
        """Close a question; its clock stops."""
        self._questions.clear(question_id)
        self.files.close_question(question_id)
        if reason == "withdrawn":
            self._take_buttons(question_id)
        self.publish(ClearQuestion(question_id=question_id, reason=reason))

    def begin_upload(
        self, *, name: str, mime: str, size: int, question_id: str | None = None, client_id: str | None = None
    ) -> Upload:
        """Let a viewer give a file with a message, or as the answer to a question, before a byte of it is read.

        Raises:
            RefusedError: The question is closed, or see `SessionFiles.begin_upload`.
        """
        return self.files.begin_upload(
            name=name,
            mime=mime,
            size=size,
            allowed=self.channel.settings.uploads if question_id is None else self._uploads_for(question_id),
            question_id=question_id,
            client_id=client_id,
        )

    def adopt_files(self, elements: list[Element], *, question_id: str) -> list[str]:
        """Take files that the host has put as what was given for a question; return their ids.

        Raises:
            RefusedError: The question is closed, or a file is not taken: then none of them stays.
        """
        file_ids = [element.file for element in elements if element.file is not None]
        try:
            for element in elements:
                self.files.adopt(element, allowed=self._uploads_for(question_id), question_id=question_id)
        except RefusedError:
            for file_id in file_ids:
                self.files.drop(file_id)
            raise
        return file_ids

    def stop(self, *, but: str | None = None) -> None:
        """Cancel what runs and what waits; after the end there is nothing to cancel.

        Args:
            but: A message that is not meant.
        """
        if self.state == "ended":
            return
        for step in list(self._transcript.unfinished.values()):
            if step.status == "queued" and step.id not in (but, self._sent) and not _outlives_stop(step):
                self.release(step)
                self.publish(PutStep(step=replace(step, status="cancelled")))
                self._forget_passing(step.id, "cancelled")
        is_other = but is None or self._sent not in (None, but) or self.conversation.running is not None
        if self._is_open_at_host and is_other:
            self.to_host(StopRuns(session=self.id))

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
            case PutQuestion(question=question):
                self._questions.put(question.id, question.timeout_s)
            case ClearQuestion(question_id=question_id, reason=reason):
                self._questions.clear(question_id)
                self.files.close_question(question_id)
                if reason == "withdrawn":
                    self._take_buttons(question_id)
            case PutStep(step=step):
                event = replace(event, step=stored.as_said(step, self.conversation.step(step.id)))
            case RemoveStep(step_id=step_id):
                self.intake.outlives(step_id)
            case SetState(state={"profile": str() as profile}) if profile != self.record.chat_profile:
                self.record = replace(self.record, chat_profile=profile)
                self._store.commit([stored.PutSession(self.record)])
        self.publish(event)

    def run_changed(self, change: RunChanged) -> None:
        """Show that a run began or ended."""
        if change.name == "on_chat_start" and not self.record.has_begun:
            self.record = replace(self.record, has_begun=True)
            self._store.commit([stored.PutSession(self.record)])
        is_final = change.status in FINAL_RUN_STATUSES
        if is_final and change.run == self._transcript.at_host:
            self._forget_sent()
        if is_final:  # first: whoever hears that it is over does not find it any more
            self._forget_passing(change.run, change.status)
        is_current = self.conversation.running == change.run
        if change.status == "running" or is_current or change.run in self._transcript.unfinished:
            # That the host has it is stored as running, since before the host was given it.
            is_stored = change.status == "running" and change.run == self._transcript.at_host
            self.publish(SetRun(run=change.run, name=change.name, status=change.status), is_stored=is_stored)
        if is_final and is_current and change.name == "on_chat_start":
            self.publish(SetState(state={"started": True}))
        if is_final:
            self.deliver_next()

    def signal(self, kind: SignalKind, data: Any) -> None:
        """Tell whoever looks on something that is not kept."""
        frame = encode(Signal(kind=kind, data=data))
        if self._unheard is not None:
            self._unheard.append(frame)
        for outlet in self._outlets:
            outlet.send(frame)

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
            OpenSession(
                session=self.id,
                channel=self.channel.name,
                thread_id=self.record.thread_id,
                user=self.record.user,
                user_env=self._env,
                client_type=self.record.client_type,
                language=self.record.language,
                chat_profile=self.record.chat_profile,
                state={key: value for key, value in self.conversation.state.items() if key not in _OWN_STATE},
                is_owner=self.record.is_owner,
                resumed=self.record.has_begun,
                thread=self._transcript.as_thread() if self.record.has_begun else None,
                values=self._values.values,
                lost=self._values.lost,
                settings=self._values.settings,
                is_watched=not self._has_left,
                max_file_bytes=self._options.max_file_bytes,
            )
        )
        self._is_open_at_host = self._was_opened = True
        self.deliver_next()

    def interrupt(self) -> None:
        """The host that had this session is gone for good: say so of what ran, and close its questions."""
        for step in list(self._transcript.unfinished.values()):
            if step.status == "running" or step.id == self._sent:
                self.publish(PutStep(step=replace(step, status="interrupted")))
                self._forget_passing(step.id, "interrupted")
        self._forget_sent()
        for question in self.conversation.questions:
            self.close_question(question.id, "withdrawn")
        for step in self.conversation.steps:
            is_under_way = step.start is not None and step.end is None and not step.is_message
            if step.streaming or (is_under_way and step.status is None):
                self.publish(PutStep(step=replace(step, streaming=False, status="interrupted")))
        if "run" in self.conversation.state:
            self.publish(SetState(state={"run": None}))
        self._is_open_at_host = False

    # ---- for its parts -----------------------------------------------------------------------------------------------

    def publish(self, event: Event, *, is_stored: bool = False) -> None:
        """Change the conversation, and show the change to everybody attached."""
        frame = self._transcript.publish(event, is_stored=is_stored)
        for outlet in self._outlets:
            outlet.send(frame)
        if self._is_followed:
            self.to_host(Forward(session=self.id, event=event))

    def supersede(self, call: Step) -> None:
        """What was saved anew makes good for what was saved before and interrupted: nobody need retry that."""
        for step in self.conversation.steps:
            if step.is_call and step.name == call.name and step.status == "interrupted" and _outlives_stop(step):
                self.intake.outlives(step.id)
                self.publish(RemoveStep(step_id=step.id))

    def claim(self, step: Step) -> None:
        """Let a message that is about to be stored be the one that the host is given next, if nothing is before it."""
        if self._is_free and not self._transcript.unfinished:
            self._transcript.at_host = step.id

    def release(self, step: Step) -> None:
        """A message is not given to the host after all."""
        if self._transcript.at_host == step.id:
            self._forget_sent()

    def note_stored(self, step: Step) -> None:
        """That a message is the host's is stored, if it is: now it may be given it."""
        if self._transcript.at_host == step.id:
            self._is_marked = True
        self.deliver_next()

    def deliver_next(self) -> None:
        """Give the host the message that has waited longest, once it has nothing else to do in this session.

        That it has it is stored first: after a crash nobody could say whether its handler had begun.
        """
        if self._transcript.at_host is not None:
            self._send()
            return
        if not self._is_free:
            return
        queued = (step for step in self._transcript.unfinished.values() if step.status == "queued")
        step = next(queued, None)
        if step is not None:
            self._transcript.at_host = step.id
            self._store.commit([self._transcript.write_of(step)], then=partial(self.note_stored, step))

    def to_host(self, frame: HubToHostFrame) -> None:
        """Send a frame to the channel's host, if there is one."""
        if self.channel.host is not None:
            self.channel.host.send(frame)

    def missing_env(self) -> list[str]:
        """Return the names of the variables that the viewer has yet to give."""
        return [name for name in self.channel.settings.required_env if not self._env.get(name)]

    # ---- private -----------------------------------------------------------------------------------------------------

    def _uploads_for(self, question_id: str) -> Uploads:
        question = self.conversation.question(question_id)
        if question is None or question.kind != "file":
            raise RefusedError("question_closed", "This question is closed: it takes no files any more.")
        return question.uploads or Uploads()

    def _forget_passing(self, step_id: str, status: RunStatus) -> None:
        """Take out a call that leaves nothing to be seen, once it is done with: only that it was said is remembered."""
        step = self.conversation.step(step_id)
        is_passing = step is not None and step.is_call and step.name in _PASSING_CALLS
        if step is not None and is_passing and (status != "interrupted" or not _outlives_stop(step)):
            self.intake.outlives(step.id)
            self.publish(RemoveStep(step_id=step.id))

    def _take_buttons(self, question_id: str) -> None:
        """Whoever asked is gone: the buttons of the question would do nothing."""
        question = self.conversation.question(question_id)
        step = None if question is None else self.conversation.step(question.step_id)
        if question is not None and question.kind == "action" and step is not None:
            self.publish(PutStep(step=replace(step, actions=[], wait_for_answer=False)))

    def _tell_watched(self, is_watched: bool) -> None:
        if self._has_left is not is_watched:
            return
        self._has_left = not is_watched
        if self._is_open_at_host:
            self.to_host(Watched(session=self.id, is_watched=is_watched))

    def _become_ready(self) -> None:
        self._move("ready")
        if self._outlets:
            self._move("attach")
            self._cancel_away_timer()
        self.open_at_host()

    @property
    def _is_free(self) -> bool:
        """Whether the host is there and has this session, and nothing runs in it or is about to."""
        return self._is_reachable and self._transcript.at_host is None and self.conversation.running is None

    @property
    def _is_reachable(self) -> bool:
        host = self.channel.host
        return self._is_open_at_host and host is not None and host.is_connected

    def _send(self) -> None:
        """Give the host the message that is its own by what is stored, once."""
        if not self._is_marked or self._sent is not None or not self._is_reachable:
            return
        step = self._transcript.unfinished.get(self._transcript.at_host or "")
        if step is None:  # taken out meanwhile
            self._forget_sent()
            self.deliver_next()
        else:
            self._sent = step.id
            self.to_host(Deliver(session=self.id, step=step))

    def _forget_sent(self) -> None:
        self._transcript.at_host = self._sent = None
        self._is_marked = False

    def _on_question_expired(self, question_id: str) -> None:
        self.close_question(question_id, "expired")
        self.to_host(DeliverAnswer(session=self.id, question_id=question_id))

    def _move(self, move: Move) -> None:
        self.state = after(self.state, move)

    def _wait_for_viewer(self) -> None:
        self._cancel_away_timer()
        if self.record.client_type != "notebook":
            self._away_timer = self._clock.call_later(self._timeout_s, self.end, "timeout")
        self._rest_timer = self._clock.call_later(REST_AFTER_S, self._transcript.rest)

    @property
    def _timeout_s(self) -> float:
        wanted_s = self.channel.settings.session_timeout_s
        usual_s = self._options.session_timeout_s
        return usual_s if wanted_s is None else min(wanted_s, usual_s)

    def _cancel_away_timer(self) -> None:
        for timer in (self._away_timer, self._rest_timer):
            if timer is not None:
                timer.cancel()
        self._away_timer = self._rest_timer = None


_OWN_STATE = frozenset({"host", "run", "started", "missingEnv", "storage", "settings"})
"""Keys of the state that a host is not told of: the hub itself sets them, or keeps them longer than the state."""
_PASSING_CALLS = frozenset({"on_settings_update", "on_settings_edit", "on_window_message"})


def _outlives_stop(step: Step) -> bool:
    """Return whether a call is for the time after what runs: Stop does not mean it, and an interruption not its end.

    Who saves settings wants them, whatever becomes of what was being answered.
    """
    return step.is_call and step.name == "on_settings_update"


_END_TEXTS = {
    "closed": "This conversation has ended.",
    "timeout": "This conversation has ended because nobody came back to it.",
    "unpublished": "The notebook has closed this chat.",
    "continued": "This conversation goes on in another tab.",
}
