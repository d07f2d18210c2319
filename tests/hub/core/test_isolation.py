"""A session belongs to one person and its secret; nothing of it reaches another."""

from __future__ import annotations

from functools import partial

import pytest

from jupyter_chat_sessions.hub.access import Principal
from jupyter_chat_sessions.protocol.frames import (
    AppendText,
    Emit,
    EndSession,
    Hello,
    HostRefused,
    PutStep,
    SessionEnded,
    encode,
)
from jupyter_chat_sessions.protocol.steps import Step

from .doubles import FakeHost, Hall, Tab, a_person, new_id, refusal_of


def test_two_sessions_share_nothing() -> None:
    hall = Hall()
    alice, bob = hall.enter("alice"), hall.enter("bob")
    for tab, mark in ((alice, "for-alice"), (bob, "for-bob")):
        session = tab.viewing.session
        tab.say(f"question {mark}")
        hall.host.run(session, tab.steps[0].id, "running")
        hall.host.reply(session, f"reply {mark}")
        hall.host.stream(session, f"stream {mark}")
        question = hall.host.ask(session)
        tab.answer(question, f"answer {mark}")
    for tab, own, foreign in ((alice, "for-alice", "for-bob"), (bob, "for-bob", "for-alice")):
        told = b"".join(encode(frame) for frame in tab.frames)
        assert told.count(own.encode()) >= 4
        assert foreign.encode() not in told
        assert [step.output for step in tab.steps if own in step.output] == [
            f"question {own}",
            f"reply {own}",
            f"stream {own}",
            f"answer {own}",
        ]


def test_one_who_floods_or_leaves_does_not_change_what_another_sees() -> None:
    hall = Hall()
    alice, bob = hall.enter("alice"), hall.enter("bob")
    before = list(bob.frames)
    for number in range(20):
        alice.say(f"flood {number}")
    alice.put(EndSession())
    assert bob.frames == before
    bob.say("Hello")
    assert hall.host.delivered[-1] == "Hello"


def foreign(hall: Hall, alice: Tab) -> dict[str, tuple[Principal, str, str]]:
    """Ways to ask for a session that is not the caller's: who, which session, which secret."""
    bob = hall.enter("bob")
    known = alice.viewing.hello()
    return {
        "unknown": (alice.principal, new_id(), known.secret),
        "another's, with its secret": (bob.principal, known.session, known.secret),
        "own, with a wrong secret": (alice.principal, known.session, "guess"),
        "own, without a secret": (alice.principal, known.session, ""),
        "own, with another's secret": (alice.principal, known.session, bob.viewing.hello().secret),
        "an ended one": (bob.principal, ended(hall, bob), bob.viewing.hello().secret),
    }


def ended(hall: Hall, tab: Tab) -> str:
    tab.put(EndSession())
    return tab.viewing.session


def test_unknown_foreign_and_wrong_secret_get_the_same_refusal() -> None:
    hall = Hall()
    alice = hall.enter("alice")
    frames = list(alice.frames)
    answers = set()
    for principal, session, secret in foreign(hall, alice).values():
        hello = Hello(v=1, session=session, secret=secret)
        tab = Tab(hall.hub, principal, session, secret)
        answers.add(refusal_of(partial(tab.open, hello)))
        answers.add(refusal_of(partial(hall.hub.session, principal, session, secret)))
        assert tab.frames == []
    assert answers == {("unknown_session", "There is no such conversation. Start a new chat.")}
    assert alice.frames == frames


def test_sessions_are_listed_to_their_owner_alone() -> None:
    hall = Hall()
    alice, bob = hall.enter("alice"), hall.enter("bob")
    assert [one.id for one in hall.hub.sessions_of(a_person("alice"))] == [alice.viewing.session]
    assert [one.id for one in hall.hub.sessions_of(a_person("bob"))] == [bob.viewing.session]
    assert hall.hub.sessions_of(a_person("carol")) == []


def test_secrets_and_ids_are_new_each_time_and_only_a_hash_is_kept() -> None:
    hall = Hall()
    created = [hall.create() for _ in range(20)]
    assert len({one.secret for one in created}) == len({one.session for one in created}) == 20
    assert min(len(one.secret) for one in created) >= 43
    for one in created:
        record = hall.hub.session(a_person(), one.session, one.secret).record
        assert one.secret not in repr(record)


@pytest.mark.parametrize("session", ["of another host", "unknown"])
def test_a_host_reaches_no_session_but_its_own(session: str) -> None:
    hall = Hall()
    alice = hall.enter("alice")
    other = FakeHost(hall.hub, epoch="host-2", kernel_id="kernel-2").connect()
    target = alice.viewing.session if session == "of another host" else new_id()
    frames = list(alice.frames)
    other.say(
        Emit(session=target, event=PutStep(step=Step(id=new_id(), type="assistant_message", name="Eve", output="hi")))
    )
    assert other.frames == [SessionEnded(session=target, reason="unknown")]
    assert alice.frames == frames


def test_a_bad_event_of_one_session_leaves_the_others_alone() -> None:
    hall = Hall()
    alice, bob = hall.enter("alice"), hall.enter("bob")
    step = hall.host.stream(alice.viewing.session, "one")
    hall.host.emit(alice.viewing.session, AppendText(step_id=step, offset=99, text="?"))
    hall.host.reply(bob.viewing.session, "Hello")
    assert [(one.session, one.code) for one in hall.host.got(HostRefused)] == [(alice.viewing.session, "out_of_order")]
    assert [one.output for one in bob.steps] == ["Hello"]
