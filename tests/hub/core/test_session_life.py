"""A session is made, looked at, left, waited for, and ended once; then nothing of it is left."""

from __future__ import annotations

import asyncio
import gc
import weakref

import pytest

from jupyter_chat_sessions.hub.access import Principal
from jupyter_chat_sessions.hub.hub import NewSession
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.frames import (
    AppendText,
    Bye,
    CloseSession,
    EndSession,
    ErrorFrame,
    Going,
    OpenSession,
    Ping,
    Pong,
    SendAnswer,
    SendMessage,
    SessionEnded,
    Stop,
    StopRuns,
    Unpublish,
    ViewerFrame,
)

from .doubles import FakeHost, Hall, Tab, a_person, new_id, refusal_of

TIMEOUT_S = HubOptions().session_timeout_s


def test_a_new_session_opens_at_the_host_as_the_person_who_asked() -> None:
    hall = Hall()
    created = hall.hub.create_session(
        a_person("alice", is_owner=True),
        NewSession(channel="lesson", language="de-DE", chat_profile="teacher", user_env={"UNASKED": "x"}),
    )
    assert hall.host.opened == [
        OpenSession(
            session=created.session,
            channel="lesson",
            thread_id=created.thread_id,
            user=a_person("alice").user,
            language="de-DE",
            chat_profile="teacher",
            is_owner=True,
        )
    ]


def test_there_is_no_session_in_a_channel_that_nobody_published() -> None:
    hall = Hall()
    code, _ = refusal_of(lambda: hall.hub.create_session(a_person(), NewSession(channel="another")))
    assert code == "unknown_channel"
    assert hall.hub.statistics().sessions == 0


def test_the_server_has_room_for_so_many_sessions() -> None:
    hall = Hall(options=HubOptions(max_sessions=2))
    first = hall.enter("alice")
    hall.enter("bob")
    assert refusal_of(hall.create)[0] == "busy"
    first.put(EndSession())
    hall.create()


def test_one_person_has_room_for_so_many_sessions_and_takes_it_from_nobody() -> None:
    hall = Hall(options=HubOptions(max_sessions_per_user=2, session_timeout_s=600))
    first = hall.enter("alice")
    hall.enter("alice")
    code, text = refusal_of(lambda: hall.create())
    assert code == "busy"
    assert "2 conversations" in text
    assert "End one" in text
    assert "10 minutes" in text
    assert hall.hub.statistics().sessions == 2
    hall.enter("bob")
    first.put(EndSession())
    hall.create()


def test_a_class_that_shares_the_servers_token_is_not_locked_out_and_cannot_fill_the_server() -> None:
    hall = Hall()
    scripts = Principal(key="token", user=a_person().user, is_owner=True)
    for _ in range(40 * 25):
        hall.hub.create_session(scripts, NewSession(channel="lesson"))
    assert refusal_of(lambda: hall.hub.create_session(scripts, NewSession(channel="lesson")))[0] == "busy"
    hall.enter("alice")
    assert hall.hub.statistics().sessions * 9 < HubOptions().max_sessions


def test_states_follow_the_viewers() -> None:
    hall = Hall()
    created = hall.create()
    first, second = hall.tab(created), hall.tab(created)
    session = hall.hub.session(a_person(), created.session, created.secret)
    states = [session.state]
    for move in (first.open, second.open, first.drop, second.drop, first.open):
        move()
        states.append(session.state)
    assert states == ["away", "live", "live", "live", "away", "live"]


def test_a_viewer_whose_line_breaks_at_the_welcome_was_never_there() -> None:
    class BrokenTab(Tab):
        def send(self, frame: bytes) -> None:
            raise OSError("the line is cut")

    hall = Hall()
    created = hall.create()
    session = hall.hub.session(a_person(), created.session, created.secret)
    with pytest.raises(OSError, match="the line is cut"):
        BrokenTab(hall.hub, a_person(), created.session, created.secret).open()
    assert (session.state, session.viewers) == ("away", 0)
    hall.clock.advance(TIMEOUT_S)
    assert hall.hub.statistics().sessions == 0


def test_a_session_that_nobody_comes_back_to_ends_after_its_time() -> None:
    hall = Hall()
    tab = hall.enter()
    tab.drop()
    hall.clock.advance(TIMEOUT_S - 1)
    assert hall.hub.statistics().sessions == 1
    hall.clock.advance(1)
    assert hall.hub.statistics().sessions == 0
    assert hall.host.got(SessionEnded) == [SessionEnded(session=tab.viewing.session, reason="timeout")]


def test_a_session_that_nobody_ever_opened_ends_too() -> None:
    hall = Hall()
    hall.create()
    hall.clock.advance(TIMEOUT_S)
    assert hall.hub.statistics().sessions == 0


def test_coming_back_starts_the_waiting_anew() -> None:
    hall = Hall()
    tab = hall.enter()
    for _ in range(3):
        tab.drop()
        hall.clock.advance(TIMEOUT_S - 1)
        tab.open()
        hall.clock.advance(2 * TIMEOUT_S)
    assert hall.hub.statistics().sessions == 1


def test_the_last_of_several_tabs_decides() -> None:
    hall = Hall()
    created = hall.create()
    stays, goes = hall.tab(created).open(), hall.tab(created).open()
    goes.drop()
    hall.clock.advance(2 * TIMEOUT_S)
    assert hall.hub.statistics().sessions == 1
    stays.drop()
    hall.clock.advance(TIMEOUT_S)
    assert hall.hub.statistics().sessions == 0


