"""What a viewer says takes effect once, in order, within limits."""

from __future__ import annotations

from uuid import uuid4

import pytest
from msgspec.structs import replace

from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.errors import ProtocolError
from jupyter_chat_sessions.protocol.frames import (
    Accepted,
    ChannelSettings,
    ErrorFrame,
    Hello,
    HostMessage,
    HostRefused,
    OpenNotebookSession,
    Seen,
    SendMessage,
    Stop,
    StopRuns,
)

from .doubles import Hall, Tab, new_id


def a_hall(when_busy: str, *, options: HubOptions | None = None) -> Hall:
    settings = ChannelSettings(name="lesson", title="Lesson", when_busy=when_busy)  # type: ignore[arg-type]
    return Hall(settings, options=options)


def outcomes(tab: Tab, client_id: str) -> list[str]:
    """What the hub said to one command: `accepted` or the code of its error."""
    return [
        "accepted" if isinstance(frame, Accepted) else frame.code
        for frame in tab.frames
        if isinstance(frame, Accepted | ErrorFrame) and frame.client_id == client_id
    ]


async def test_a_message_is_shown_confirmed_stored_and_delivered() -> None:
    hall = Hall()
    tab = hall.enter()
    client_id = tab.say("Hello")
    (step,) = tab.steps
    assert (step.output, step.name, step.type, step.status, step.client_id) == (
        "Hello",
        "Alice",
        "user_message",
        "queued",
        client_id,
    )
    assert tab.got(Accepted) == [Accepted(client_id=client_id, step_id=step.id)]
    assert await hall.store.steps_before(step.thread_id, before=None, limit=9) == ([replace(step, status="running")], 0)
    assert hall.host.delivered == ["Hello"]


def test_a_message_sent_twice_is_one_step_and_is_answered_the_same() -> None:
    hall = Hall()
    tab = hall.enter()
    client_id = tab.say("Hello")
    tab.say("Hello", client_id=client_id)
    first, second = tab.got(Accepted)
    assert first == second
    assert [step.output for step in tab.steps] == ["Hello"]
    assert hall.host.delivered == ["Hello"]


def test_a_message_whose_confirmation_was_lost_is_sent_again_and_runs_once() -> None:
    hall = Hall()
    tab = hall.enter()
    tab.drop()
    hall_session = hall.hub.session(tab.principal, tab.viewing.session, tab.viewing.hello().secret)
    client_id = str(uuid4())
    # It arrived on the line that was then cut.
    hall_session.intake.message(SendMessage(client_id=client_id, text="Hello"), reply=lambda frame: None)
    tab.say("Hello", client_id=client_id)
    tab.open()
    assert outcomes(tab, client_id) == ["accepted"]
    assert tab.viewing.unconfirmed == []
    assert hall.host.delivered == ["Hello"]


def test_two_tabs_that_send_the_same_message_are_both_told() -> None:
    hall = Hall()
    created = hall.create()
    one, two = hall.tab(created).open(), hall.tab(created).open()
    client_id = one.say("Hello")
    two.say("Hello", client_id=client_id)
    assert one.got(Accepted) == two.got(Accepted)
    assert one.steps == two.steps
    assert len(one.steps) == 1


@pytest.mark.parametrize("change", [{"text": "other"}, {"command": "search"}], ids=["text", "command"])
def test_a_client_id_used_again_for_something_else_is_a_conflict(change: dict[str, str]) -> None:
    hall = Hall()
    tab = hall.enter()
    client_id = tab.say("Hello")
    tab.put(SendMessage(**{"client_id": client_id, "text": "Hello", **change}))
    assert outcomes(tab, client_id) == ["accepted", "conflict"]
    assert hall.host.delivered == ["Hello"]


def test_a_refused_message_may_be_sent_again_under_its_id() -> None:
    hall = a_hall("reject")
    tab = hall.enter()
    tab.say("first")
    client_id = tab.say("second")
    hall.host.run(tab.viewing.session, tab.steps[0].id, "done")
    tab.say("second", client_id=client_id)
    assert outcomes(tab, client_id) == ["busy", "accepted"]
    assert hall.host.delivered == ["first", "second"]


def test_messages_reach_the_host_in_the_order_in_which_they_were_sent() -> None:
    hall = Hall()
    created = hall.create()
    one, two = hall.tab(created).open(), hall.tab(created).open()
    for number in range(3):
        one.say(f"one {number}")
        two.say(f"two {number}")
    hall.host.work()
    order = [f"{tab} {number}" for number in range(3) for tab in ("one", "two")]
    assert hall.host.delivered == order
    assert [step.output for step in one.steps] == [step.output for step in two.steps] == order


