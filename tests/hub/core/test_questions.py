"""A question waits for its answer, is answered once, and its time stands still while nobody looks."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.protocol.frames import (
    Accepted,
    ClearQuestion,
    DeliverAnswer,
    ErrorFrame,
    HostAnswer,
    HostRefused,
    Welcome,
)

from .doubles import Hall, Tab, new_id


def closings(tab: Tab) -> list[str]:
    return [event.reason for event in tab.events if isinstance(event, ClearQuestion)]


def test_an_answer_is_shown_below_its_question_and_reaches_the_host() -> None:
    hall = Hall()
    tab = hall.enter()
    question = hall.host.ask(tab.viewing.session)
    (asked,) = tab.viewing.conversation.questions
    client_id = tab.answer(question, "Ada")
    step = tab.steps[-1]
    assert (step.output, step.parent_id, step.type, step.status) == ("Ada", asked.step_id, "user_message", None)
    assert tab.got(Accepted) == [Accepted(client_id=client_id, step_id=step.id)]
    (delivered,) = hall.host.got(DeliverAnswer)
    assert delivered.question_id == question
    assert delivered.answer is not None
    assert (delivered.answer.text, delivered.answer.step) == ("Ada", step)
    assert closings(tab) == ["answered"]


def test_the_first_answer_wins() -> None:
    hall = Hall()
    created = hall.create()
    first, second = hall.tab(created).open(), hall.tab(created).open()
    question = hall.host.ask(created.session)
    first.answer(question, "Ada")
    late = second.answer(question, "Bob")
    assert [(error.code, error.client_id) for error in second.got(ErrorFrame)] == [("question_closed", late)]
    (delivered,) = hall.host.got(DeliverAnswer)
    assert delivered.answer is not None
    assert delivered.answer.text == "Ada"
    assert first.steps == second.steps
    assert [step.output for step in first.steps] == ["What is your name?", "Ada"]


def test_an_answer_sent_twice_is_one_answer() -> None:
    hall = Hall()
    tab = hall.enter()
    question = hall.host.ask(tab.viewing.session)
    client_id = tab.answer(question, "Ada")
    tab.answer(question, "Ada", client_id=client_id)
    first, second = tab.got(Accepted)
    assert first == second
    assert tab.got(ErrorFrame) == []
    assert len(hall.host.got(DeliverAnswer)) == 1


def test_nobody_answers_a_question_of_another_session() -> None:
    hall = Hall()
    alice, bob = hall.enter("alice"), hall.enter("bob")
    question = hall.host.ask(alice.viewing.session)
    bob.answer(question, "Mallory")
    assert [error.code for error in bob.got(ErrorFrame)] == ["question_closed"]
    assert hall.host.got(DeliverAnswer) == []
    assert len(alice.viewing.conversation.questions) == 1


def test_a_question_expires_and_the_host_is_told_so() -> None:
    hall = Hall()
    tab = hall.enter()
    question = hall.host.ask(tab.viewing.session, timeout_s=30)
    hall.clock.advance(29)
    assert closings(tab) == []
    hall.clock.advance(1)
    assert closings(tab) == ["expired"]
    assert hall.host.got(DeliverAnswer) == [DeliverAnswer(session=tab.viewing.session, question_id=question)]
    tab.answer(question, "too late")
    assert [error.code for error in tab.got(ErrorFrame)] == ["question_closed"]


def test_its_time_stands_still_while_nobody_looks() -> None:
    hall = Hall()
    tab = hall.enter()
    question = hall.host.ask(tab.viewing.session, timeout_s=30)
    for _ in range(3):
        hall.clock.advance(9)
        tab.drop()
        hall.clock.advance(1000)
        tab.open()
    assert tab.got(Welcome)[-1].remaining_s == {question: pytest.approx(3)}
    hall.clock.advance(2.5)
    assert closings(tab) == []
    hall.clock.advance(1)
    assert closings(tab) == ["expired"]


def test_a_question_put_while_nobody_looks_has_its_whole_time_left() -> None:
    hall = Hall()
    tab = hall.enter()
    tab.drop()
    question = hall.host.ask(tab.viewing.session, timeout_s=30)
    hall.clock.advance(1000)
    tab.open()
    assert tab.got(Welcome)[-1].remaining_s == {question: 30.0}
    tab.answer(question, "Ada")
    assert closings(tab) == ["answered"]


def test_one_tab_of_two_keeps_the_time_running() -> None:
    hall = Hall()
    created = hall.create()
    goes, stays = hall.tab(created).open(), hall.tab(created).open()
    hall.host.ask(created.session, timeout_s=30)
    goes.drop()
    hall.clock.advance(30)
    assert closings(stays) == ["expired"]


def test_each_of_several_questions_has_its_own_time() -> None:
    hall = Hall()
    tab = hall.enter()
    short = hall.host.ask(tab.viewing.session, timeout_s=10)
    hall.clock.advance(5)
    long = hall.host.ask(tab.viewing.session, timeout_s=10)
    hall.clock.advance(5)
    assert [question.id for question in tab.viewing.conversation.questions] == [long]
    hall.clock.advance(5)
    assert tab.viewing.conversation.questions == []
    assert [answer.question_id for answer in hall.host.got(DeliverAnswer)] == [short, long]


def test_a_question_that_was_withdrawn_does_not_expire() -> None:
    hall = Hall()
    tab = hall.enter()
    question = hall.host.ask(tab.viewing.session, timeout_s=10)
    hall.host.emit(tab.viewing.session, ClearQuestion(question_id=question, reason="withdrawn"))
    hall.clock.advance(60)
    assert closings(tab) == ["withdrawn"]
    assert hall.host.got(DeliverAnswer) == []


def test_a_cell_may_answer_for_its_viewer() -> None:
    hall = Hall()
    tab = hall.enter()
    session = tab.viewing.session
    question = hall.host.ask(session)
    hall.host.say(HostAnswer(session=session, question_id=question, text="Ada"))
    hall.host.say(HostAnswer(session=session, question_id=question, text="again"))
    assert [step.output for step in tab.steps] == ["What is your name?", "Ada"]
    assert [refused.code for refused in hall.host.got(HostRefused)] == ["question_closed"]


def test_a_refused_answer_of_a_cell_is_told_under_the_id_that_the_cell_gave_it() -> None:
    hall = Hall()
    session = hall.enter().viewing.session
    question, client_id = hall.host.ask(session), new_id()
    hall.host.say(HostAnswer(session=session, question_id=question, text="Ada", client_id=new_id()))
    hall.host.say(HostAnswer(session=session, question_id=question, text="again", client_id=client_id))
    assert [refused.client_id for refused in hall.host.got(HostRefused)] == [client_id]


def test_an_answer_to_no_question_is_refused() -> None:
    tab = Hall().enter()
    tab.answer(new_id(), "Ada")
    assert [error.code for error in tab.got(ErrorFrame)] == ["question_closed"]
