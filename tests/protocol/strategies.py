"""Events for Hypothesis, and the plainest possible reducer to hold ours against."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st
from msgspec.structs import replace

from jupyter_chat_sessions.protocol.frames import (
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
from jupyter_chat_sessions.protocol.steps import Action, Element, Question, RunStatus, Snapshot, Step


def new_id(number: int) -> str:
    """Return an id, the same for the same number."""
    return f"00000000-0000-4000-8000-{number:012d}"


STEP_IDS = [new_id(number) for number in range(1, 4)]
ACTION_IDS = [new_id(number) for number in range(301, 303)]
ELEMENT_IDS = [new_id(number) for number in range(401, 403)]
QUESTION_IDS = [new_id(number) for number in range(101, 103)]

texts = st.lists(
    st.sampled_from(["a", "é", "e\u0301", "😀", "👨\u200d👩\u200d👧", "🇫🇷", "👍🏽", "\u2028", "\0", '"\\', "Hello "]),
    max_size=4,
).map("".join)
step_ids = st.sampled_from(STEP_IDS)
question_ids = st.sampled_from(QUESTION_IDS)
fields = st.sampled_from(["output", "input"])
actions = st.builds(Action, id=st.sampled_from(ACTION_IDS), name=st.just("vote"), label=texts)
elements = st.builds(Element, id=st.sampled_from(ELEMENT_IDS), type=st.just("image"), name=texts)
steps = st.builds(
    Step,
    elements=st.lists(elements, max_size=2, unique_by=lambda element: element.id),
    actions=st.lists(actions, max_size=2, unique_by=lambda action: action.id),
    id=step_ids,
    type=st.sampled_from(["assistant_message", "user_message", "tool"]),
    name=st.just("Assistant"),
    output=texts,
    input=texts,
    streaming=st.booleans(),
    is_error=st.booleans(),
    status=st.none() | st.sampled_from(get_args(RunStatus)),
)

events: st.SearchStrategy[Event] = st.one_of(
    st.builds(PutStep, step=steps, replaces=st.booleans()),
    st.builds(AppendText, step_id=step_ids, offset=st.just(-1), text=texts, into=fields),
    st.builds(FinishStep, step_id=step_ids, end=st.none() | st.just("2026-01-02T03:04:05.678Z")),
    st.builds(RemoveStep, step_id=step_ids),
    st.builds(PutAction, step_id=step_ids, action=actions),
    st.builds(RemoveAction, step_id=step_ids, action_id=st.sampled_from(ACTION_IDS)),
    st.builds(PutElement, step_id=step_ids, element=elements),
    st.builds(RemoveElement, step_id=step_ids, element_id=st.sampled_from(ELEMENT_IDS)),
    st.builds(PutQuestion, question=st.builds(Question, id=question_ids, step_id=step_ids)),
    st.builds(ClearQuestion, question_id=question_ids, reason=st.sampled_from(["answered", "expired", "withdrawn"])),
    st.builds(
        SetState,
        state=st.dictionaries(
            st.sampled_from(["host", "run", "started"]), st.none() | st.integers() | texts, max_size=3
        ),
    ),
    st.builds(
        SetRun,
        run=step_ids,
        name=st.sampled_from(["on_chat_start", "on_message"]),
        status=st.sampled_from(get_args(RunStatus)),
    ),
)
"""Events whose text has yet to be given its place: see `Plain.fitted`."""


class Plain:
    """A conversation as one would first write it: every event makes every text anew."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.questions: dict[str, Question] = {}
        self.state: dict[str, Any] = {}

    def fitted(self, event: Event) -> Event:
        """Return the event with its text at the end of its step, where it is text."""
        if not isinstance(event, AppendText):
            return event
        step = self.steps.get(event.step_id)
        return replace(event, offset=0 if step is None else len(getattr(step, event.into)))

    def apply(self, event: Event) -> None:
        """Change the conversation."""
        match event:
            case PutStep(step=step, replaces=replaces):
                if not replaces or step.id in self.steps:
                    self.steps[step.id] = step
            case AppendText(step_id=step_id, text=text, into=into) if step_id in self.steps:
                step = self.steps[step_id]
                self.steps[step_id] = replace(step, **{into: getattr(step, into) + text})
            case FinishStep(step_id=step_id, end=end) if step_id in self.steps:
                step = self.steps[step_id]
                self.steps[step_id] = replace(step, streaming=False, end=end or step.end)
            case RemoveStep(step_id=step_id):
                self.steps.pop(step_id, None)
            case PutAction(step_id=step_id, action=action) if step_id in self.steps:
                step = self.steps[step_id]
                known = [each.id for each in step.actions]
                shown = [action if each.id == action.id else each for each in step.actions]
                self.steps[step_id] = replace(step, actions=shown if action.id in known else [*shown, action])
            case RemoveAction(step_id=step_id, action_id=action_id) if step_id in self.steps:
                step = self.steps[step_id]
                left = [each for each in step.actions if each.id != action_id]
                self.steps[step_id] = replace(step, actions=left)
            case PutElement(step_id=step_id, element=element) if step_id in self.steps:
                step = self.steps[step_id]
                known = [each.id for each in step.elements]
                put = [element if each.id == element.id else each for each in step.elements]
                self.steps[step_id] = replace(step, elements=put if element.id in known else [*put, element])
            case RemoveElement(step_id=step_id, element_id=element_id) if step_id in self.steps:
                step = self.steps[step_id]
                kept = [each for each in step.elements if each.id != element_id]
                self.steps[step_id] = replace(step, elements=kept)
            case PutQuestion(question=question):
                self.questions[question.id] = question
            case ClearQuestion(question_id=question_id):
                self.questions.pop(question_id, None)
            case SetState(state=state):
                for key, value in state.items():
                    self.state[key] = value
                    if value is None:
                        del self.state[key]
            case SetRun(run=run, name=name, status=status):
                step = self.steps.get(run)
                if step is not None and step.status in ("queued", "running"):
                    self.steps[run] = replace(step, status=status)
                here = self.state.get("run")
                if status == "running":
                    self.state["run"] = {"id": run, "name": name}
                elif status != "queued" and isinstance(here, dict) and here["id"] == run:
                    del self.state["run"]

    def snapshot(self) -> Snapshot:
        """Return the conversation as it stands."""
        return Snapshot(
            steps=list(self.steps.values()), questions=list(self.questions.values()), state=dict(self.state)
        )


def history(drawn: list[Event]) -> tuple[list[Event], list[Snapshot]]:
    """Return events with their texts in place, and the snapshot before the first and after each."""
    plain = Plain()
    fitted, snapshots = [], [plain.snapshot()]
    for event in drawn:
        event = plain.fitted(event)
        plain.apply(event)
        fitted.append(event)
        snapshots.append(plain.snapshot())
    return fitted, snapshots
