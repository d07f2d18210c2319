"""A rating is kept with its message, and told to the host once, however often it comes."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.protocol.frames import Accepted, Deliver, ErrorFrame, PutStep
from jupyter_chat_sessions.protocol.steps import Feedback, Step

from .doubles import Hall, LastingStore, Tab, new_id


@pytest.fixture
def hall() -> Hall:
    return Hall(store=LastingStore())


def answered(hall: Hall) -> tuple[Tab, Step]:
    """A viewer before something that the bot has said."""
    tab = hall.enter()
    hall.host.begin(tab.viewing.session)
    return tab, hall.host.reply(tab.viewing.session, "Here you are")


def rate(tab: Tab, about: str, value: object, *, client_id: str | None = None) -> str:
    return tab.call("on_feedback", value, about=about, client_id=client_id)


def ratings(hall: Hall) -> list[Step]:
    return [frame.step for frame in hall.host.got(Deliver) if frame.step.name == "on_feedback"]


def shown(tab: Tab) -> list[Feedback | None]:
    return [step.feedback for step in tab.steps if step.is_message]


def test_it_is_shown_to_every_tab_and_given_to_the_host(hall: Hall) -> None:
    tab, step = answered(hall)
    client_id = rate(tab, step.id, {"value": 1, "comment": "Good"})
    [call] = ratings(hall)
    assert (call.parent_id, call.client_id) == (step.id, client_id)
    assert tab.got(Accepted) == [Accepted(client_id=client_id, step_id=call.id)]
    assert shown(tab) == [Feedback(value=1, comment="Good")]


def test_it_outlives_the_server(hall: Hall) -> None:
    tab, step = answered(hall)
    rate(tab, step.id, {"value": 0})
    hall.host.work()
    hall.kill()
    hall.start()
    hall.start_kernel()
    tab.come_back(hall.hub)
    assert shown(tab) == [Feedback(value=0)]


def test_sent_twice_it_runs_once_also_after_the_server_was_killed(hall: Hall) -> None:
    tab, step = answered(hall)
    client_id = rate(tab, step.id, {"value": 1})
    hall.host.work()
    rate(tab, step.id, {"value": 1}, client_id=client_id)
    assert len(ratings(hall)) == 1
    hall.kill()
    hall.start()
    hall.start_kernel()
    tab.come_back(hall.hub)
    rate(tab, step.id, {"value": 1}, client_id=client_id)
    assert ratings(hall) == []


def test_rated_again_the_last_one_counts(hall: Hall) -> None:
    tab, step = answered(hall)
    rate(tab, step.id, {"value": 1})
    rate(tab, step.id, {"value": 0, "comment": "No"})
    assert shown(tab) == [Feedback(value=0, comment="No")]
    hall.host.work()
    assert len(ratings(hall)) == 2


def test_taken_back_it_is_gone_for_good_and_nothing_runs(hall: Hall) -> None:
    tab, step = answered(hall)
    rate(tab, step.id, {"value": 1})
    hall.host.work()
    client_id = rate(tab, step.id, None)
    assert tab.got(Accepted)[-1].client_id == client_id
    assert len(ratings(hall)) == 1
    assert shown(tab) == [None]
    hall.kill()
    hall.start()
    hall.start_kernel()
    tab.come_back(hall.hub)
    assert shown(tab) == [None]


@pytest.mark.parametrize("value", [2, "1", {"value": 2}, {"value": True}, {"comment": "x"}, {"value": 1, "comment": 3}])
def test_what_is_no_rating_is_refused(hall: Hall, value: object) -> None:
    tab, step = answered(hall)
    rate(tab, step.id, value)
    assert [refusal.code for refusal in tab.got(ErrorFrame)] == ["conflict"]
    assert shown(tab) == [None]
    assert ratings(hall) == []


@pytest.mark.parametrize("which", ["none", "the viewer's own", "a step"])
def test_only_what_the_bot_says_can_be_rated(hall: Hall, which: str) -> None:
    tab, _ = answered(hall)
    tab.say("Hello")
    tool = Step(id=new_id(), type="tool", name="Search", output="x")
    hall.host.emit(tab.viewing.session, PutStep(step=tool))
    about = {"none": new_id(), "the viewer's own": tab.steps[1].id, "a step": tool.id}[which]
    rate(tab, about, {"value": 1})
    assert [refusal.code for refusal in tab.got(ErrorFrame)] == ["conflict"]
    assert ratings(hall) == []


def test_a_host_does_not_rate(hall: Hall) -> None:
    tab, step = answered(hall)
    rated = Step(id=step.id, type=step.type, name=step.name, output="Better", feedback=Feedback(value=1))
    hall.host.emit(tab.viewing.session, PutStep(step=rated, replaces=True))
    assert shown(tab) == [None]