def test_ending_tells_every_tab_and_the_host_once() -> None:
    hall = Hall()
    created = hall.create()
    tabs = [hall.tab(created).open() for _ in range(2)]
    session = hall.session(tabs[0])
    tabs[0].put(EndSession())
    session.end("closed")
    hall.clock.advance(2 * TIMEOUT_S)
    for tab in tabs:
        assert [bye.code for bye in tab.got(Bye)] == [4410]
        assert tab.closed == (4410, "ended")
    assert hall.host.got(SessionEnded) == [SessionEnded(session=created.session, reason="closed")]


def test_the_author_can_end_a_session() -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.say(CloseSession(session=tab.viewing.session))
    assert tab.closed == (4410, "ended")
    assert hall.hub.statistics().sessions == 0


def test_withdrawing_the_channel_ends_its_sessions_and_no_other() -> None:
    hall = Hall()
    hall.host.publish(type(hall.settings)(name="other", title="Other"))
    alice = hall.enter("alice")
    hall.hub.create_session(a_person("bob"), NewSession(channel="other"))
    hall.host.say(Unpublish(channel="lesson"))
    assert alice.viewing.bye is not None
    assert hall.hub.statistics() == (1, 1, 1, 0)
    assert hall.host.got(SessionEnded) == [SessionEnded(session=alice.viewing.session, reason="unpublished")]


@pytest.mark.parametrize(
    "frame",
    [
        SendMessage(client_id=new_id(), text="too late"),
        SendAnswer(client_id=new_id(), question_id=new_id(), text="too late"),
        Stop(),
        EndSession(),
    ],
    ids=lambda frame: type(frame).__name__,
)
async def test_what_a_tab_says_after_the_end_changes_nothing(frame: ViewerFrame) -> None:
    # Another tab has ended the session, and this one had not heard of it yet.
    hall = Hall()
    created = hall.create()
    ends, is_late = hall.tab(created).open(), hall.tab(created).open()
    ends.put(EndSession())
    told = len(hall.host.frames)
    is_late.put(frame)
    assert len(hall.host.frames) == told
    assert await hall.store.steps_before(created.thread_id, before=None, limit=9) == ([], 0)
    if isinstance(frame, SendMessage | SendAnswer):
        assert [(error.code, error.client_id) for error in is_late.got(ErrorFrame)] == [("ended", frame.client_id)]


def test_an_answer_after_the_end_to_a_question_that_was_open_changes_nothing() -> None:
    hall = Hall()
    created = hall.create()
    ends, is_late = hall.tab(created).open(), hall.tab(created).open()
    question = hall.host.ask(created.session)
    ends.put(EndSession())
    is_late.answer(question, "Ada")
    assert [error.code for error in is_late.got(ErrorFrame)] == ["ended"]


def test_too_many_tabs_are_refused_and_a_closed_one_makes_room() -> None:
    hall = Hall(options=HubOptions(max_tabs=2))
    created = hall.create()
    first = hall.tab(created).open()
    hall.tab(created).open()
    third = hall.tab(created)
    assert refusal_of(third.open)[0] == "busy"
    first.drop()
    third.open()
    assert hall.hub.statistics().viewers == 2


async def test_nothing_is_left_of_a_session_that_ended() -> None:
    hall = Hall()
    timers = hall.clock.waiting
    tab = hall.enter()
    tab.say("Hello")
    hall.host.stream(tab.viewing.session, "Hi")
    hall.host.ask(tab.viewing.session)
    session = weakref.ref(hall.session(tab))
    thread_id = tab.viewing.welcome.thread_id if tab.viewing.welcome else ""
    assert (await hall.store.steps_before(thread_id, before=None, limit=9))[0]
    tab.put(EndSession())
    tab.drop()
    gc.collect()
    assert session() is None
    assert hall.clock.waiting == timers
    assert await hall.store.steps_before(thread_id, before=None, limit=9) == ([], 0)
    assert hall.hub.statistics() == (1, 1, 0, 0)


def test_stop_reaches_the_host() -> None:
    hall = Hall()
    tab = hall.enter()
    tab.put(Stop())
    assert hall.host.got(StopRuns) == [StopRuns(session=tab.viewing.session)]


def test_ping_is_answered() -> None:
    tab = Hall().enter()
    tab.put(Ping())
    assert tab.got(Pong) == [Pong()]


def test_a_server_that_stops_lets_viewers_come_back_and_ends_nothing() -> None:
    hall = Hall()
    tab = hall.enter()
    asyncio.run(hall.hub.aclose())
    assert tab.closed == (1012, "the server restarts")
    assert tab.got(Bye) == []
    (going,) = tab.got(Going)
    assert 1 <= going.retry_after_s <= 5
    assert hall.host.got(SessionEnded) == []
    assert hall.clock.waiting == 0


def test_statistics_and_channels_tell_what_there_is() -> None:
    hall = Hall()
    FakeHost(hall.hub, epoch="host-2", kernel_id="kernel-2").connect()
    created = hall.create()
    hall.tab(created).open()
    hall.tab(created).open()
    hall.create(a_person("bob"))
    assert hall.hub.statistics() == (1, 2, 2, 2)
    (channel,) = hall.hub.channels()
    assert (channel.name, channel.host, channel.sessions, channel.viewers) == ("lesson", "connected", 2, 2)
    assert channel.path == "chat-sessions/lesson"


def test_text_that_does_not_continue_the_step_is_refused_and_harms_nothing() -> None:
    hall = Hall()
    tab = hall.enter()
    step = hall.host.stream(tab.viewing.session, "one")
    hall.host.emit(tab.viewing.session, AppendText(step_id=step, offset=7, text="lost"))
    hall.host.emit(tab.viewing.session, AppendText(step_id=step, offset=3, text=" two"))
    assert tab.steps[-1].output == "one two"
    assert "gap" not in tab.effects