def test_a_run_shows_in_the_status_of_its_message_and_in_the_state() -> None:
    hall = Hall()
    tab = hall.enter()
    session = tab.viewing.session
    tab.say("Hello")
    step = tab.steps[0].id
    hall.host.run(session, step, "running")
    assert (tab.statuses, tab.state["run"]) == (["running"], {"id": step, "name": "on_message"})
    hall.host.run(session, step, "done")
    assert (tab.statuses, tab.state.get("run")) == (["done"], None)


def test_on_chat_start_shows_in_the_state_when_it_is_done() -> None:
    hall = Hall()
    tab = hall.enter()
    run = new_id()
    hall.host.run(tab.viewing.session, run, "running", name="on_chat_start")
    assert "started" not in tab.state
    hall.host.run(tab.viewing.session, run, "done", name="on_chat_start")
    assert tab.state == {"host": "connected", "started": True}


def test_a_run_that_is_over_when_it_is_told_of_is_over() -> None:
    """Of a run that ends before its beginning has left the host, only the end is told."""
    hall = Hall()
    tab = hall.enter()
    session = tab.viewing.session
    hall.host.run(session, new_id(), "done", name="on_chat_start")
    assert tab.state == {"host": "connected", "started": True}
    tab.say("one")
    tab.say("two")
    hall.host.run(session, tab.steps[0].id, "done")
    assert tab.statuses == ["done", "queued"]
    assert hall.host.delivered == ["one", "two"]


def test_so_many_messages_may_wait_beside_the_one_that_runs() -> None:
    hall = a_hall("queue", options=HubOptions(max_waiting=2))
    tab = hall.enter()
    tab.say("runs")
    hall.host.run(tab.viewing.session, tab.steps[0].id, "running")
    tab.say("waits 1")
    tab.say("waits 2")
    client_id = tab.say("too many")
    assert outcomes(tab, client_id) == ["busy"]
    hall.host.run(tab.viewing.session, tab.steps[0].id, "done")
    tab.say("fits again")
    hall.host.work()
    assert hall.host.delivered == ["runs", "waits 1", "waits 2", "fits again"]


def test_a_channel_may_reject_a_message_while_another_runs() -> None:
    hall = a_hall("reject")
    tab = hall.enter()
    tab.say("first")
    client_id = tab.say("second")
    assert outcomes(tab, client_id) == ["busy"]
    assert [step.output for step in tab.steps] == ["first"]


def test_a_channel_may_interrupt_what_runs_for_a_new_message() -> None:
    hall = a_hall("interrupt")
    tab = hall.enter()
    tab.say("first")
    assert hall.host.got(StopRuns) == []
    tab.say("second")
    assert [type(frame).__name__ for frame in hall.host.frames[-2:]] == ["Deliver", "StopRuns"]
    hall.host.run(tab.viewing.session, tab.steps[0].id, "cancelled")
    assert hall.host.delivered == ["first", "second"]


def test_stop_while_no_host_is_there_cancels_what_waits() -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.cut()
    hall.clock.advance(HubOptions().host_grace_s)
    tab.say("Hello")
    assert tab.statuses == ["queued"]
    tab.put(Stop())
    assert tab.statuses == ["cancelled"]


def test_a_second_hello_is_out_of_order_and_the_tab_lives_on() -> None:
    hall = Hall()
    tab = hall.enter()
    tab.put(Hello(v=1, session=tab.viewing.session, secret="x"))
    assert [error.code for error in tab.got(ErrorFrame)] == ["out_of_order"]
    tab.say("Hello")
    assert hall.host.delivered == ["Hello"]


def test_what_cannot_be_read_is_answered_and_the_tab_lives_on() -> None:
    hall = Hall()
    tab = hall.enter()
    tab.put_error(ProtocolError("unknown_type", "This end does not know frames of type 'dance'."))
    (error,) = tab.got(ErrorFrame)
    assert (error.code, error.text) == ("unknown_type", "This end does not know frames of type 'dance'.")
    tab.say("Hello")
    assert hall.host.delivered == ["Hello"]


def test_an_acknowledgement_changes_nothing() -> None:
    tab = Hall().enter()
    before = list(tab.frames)
    tab.put(Seen(seq=1))
    assert tab.frames == before


def test_a_cell_is_told_when_its_message_was_refused() -> None:
    hall = a_hall("reject")
    session = new_id()
    hall.host.say(OpenNotebookSession(channel="lesson", session=session, thread_id=new_id()))
    hall.host.say(HostMessage(session=session, client_id=new_id(), text="first"))
    refused = new_id()
    hall.host.say(HostMessage(session=session, client_id=refused, text="second"))
    assert hall.host.delivered == ["first"]
    assert [(one.code, one.client_id) for one in hall.host.got(HostRefused)] == [("busy", refused)]
