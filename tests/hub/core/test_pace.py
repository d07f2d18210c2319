"""How fast a session's viewers may speak."""

from __future__ import annotations

from jupyter_chat_sessions.hub.hub import NewSession
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.frames import Accepted, ErrorFrame, SendMessage

from .doubles import Hall, a_person, new_id, refusal_of


def test_a_flood_is_refused_for_now_and_nothing_overtakes_what_was_refused() -> None:
    hall = Hall(options=HubOptions(message_burst=3, messages_per_minute=60, max_waiting=100))
    tab = hall.enter()
    for number in range(5):
        tab.say(str(number))
    hall.host.work()
    assert hall.host.delivered == ["0", "1", "2"]
    (error,) = tab.got(ErrorFrame)
    assert (error.code, error.retry_after_s) == ("too_fast", 1.0)
    hall.clock.advance(1.0)
    for command in tab.viewing.retry():
        tab.put(command)
    hall.host.work()
    assert hall.host.delivered == ["0", "1", "2", "3"]
    hall.clock.advance(1.0)
    for command in tab.viewing.retry():
        tab.put(command)
    hall.host.work()
    assert hall.host.delivered == ["0", "1", "2", "3", "4"]
    assert len(tab.got(Accepted)) == 5


def test_who_does_not_listen_is_closed_and_others_are_not_touched() -> None:
    hall = Hall(options=HubOptions(max_waiting=10_000))
    flood, other = hall.enter("alice"), hall.enter("bob")
    for number in range(200):
        flood.put(SendMessage(client_id=new_id(), text=str(number)))
    assert flood.closed == (4013, "too fast")
    assert flood.viewing.bye is None, "it may come back"
    hall.host.work()
    assert len(hall.host.delivered) == 20
    other.say("Hello")
    assert hall.host.delivered[-1] == "Hello"


def test_one_person_cannot_take_all_the_room() -> None:
    hall = Hall(options=HubOptions(max_sessions_per_user=2))
    first = hall.enter("alice")
    hall.enter("alice")
    code, text = refusal_of(lambda: hall.hub.create_session(a_person("alice"), NewSession(channel="lesson")))
    assert (code, "End one, or wait" in text) == ("busy", True)
    hall.enter("bob")
    hall.hub.end_session(hall.session(first))
    hall.enter("alice")
