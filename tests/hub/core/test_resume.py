"""Who comes back is given exactly what was missed, or the whole anew; never a part, nothing twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.frames import Hello, Numbered, Welcome

from .doubles import Hall, Tab, a_person, refusal_of


def last_welcome(tab: Tab) -> Welcome:
    return tab.got(Welcome)[-1]


def test_the_first_welcome_has_a_snapshot() -> None:
    hall = Hall()
    created = hall.create()
    hall.host.reply(created.session, "Welcome!")
    tab = hall.tab(created).open()
    welcome = last_welcome(tab)
    assert (welcome.resumed, welcome.reason) == (False, "new")
    assert welcome.snapshot is not None
    assert [step.output for step in welcome.snapshot.steps] == ["Welcome!"]
    assert (welcome.user, welcome.channel.name, welcome.thread_id) == (a_person().user, "lesson", created.thread_id)


def test_what_was_missed_follows_and_nothing_twice() -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.reply(tab.viewing.session, "seen")
    tab.drop()
    hall.host.reply(tab.viewing.session, "missed 1")
    hall.host.reply(tab.viewing.session, "missed 2")
    tab.frames.clear()
    tab.open()
    welcome = last_welcome(tab)
    assert (welcome.resumed, welcome.reason, welcome.snapshot) == (True, None, None)
    numbers = [frame.seq for frame in tab.got(Numbered)]
    assert numbers == [welcome.seq - 1, welcome.seq]
    assert [step.output for step in tab.steps] == ["seen", "missed 1", "missed 2"]


def test_a_stream_goes_on_where_it_was() -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.stream(tab.viewing.session, "one ", "two ")
    tab.drop()
    tab.open()
    assert [step.output for step in tab.steps] == ["one two "]
    assert tab.got(Numbered)[-1].seq == last_welcome(tab).seq


@pytest.mark.parametrize(
    "options", [HubOptions(window_events=3), HubOptions(window_bytes=600)], ids=["events", "bytes"]
)
def test_what_has_left_the_window_is_made_good_by_a_snapshot(options: HubOptions) -> None:
    hall = Hall(options=options)
    tab = hall.enter()
    tab.drop()
    for number in range(9):
        hall.host.reply(tab.viewing.session, f"missed {number}")
    tab.open()
    welcome = last_welcome(tab)
    assert (welcome.resumed, welcome.reason) == (False, "window")
    assert [step.output for step in tab.steps] == [f"missed {number}" for number in range(9)]
    hall.host.reply(tab.viewing.session, "after")
    assert tab.steps[-1].output == "after"
    assert "gap" not in tab.effects


@pytest.mark.parametrize("seen", [{"epoch": "another"}, {"last_seq": 10_000}, {"last_seq": -1}], ids=str)
def test_numbers_that_mean_nothing_here_get_a_snapshot(seen: dict[str, object]) -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.reply(tab.viewing.session, "Hello")
    known = tab.viewing.hello()
    tab.drop()
    hello: dict[str, object] = {"epoch": known.epoch, "last_seq": known.last_seq, **seen}
    tab.open(Hello(v=1, session=known.session, secret=known.secret, **hello))  # type: ignore[arg-type]
    welcome = last_welcome(tab)
    assert (welcome.resumed, welcome.reason) == (False, "epoch")
    assert [step.output for step in tab.steps] == ["Hello"]


def test_each_session_counts_in_an_epoch_of_its_own() -> None:
    hall = Hall()
    alice, bob = hall.enter("alice"), hall.enter("bob")
    assert last_welcome(alice).epoch != last_welcome(bob).epoch


async def test_a_long_conversation_is_given_by_its_newest_steps_and_the_rest_on_demand() -> None:
    hall = Hall(options=HubOptions(snapshot_steps=3))
    created = hall.create()
    steps = [hall.host.reply(created.session, f"{number}") for number in range(8)]
    snapshot = last_welcome(hall.tab(created).open()).snapshot
    assert snapshot is not None
    assert ([step.output for step in snapshot.steps], snapshot.earlier) == (["5", "6", "7"], 5)
    page, earlier = await hall.store.steps_before(created.thread_id, before=steps[5].id, limit=3)
    assert ([step.output for step in page], earlier) == (["2", "3", "4"], 2)
    page, earlier = await hall.store.steps_before(created.thread_id, before=page[0].id, limit=3)
    assert ([step.output for step in page], earlier) == (["0", "1"], 0)


def test_another_version_is_told_so() -> None:
    hall = Hall()
    created = hall.create()
    tab = hall.tab(created)
    code, _ = refusal_of(lambda: tab.open(Hello(v=2, session=created.session, secret=created.secret)))
    assert code == "version"
    assert hall.hub.statistics().viewers == 0


MOVES = st.lists(st.sampled_from(["leave or come", "reply", "stream", "say", "other tab says"]), max_size=40)


@given(moves=MOVES, window=st.integers(1, 12))
def test_leaving_and_coming_back_however_often_ends_in_the_same_conversation(moves: list[str], window: int) -> None:
    hall = Hall(options=HubOptions(window_events=window, max_waiting=100, messages_per_minute=0))
    created = hall.create()
    stays, wanders = hall.tab(created).open(), hall.tab(created).open()
    is_here = True
    for number, move in enumerate(moves):
        match move:
            case "leave or come":
                if is_here:
                    wanders.drop()
                else:
                    wanders.open()
                is_here = not is_here
            case "reply":
                hall.host.reply(created.session, f"reply {number}")
            case "stream":
                hall.host.stream(created.session, "word ", f"{number}", "…")
            case "say":
                wanders.say(f"said {number}")
            case _:
                stays.say(f"other {number}")
    if not is_here:
        wanders.open()
    hall.host.work()
    assert wanders.viewing.conversation.snapshot() == stays.viewing.conversation.snapshot()
    assert wanders.viewing.unconfirmed == []
    assert "gap" not in wanders.effects
    said = sum(move in ("say", "other tab says") for move in moves)
    assert len(hall.host.delivered) == len(wanders.statuses) == said
