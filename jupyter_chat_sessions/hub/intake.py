"""What the viewers of a session say: recognised, checked, stored, and only then has it its effect.

The one rule: nothing is confirmed, shown or given to the host before it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, get_args

from msgspec import ValidationError, convert
from msgspec.structs import replace

from ..ids import new_id
from ..protocol.errors import ErrorCode, RefusedError
from ..protocol.frames import (
    Accepted,
    Call,
    CallName,
    DeliverAnswer,
    EditMessage,
    ErrorFrame,
    GiveEnv,
    PressAction,
    PutStep,
    RemoveStep,
    Retry,
    SendAnswer,
    SendMessage,
    StepsRemoved,
    ViewerCommand,
    encode,
)
from ..protocol.steps import Action, Answer, Element, Feedback, RunStatus, Step
from ..times import utc_now
from . import store as stored
from .buttons import chosen, newest
from .clock import Clock
from .commands import Command, CommandBook, Reply
from .options import HubOptions
from .pace import Pace
from .store import CommandRecord, Store
from .transcript import Transcript
from .turns import Turns

if TYPE_CHECKING:
    from .session import Session

STORAGE_RETRY_S = 5.0
"""When a viewer sends again what could not be stored, in seconds."""


class Intake:
    """Takes what viewers say, each thing once, however often it comes.

    Args:
        session: Whose viewers they are; it shows what comes of it.
        transcript: Its conversation.
        options: The limits.
        clock: Where time comes from.
        store: Where it is kept.
    """

    def __init__(
        self, session: Session, transcript: Transcript, *, options: HubOptions, clock: Clock, store: Store
    ) -> None:
        self._session = session
        self._transcript = transcript
        self._options = options
        self._clock = clock
        self._store = store
        self._commands = CommandBook()
        self._pace = Pace(burst=options.message_burst, per_minute=options.messages_per_minute)
        self.turns = Turns()
        """Who waits for what is being stored."""
        self._claimed: set[str] = set()
        """Questions whose answer is being stored, and messages whose Retry is."""

    def restore(self, commands: Sequence[CommandRecord]) -> None:
        """Know again what was accepted before the server's end."""
        self._commands.restore(commands)

    def wait_s(self) -> float:
        """Take note that a viewer says something; return 0, or in how many seconds it may."""
        return self._pace.wait_s(self._clock.time())

    # ---- commands ----------------------------------------------------------------------------------------------------

    def message(self, command: SendMessage, *, reply: Reply) -> None:
        """Take a message, and let the host run it."""
        said: tuple[str, ...] = ("message", command.text, command.command or "")
        if command.modes or command.files:
            said += (encode([command.modes, command.files]).decode(),)
        known = self._commands.recognise(command.client_id, said, reply=reply)
        if known is None:
            return
        refusal = self._why_not(command)
        if refusal is not None:
            self._commands.refuse(known, refusal)
            return
        try:
            elements = self._session.files.take(command.files) if command.files else []
        except RefusedError as error:
            self._commands.refuse(known, _error(error.code, error.text, command))
            return
        step = self._step(command, text=command.text, command=command.command, status="queued")
        if elements or command.modes:
            step = replace(step, elements=elements, modes=command.modes or None)
        self._let_run(
            known,
            step,
            also=self._transcript.name_after(step.output or ", ".join(each.name for each in elements)),
            then=lambda: self._session.files.said(command.files),
            otherwise=lambda: self._session.files.give_back(command.files),
        )

    def edit(self, command: EditMessage, *, reply: Reply) -> None:
        """Change a message, take out what was said after it, and let the host answer it anew."""
        known = self._commands.recognise(command.client_id, ("edit", command.step_id, command.text), reply=reply)
        if known is None:
            return
        step = self._transcript.conversation.step(command.step_id)
        can_edit = self._session.channel.settings.can_edit
        if not can_edit or step is None or step.type != "user_message" or not step.is_for_handler:
            text = "This message cannot be edited any more." if can_edit else "Messages cannot be edited in this chat."
            self._commands.refuse(known, _error("conflict", text, command))
            return
        if self._transcript.unfinished or self.turns.storing or self._transcript.conversation.running is not None:
            text = "Something is being answered. Wait until it is, or stop it, and edit your message then."
            self._commands.refuse(known, _error("busy", text, command))
            return
        again = replace(step, output=command.text, status="queued", attempt=step.attempt + 1)
        thread_id = self._transcript.thread.id
        self._let_run(
            known,
            again,
            also=[stored.RemoveStep(thread_id, each.id) for each in self._after(again.id)],
            then=lambda: self._remove_after(again.id),
        )

    def press(self, command: PressAction, *, reply: Reply) -> None:
        """Take the press of a button, and let the host run its callback."""
        known = self._commands.recognise(command.client_id, ("press", command.step_id, command.action_id), reply=reply)
        if known is None:
            return
        action = self._action(command.step_id, command.action_id)
        if action is None:
            self._commands.refuse(known, _error("conflict", "This button is not there any more.", command))
            return
        refusal = self._why_not(command)
        if refusal is not None:
            self._commands.refuse(known, refusal)
            return
        call = self._call(command, name="action_callback", given=action, parent_id=command.step_id, status="queued")
        self._let_run(known, call)

    def press_written(self, client_id: str, button: str, *, reply: Reply) -> None:
        """Take the press of a button that a cell calls by what stands on it; of a question's, it is the answer."""
        conversation = self._transcript.conversation
        try:
            step, action = newest(conversation.steps, button)
        except RefusedError as error:
            reply(ErrorFrame(code=error.code, text=error.text, client_id=client_id))
            return
        asked = next((each for each in conversation.questions if each.step_id == step.id), None)
        if asked is None:
            self.press(PressAction(client_id=client_id, step_id=step.id, action_id=action.id), reply=reply)
        else:
            answer = SendAnswer(client_id=client_id, question_id=asked.id, text="", action_id=action.id)
            self.answer(answer, reply=reply)

    def call(self, command: Call, *, reply: Reply) -> None:
        """Take something else that a viewer does, and let the host run its handler."""
        said = ("call", command.name, command.about or "", encode(command.value).decode())
        known = self._commands.recognise(command.client_id, said, reply=reply)
        if known is None:
            return
        refusal = self._why_not(command)
        if refusal is not None:
            self._commands.refuse(known, refusal)
            return
        call = self._call(command, name=command.name, given=command.value, parent_id=command.about, status="queued")
        if command.name != "on_feedback":
            self._let_run(known, call, then=lambda: self._session.runs.supersede(call))
            return
        rated = self._rated(command)
        if rated is None:
            self._commands.refuse(known, _error("conflict", "This message cannot be rated.", command))
            return
        also = [self._transcript.write_of(rated)]

        def then() -> None:
            self._session.publish(PutStep(step=rated, replaces=True), is_stored=True)

        if rated.feedback is None:  # taken back: there is nothing to tell
            self._commit(known, replace(call, status=None), then=then, also=also)
        else:
            self._let_run(known, call, then=then, also=also)

    def answer(self, command: SendAnswer, *, reply: Reply) -> None:
        """Take an answer to an open question; the first one wins."""
        said = ("answer", command.question_id, command.action_id or command.text, *command.files)
        known = self._commands.recognise(command.client_id, said, reply=reply)
        if known is None:
            return
        question = self._transcript.conversation.question(command.question_id)
        if question is None or question.id in self._claimed:
            text = "This question is closed: it was answered, or its time is over."
            self._commands.refuse(known, _error("question_closed", text, command))
            return
        question_id = question.id
        action = self._chosen(question.step_id, command) if question.kind == "action" else None
        if question.kind == "action" and action is None:
            text = "This question is answered with one of its buttons: its label, or its number."
            self._commands.refuse(known, _error("conflict", text, command))
            return
        files: list[Element] = []
        if question.kind == "file":
            try:
                files = self._session.files.take(command.files, question_id=question_id)
            except RefusedError as error:
                self._commands.refuse(known, _error(error.code, error.text, command))
                return
            if not files:
                text = "This question is answered with files: attach one."
                self._commands.refuse(known, _error("conflict", text, command))
                return
        if action is None:
            step = replace(self._step(command, text=command.text, parent_id=question.step_id), elements=files)
        else:
            step = self._call(command, name="answer", given=action, parent_id=question.step_id, status=None)
        self._claimed.add(question_id)

        def then() -> None:
            self._claimed.discard(question_id)
            self._session.files.said(command.files)  # first: what else was given for the question goes with it
            self._session.questions.close(question_id, "answered")
            answer = Answer(text=command.text, step=step, action=action, files=files)
            self._session.to_host(DeliverAnswer(session=self._session.id, question_id=question_id, answer=answer))

        def failed() -> None:
            self._claimed.discard(question_id)
            self._session.files.give_back(command.files)

        self._commit(known, step, then=then, otherwise=failed)

    def retry(self, command: Retry, *, reply: Reply) -> None:
        """Run an interrupted message or call again, after what waits already."""
        known = self._commands.recognise(command.client_id, ("retry", command.step_id), reply=reply)
        if known is None:
            return
        step = self._transcript.conversation.step(command.step_id)
        is_interrupted = step is not None and step.is_for_handler and step.status == "interrupted"
        if step is None or not is_interrupted or step.id in self._claimed:
            text = "Only a message that was interrupted can be run again."
            self._commands.refuse(known, _error("conflict", text, command))
            return
        again = replace(step, status="queued", attempt=step.attempt + 1)
        self._claimed.add(again.id)

        def then() -> None:
            self._claimed.discard(again.id)
            self._session.runs.deliver_next()

        self._commit(known, again, then=then, otherwise=lambda: self._claimed.discard(again.id))

    def give_env(self, command: GiveEnv, *, reply: Reply) -> None:
        """Take the variables that the channel requires. They are secrets: neither they nor the command are stored."""
        known = self._commands.recognise(command.client_id, ("env", repr(sorted(command.values.items()))), reply=reply)
        if known is None:
            return
        missing = self._session.take_env(command.values)
        if missing:
            text = f"This chat still needs: {', '.join(missing)}."
            self._commands.refuse(known, _error("missing_env", text, command, details=missing))
        else:
            known.confirm(Accepted(client_id=command.client_id))

    def outlives(self, step_id: str) -> None:
        """Let what was said as a step be known after the step is gone: it could be sent again."""
        command = self._commands.that_became(step_id)
        if command is not None:
            self._store.commit([stored.PutCommand(self._session.id, command.record(step_id))])

    # ---- private -----------------------------------------------------------------------------------------------------

    def _let_run(
        self,
        command: Command,
        step: Step,
        *,
        also: Sequence[stored.Write] = (),
        then: Callable[[], None] = lambda: None,
        otherwise: Callable[[], None] = lambda: None,
    ) -> None:
        """Store what a handler is to be run for; then let the host have it in its turn."""
        if not self.turns.storing:
            self._session.runs.claim(step)

        def stored_now() -> None:
            then()
            if self._session.channel.settings.when_busy == "interrupt" and step.name not in get_args(CallName):
                self._session.runs.stop(but=step.id)
            self._session.runs.note_stored(step)

        def failed() -> None:
            otherwise()
            self._session.runs.release(step)

        self._commit(command, step, then=stored_now, otherwise=failed, also=also)

    def _after(self, step_id: str) -> list[Step]:
        steps = self._transcript.conversation.steps
        place = next((index for index, step in enumerate(steps) if step.id == step_id), len(steps))
        return steps[place + 1 :]

    def _remove_after(self, step_id: str) -> None:
        removed = [step.id for step in self._after(step_id)]
        for each in removed:
            self.outlives(each)
            self._session.publish(RemoveStep(step_id=each))
        if removed:
            self._session.to_host(StepsRemoved(session=self._session.id, step_ids=removed))

    def _commit(
        self,
        command: Command,
        step: Step,
        *,
        then: Callable[[], None],
        otherwise: Callable[[], None] = lambda: None,
        also: Sequence[stored.Write] = (),
    ) -> None:
        """Store what was said with the step that it became; then show it, confirm it, and let it have its effect."""
        self.turns.storing += 1

        def committed() -> None:
            if self._session.state == "ended":
                self._store.commit([self._transcript.write_of(replace(step, status=step.status and "cancelled"))])
            else:
                self._session.publish(PutStep(step=step), is_stored=True)
                then()  # first: who is told that an answer is accepted must not find its question open
                command.confirm(Accepted(client_id=command.client_id, step_id=step.id))
            self.turns.stored()

        def failed() -> None:
            otherwise()
            text = "The server cannot store anything now. This is sent again by itself."
            error = ErrorFrame(
                code="storage_full", text=text, client_id=command.client_id, retry_after_s=STORAGE_RETRY_S
            )
            self._commands.refuse(command, error)
            self.turns.stored()

        write = self._transcript.write_of(step)
        if step.client_id == command.client_id:
            writes: list[stored.Write] = [replace(write, fingerprint=command.fingerprint)]
        else:
            writes = [write, stored.PutCommand(self._session.id, command.record(step.id))]
        self._store.commit([*also, *writes], then=committed, otherwise=failed)

    def _rated(self, command: Call) -> Step | None:
        """Return a message with what its viewer thinks of it, or None where it cannot be rated."""
        step = None if command.about is None else self._transcript.conversation.step(command.about)
        if step is None or step.type != "assistant_message":
            return None
        try:
            return replace(step, feedback=convert(command.value, Feedback | None))
        except ValidationError:
            return None

    def _why_not(self, command: SendMessage | PressAction | Call) -> ErrorFrame | None:
        if self._session.state == "unready":
            missing = self._session.missing_env()
            return _error("missing_env", f"This chat first needs: {', '.join(missing)}.", command, details=missing)
        waiting = len(self._transcript.unfinished) + self.turns.storing
        if self._session.channel.settings.when_busy == "reject" and waiting:
            return _error("busy", "The last message is still being answered. Send this one afterwards.", command)
        if waiting > self._options.max_waiting:
            text = f"{self._options.max_waiting} messages are waiting already. Send this one when they are answered."
            return _error("busy", text, command)
        return None

    def _step(
        self,
        of: SendMessage | SendAnswer | PressAction | Call,
        *,
        text: str,
        parent_id: str | None = None,
        command: str | None = None,
        status: RunStatus | None = None,
    ) -> Step:
        record = self._session.record
        return Step(
            id=new_id(),
            type="user_message",
            name=record.user.display_name or record.user.identifier,
            thread_id=record.thread_id,
            parent_id=parent_id,
            output=text,
            created_at=utc_now(),
            command=command,
            client_id=of.client_id,
            status=status,
        )

    def _action(self, step_id: str, action_id: str | None) -> Action | None:
        """Return a button that is under a message now, or None."""
        step = self._transcript.conversation.step(step_id)
        actions = [] if step is None else step.actions
        return next((action for action in actions if action.id == action_id), None)

    def _chosen(self, step_id: str, answer: SendAnswer) -> Action | None:
        """Return the button that an answer means: pressed, or written as its label or its number, as in a cell."""
        if answer.action_id is not None:
            return self._action(step_id, answer.action_id)
        step = self._transcript.conversation.step(step_id)
        return None if step is None else chosen(step.actions, answer.text)

    def _call(
        self,
        of: SendAnswer | PressAction | Call,
        *,
        name: str,
        given: object,
        parent_id: str | None = None,
        status: RunStatus | None,
    ) -> Step:
        """Return the step that a viewer's call becomes: of type `run`, named after what it is for."""
        call = self._step(of, text="", parent_id=parent_id, status=status)
        return replace(call, type="run", name=name, input=encode(given).decode())


def _error(code: ErrorCode, text: str, command: ViewerCommand, *, details: list[str] | None = None) -> ErrorFrame:
    return ErrorFrame(code=code, text=text, client_id=command.client_id, details=details or [])
