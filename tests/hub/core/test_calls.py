"""What a viewer does that is neither a message nor a button is kept and run as these are, once, and leaves no step."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.hub.store import Values
from jupyter_chat_sessions.protocol.frames import (
    Accepted,
    CallName,
    ChannelSettings,
    Deliver,
    ErrorFrame,
    OpenSession,
    SaveValues,
    StopRuns,
)
from jupyter_chat_sessions.protocol.steps import Step

from .doubles import Hall, LastingStore, Tab

SETTINGS = {"inputs": [{"type": "switch", "id": "on", "label": "On", "initial": False}], "values": {"on": True}}


@pytest.fixture
def hall() -> Hall:
    return Hall(store=LastingStore())


def begun(hall: Hall) -> Tab:
    tab = hall.enter()
    hall.host.begin(tab.viewing.session)
    return tab


def calls(hall: Hall) -> list[Step]:
    return [frame.step for frame in hall.host.got(Deliver) if frame.step.is_call]


@pytest.mark.parametrize("name", ["on_settings_update", "on_settings_edit", "on_window_message"])
def test_it_is_given_to_the_host_and_is_gone_when_it_is_done(hall: Hall, name: CallName) -> None:
    tab = begun(hall)
    client_id = tab.call(name, {"on": True})
    [call] = calls(hall)
    assert (call.name, call.client_id, call.input) == (name, client_id, '{"on":true}')
    assert tab.got(Accepted) == [Accepted(client_id=client_id, step_id=call.id)]
    assert [step.id for step in tab.steps] == [call.id]
    hall.host.work()
    assert tab.steps == []


def test_sent_twice_it_runs_once_also_when_it_is_gone_and_after_the_server_was_killed(hall: Hall) -> None:
    tab = begun(hall)
    client_id = tab.call("on_settings_update", {"on": True})
    tab.call("on_settings_update", {"on": True}, client_id=client_id)
    hall.host.work()
    tab.call("on_settings_update", {"on": True}, client_id=client_id)
    assert len(calls(hall)) == 1
    hall.kill()
    hall.start()
    hall.start_kernel()
    tab.come_back(hall.hub)
    tab.call("on_settings_update", {"on": True}, client_id=client_id)
    assert calls(hall) == []
    assert [frame.client_id for frame in tab.got(Accepted)] == [client_id] * 4


def test_the_same_id_with_another_value_is_a_conflict(hall: Hall) -> None:
    tab = begun(hall)
    client_id = tab.call("on_settings_update", {"on": True})
    tab.call("on_settings_update", {"on": False}, client_id=client_id)
    assert [error.code for error in tab.got(ErrorFrame)] == ["conflict"]


def test_what_was_not_confirmed_is_sent_again_and_runs_once(hall: Hall) -> None:
    tab = begun(hall)
    tab.drop()
    tab.call("on_settings_update", {"on": True})
    tab.open()
    assert len(calls(hall)) == 1


def test_interrupted_it_stays_and_can_be_run_again(hall: Hall) -> None:
    tab = begun(hall)
    tab.call("on_settings_update", {"on": True})
    [call] = calls(hall)
    hall.host.run(tab.viewing.session, call.id, "running", name="on_settings_update")
    hall.start_kernel()
    assert [step.status for step in tab.steps] == ["interrupted"]
    tab.retry(call.id)
    assert [step.attempt for step in calls(hall)] == [2]
    hall.host.work()
    assert tab.steps == []


def test_saving_anew_makes_good_for_what_was_interrupted(hall: Hall) -> None:
    tab = begun(hall)
    tab.call("on_settings_update", {"on": True})
    hall.host.run(tab.viewing.session, calls(hall)[0].id, "running", name="on_settings_update")
    hall.start_kernel()
    tab.call("on_settings_update", {"on": False})
    assert [step.input for step in tab.steps] == ['{"on":false}']
    hall.host.work()
    assert tab.steps == []


@pytest.mark.parametrize("name", ["on_settings_edit", "on_window_message"])
def test_of_what_only_mattered_then_nothing_stays_when_it_is_interrupted(hall: Hall, name: CallName) -> None:
    tab = begun(hall)
    tab.call(name, {"on": True})
    hall.host.run(tab.viewing.session, calls(hall)[0].id, "running", name=name)
    hall.start_kernel()
    assert tab.steps == []


def test_stop_means_what_runs_and_not_the_settings_that_wait(hall: Hall) -> None:
    tab = begun(hall)
    tab.say("Hello")
    tab.call("on_settings_update", {"on": True})
    tab.call("on_settings_edit", {"on": False})
    hall.session(tab).runs.stop()
    assert [(step.name, step.status) for step in tab.steps if step.is_call] == [("on_settings_update", "queued")]
    assert len(hall.host.got(StopRuns)) == 1
    hall.host.work()
    assert [step.name for step in calls(hall)] == ["on_settings_update"]


def test_where_a_message_interrupts_a_call_waits(hall: Hall) -> None:
    hall = Hall(ChannelSettings(name="lesson", title="Lesson", when_busy="interrupt"), store=LastingStore())
    tab = begun(hall)
    tab.say("Hello")
    tab.call("on_settings_update", {"on": True})
    assert hall.host.got(StopRuns) == []
    tab.say("Stop that")
    assert len(hall.host.got(StopRuns)) == 1
    assert [step.status for step in tab.steps if step.is_call] == ["queued"]


def test_where_a_busy_chat_takes_nothing_it_is_refused(hall: Hall) -> None:
    hall = Hall(ChannelSettings(name="lesson", title="Lesson", when_busy="reject"), store=LastingStore())
    tab = begun(hall)
    tab.say("Hello")
    tab.call("on_settings_update", {"on": True})
    assert [error.code for error in tab.got(ErrorFrame)] == ["busy"]
    assert calls(hall) == []


def test_form_and_settings_are_there_after_the_server_was_killed_and_given_to_the_next_host(hall: Hall) -> None:
    tab = begun(hall)
    hall.host.say(SaveValues(session=tab.viewing.session, values={}, settings=SETTINGS))
    assert hall.session(tab)._values == Values(settings=SETTINGS)
    hall.kill()
    hall.start()
    tab.come_back(hall.hub)
    assert tab.state["settings"] == SETTINGS
    hall.start_kernel()
    [opened] = hall.host.got(OpenSession)
    assert opened.settings == SETTINGS
