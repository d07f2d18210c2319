"""A message that is edited is answered anew, once; what was said after it is gone, for everybody and for good."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.protocol.frames import Accepted, Deliver, ErrorFrame, StepsRemoved

from .doubles import Hall, LastingStore, Tab, new_id


@pytest.fixture
def hall() -> Hall:
    return Hall(store=LastingStore())


def talked(hall: Hall) -> Tab:
    """A viewer who has said two things, each answered."""
    tab = hall.enter()
    hall.host.begin(tab.viewing.session)
    for text in ("one", "two"):
        tab.say(text)
        answer(hall, tab, f"heard {text}")
    assert said(tab) == ["one", "heard one", "two", "heard two"]
    return tab


def answer(hall: Hall, tab: Tab, text: str) -> None:
    """Answer what was said last."""
    hall.host.reply(tab.viewing.session, text)
    hall.host.work()


def said(tab: Tab) -> list[str]:
    return [step.output for step in tab.steps]


def test_it_is_given_to_the_host_again_and_what_came_after_it_is_gone(hall: Hall) -> None:
    tab = talked(hall)
    first, *later = tab.steps
    client_id = tab.edit(first.id, "other")
    assert said(tab) == ["other"]
    assert tab.got(Accepted)[-1] == Accepted(client_id=client_id, step_id=first.id)
    removed = hall.host.got(StepsRemoved)
    assert [frame.step_ids for frame in removed] == [[step.id for step in later]]
    delivered = hall.host.got(Deliver)[-1].step
    assert (delivered.id, delivered.output, delivered.attempt) == (first.id, "other", 2)
    assert hall.host.frames.index(removed[0]) < hall.host.frames.index(hall.host.got(Deliver)[-1])


def test_it_is_the_same_after_the_server_was_killed(hall: Hall) -> None:
    tab = talked(hall)
    tab.edit(tab.steps[0].id, "other")
    answer(hall, tab, "heard other")
    hall.kill()
    hall.start()
    tab.come_back(hall.hub)
    assert said(tab) == ["other", "heard other"]


def test_sent_twice_it_has_its_effect_once(hall: Hall) -> None:
    tab = talked(hall)
    first = tab.steps[0].id
    client_id = tab.edit(first, "other")
    hall.host.work()
    before = len(hall.host.got(Deliver))
    tab.edit(first, "other", client_id=client_id)
    assert len(hall.host.got(Deliver)) == before
    assert len(tab.got(Accepted)) == 4


def test_what_was_said_after_it_is_known_when_it_is_sent_again(hall: Hall) -> None:
    tab = talked(hall)
    first, _, second, _ = tab.steps
    tab.edit(first.id, "other")
    hall.host.work()
    assert second.client_id is not None
    tab.say("two", client_id=second.client_id)
    assert said(tab) == ["other"]


def test_while_something_is_answered_it_has_to_wait(hall: Hall) -> None:
    tab = talked(hall)
    tab.say("three")
    before = said(tab)
    client_id = tab.edit(tab.steps[0].id, "other")
    [refusal] = tab.got(ErrorFrame)
    assert (refusal.code, refusal.client_id, refusal.retry_after_s) == ("busy", client_id, None)
    assert said(tab) == before


@pytest.mark.parametrize("which", ["an answer of the bot", "nothing", "an answer to a question"])
def test_only_what_was_said_to_a_handler_can_be_edited(hall: Hall, which: str) -> None:
    tab = talked(hall)
    question = hall.host.ask(tab.viewing.session)
    tab.answer(question, "Ada")
    step_id = {
        "an answer of the bot": tab.steps[1].id,
        "nothing": new_id(),
        "an answer to a question": tab.steps[-1].id,
    }[which]
    before = said(tab)
    tab.edit(step_id, "other")
    assert [refusal.code for refusal in tab.got(ErrorFrame)] == ["conflict"]
    assert said(tab) == before


def test_other_tabs_see_the_same(hall: Hall) -> None:
    tab = talked(hall)
    other = hall.tab_of(tab).open()
    tab.edit(tab.steps[2].id, "other")
    assert said(tab) == said(other) == ["one", "heard one", "other"]
