"""What outlives the server, and what is not said before it is stored."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_chat_sessions.hub.hub import NewSession
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.hub.store import OK, PutStep, StorageStatus
from jupyter_chat_sessions.hub.transcript import CHECKPOINT_S
from jupyter_chat_sessions.protocol import frames
from jupyter_chat_sessions.protocol.errors import RefusedError
from jupyter_chat_sessions.protocol.frames import (
    Accepted,
    ErrorFrame,
    HostRefused,
    SaveValues,
    Watched,
)
from jupyter_chat_sessions.protocol.steps import Step

from .doubles import FakeHost, Hall, LastingStore, Tab, a_person, new_id

FULL = StorageStatus("full", "The disk of the server is full.")


@pytest.fixture
def store() -> LastingStore:
    return LastingStore()


@pytest.fixture
def hall(store: LastingStore) -> Hall:
    return Hall(store=store)


def entered(hall: Hall, name: str = "alice") -> Tab:
    """A viewer whom `on_chat_start` has greeted."""
    tab = hall.enter(name)
    hall.host.begin(tab.viewing.session)
    return tab


# ---- nothing is said before it is stored -----------------------------------------------------------------------------


def test_a_message_is_confirmed_shown_and_delivered_only_when_it_is_stored(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    store.is_slow = True
    tab.say("Hello")
    assert (tab.got(Accepted), tab.steps, hall.host.delivered) == ([], [], [])
    store.write()
    assert len(tab.got(Accepted)) == 1
    assert [step.output for step in tab.steps] == hall.host.delivered == ["Hello"]


def test_what_was_not_stored_when_the_server_was_killed_is_sent_again_and_runs_once(
    hall: Hall, store: LastingStore
) -> None:
    tab = entered(hall)
    store.is_slow = True
    tab.say("Hello")
    store.lose_what_waits()
    store.is_slow = False
    hall.start()
    tab.come_back(hall.hub)
    hall.start_kernel()
    assert hall.host.delivered == ["Hello"]


def test_what_was_stored_and_not_confirmed_is_recognised_after_the_restart(hall: Hall) -> None:
    tab = entered(hall)
    tab.say("is being answered")
    client_id = tab.say("Hello")
    tab.frames.clear()
    hall.start()
    tab.come_back(hall.hub)
    tab.put(frames.SendMessage(client_id=client_id, text="Hello"))
    tab.put(frames.SendMessage(client_id=client_id, text="Something else"))
    assert [frame.client_id for frame in tab.got(Accepted)] == [client_id]
    assert [frame.code for frame in tab.got(ErrorFrame)] == ["conflict"]
    hall.start_kernel()
    assert hall.host.delivered == ["Hello"]


def test_what_the_author_has_taken_out_is_recognised_after_the_restart(hall: Hall) -> None:
    tab = entered(hall)
    client_id = tab.say("Hello")
    (step,) = tab.steps
    hall.host.emit(tab.viewing.session, frames.RemoveStep(step_id=step.id))
    hall.host.run(tab.viewing.session, step.id, "done")
    tab.frames.clear()
    hall.start()
    tab.come_back(hall.hub)
    tab.put(frames.SendMessage(client_id=client_id, text="Hello"))
    assert [frame.client_id for frame in tab.got(Accepted)] == [client_id]
    hall.start_kernel()
    assert (tab.steps, hall.host.delivered) == ([], [])


def test_what_the_host_was_given_is_stored_as_running_before_it_is_given(hall: Hall, store: LastingStore) -> None:
    """Whether its handler had begun, nobody can say after a crash: it must not run a second time."""
    tab = entered(hall)
    store.is_slow = True
    tab.say("first")
    tab.say("second")
    assert hall.host.delivered == []
    store.write()
    assert (tab.statuses, hall.host.delivered) == (["queued", "queued"], ["first"])
    first, second = (step.id for step in tab.steps)
    hall.host.run(tab.viewing.session, first, "running")
    hall.host.run(tab.viewing.session, first, "done")
    assert hall.host.delivered == ["first"], "that the second is given is not stored yet"
    store.write()
    assert hall.host.delivered == ["first", "second"]
    store.is_slow = False
    hall.start()
    tab.come_back(hall.hub)
    assert tab.statuses == ["done", "interrupted"]
    hall.start_kernel()
    assert hall.host.delivered == []
    tab.retry(second)
    assert hall.host.delivered == ["second"]


def test_a_kernel_that_dies_with_a_message_that_it_has_not_reported_on_leaves_it_interrupted(hall: Hall) -> None:
    tab = entered(hall)
    tab.say("given")
    tab.say("waits")
    hall.start_kernel()
    assert (tab.statuses, hall.host.delivered) == (["interrupted", "queued"], ["waits"])


def test_what_is_said_while_the_host_is_away_is_not_given_to_it(hall: Hall) -> None:
    """What never reached it cannot have begun there: it goes to the host when it is back, or to the next one."""
    tab = entered(hall)
    hall.host.cut()
    tab.say("said meanwhile")
    hall.host.connect()
    assert hall.host.delivered == ["said meanwhile"]
    hall.host.work()
    hall.host.cut()
    tab.say("for the next one")
    hall.start_kernel()
    assert (hall.host.delivered, tab.statuses) == (["for the next one"], ["done", "queued"])


def test_a_host_that_comes_back_while_that_is_being_stored_waits_for_it(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    hall.host.cut()
    tab.say("said meanwhile")
    store.is_slow = True
    for _ in range(2):
        hall.host.connect()
        hall.host.cut()
    hall.host.connect()
    assert hall.host.delivered == []
    store.write()
    assert hall.host.delivered == ["said meanwhile"]


def test_what_the_host_says_meanwhile_stands_behind_what_is_being_stored(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    store.is_slow = True
    tab.say("first")
    hall.host.reply(tab.viewing.session, "second")
    tab.say("third")
    store.write()
    assert [step.output for step in tab.steps] == ["first", "third", "second"]
    positions = {
        write.step.output: write.position
        for writes in store.transactions
        for write in writes
        if isinstance(write, PutStep)
    }
    store.write()
    assert positions["first"] < positions["third"]
    steps, _ = asyncio.run(store.steps_before(_thread(tab), before=None, limit=9))
    assert [step.output for step in steps] == ["first", "third", "second"]


def test_of_two_answers_that_are_being_stored_at_once_the_first_wins(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    question = hall.host.ask(tab.viewing.session)
    store.is_slow = True
    tab.answer(question, "Alice")
    tab.answer(question, "Bob")
    store.write()
    assert [frame.code for frame in tab.got(ErrorFrame)] == ["question_closed"]
    assert [step.output for step in tab.steps if step.type == "user_message"] == ["Alice"]


def test_text_on_its_way_is_written_now_and_then_and_at_its_end(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    before = len(store.transactions)
    step = hall.host.stream(tab.viewing.session, "one ", "two ", "three")
    assert len(store.transactions) == before + 1
    hall.clock.advance(CHECKPOINT_S)
    assert len(store.transactions) == before + 2
    hall.host.emit(tab.viewing.session, frames.FinishStep(step_id=step))
    hall.clock.advance(10 * CHECKPOINT_S)
    written = [writes[0] for writes in store.transactions[before:]]
    texts = [(write.step.output, write.step.streaming) for write in written if isinstance(write, PutStep)]
    assert texts == [("", True), ("one two three", True), ("one two three", False)]


# ---- the server comes back -------------------------------------------------------------------------------------------


def test_after_a_restart_of_the_server_a_session_goes_on(hall: Hall) -> None:
    tab = entered(hall)
    session = tab.viewing.session
    tab.say("runs")
    tab.say("waits")
    hall.host.run(session, tab.steps[0].id, "running")
    hall.host.stream(session, "half a ")
    hall.host.ask(session)
    hall.host.say(SaveValues(session=session, values={"name": "Alice"}, lost=["db"]))
    hall.clock.advance(CHECKPOINT_S)
    hall.start()
    tab.come_back(hall.hub)
    assert tab.viewing.welcome is not None
    assert (tab.viewing.welcome.resumed, tab.viewing.welcome.reason) == (False, "epoch")
    assert tab.statuses == ["interrupted", "queued"]
    assert next((step.output, step.status) for step in tab.steps if step.type == "assistant_message") == (
        "half a ",
        "interrupted",
    )
    assert not any(step.streaming for step in tab.steps)
    assert tab.viewing.conversation.questions == []
    assert tab.state == {"host": "gone", "started": True}
    hall.start_kernel()
    (opened,) = hall.host.opened
    assert opened.resumed
    assert (opened.values, opened.lost) == ({"name": "Alice"}, ["db"])
    assert opened.thread is not None
    assert opened.thread.name == "runs"
    assert [step.output for step in opened.thread.steps] == ["runs", "waits", "half a ", "What is your name?"]
    assert hall.host.delivered == ["waits"]
    assert tab.state["host"] == "connected"


def test_a_session_that_never_began_begins_after_the_restart(hall: Hall) -> None:
    tab = hall.enter()
    hall.start()
    tab.come_back(hall.hub)
    hall.start_kernel()
    assert [(opened.resumed, opened.thread) for opened in hall.host.opened] == [(False, None)]


def test_variables_are_asked_for_again_because_they_were_in_memory_only(store: LastingStore) -> None:
    hall = Hall(frames.ChannelSettings(name="lesson", title="Lesson", required_env=["KEY"]), store=store)
    tab = hall.enter(env={"KEY": "canary-4711"})
    assert "canary-4711" not in repr(store.transactions)
    hall.start()
    tab.come_back(hall.hub)
    assert tab.state["missingEnv"] == ["KEY"]
    hall.start_kernel()
    assert hall.host.opened == []
    tab.give_env({"KEY": "again"})
    assert [opened.user_env for opened in hall.host.opened] == [{"KEY": "again"}]


def test_an_ended_session_does_not_come_back_and_its_thread_is_whole(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    tab.say("never answered")
    hall.host.stream(tab.viewing.session, "cut off")
    thread = _thread(tab)
    tab.put(frames.EndSession())
    hall.start()
    assert hall.hub.statistics().sessions == 0
    steps, _ = asyncio.run(store.steps_before(thread, before=None, limit=9))
    assert [(step.output, step.status, step.streaming) for step in steps] == [
        ("never answered", "cancelled", False),
        ("cut off", None, False),
    ]


def test_a_notebooks_own_session_goes_with_its_kernel(hall: Hall) -> None:
    hall.host.say(frames.OpenNotebookSession(channel="lesson", session=new_id(), thread_id=new_id()))
    assert hall.hub.statistics().sessions == 1
    hall.start()
    assert hall.hub.statistics().sessions == 0


def test_a_step_put_after_the_restart_stands_behind_those_before_it(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    first = hall.host.reply(tab.viewing.session, "first")
    hall.host.emit(tab.viewing.session, frames.RemoveStep(step_id=first.id))
    hall.host.reply(tab.viewing.session, "second")
    hall.start()
    tab.come_back(hall.hub)
    hall.start_kernel()
    hall.host.reply(tab.viewing.session, "third")
    positions = asyncio.run(store.thread(_thread(tab), newest_steps=9))
    assert positions is not None
    assert len(set(positions.positions)) == 2
    assert [step.output for step in tab.steps] == ["second", "third"]


# ---- retry -----------------------------------------------------------------------------------------------------------


def test_an_interrupted_message_runs_again_only_because_its_viewer_wants_it(hall: Hall) -> None:
    tab = entered(hall)
    tab.say("Hello")
    hall.host.run(tab.viewing.session, tab.steps[0].id, "running")
    hall.start_kernel()
    assert (tab.statuses, hall.host.delivered) == (["interrupted"], [])
    tab.retry(tab.steps[0].id)
    assert (tab.statuses, hall.host.delivered) == (["queued"], ["Hello"])
    assert tab.steps[0].attempt == 2
    tab.retry(tab.steps[0].id)
    assert [frame.code for frame in tab.got(ErrorFrame)] == ["conflict"]
    assert hall.host.delivered == ["Hello"]


def test_of_two_retries_that_are_being_stored_at_once_one_runs(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    tab.say("Hello")
    hall.host.run(tab.viewing.session, tab.steps[0].id, "running")
    hall.start_kernel()
    store.is_slow = True
    tab.retry(tab.steps[0].id)
    tab.retry(tab.steps[0].id)
    store.write()
    store.write()
    assert hall.host.delivered == ["Hello"]
    assert [frame.code for frame in tab.got(ErrorFrame)] == ["conflict"]


def test_who_comes_reads_of_a_storage_that_failed_before_anybody_was_there_to_be_told(
    hall: Hall, store: LastingStore
) -> None:
    store.status = FULL
    tab = entered(hall)
    assert tab.state["storage"] == {"code": "full", "text": FULL.text}
    late = hall.tab_of(tab).open()
    assert late.viewing.conversation.state["storage"]["code"] == "full"


# ---- storage that fails ----------------------------------------------------------------------------------------------


def test_a_message_that_cannot_be_stored_is_refused_for_now_and_leaves_nothing(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    store.become(FULL)
    assert tab.state["storage"] == {"code": "full", "text": FULL.text}
    tab.say("Hello")
    (error,) = tab.got(ErrorFrame)
    assert (error.code, tab.steps, hall.host.delivered) == ("storage_full", [], [])
    assert error.retry_after_s is not None
    store.become(OK)
    assert "storage" not in tab.state
    for command in tab.viewing.retry():
        tab.put(command)
    assert hall.host.delivered == ["Hello"]
    assert len(tab.got(Accepted)) == 1


def test_an_answer_that_cannot_be_stored_can_be_given_again(hall: Hall, store: LastingStore) -> None:
    tab = entered(hall)
    question = hall.host.ask(tab.viewing.session)
    store.become(FULL)
    tab.answer(question, "Alice")
    store.become(OK)
    for command in tab.viewing.retry():
        tab.put(command)
    assert len(tab.got(Accepted)) == 1
    assert tab.viewing.conversation.questions == []


# ---- long conversations ----------------------------------------------------------------------------------------------


def test_only_the_newest_steps_stay_in_memory_and_older_ones_can_still_be_changed(store: LastingStore) -> None:
    hall = Hall(store=store, options=HubOptions(snapshot_steps=4))
    tab = entered(hall)
    session = tab.viewing.session
    steps = [hall.host.reply(session, f"step {number}") for number in range(20)]
    assert len(hall.session(tab).conversation) <= 8
    late = hall.tab_of(tab).open()
    assert late.viewing.welcome is not None
    assert [step.output for step in late.steps] == [f"step {number}" for number in range(16, 20)]
    assert late.viewing.conversation.snapshot().earlier == 16
    changed = Step(id=steps[0].id, type="assistant_message", name="Bot", output="changed")
    hall.host.emit(session, frames.PutStep(step=changed, replaces=True))
    assert tab.steps[0].output == "changed"
    assert [step.output for step in late.steps] == [f"step {number}" for number in range(16, 20)]
    stored, earlier = asyncio.run(store.steps_before(_thread(tab), before=steps[1].id, limit=9))
    assert ([step.output for step in stored], earlier) == (["changed"], 0)


def test_a_message_that_is_too_old_cannot_be_streamed_to(store: LastingStore) -> None:
    hall = Hall(store=store, options=HubOptions(snapshot_steps=1))
    tab = entered(hall)
    first = hall.host.reply(tab.viewing.session, "first")
    for _ in range(4):
        hall.host.reply(tab.viewing.session, "more")
    again = Step(id=first.id, type="assistant_message", name="Bot", streaming=True)
    hall.host.emit(tab.viewing.session, frames.PutStep(step=again, replaces=True))
    assert [refused.code for refused in hall.host.got(HostRefused)] == ["conflict"]


# ---- coming and going ------------------------------------------------------------------------------------------------


def test_the_host_hears_when_the_last_viewer_leaves_and_when_one_comes_back(hall: Hall) -> None:
    tab = entered(hall)
    other = hall.tab_of(tab).open()
    assert hall.host.got(Watched) == []
    tab.drop()
    assert hall.host.got(Watched) == []
    other.drop()
    tab.open()
    session = tab.viewing.session
    assert hall.host.got(Watched) == [
        Watched(session=session, is_watched=False),
        Watched(session=session, is_watched=True),
    ]


# ---- past threads ----------------------------------------------------------------------------------------------------


async def test_a_past_thread_is_taken_up_by_the_one_it_belongs_to_and_nobody_else(hall: Hall) -> None:
    tab = entered(hall)
    tab.say("Do you  remember\nme?")
    thread = _thread(tab)
    alice, bob = tab.principal, a_person("bob")
    (summary,) = await hall.hub.threads_of(alice, channel="lesson", limit=9)
    assert (summary.record.id, summary.record.name, summary.steps) == (thread, "Do you remember me?", 1)
    assert await hall.hub.threads_of(bob, channel=None, limit=9) == []
    for principal, wanted in ((bob, thread), (alice, new_id())):
        with pytest.raises(RefusedError) as refused:
            await hall.hub.resume_thread(principal, NewSession(channel="lesson"), wanted)
        assert refused.value.code == "unknown_thread"
    created = await hall.hub.resume_thread(alice, NewSession(channel="lesson"), thread)
    assert tab.viewing.bye is not None, "one session lives in a thread at a time"
    again = Tab(hall.hub, alice, created.session, created.secret).open()
    assert [step.output for step in again.steps] == ["Do you  remember\nme?"]
    opened = hall.host.opened[-1]
    assert (opened.session, opened.resumed, opened.thread_id) == (created.session, True, thread)
    await hall.hub.drop_thread(alice, thread)
    assert again.viewing.bye is not None
    assert await hall.hub.threads_of(alice, channel=None, limit=9) == []


async def test_a_past_thread_is_taken_up_with_what_user_session_and_settings_held(hall: Hall) -> None:
    tab = entered(hall)
    tab.say("My name is Alice")
    session, settings = tab.viewing.session, {"values": {"t": 1}}
    hall.host.say(SaveValues(session=session, values={"name": "Alice"}, lost=["client"], settings=settings))
    hall.hub.end_session(hall.hub.session(tab.principal, session, tab.viewing.secret))
    created = await hall.hub.resume_thread(tab.principal, NewSession(channel="lesson"), _thread(tab))
    opened = hall.host.opened[-1]
    assert (opened.session, opened.resumed) == (created.session, True)
    assert (opened.values, opened.lost, opened.settings) == ({"name": "Alice"}, ["client"], settings)


def _thread(tab: Tab) -> str:
    assert tab.viewing.welcome is not None
    return tab.viewing.welcome.thread_id


def test_another_kernel_is_given_the_thread_too(hall: Hall) -> None:
    tab = entered(hall)
    tab.say("Hello")
    other = FakeHost(hall.hub, epoch="other", kernel_id="other").connect()
    other.publish(hall.settings, force=True)
    (opened,) = other.opened
    assert opened.thread is not None
    assert [step.output for step in opened.thread.steps] == ["Hello"]
