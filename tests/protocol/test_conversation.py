"""The reducer: the same events in the same order give the same conversation, everywhere."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat_sessions.protocol.conversation import Conversation
from jupyter_chat_sessions.protocol.errors import ProtocolError
from jupyter_chat_sessions.protocol.frames import AppendText, Event, FinishStep, PutQuestion, PutStep, encode
from jupyter_chat_sessions.protocol.steps import Question, Snapshot, Step

from .strategies import STEP_IDS, events, history, new_id

A = STEP_IDS[0]


def a_step(output: str = "", **fields: object) -> Step:
    return Step(id=A, type="assistant_message", name="Assistant", output=output, **fields)  # type: ignore[arg-type]


@given(st.lists(events, max_size=30), st.data())
def test_a_snapshot_and_the_events_after_it_give_the_later_snapshot(drawn: list[Event], data: st.DataObject) -> None:
    fitted, snapshots = history(drawn)
    begin = data.draw(st.integers(0, len(fitted)))
    end = data.draw(st.integers(begin, len(fitted)))
    conversation = Conversation(snapshots[begin])
    for event in fitted[begin:end]:
        conversation.apply(event)
    assert conversation.snapshot() == snapshots[end]


@given(st.lists(events, max_size=30))
def test_asking_for_a_snapshot_changes_nothing(drawn: list[Event]) -> None:
    fitted, snapshots = history(drawn)
    conversation = Conversation()
    for event, expected in zip(fitted, snapshots[1:], strict=True):
        conversation.apply(event)
        assert conversation.snapshot() == conversation.snapshot() == expected
        assert [conversation.step(step.id) for step in expected.steps] == expected.steps
        assert len(conversation) == len(expected.steps)


@given(st.lists(events, max_size=30))
def test_a_snapshot_travels_without_loss(drawn: list[Event]) -> None:
    _, snapshots = history(drawn)
    assert msgspec.json.decode(msgspec.json.encode(snapshots[-1]), type=Snapshot) == snapshots[-1]


@given(st.lists(events, max_size=20), st.integers(0, 4))
def test_the_newest_steps_and_the_count_of_the_others_are_all_of_them(drawn: list[Event], newest: int) -> None:
    fitted, snapshots = history(drawn)
    conversation = Conversation(Snapshot(earlier=5))
    for event in fitted:
        conversation.apply(event)
    part = conversation.snapshot(newest=newest)
    everything = snapshots[-1].steps
    assert part.steps == everything[max(0, len(everything) - newest) :]
    assert part.earlier == 5 + len(everything) - len(part.steps)


@given(st.lists(events, max_size=15), st.integers(1, 50) | st.integers(-50, -1))
def test_text_anywhere_but_at_the_end_is_refused_and_changes_nothing(drawn: list[Event], shift: int) -> None:
    fitted, _ = history([PutStep(step=a_step("Hello 😀")), *drawn, PutStep(step=a_step("Hello 😀"))])
    conversation = Conversation()
    for event in fitted:
        conversation.apply(event)
    before = conversation.snapshot()
    with pytest.raises(ProtocolError) as raised:
        conversation.apply(AppendText(step_id=A, offset=7 + shift, text="x"))
    assert raised.value.code == "out_of_order"
    assert conversation.snapshot() == before


def test_a_long_stream_costs_its_length_and_not_its_square() -> None:
    """Ten thousand tokens are joined once, when somebody looks, and the step is made anew once."""
    conversation = Conversation()
    conversation.apply(PutStep(step=a_step(streaming=True)))
    first = conversation.step(A)
    for count in range(10_000):
        conversation.apply(AppendText(step_id=A, offset=2 * count, text="ab"))
        assert conversation._steps[A] is first
    assert conversation.length(A) == 20_000
    assert conversation.steps[0].output == "ab" * 10_000


def test_a_snapshot_is_not_changed_by_later_events() -> None:
    conversation = Conversation()
    conversation.apply(PutStep(step=a_step("a", streaming=True)))
    conversation.apply(PutQuestion(question=Question(id=new_id(101), step_id=A)))
    before = conversation.snapshot()
    encoded = encode(PutStep(step=before.steps[0]))
    conversation.apply(AppendText(step_id=A, offset=1, text="b"))
    conversation.apply(FinishStep(step_id=A))
    assert encode(PutStep(step=before.steps[0])) == encoded
    assert len(before.questions) == 1


def test_what_can_be_asked_of_a_conversation() -> None:
    question = Question(id=new_id(101), step_id=A)
    conversation = Conversation(
        Snapshot(steps=[a_step("😀", input="in")], questions=[question], state={"host": "busy"})
    )
    assert A in conversation
    assert new_id(9) not in conversation
    assert (conversation.length(A), conversation.length(A, "input"), conversation.length(new_id(9))) == (1, 2, 0)
    assert conversation.question(question.id) == question
    assert conversation.question(new_id(102)) is None
    assert conversation.questions == [question]
    assert conversation.state == {"host": "busy"}
    assert conversation.step(new_id(9)) is None


@given(st.lists(events), st.integers(0, 4))
def test_trimming_takes_a_beginning_that_is_finished_and_counts_it(drawn: list[Event], newest: int) -> None:
    fitted, snapshots = history(drawn)
    conversation = Conversation()
    for event in fitted:
        conversation.apply(event)
    before = snapshots[-1].steps
    gone = conversation.trim(newest)
    assert gone == [step.id for step in before[: len(gone)]]
    assert conversation.snapshot().steps == before[len(gone) :]
    assert conversation.snapshot().earlier == len(gone)
    assert not any(step.streaming or step.status in ("queued", "running") for step in before[: len(gone)])
    rest = before[len(gone) :]
    assert len(rest) <= newest or rest[0].streaming or rest[0].status in ("queued", "running")
