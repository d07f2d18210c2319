"""The press of a button is kept, queued and run as a message is, once; it is shown as none."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.hub.export import export
from jupyter_chat_sessions.hub.handlers.replies import reply_to
from jupyter_chat_sessions.protocol.frames import Accepted, Deliver, ErrorFrame, PutAction, PutQuestion, PutStep
from jupyter_chat_sessions.protocol.steps import Action, Question, Step

from .doubles import Hall, LastingStore, Tab, new_id

YES = Action(id=new_id(), name="vote", payload={"value": 1}, label="Yes")


@pytest.fixture
def hall() -> Hall:
    return Hall(store=LastingStore())


def asked(hall: Hall) -> tuple[Tab, Step]:
    """A viewer before a message with a button."""
    tab = hall.enter()
    hall.host.begin(tab.viewing.session)
    step = hall.host.reply(tab.viewing.session, "Shall we?")
    hall.host.emit(tab.viewing.session, PutAction(step_id=step.id, action=YES))
    return tab, step


def presses(hall: Hall) -> list[Step]:
    return [frame.step for frame in hall.host.got(Deliver) if frame.step.is_call]


def test_it_is_given_to_the_host_with_what_the_button_says(hall: Hall) -> None:
    tab, step = asked(hall)
    client_id = tab.press(step.id, YES.id)
    [call] = presses(hall)
    assert (call.name, call.parent_id, call.client_id) == ("action_callback", step.id, client_id)
    assert tab.got(Accepted) == [Accepted(client_id=client_id, step_id=call.id)]
    hall.host.work()
    assert [each.status for each in tab.steps if each.is_call] == ["done"]


def test_sent_twice_it_runs_once_also_after_the_server_was_killed(hall: Hall) -> None:
    tab, step = asked(hall)
    client_id = tab.press(step.id, YES.id)
    hall.host.work()
    tab.press(step.id, YES.id, client_id=client_id)
    assert len(presses(hall)) == 1
    hall.kill()
    hall.start()
    hall.start_kernel()
    tab.come_back(hall.hub)
    tab.press(step.id, YES.id, client_id=client_id)
    assert presses(hall) == []


def test_what_was_not_confirmed_is_sent_again_and_runs_once(hall: Hall) -> None:
    tab, step = asked(hall)
    tab.drop()
    tab.press(step.id, YES.id)
    tab.open()
    assert len(presses(hall)) == 1


def test_a_button_outlives_the_server(hall: Hall) -> None:
    tab, step = asked(hall)
    hall.kill()
    hall.start()
    hall.start_kernel()
    tab.come_back(hall.hub)
    assert [each.actions for each in tab.steps] == [[YES]]
    tab.press(step.id, YES.id)
    assert len(presses(hall)) == 1


def test_it_waits_for_the_message_before_it_and_stop_cancels_it(hall: Hall) -> None:
    tab, step = asked(hall)
    tab.say("first")
    tab.press(step.id, YES.id)
    assert presses(hall) == []
    hall.session(tab).runs.stop()
    assert [each.status for each in tab.steps if each.is_call] == ["cancelled"]


def test_interrupted_it_can_be_run_again(hall: Hall) -> None:
    tab, step = asked(hall)
    tab.press(step.id, YES.id)
    [call] = presses(hall)
    hall.host.run(tab.viewing.session, call.id, "running", name="action_callback")
    hall.start_kernel()
    assert [each.status for each in tab.steps if each.is_call] == ["interrupted"]
    tab.retry(call.id)
    [again] = presses(hall)
    assert (again.id, again.attempt) == (call.id, 2)


@pytest.mark.parametrize("which", ["no message", "no button"])
def test_a_button_that_is_not_there_is_refused(hall: Hall, which: str) -> None:
    tab, step = asked(hall)
    tab.press(new_id() if which == "no message" else step.id, YES.id if which == "no message" else new_id())
    [refusal] = tab.got(ErrorFrame)
    assert (refusal.code, refusal.text) == ("conflict", "This button is not there any more.")
    assert presses(hall) == []


def test_replies_and_exports_leave_it_out(hall: Hall) -> None:
    tab, _ = asked(hall)
    tab.say("Hello")
    said = hall.host.got(Deliver)[-1].step
    answer = Step(id=new_id(), type="assistant_message", name="Bot", output="Hi", parent_id=said.id, actions=[YES])
    hall.host.emit(tab.viewing.session, PutStep(step=answer))
    hall.host.work()
    tab.press(answer.id, YES.id)
    call = tab.steps[-1]
    done = Step(id=new_id(), type="assistant_message", name="Bot", output="voted", parent_id=call.id)
    hall.host.emit(tab.viewing.session, PutStep(step=done))
    assert [step.output for step in reply_to(tab.steps, said.id)] == ["Hi"]
    thread = hall.session(tab)._transcript.thread
    for form in ("markdown", "notebook"):
        assert b"action_callback" not in export(thread, tab.steps, form).content  # type: ignore[arg-type]


def test_the_buttons_of_a_question_go_with_who_asked(hall: Hall) -> None:
    tab, step = asked(hall)
    question = Question(id=new_id(), step_id=step.id, kind="action", timeout_s=60)
    hall.host.emit(tab.viewing.session, PutQuestion(question=question))
    hall.start_kernel()
    assert tab.viewing.conversation.questions == []
    assert [each.actions for each in tab.steps] == [[]]
