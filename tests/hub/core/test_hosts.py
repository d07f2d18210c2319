"""Hosts come, are cut off, come back, are replaced; sessions outlive them."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.hub.host_port import ACK_AFTER_S
from jupyter_chat_sessions.hub.hub import NewSession
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.conversation import Conversation
from jupyter_chat_sessions.protocol.errors import ProtocolError, RefusedError
from jupyter_chat_sessions.protocol.frames import (
    ClearQuestion,
    Deliver,
    EndSession,
    Forward,
    HadSession,
    HostBatch,
    HostBusy,
    HostLinkFrame,
    HostMessage,
    HostRefused,
    HubBatch,
    LinkAck,
    LinkHello,
    OpenNotebookSession,
    Published,
    PublishRefused,
    PutStep,
    SessionEnded,
    Unpublish,
)

from .doubles import FakeHost, Hall, LateHost, Tab, a_person, new_id, refusal_of

GRACE_S = HubOptions().host_grace_s


def another_host(hall: Hall, *, kernel_id: str = "kernel-2") -> FakeHost:
    return FakeHost(hall.hub, epoch="host-2", kernel_id=kernel_id).connect()


def at_a_late_host(hall: Hall) -> tuple[LateHost, list[Tab]]:
    """Two viewers of another host, whose turns pass when the test says so; all that was said so far has arrived."""
    host = LateHost(hall.hub, epoch="host-2", kernel_id="kernel-2")
    host.connect()
    host.publish(type(hall.settings)(name="late", title="Late"))
    tabs = [hall.tab(hall.hub.create_session(a_person(), NewSession(channel="late"))).open() for _ in range(2)]
    host.end_turn()
    for tab in tabs:
        host.begin(tab.viewing.session)
    host.wait(ACK_AFTER_S)
    host.messages.clear()
    return host, tabs


def with_a_run(hall: Hall) -> Tab:
    """A viewer whose first message runs, whose second waits, and who is half through a reply and asked something."""
    tab = hall.enter()
    session = tab.viewing.session
    hall.host.begin(session)
    tab.say("runs")
    tab.say("waits")
    hall.host.run(session, tab.steps[0].id, "running")
    hall.host.stream(session, "half a ")
    hall.host.ask(session)
    return tab


def test_what_is_said_in_one_turn_travels_in_one_message_and_the_acknowledgement_with_it() -> None:
    host, (one, other) = at_a_late_host(Hall())
    host.reply(one.viewing.session, "what is to be acknowledged")
    one.say("one")
    other.say("two")
    assert host.messages == []
    host.end_turn()
    [message] = host.messages
    assert isinstance(message, HubBatch)
    assert [frame.step.output for frame in message.frames if isinstance(frame, Deliver)] == ["one", "two"]
    assert message.ack == host.said
    host.wait(ACK_AFTER_S)
    assert host.messages == [message], "what rode along is not said again"


def test_what_nothing_follows_is_acknowledged_once() -> None:
    host, (tab, _) = at_a_late_host(Hall())
    for text in ("one", "two", "three"):
        host.reply(tab.viewing.session, text)
    assert host.messages == []
    host.wait(ACK_AFTER_S)
    assert host.messages == [LinkAck(ack=host.said)]


def test_publishing_is_answered_with_the_page() -> None:
    hall = Hall()
    hall.host.publish(type(hall.settings)(name="Über 1", title="Ü"))
    assert hall.host.got(Published)[-1] == Published(channel="Über 1", path="chat-sessions/%C3%9Cber%201")


def test_publishing_again_changes_the_settings() -> None:
    hall = Hall()
    hall.host.publish(type(hall.settings)(name="lesson", title="New title"))
    assert [channel.title for channel in hall.hub.channels()] == ["New title"]


def test_a_cut_shorter_than_the_grace_interrupts_nothing() -> None:
    hall = Hall()
    tab = with_a_run(hall)
    hall.host.cut()
    assert tab.state["host"] == "gone"
    hall.clock.advance(GRACE_S - 1)
    tab.say("said meanwhile")
    hall.host.run(tab.viewing.session, tab.steps[0].id, "done")
    hall.host.reply(tab.viewing.session, "written meanwhile")
    hall.host.connect()
    assert hall.host.welcomes[-1].resumed
    assert tab.state["host"] == "connected"
    assert tab.statuses == ["done", "queued", "queued"]
    assert tab.steps[-1].output == "written meanwhile"
    assert hall.host.delivered == ["runs", "waits"]
    assert len(hall.host.opened) == 1
    hall.host.run(tab.viewing.session, tab.steps[1].id, "running")
    hall.clock.advance(GRACE_S)
    assert tab.statuses == ["done", "running", "queued"]
    assert hall.hub.statistics().hosts == 1


def test_after_the_grace_what_ran_is_interrupted_and_what_waits_goes_on_waiting() -> None:
    hall = Hall()
    tab = with_a_run(hall)
    hall.host.cut()
    hall.clock.advance(GRACE_S)
    assert tab.statuses == ["interrupted", "queued"]
    assert "run" not in tab.state
    assert tab.viewing.conversation.questions == []
    assert [event.reason for event in tab.events if isinstance(event, ClearQuestion)] == ["withdrawn"]
    assert not any(step.streaming for step in tab.steps)
    assert hall.hub.statistics() == (1, 0, 1, 1)


def test_a_new_host_of_the_same_kernel_takes_the_sessions_over_at_once() -> None:
    # The kernel restarted: the old process's line may not have been noticed as dead yet.
    hall = Hall()
    tab = with_a_run(hall)
    restarted = another_host(hall, kernel_id="kernel-1")
    restarted.publish(hall.settings)
    assert tab.statuses == ["interrupted", "queued"]
    (opened,) = restarted.opened
    assert (opened.session, opened.resumed) == (tab.viewing.session, True)
    assert restarted.delivered == ["waits"]
    assert tab.state["host"] == "connected"
    restarted.reply(tab.viewing.session, "from the new one")
    assert tab.steps[-1].output == "from the new one"


def test_a_host_forgotten_after_the_grace_begins_anew() -> None:
    hall = Hall()
    tab = with_a_run(hall)
    hall.host.cut()
    hall.clock.advance(GRACE_S)
    hall.host.connect()
    assert not hall.host.welcomes[-1].resumed
    hall.host.publish(hall.settings)
    assert [opened.resumed for opened in hall.host.opened] == [False, True]
    assert hall.host.delivered == ["runs", "waits"]
    assert tab.state["host"] == "connected"


def test_sessions_wait_for_a_new_host_and_new_ones_can_begin_meanwhile() -> None:
    hall = Hall()
    alice = hall.enter("alice")
    hall.host.begin(alice.viewing.session)
    hall.host.cut()
    hall.clock.advance(GRACE_S)
    bob = hall.enter("bob")
    bob.say("anybody?")
    assert bob.state["host"] == "gone"
    other = another_host(hall)
    other.publish(hall.settings)
    resumed = {opened.session: opened.resumed for opened in other.opened}
    assert resumed == {alice.viewing.session: True, bob.viewing.session: False}
    assert other.delivered == ["anybody?"]


def test_a_channel_without_host_goes_with_its_last_session() -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.cut()
    hall.clock.advance(GRACE_S)
    assert len(hall.hub.channels()) == 1
    tab.drop()
    hall.clock.advance(HubOptions().session_timeout_s)
    assert hall.hub.statistics() == (0, 0, 0, 0)
    assert hall.clock.waiting == 0


def test_a_channel_without_sessions_goes_with_its_host() -> None:
    hall = Hall()
    hall.host.cut()
    hall.clock.advance(GRACE_S)
    assert hall.hub.channels() == []
    assert refusal_of(hall.create)[0] == "unknown_channel"


def test_a_channel_of_a_live_notebook_is_taken() -> None:
    hall = Hall()
    tab = hall.enter()
    other = another_host(hall)
    other.publish(hall.settings)
    (refused,) = other.got(PublishRefused)
    assert (refused.channel, refused.code) == ("lesson", "channel_taken")
    tab.say("still with the first")
    assert hall.host.delivered == ["still with the first"]
    assert other.opened == []


def test_two_hosts_that_are_no_kernels_are_not_the_same() -> None:
    hall = Hall()
    first, second = (FakeHost(hall.hub, epoch=name, kernel_id=None).connect() for name in ("a", "b"))
    settings = type(hall.settings)(name="script", title="Script")
    first.publish(settings)
    second.publish(settings)
    assert [refused.code for refused in second.got(PublishRefused)] == ["channel_taken"]


def test_a_channel_can_be_taken_over_by_force() -> None:
    hall = Hall()
    tab = with_a_run(hall)
    session = tab.viewing.session
    other = another_host(hall)
    other.publish(hall.settings, force=True)
    assert hall.host.got(SessionEnded) == [SessionEnded(session=session, reason="moved")]
    assert [refused.code for refused in hall.host.got(PublishRefused)] == ["channel_taken"]
    assert [(opened.session, opened.resumed) for opened in other.opened] == [(session, True)]
    assert tab.statuses == ["interrupted", "queued"]
    before = list(tab.frames)
    hall.host.reply(session, "from the old one")
    assert tab.frames == before
    other.reply(session, "from the new one")
    assert tab.steps[-1].output == "from the new one"


def test_a_channel_whose_host_was_cut_off_needs_no_force() -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.cut()
    other = another_host(hall)
    other.publish(hall.settings)
    assert [opened.session for opened in other.opened] == [tab.viewing.session]
    hall.clock.advance(GRACE_S)
    assert tab.state["host"] == "connected"


def test_a_host_that_comes_back_after_a_take_over_runs_nothing_and_is_told() -> None:
    hall = Hall()
    tab = with_a_run(hall)
    hall.host.cut()
    tab.say("said meanwhile")
    other = another_host(hall)
    other.publish(hall.settings)
    assert other.delivered == ["waits"]
    hall.host.connect()
    assert hall.host.welcomes[-1].resumed
    assert hall.host.delivered == ["runs"]
    assert {ended.reason for ended in hall.host.got(SessionEnded)} == {"moved"}
    assert [refused.code for refused in hall.host.got(PublishRefused)] == ["channel_taken"]
    hall.host.run(tab.viewing.session, tab.steps[1].id, "done")
    assert tab.statuses == ["interrupted", "queued", "queued"]


def test_a_session_whose_start_never_ran_starts_at_the_next_host() -> None:
    hall = Hall()
    tab = hall.enter()
    restarted = another_host(hall, kernel_id="kernel-1")
    restarted.publish(hall.settings)
    assert [opened.resumed for opened in restarted.opened] == [False]
    restarted.begin(tab.viewing.session)
    once_more = FakeHost(hall.hub, epoch="host-3", kernel_id="kernel-1").connect()
    once_more.publish(hall.settings)
    assert [opened.resumed for opened in once_more.opened] == [True]


def test_a_host_hears_of_each_session_that_it_had_what_became_of_it() -> None:
    hall = Hall()
    stays, ends, moves = hall.enter("alice"), hall.enter("bob"), hall.enter("carol")
    hall.host.cut()
    hall.clock.advance(GRACE_S)
    ends.put(EndSession())
    hall.host.connect()
    other = another_host(hall)
    other.publish(type(hall.settings)(name="other", title="Other"))
    hall.host.publish(hall.settings)
    had = [tab.viewing.session for tab in (stays, ends)]
    hall.host.say(*(HadSession(session=session) for session in had))
    other.say(HadSession(session=moves.viewing.session))
    assert hall.host.got(SessionEnded) == [SessionEnded(session=ends.viewing.session, reason="unknown")]
    assert other.got(SessionEnded) == [SessionEnded(session=moves.viewing.session, reason="moved")]


def test_what_became_of_a_message_is_final() -> None:
    hall = Hall()
    tab = with_a_run(hall)
    hall.host.run(tab.viewing.session, tab.steps[0].id, "done")
    hall.host.run(tab.viewing.session, tab.steps[0].id, "running")
    assert tab.statuses == ["done", "queued"]


def test_what_a_host_has_missed_is_sent_again_in_messages_that_it_can_read() -> None:
    hall = Hall()
    tabs = [hall.enter(f"viewer {number}") for number in range(60)]
    hall.host.cut()
    texts = [f"{number:03}" + "€" * 32_000 for number in range(60)]  # 5.8 MB
    for tab, text in zip(tabs, texts, strict=True):
        tab.say(text)
    hall.host.connect()
    assert hall.host.delivered == texts


def test_only_its_own_host_can_withdraw_a_channel() -> None:
    hall = Hall()
    tab = hall.enter()
    another_host(hall).say(Unpublish(channel="lesson"), HostBusy(channel="lesson", busy=True))
    assert tab.viewing.bye is None
    assert tab.state["host"] == "connected"


def test_a_host_busy_with_a_cell_shows() -> None:
    hall = Hall()
    tab = hall.enter()
    states = []
    for busy in (True, False):
        hall.host.say(HostBusy(channel="lesson", busy=busy))
        states.append(tab.state["host"])
    assert states == ["busy", "connected"]


def test_a_newer_connection_of_the_same_host_replaces_the_older() -> None:
    hall = Hall()
    tab = hall.enter()
    stale = hall.hub.hosts.connect(hall.host.hello(), hall.host)
    hall.host.connect()
    assert hall.host.closed is not None
    assert hall.host.closed[0] == 1012
    # What still comes on the old line is dropped, and its end is no loss.
    stale.receive(HostBatch(seq=99, ack=0, frames=[]))
    stale.lost()
    assert tab.state["host"] == "connected"
    tab.say("Hello")
    assert hall.host.delivered == ["Hello"]


@pytest.mark.parametrize(
    "frame",
    [
        HostBatch(seq=99, ack=0, frames=[Unpublish(channel="lesson")]),
        HostBatch(seq=1, ack=99, frames=[]),
        LinkAck(ack=99),
        LinkHello(v=1, host_epoch="again"),
    ],
    ids=["a gap", "an impossible ack in a batch", "an impossible ack", "a second hello"],
)
def test_a_host_out_of_order_is_told_so(frame: HostLinkFrame) -> None:
    hall = Hall()
    with pytest.raises(ProtocolError) as raised:
        hall.host.put(frame)
    assert raised.value.code == "out_of_order"
    assert len(hall.hub.channels()) == 1


def test_a_hello_with_an_impossible_acknowledgement_leaves_the_host_as_it_was() -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.cut()
    timers = hall.clock.waiting
    known = hall.host.hello()
    bad = LinkHello(v=1, host_epoch=known.host_epoch, hub_epoch=known.hub_epoch, received=99)
    with pytest.raises(ProtocolError):
        hall.hub.hosts.connect(bad, hall.host)
    assert tab.state["host"] == "gone"
    assert hall.clock.waiting == timers
    hall.clock.advance(GRACE_S)
    assert hall.hub.statistics().hosts == 0


def test_a_host_of_another_version_is_refused() -> None:
    hall = Hall()
    with pytest.raises(RefusedError) as raised:
        hall.hub.hosts.connect(LinkHello(v=2, host_epoch="new"), hall.host)
    assert raised.value.code == "version"
    assert hall.hub.statistics().hosts == 1


def test_the_notebooks_own_session_is_shown_to_its_host_and_goes_with_it() -> None:
    hall = Hall()
    session = new_id()
    hall.host.say(OpenNotebookSession(channel="lesson", session=session, thread_id=new_id()))
    hall.host.say(HostMessage(session=session, client_id=new_id(), text="from a cell"))
    (delivered,) = hall.host.got(Deliver)
    hall.host.run(session, delivered.step.id, "done")
    followed = Conversation()
    for frame in hall.host.got(Forward):
        followed.apply(frame.event)
    assert [(step.output, step.status) for step in followed.steps] == [("from a cell", "done")]
    hall.clock.advance(10 * HubOptions().session_timeout_s)
    assert hall.hub.statistics().sessions == 1
    hall.host.cut()
    hall.clock.advance(GRACE_S)
    assert hall.hub.statistics().sessions == 0


def test_a_session_of_a_viewer_is_shown_to_the_host_once_a_cell_speaks_in_it() -> None:
    hall = Hall()
    tab = hall.enter()
    tab.say("from the browser")
    assert hall.host.got(Forward) == []
    hall.host.say(HostMessage(session=tab.viewing.session, client_id=new_id(), text="from a cell"))
    shown = [frame.event.step.output for frame in hall.host.got(Forward) if isinstance(frame.event, PutStep)]
    assert shown == ["from a cell"]
    assert [step.output for step in tab.steps] == ["from the browser", "from a cell"]


@pytest.mark.parametrize("wrong", ["an unknown channel", "another's channel", "an id that is taken"])
def test_the_notebooks_own_session_cannot_be_opened_elsewhere(wrong: str) -> None:
    hall = Hall()
    tab = hall.enter()
    host = another_host(hall) if wrong == "another's channel" else hall.host
    session = tab.viewing.session if wrong == "an id that is taken" else new_id()
    channel = "nowhere" if wrong == "an unknown channel" else "lesson"
    host.say(OpenNotebookSession(channel=channel, session=session, thread_id=new_id()))
    assert [refused.session for refused in host.got(HostRefused)] == [session]
    assert hall.hub.statistics().sessions == 1
