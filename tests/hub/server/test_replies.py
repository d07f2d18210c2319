"""What was said to a message follows from the conversation: by the run that steps name, else by where they stand."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.hub.handlers.replies import reply_to, run_of
from jupyter_chat_sessions.protocol.steps import Step


def said(name: str, *, parent: str | None = None) -> Step:
    return Step(id=name, type="user_message", name="Alice", parent_id=parent, status=None if parent else "done")


def told(name: str, *, parent: str | None = None) -> Step:
    return Step(id=name, type="assistant_message", name="Bot", parent_id=parent)


def reply(steps: list[Step], said_id: str) -> list[str]:
    return [step.id for step in reply_to(steps, said_id)]


def test_two_messages_that_run_one_after_the_other_have_each_their_own_reply() -> None:
    steps = [said("a"), told("a1", parent="a"), said("b"), told("a2", parent="a"), told("b1", parent="b")]
    assert (reply(steps, "a"), reply(steps, "b")) == (["a1", "a2"], ["b1"])


def test_what_stands_below_a_step_of_the_run_belongs_to_it() -> None:
    steps = [said("a"), told("tool", parent="a"), said("b"), told("nested", parent="tool")]
    assert reply(steps, "a") == ["tool", "nested"]


def test_steps_of_no_run_belong_to_what_was_said_last() -> None:
    steps = [told("0"), said("a"), told("1"), told("2"), said("b"), told("3")]
    assert (reply(steps, "a"), reply(steps, "b")) == (["1", "2"], ["3"])


def test_a_greeting_that_comes_late_is_no_reply() -> None:
    steps = [said("a"), told("greeting", parent="on_chat_start"), told("a1", parent="a")]
    assert reply(steps, "a") == ["a1"]


@pytest.mark.parametrize("run", ["a", "on_chat_start"])
def test_an_answer_is_followed_by_the_rest_of_the_run_that_asked(run: str) -> None:
    asked = [told("greeting", parent="on_chat_start"), said("a"), told("question", parent=run)]
    steps = [*asked, said("answer", parent="question"), told("rest", parent=run), told("loose")]
    assert run_of(steps, "answer") == run
    assert reply(steps, "answer") == ["rest", "loose"]


def test_a_message_that_its_author_took_out_still_has_its_reply() -> None:
    assert reply([said("b"), told("a1", parent="a"), told("b1", parent="b")], "a") == ["a1"]


def test_steps_that_an_author_put_below_each_other_end_nothing() -> None:
    assert reply([said("a"), told("x", parent="y"), told("y", parent="x"), told("a1", parent="a")], "a") == ["a1"]
