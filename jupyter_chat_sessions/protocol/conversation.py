"""The reducer: a conversation, and how each event changes it.

`labextension/src/conversation.ts` is the same reducer; `tests/vectors/conversation.json` holds the two together.
The one rule: the same events in the same order give the same conversation, everywhere.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Literal, assert_never

from msgspec.structs import replace

from .errors import ProtocolError
from .frames import (
    AppendText,
    ClearQuestion,
    Event,
    FinishStep,
    PutAction,
    PutElement,
    PutQuestion,
    PutStep,
    RemoveAction,
    RemoveElement,
    RemoveStep,
    SetRun,
    SetState,
)
from .steps import FINAL_RUN_STATUSES, UNFINISHED_RUN_STATUSES, Action, Element, Question, Snapshot, Step

Field = Literal["output", "input"]
Part = Literal["actions", "elements"]


class Conversation:
    """An ordered set of steps with open questions and a little state.

    Example:
        >>> conversation = Conversation()
        >>> conversation.apply(PutStep(step=step))
        >>> conversation.snapshot().steps == [step]
        True
    """

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        snapshot = snapshot or Snapshot()
        self._steps: dict[str, Step] = {step.id: step for step in snapshot.steps}
        self._growing: dict[tuple[str, Field], _Growing] = {}
        self._questions: dict[str, Question] = {question.id: question for question in snapshot.questions}
        self._state: dict[str, Any] = dict(snapshot.state)
        self._earlier = snapshot.earlier

    def apply(self, event: Event) -> None:
        """Change the conversation as the event says.

        Text for a step that is not here changes nothing: it was removed, and its author still streams.

        Raises:
            ProtocolError: Text does not continue where the step ends: something was lost on the way.
        """
        match event:  # first what comes most
            case AppendText():
                self._append(event)
            case PutStep(step=step, replaces=replaces):
                if not replaces or step.id in self._steps:
                    self._forget_growing(step.id)
                    self._steps[step.id] = step
            case SetRun():
                self._set_run(event)
            case FinishStep(step_id=step_id, end=end):
                finished = self.step(step_id)
                if finished is not None:
                    self._steps[step_id] = replace(finished, streaming=False, end=end or finished.end)
            case RemoveStep(step_id=step_id):
                self._forget_growing(step_id)
                self._steps.pop(step_id, None)
            case PutAction(step_id=step_id, action=action):
                self._put_into(step_id, "actions", action)
            case RemoveAction(step_id=step_id, action_id=action_id):
                self._take_out(step_id, "actions", action_id)
            case PutElement(step_id=step_id, element=element):
                self._put_into(step_id, "elements", element)
            case RemoveElement(step_id=step_id, element_id=element_id):
                self._take_out(step_id, "elements", element_id)
            case PutQuestion(question=question):
                self._questions[question.id] = question
            case ClearQuestion(question_id=question_id):
                self._questions.pop(question_id, None)
            case SetState(state=state):
                self._state.update(state)
                self._state = {key: value for key, value in self._state.items() if value is not None}
            case _:
                assert_never(event)

    def __len__(self) -> int:
        return len(self._steps)

    def __contains__(self, step_id: str) -> bool:
        return step_id in self._steps

    @property
    def questions(self) -> list[Question]:
        """The open questions, oldest first."""
        return list(self._questions.values())

    @property
    def state(self) -> dict[str, Any]:
        """The session's state; do not change it but by events."""
        return self._state

    @property
    def running(self) -> str | None:
        """The id of the run that goes on, or None."""
        run = self._state.get("run")
        return run.get("id") if isinstance(run, dict) else None

    @property
    def steps(self) -> list[Step]:
        """The steps in order, each with all its text."""
        self._settle()
        return list(self._steps.values())

    def step(self, step_id: str) -> Step | None:
        """Return one step with all its text, or None where it is not here."""
        self._settle(step_id)
        return self._steps.get(step_id)

    def question(self, question_id: str) -> Question | None:
        """Return an open question, or None where it is closed or was never put."""
        return self._questions.get(question_id)

    def shows_file(self, file_id: str) -> bool:
        """Return whether a step that is here shows a file, or the side panel does."""
        if any(element.file == file_id for step in self._steps.values() for element in step.elements):
            return True
        panel = self._state.get("sidebar")
        elements = panel.get("elements") if isinstance(panel, dict) else None
        return isinstance(elements, list) and any(
            isinstance(element, dict) and element.get("file") == file_id for element in elements
        )

    def length(self, step_id: str, into: Field = "output") -> int:
        """Return how many code points a step's field has: the offset at which more text goes on."""
        growing = self._growing.get((step_id, into))
        if growing is not None:
            return growing.length
        step = self._steps.get(step_id)
        return 0 if step is None else len(getattr(step, into))

    def snapshot(self, *, newest: int | None = None) -> Snapshot:
        """Return the conversation as it stands.

        Args:
            newest: How many steps at the most; the older ones are counted in `earlier`. All by default.
        """
        steps = self.steps
        left_out = 0 if newest is None else max(0, len(steps) - newest)
        return Snapshot(
            steps=steps[left_out:],
            questions=self.questions,
            state=dict(self._state),
            earlier=self._earlier + left_out,
        )

    def trim(self, newest: int) -> list[str]:
        """Let older steps go that nothing will happen to by itself any more, and count them as earlier.

        Args:
            newest: How many steps stay at least.

        Returns:
            The ids of those that went: the oldest, up to the first that is still queued, running or written.
        """
        gone = []
        for step in islice(self._steps.values(), max(0, len(self._steps) - newest)):
            if step.streaming or step.status in UNFINISHED_RUN_STATUSES:
                break
            gone.append(step.id)
        for step_id in gone:
            self._forget_growing(step_id)
            del self._steps[step_id]
        self._earlier += len(gone)
        return gone

    def _append(self, event: AppendText) -> None:
        step = self._steps.get(event.step_id)
        if step is None:
            return
        key = (event.step_id, event.into)
        growing = self._growing.get(key)
        length = growing.length if growing is not None else len(getattr(step, event.into))
        if event.offset != length:
            raise ProtocolError(
                "out_of_order", f"Text for offset {event.offset} came when the step had {length} code points."
            )
        if growing is None:
            growing = self._growing[key] = _Growing(getattr(step, event.into))
        growing.add(event.text)

    def _put_into(self, step_id: str, into: Part, part: Action | Element) -> None:
        step = self._steps.get(step_id)
        if step is not None:
            parts = {each.id: each for each in getattr(step, into)} | {part.id: part}
            self._steps[step_id] = replace(step, **{into: list(parts.values())})

    def _take_out(self, step_id: str, out_of: Part, part_id: str) -> None:
        step = self._steps.get(step_id)
        if step is not None:
            left = [each for each in getattr(step, out_of) if each.id != part_id]
            self._steps[step_id] = replace(step, **{out_of: left})

    def _set_run(self, event: SetRun) -> None:
        step = self._steps.get(event.run)
        if step is not None and step.status in UNFINISHED_RUN_STATUSES:
            self._steps[event.run] = replace(step, status=event.status)
        if event.status == "running":
            self._state["run"] = {"id": event.run, "name": event.name}
        elif event.status in FINAL_RUN_STATUSES and self.running == event.run:
            del self._state["run"]

    def _settle(self, step_id: str | None = None) -> None:
        if not self._growing:
            return
        for key in [key for key in self._growing if step_id is None or key[0] == step_id]:
            self._steps[key[0]] = replace(self._steps[key[0]], **{key[1]: self._growing.pop(key).text})

    def _forget_growing(self, step_id: str) -> None:
        if not self._growing:
            return
        self._growing.pop((step_id, "output"), None)
        self._growing.pop((step_id, "input"), None)


class _Growing:
    """Text that is still being appended to: joining it for each token would cost the square of its length."""

    def __init__(self, text: str) -> None:
        self._parts = [text]
        self.length = len(text)

    def add(self, text: str) -> None:
        self._parts.append(text)
        self.length += len(text)

    @property
    def text(self) -> str:
        return "".join(self._parts)
