"""One viewer's private workspace, as the hub keeps it. All its state hangs off this one object.

The one rule: every change of the conversation goes through `_publish`, which numbers it, keeps it, and shows it to
everybody attached.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import uuid4

from msgspec.structs import replace

from ..protocol.conversation import Conversation
from ..protocol.errors import RefusedError
from ..protocol.frames import (
    PROTOCOL_VERSION,
    Accepted,
    Bye,
    ClearQuestion,
    Deliver,
    DeliverAnswer,
    ErrorFrame,
    Event,
    Forward,
    GiveEnv,
    Going,
    Hello,
    HubToHostFrame,
    OpenSession,
    PutQuestion,
    PutStep,
    Retry,
    RunChanged,
    SendAnswer,
    SendMessage,
    SessionEnded,
    SetState,
    StopRuns,
    UserEnv,
    Watched,
    Welcome,
    encode,
)
from ..protocol.lifecycle import Move, State, after
from ..protocol.steps import FINAL_RUN_STATUSES, Answer, Step
from . import store as stored
from .clock import Clock, QuestionClocks, Timer, utc_now
from .commands import Command, CommandBook, Reply
from .options import HubOptions
from .pace import Pace
from .store import CommandRecord, SessionRecord, Store, Values
from .transcript import Transcript

if TYPE_CHECKING:
    from .channel import Channel

logger = logging.getLogger(__name__)

EndReason = Literal["closed", "timeout", "unpublished", "continued"]

STORAGE_RETRY_S = 5.0
"""When a viewer sends again what could not be stored, in seconds."""
REST_AFTER_S = 600.0
"""How long after its last viewer has left a session keeps the events from which one catches up, in seconds."""


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
        self._commands = CommandBook()
        self._env: UserEnv = {}
        self._values = Values()
        self._storing = 0
        """What viewers said and the store has not confirmed yet."""
        self._held: deque[Callable[[], None]] = deque()
        """What waits for that: it has its place in the thread behind it."""
        self._claimed: set[str] = set()
        """Questions whose answer is being stored."""
        self._pace = Pace(burst=options.message_burst, per_minute=options.messages_per_minute)
        self._is_open_at_host = False
        self._is_followed = record.client_type == "notebook"
        """A cell speaks in it, so that its host is shown what comes of that."""
        self._was_opened = False
        """Some host was given this session."""
        self._has_left = False
        """Its last viewer has gone, and none has come back."""
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

    def wait_s(self) -> float:
        """Take note that a viewer says something; return 0, or in how many seconds it may."""
        return self._pace.wait_s(self._clock.time())

    def begin(self, env: UserEnv) -> None:
        """Start the life of a new session with what its viewer gave so far."""
        self._store.commit([stored.PutThread(self._transcript.thread), stored.PutSession(self.record)])
        self._env = {name: value for name, value in env.items() if name in self.channel.settings.required_env}
        self._show_surroundings()

    def go_on(self, commands: list[CommandRecord], values: Values) -> None:
        """Go on with a session that the server's end has interrupted. Its variables were in memory only."""
        self._commands.restore(commands)
        self._values = values
        self.interrupt()
        self._show_surroundings()

    def _show_surroundings(self) -> None:
        state: dict[str, Any] = {"host": self.channel.host_status}
        if self.record.has_begun:
            state["started"] = True
        missing = self._missing_env()
        if missing:
            state["missingEnv"] = missing
        self._publish(SetState(state=state))
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
            for frame in (encode(welcome), *(missed if isinstance(missed, list) else ())):
                outlet.send(frame)
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
            self._to_host(SessionEnded(session=self.id, reason="closed" if reason == "continued" else reason))
        bye = encode(Bye(code=4410, text=_END_TEXTS[reason]))
        outlets, self._outlets = self._outlets, []  # closing may detach at once
        for outlet in outlets:
            outlet.send(bye)
            outlet.close(4410, "ended")
        self._env = {}
        self._store.commit([*self._transcript.settled(), stored.DropSession(self.record)])
        self._transcript.rest()
        self._on_ended(self)

    # ---- what viewers say --------------------------------------------------------------------------------------------

    def message(self, command: SendMessage, *, reply: Reply) -> None:
        """Take a message: store it, confirm it, and let the host run it. Once, however often it comes."""
        known = self._commands.recognise(
            command.client_id, ("message", command.text, command.command or ""), reply=reply
        )
        if known is None:
            return
        refusal = self._why_not(command)
        if refusal is not None:
            self._commands.refuse(known, refusal)
            return
        step = self._user_step(command.text, client_id=command.client_id, command=command.command, is_run=True)

        def committed() -> None:
            self._publish(PutStep(step=step), is_stored=True)
            known.confirm(Accepted(client_id=command.client_id, step_id=step.id))
            if self.channel.settings.when_busy == "interrupt" and len(self._transcript.unfinished) > 1:
                self._to_host(StopRuns(session=self.id))
            self._deliver(step)

        self._commit_command(
            known, step, also=self._transcript.name_after(step.output), then=committed, otherwise=lambda: None
        )

    def answer(self, command: SendAnswer, *, reply: Reply) -> None:
        """Take an answer to an open question; the first one wins."""
        known = self._commands.recognise(command.client_id, ("answer", command.question_id, command.text), reply=reply)
        if known is None:
            return
        question = self.conversation.question(command.question_id)
        if question is None or question.id in self._claimed:
            text = "This question is closed: it was answered, or its time is over."
            self._commands.refuse(known, _error("question_closed", text, command))
            return
        step = self._user_step(command.text, client_id=command.client_id, parent_id=question.step_id)
        self._claimed.add(question.id)

        def committed() -> None:
            self._claimed.discard(question.id)
            self._questions.clear(question.id)
            self._publish(PutStep(step=step), is_stored=True)
            self._publish(ClearQuestion(question_id=question.id, reason="answered"))
            known.confirm(Accepted(client_id=command.client_id, step_id=step.id))
            self._to_host(
                DeliverAnswer(session=self.id, question_id=question.id, answer=Answer(text=command.text, step=step))
            )

        self._commit_command(known, step, also=[], then=committed, otherwise=lambda: self._claimed.discard(question.id))

    def give_env(self, command: GiveEnv, *, reply: Reply) -> None:
        """Take the variables that the channel requires, and begin once all are there."""
        known = self._commands.recognise(command.client_id, ("env", repr(sorted(command.values.items()))), reply=reply)
        if known is None:
            return
        wanted = self.channel.settings.required_env
        self._env.update({name: value for name, value in command.values.items() if name in wanted})
        missing = self._missing_env()
        if missing:
            self._publish(SetState(state={"missingEnv": missing}))
            text = f"This chat still needs: {', '.join(missing)}."
            self._commands.refuse(known, _error("missing_env", text, command, details=missing))
            return
        known.confirm(Accepted(client_id=command.client_id))
        if self.state == "unready":
            self._publish(SetState(state={"missingEnv": None}))
            self._become_ready()

    def retry(self, command: Retry, *, reply: Reply) -> None:
        """Run an interrupted message again, after what waits already."""
        known = self._commands.recognise(command.client_id, ("retry", command.step_id), reply=reply)
        if known is None:
            return
        step = self.conversation.step(command.step_id)
        if step is None or step.type != "user_message" or step.status != "interrupted":
            text = "Only a message that was interrupted can be run again."
            self._commands.refuse(known, _error("conflict", text, command))
            return
        again = replace(step, status="queued", attempt=step.attempt + 1)

        def committed() -> None:
            self._publish(PutStep(step=again), is_stored=True)
            known.confirm(Accepted(client_id=command.client_id, step_id=again.id))
            self._deliver(again)

        self._commit_command(known, again, also=[], then=committed, otherwise=lambda: None)

    def stop(self) -> None:
        """Cancel what runs and what waits; after the end there is nothing to cancel."""
        if self.state == "ended":
            return
        if self._is_open_at_host and self.channel.host is not None:
            self._to_host(StopRuns(session=self.id))
        else:
            self._settle_runs({"queued": "cancelled"})

    # ---- what the host says ------------------------------------------------------------------------------------------

    def follow(self) -> None:
        """Show the host every event from now on: one of its cells speaks in this session."""
        self._is_followed = True

    def in_turn(self, work: Callable[[], None]) -> None:
        """Do what the host says: at once, or behind what viewers said before and is still being stored."""
        if self._storing:
            self._held.append(work)
        else:
            work()

    def emit(self, event: Event) -> None:
        """Give an event of the host its place.

        Raises:
            ProtocolError: The event does not fit the conversation.
        """
        match event:
            case PutQuestion(question=question):
                self._questions.put(question.id, question.timeout_s)
            case ClearQuestion(question_id=question_id):
                self._questions.clear(question_id)
            case PutStep(step=step):
                # What became of a user's message is the hub's to say, whatever its author makes of the text.
                known = self.conversation.step(step.id)
                client_id, status = (None, None) if known is None else (known.client_id, known.status)
                event = PutStep(step=replace(step, client_id=client_id, status=status))
        self._publish(event)

    def run_changed(self, change: RunChanged) -> None:
        """Show that a run began or ended."""
        if change.name == "on_chat_start" and not self.record.has_begun:
            self.record = replace(self.record, has_begun=True)
            self._store.commit([stored.PutSession(self.record)])
        step = self.conversation.step(change.run)
        if step is not None and step.status in FINAL_RUN_STATUSES:
            return
        if step is not None and step.status is not None:
            self._publish(PutStep(step=replace(step, status=change.status)))
        if change.status == "running":
            self._publish(SetState(state={"run": {"id": change.run, "name": change.name}}))
        elif change.status in FINAL_RUN_STATUSES and (self.conversation.state.get("run") or {}).get("id") == change.run:
            is_start = change.name == "on_chat_start"
            self._publish(SetState(state={"run": None, "started": True} if is_start else {"run": None}))

    def save_values(self, values: Values) -> None:
        """Keep what `user_session` holds, for the next host."""
        self._values = values
        self._store.commit([stored.PutValues(self.id, values)])

    def show_storage(self) -> None:
        """Show viewers when their conversation is not kept as it should be."""
        status = self._store.status
        storage = None if status.code == "ok" else {"code": status.code, "text": status.text}
        if self.conversation.state.get("storage") != storage:
            self._publish(SetState(state={"storage": storage}))

    def show_host(self) -> None:
        """Show viewers whether the host is there."""
        if self.conversation.state.get("host") != self.channel.host_status:
            self._publish(SetState(state={"host": self.channel.host_status}))

    def open_at_host(self) -> None:
        """Let the channel's host know this session, and give it what waits for it.

        If an earlier host had the session, what ran there is interrupted.
        """
        if self.state in ("unready", "ended") or self.channel.host is None:
            return
        if self._was_opened:
            self.interrupt()
        self._to_host(
            OpenSession(
                session=self.id,
                channel=self.channel.name,
                thread_id=self.record.thread_id,
                user=self.record.user,
                user_env=self._env,
                client_type=self.record.client_type,
                language=self.record.language,
                chat_profile=self.record.chat_profile,
                is_owner=self.record.is_owner,
                resumed=self.record.has_begun,
                thread=self._transcript.as_thread() if self.record.has_begun else None,
                values=self._values.values,
                lost=self._values.lost,
                is_watched=not self._has_left,
            )
        )
        self._is_open_at_host = self._was_opened = True
        for step in self._transcript.unfinished.values():
            self._deliver(step)

    def interrupt(self) -> None:
        """The host that had this session is gone for good: say so of what ran, and close its questions."""
        self._settle_runs({"running": "interrupted"})
        for question in self.conversation.questions:
            self._questions.clear(question.id)
            self._publish(ClearQuestion(question_id=question.id, reason="withdrawn"))
        for step in self.conversation.steps:
            if step.streaming:
                self._publish(PutStep(step=replace(step, streaming=False, status="interrupted")))
        if "run" in self.conversation.state:
            self._publish(SetState(state={"run": None}))
        self._is_open_at_host = False

    # ---- private -----------------------------------------------------------------------------------------------------

    def _publish(self, event: Event, *, is_stored: bool = False) -> None:
        frame = self._transcript.publish(event, is_stored=is_stored)
        for outlet in self._outlets:
            outlet.send(frame)
        if self._is_followed:
            self._to_host(Forward(session=self.id, event=event))

    def _commit_command(
        self,
        command: Command,
        step: Step,
        *,
        also: list[stored.PutThread],
        then: Callable[[], None],
        otherwise: Callable[[], None],
    ) -> None:
        """Store what a viewer said; only then does it have its effect. If it cannot be stored, its viewer is told."""
        self._storing += 1

        def committed() -> None:
            if self.state != "ended":
                then()
            self._stored()

        def failed() -> None:
            otherwise()
            text = "The server cannot store anything now. This is sent again by itself."
            error = ErrorFrame(
                code="storage_full", text=text, client_id=command.client_id, retry_after_s=STORAGE_RETRY_S
            )
            self._commands.refuse(command, error)
            self._stored()

        write = self._transcript.write_of(step)
        record = stored.PutCommand(self.id, command.record(step.id))
        self._store.commit([*also, write, record], then=committed, otherwise=failed)

    def _stored(self) -> None:
        self._storing -= 1
        while self._held and not self._storing:
            self._held.popleft()()

    def _deliver(self, step: Step) -> None:
        if self._is_open_at_host:
            self._to_host(Deliver(session=self.id, step=step))

    def _tell_watched(self, is_watched: bool) -> None:
        if self._has_left is not is_watched:
            return
        self._has_left = not is_watched
        if self._is_open_at_host:
            self._to_host(Watched(session=self.id, is_watched=is_watched))

    def _become_ready(self) -> None:
        self._move("ready")
        if self._outlets:
            self._move("attach")
            self._cancel_away_timer()
        self.open_at_host()

    def _why_not(self, command: SendMessage) -> ErrorFrame | None:
        if self.state == "unready":
            missing = self._missing_env()
            return _error("missing_env", f"This chat first needs: {', '.join(missing)}.", command, details=missing)
        waiting = len(self._transcript.unfinished) + self._storing
        if self.channel.settings.when_busy == "reject" and waiting:
            return _error("busy", "The last message is still being answered. Send this one afterwards.", command)
        if waiting > self._options.max_waiting:
            text = f"{self._options.max_waiting} messages are waiting already. Send this one when they are answered."
            return _error("busy", text, command)
        return None

    def _settle_runs(self, moves: dict[str, Literal["interrupted", "cancelled"]]) -> None:
        for step in list(self._transcript.unfinished.values()):
            if step.status in moves:
                self._publish(PutStep(step=replace(step, status=moves[step.status])))

    def _user_step(
        self,
        text: str,
        *,
        client_id: str,
        parent_id: str | None = None,
        command: str | None = None,
        is_run: bool = False,
    ) -> Step:
        user = self.record.user
        return Step(
            id=str(uuid4()),
            type="user_message",
            name=user.display_name or user.identifier,
            thread_id=self.record.thread_id,
            parent_id=parent_id,
            output=text,
            created_at=utc_now(),
            command=command,
            client_id=client_id,
            status="queued" if is_run else None,
        )

    def _missing_env(self) -> list[str]:
        return [name for name in self.channel.settings.required_env if not self._env.get(name)]

    def _on_question_expired(self, question_id: str) -> None:
        self._publish(ClearQuestion(question_id=question_id, reason="expired"))
        self._to_host(DeliverAnswer(session=self.id, question_id=question_id))

    def _to_host(self, frame: HubToHostFrame) -> None:
        if self.channel.host is not None:
            self.channel.host.send(frame)

    def _move(self, move: Move) -> None:
        self.state = after(self.state, move)

    def _wait_for_viewer(self) -> None:
        self._cancel_away_timer()
        if self.record.client_type != "notebook":
            self._away_timer = self._clock.call_later(self._options.session_timeout_s, self.end, "timeout")
        self._rest_timer = self._clock.call_later(REST_AFTER_S, self._transcript.rest)

    def _cancel_away_timer(self) -> None:
        for timer in (self._away_timer, self._rest_timer):
            if timer is not None:
                timer.cancel()
        self._away_timer = self._rest_timer = None


_END_TEXTS = {
    "closed": "This conversation has ended.",
    "timeout": "This conversation has ended because nobody came back to it.",
    "unpublished": "The notebook has closed this chat.",
    "continued": "This conversation goes on in another tab.",
}


def _error(
    code: Literal["busy", "missing_env", "question_closed", "conflict"],
    text: str,
    command: SendMessage | SendAnswer | GiveEnv | Retry,
    *,
    details: list[str] | None = None,
) -> ErrorFrame:
    return ErrorFrame(code=code, text=text, client_id=command.client_id, details=details or [])
