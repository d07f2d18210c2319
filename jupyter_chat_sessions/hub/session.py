"""One viewer's private workspace, as the hub keeps it. All its state hangs off this one object.

The one rule: every change of the conversation goes through `_publish`, which numbers it, keeps it, and shows it to
everybody attached.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import uuid4

from msgspec.structs import replace

from ..protocol.conversation import Conversation
from ..protocol.errors import RefusedError
from ..protocol.event_log import EventLog
from ..protocol.frames import (
    PROTOCOL_VERSION,
    Accepted,
    AppendText,
    Bye,
    ClearQuestion,
    Deliver,
    DeliverAnswer,
    ErrorFrame,
    Event,
    FinishStep,
    Forward,
    GiveEnv,
    Hello,
    HubToHostFrame,
    OpenSession,
    PutQuestion,
    PutStep,
    RemoveStep,
    RunChanged,
    SendAnswer,
    SendMessage,
    SessionEnded,
    SetState,
    StopRuns,
    UserEnv,
    Welcome,
    encode,
)
from ..protocol.lifecycle import Move, State, after
from ..protocol.steps import FINAL_RUN_STATUSES, Answer, Step
from . import store as stored
from .clock import Clock, QuestionClocks, Timer
from .commands import CommandBook, Reply
from .options import HubOptions
from .store import SessionRecord, Store

if TYPE_CHECKING:
    from .channel import Channel

logger = logging.getLogger(__name__)

EndReason = Literal["closed", "timeout", "unpublished"]


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
        epoch: A random text under which events are numbered.
        options: The limits.
        clock: Where time comes from.
        store: Where the thread is kept.
        on_ended: Called once, when the session is over.
    """

    def __init__(
        self,
        record: SessionRecord,
        channel: Channel,
        *,
        epoch: str,
        options: HubOptions,
        clock: Clock,
        store: Store,
        on_ended: Callable[[Session], None],
    ) -> None:
        self.record = record
        self.channel = channel
        self.conversation = Conversation()
        self.state: State = "unready"
        self._options = options
        self._clock = clock
        self._store = store
        self._on_ended = on_ended
        self._log = EventLog(epoch, max_events=options.window_events, max_bytes=options.window_bytes)
        self._outlets: list[Outlet] = []
        self._commands = CommandBook()
        self._env: UserEnv = {}
        self._unfinished: dict[str, Step] = {}
        """The user's messages that are queued or running, oldest first."""
        self._is_open_at_host = False
        self._is_followed = record.client_type == "notebook"
        """A cell speaks in it, so that its host is shown what comes of that."""
        self._was_opened = False
        """Some host has had this session: `on_chat_start` has had its turn."""
        self._questions = QuestionClocks(clock, on_expired=self._on_question_expired)
        self._away_timer: Timer | None = None

    # ---- life --------------------------------------------------------------------------------------------------------

    @property
    def id(self) -> str:
        """The public id."""
        return self.record.id

    @property
    def viewers(self) -> int:
        """How many viewers are attached."""
        return len(self._outlets)

    def begin(self, env: UserEnv) -> None:
        """Start the life of a new session with what its viewer gave so far."""
        self._store.commit([stored.PutSession(self.record)])
        self._publish(SetState(state={"host": self.channel.host_status}))
        self._wait_for_viewer()
        self._env = {name: value for name, value in env.items() if name in self.channel.settings.required_env}
        missing = self._missing_env()
        if missing:
            self._publish(SetState(state={"missingEnv": missing}))
        else:
            self._become_ready()

    def attach(self, hello: Hello, outlet: Outlet) -> None:
        """Let a viewer in: welcome it, and give it what it has missed.

        Raises:
            RefusedError: Too many viewers look at this session already.
        """
        if len(self._outlets) >= self._options.max_tabs:
            raise RefusedError(
                "busy", f"This conversation is open in {self._options.max_tabs} tabs already. Close one."
            )
        missed = self._log.since(hello.epoch, hello.last_seq)
        self._move("attach")
        self._cancel_away_timer()
        self._questions.run()
        is_resumed = isinstance(missed, list)
        welcome = Welcome(
            v=PROTOCOL_VERSION,
            session=self.id,
            thread_id=self.record.thread_id,
            epoch=self._log.epoch,
            seq=self._log.last,
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

    def let_go(self) -> None:
        """The server goes away: close every viewer's line without a goodbye, so that it comes back."""
        outlets, self._outlets = self._outlets, []  # closing may detach at once
        for outlet in outlets:
            outlet.close(1012, "the server restarts")

    def end(self, reason: EndReason) -> None:
        """End the session: tell host and viewers, and free everything. Ending twice does nothing."""
        if self.state == "ended":
            return
        self._move("expire" if reason == "timeout" else "end")
        self._cancel_away_timer()
        self._questions.pause()
        if self._is_open_at_host:
            self._to_host(SessionEnded(session=self.id, reason=reason))
        bye = encode(Bye(code=4410, text=_END_TEXTS[reason]))
        outlets, self._outlets = self._outlets, []  # closing may detach at once
        for outlet in outlets:
            outlet.send(bye)
            outlet.close(4410, "ended")
        self._env = {}
        self._log.trim()
        self._store.commit([stored.DropSession(self.record)])
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
            self._commands.forget(command.client_id)
            reply(refusal)
            return
        step = self._user_step(command.text, client_id=command.client_id, command=command.command, is_run=True)

        def committed() -> None:
            if self.state == "ended":
                return
            self._publish(PutStep(step=step), is_stored=True)
            known.confirm(Accepted(client_id=command.client_id, step_id=step.id))
            if self.channel.settings.when_busy == "interrupt" and len(self._unfinished) > 1:
                self._to_host(StopRuns(session=self.id))
            if self._is_open_at_host:
                self._to_host(Deliver(session=self.id, step=step))

        self._store.commit([stored.PutStep(self.record.thread_id, step)], then=committed)

    def answer(self, command: SendAnswer, *, reply: Reply) -> None:
        """Take an answer to an open question; the first one wins."""
        known = self._commands.recognise(command.client_id, ("answer", command.question_id, command.text), reply=reply)
        if known is None:
            return
        question = self.conversation.question(command.question_id)
        if question is None:
            self._commands.forget(command.client_id)
            reply(_error("question_closed", "This question is closed: it was answered, or its time is over.", command))
            return
        step = self._user_step(command.text, client_id=command.client_id, parent_id=question.step_id)

        def committed() -> None:
            if self.state == "ended":
                return
            self._questions.clear(question.id)
            self._publish(PutStep(step=step), is_stored=True)
            self._publish(ClearQuestion(question_id=question.id, reason="answered"))
            known.confirm(Accepted(client_id=command.client_id, step_id=step.id))
            self._to_host(
                DeliverAnswer(session=self.id, question_id=question.id, answer=Answer(text=command.text, step=step))
            )

        self._store.commit([stored.PutStep(self.record.thread_id, step)], then=committed)

    def give_env(self, command: GiveEnv, *, reply: Reply) -> None:
        """Take the variables that the channel requires, and begin once all are there."""
        known = self._commands.recognise(command.client_id, ("env", repr(sorted(command.values.items()))), reply=reply)
        if known is None:
            return
        wanted = self.channel.settings.required_env
        self._env.update({name: value for name, value in command.values.items() if name in wanted})
        missing = self._missing_env()
        if missing:
            self._commands.forget(command.client_id)
            self._publish(SetState(state={"missingEnv": missing}))
            text = f"This chat still needs: {', '.join(missing)}."
            reply(_error("missing_env", text, command, details=missing))
            return
        known.confirm(Accepted(client_id=command.client_id))
        if self.state == "unready":
            self._publish(SetState(state={"missingEnv": None}))
            self._become_ready()

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
        step = self.conversation.step(change.run)
        if step is not None and step.status is not None:
            self._publish(PutStep(step=replace(step, status=change.status)))
        if change.status == "running":
            self._publish(SetState(state={"run": {"id": change.run, "name": change.name}}))
        elif change.status in FINAL_RUN_STATUSES and (self.conversation.state.get("run") or {}).get("id") == change.run:
            is_start = change.name == "on_chat_start"
            self._publish(SetState(state={"run": None, "started": True} if is_start else {"run": None}))

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
                channel=self.record.channel,
                thread_id=self.record.thread_id,
                user=self.record.user,
                user_env=self._env,
                client_type=self.record.client_type,
                language=self.record.language,
                chat_profile=self.record.chat_profile,
                is_owner=self.record.is_owner,
                resumed=self._was_opened,
            )
        )
        self._is_open_at_host = self._was_opened = True
        for step in self._unfinished.values():
            self._to_host(Deliver(session=self.id, step=step))

    def interrupt(self) -> None:
        """The host that had this session is gone for good: say so of what ran, and close its questions."""
        self._settle_runs({"running": "interrupted"})
        for question in self.conversation.questions:
            self._questions.clear(question.id)
            self._publish(ClearQuestion(question_id=question.id, reason="withdrawn"))
        for step in self.conversation.steps:
            if step.streaming:
                self._publish(FinishStep(step_id=step.id))
        if "run" in self.conversation.state:
            self._publish(SetState(state={"run": None}))
        self._is_open_at_host = False

    # ---- private -----------------------------------------------------------------------------------------------------

    def _publish(self, event: Event, *, is_stored: bool = False) -> None:
        self.conversation.apply(event)
        if not is_stored:
            self._keep(event)
        if isinstance(event, PutStep) and event.step.status is not None:
            self._unfinished.pop(event.step.id, None)
            if event.step.status not in FINAL_RUN_STATUSES:
                self._unfinished[event.step.id] = event.step
        if isinstance(event, RemoveStep):
            self._unfinished.pop(event.step_id, None)
        frame = self._log.append(event)
        for outlet in self._outlets:
            outlet.send(frame)
        if self._is_followed:
            self._to_host(Forward(session=self.id, event=event))

    def _keep(self, event: Event) -> None:
        """Write what the event made of a step; text on its way is written when the step is finished."""
        match event:
            case PutStep(step=step):
                self._store.commit([stored.PutStep(self.record.thread_id, step)])
            case FinishStep(step_id=step_id):
                step_now = self.conversation.step(step_id)
                if step_now is not None:
                    self._store.commit([stored.PutStep(self.record.thread_id, step_now)])
            case RemoveStep(step_id=step_id):
                self._store.commit([stored.RemoveStep(self.record.thread_id, step_id)])
            case AppendText() | PutQuestion() | ClearQuestion() | SetState():
                pass

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
        waiting = len(self._unfinished)
        if self.channel.settings.when_busy == "reject" and waiting:
            return _error("busy", "The last message is still being answered. Send this one afterwards.", command)
        if waiting > self._options.max_waiting:
            text = f"{self._options.max_waiting} messages are waiting already. Send this one when they are answered."
            return _error("busy", text, command)
        return None

    def _settle_runs(self, moves: dict[str, Literal["interrupted", "cancelled"]]) -> None:
        for step in list(self._unfinished.values()):
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
            created_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
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

    def _cancel_away_timer(self) -> None:
        if self._away_timer is not None:
            self._away_timer.cancel()
            self._away_timer = None


_END_TEXTS = {
    "closed": "This conversation has ended.",
    "timeout": "This conversation has ended because nobody came back to it.",
    "unpublished": "The notebook has closed this chat.",
}


def _error(
    code: Literal["busy", "missing_env", "question_closed"],
    text: str,
    command: SendMessage | SendAnswer | GiveEnv,
    *,
    details: list[str] | None = None,
) -> ErrorFrame:
    return ErrorFrame(code=code, text=text, client_id=command.client_id, details=details or [])
