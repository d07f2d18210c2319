"""A button that a cell calls by what stands on it: the newest one is meant, and nothing is guessed."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.hub.buttons import chosen, newest
from jupyter_chat_sessions.protocol.errors import RefusedError
from jupyter_chat_sessions.protocol.frames import Deliver, DeliverAnswer, HostPress, HostRefused, PutAction, PutQuestion
from jupyter_chat_sessions.protocol.steps import Action, Question, Step

from .doubles import Hall, new_id


def button(name: str, label: str = "") -> Action:
    return Action(id=new_id(), name=name, payload={}, label=label)


def message(*actions: Action) -> Step:
    return Step(id=new_id(), type="assistant_message", name="Assistant", actions=list(actions))


def test_the_newest_button_of_a_label_is_meant_in_any_case_and_spacing() -> None:
    older, newer = message(button("vote", "Yes, please")), message(button("vote", "Yes, please"))
    assert newest([older, newer, message()], " yes,  PLEASE ") == (newer, newer.actions[0])


def test_a_label_goes_before_a_name() -> None:
    named, labelled = button("Yes", "No"), button("other", "Yes")
    step = message(named, labelled)
    assert newest([step], "yes") == (step, labelled)


def test_a_name_that_several_buttons_have_means_none_of_them() -> None:
    step = message(button("vote", "Yes"), button("vote", "No"))
    with pytest.raises(RefusedError, match="2 buttons of this message are called 'vote'"):
        newest([step], "vote")


def test_a_number_is_for_questions_alone() -> None:
    actions = [button("vote", "Yes"), button("vote", "No")]
    assert chosen(actions, "2") == actions[1]
    assert chosen(actions, "3") is None
    with pytest.raises(RefusedError, match="No button is called '2'"):
        newest([message(*actions)], "2")


def test_a_cells_press_is_a_call_of_the_callback_under_the_cells_id() -> None:
    hall = Hall()
    session = hall.enter().viewing.session
    hall.host.begin(session)
    step = hall.host.reply(session, "Shall we?")
    hall.host.emit(session, PutAction(step_id=step.id, action=button("vote", "Yes")))
    client_id = new_id()
    hall.host.say(HostPress(session=session, client_id=client_id, button="yes"))
    [call] = [frame.step for frame in hall.host.got(Deliver) if frame.step.is_call]
    assert (call.name, call.parent_id, call.client_id) == ("action_callback", step.id, client_id)


def test_a_cells_press_of_a_questions_button_is_the_answer() -> None:
    hall = Hall()
    session = hall.enter().viewing.session
    hall.host.begin(session)
    step = hall.host.reply(session, "Shall we?")
    yes = button("yes", "Yes")
    hall.host.emit(session, PutAction(step_id=step.id, action=yes))
    question = Question(id=new_id(), step_id=step.id, kind="action", timeout_s=60)
    hall.host.emit(session, PutQuestion(question=question))
    hall.host.say(HostPress(session=session, client_id=new_id(), button="yes"))
    [delivered] = hall.host.got(DeliverAnswer)
    assert delivered.answer is not None
    assert delivered.answer.action == yes


def test_a_press_of_no_button_is_refused_under_the_cells_id() -> None:
    hall = Hall()
    session, client_id = hall.enter().viewing.session, new_id()
    hall.host.say(HostPress(session=session, client_id=client_id, button="yes"))
    assert [(refused.code, refused.client_id) for refused in hall.host.got(HostRefused)] == [("conflict", client_id)]
