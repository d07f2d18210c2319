"""The outbox: any thread may put, nothing waits, text for one step travels together."""

from __future__ import annotations

import asyncio
import threading

import msgspec
import pytest

from jupyter_chat_sessions.host.outbox import (
    MAX_FRAME_BYTES,
    MAX_HELD_FRAMES,
    MAX_TEXT_LENGTH,
    MAX_WAITING_BYTES,
    MAX_WAITING_FRAMES,
    Outbox,
)
from jupyter_chat_sessions.protocol.frames import (
    AppendText,
    Emit,
    Event,
    HostFrame,
    PutStep,
    RemoveStep,
    RunChanged,
    SetState,
)
from jupyter_chat_sessions.protocol.steps import RunStatus, Step

SESSION, OTHER_SESSION, A, B = (f"00000000-0000-4000-8000-{number:012d}" for number in range(4))


class Counted:
    """An outbox, with a count of the times that it woke the link, and that it asked to be looked after."""

    def __init__(self) -> None:
        self.wakes = self.watches = 0
        self.outbox = Outbox(wake=self._wake, watch=self._watch)

    def put(self, event: Event, *, session: str = SESSION) -> None:
        self.outbox.put(Emit(session=session, event=event))

    def taken(self) -> list[Event]:
        frames = [msgspec.json.decode(bytes(raw), type=HostFrame) for raw in self.outbox.take()]
        return [frame.event for frame in frames if isinstance(frame, Emit)]

    def _wake(self) -> None:
        self.wakes += 1

    def _watch(self) -> None:
        self.watches += 1


def text(offset: int, piece: str, *, step: str = A, into: str = "output") -> AppendText:
    return AppendText(step_id=step, offset=offset, text=piece, into=into)  # type: ignore[arg-type]


def test_tokens_of_one_step_leave_as_one_frame() -> None:
    box = Counted()
    box.put(text(0, "Hel"))
    box.put(text(3, "lo 😀"))
    box.put(text(7, "!"))
    assert box.taken() == [text(0, "Hello 😀!")]
    assert box.taken() == []
    assert box.wakes == 1, "the link is woken once, when there is something to send"


@pytest.mark.parametrize(
    "between",
    [text(0, "x", step=B), text(0, "x", into="input"), SetState(state={"a": 1}), RemoveStep(step_id=A)],
    ids=["another step", "its input", "a state", "a removal"],
)
def test_what_comes_between_keeps_its_place(between: Event) -> None:
    box = Counted()
    sent = [text(0, "a"), between, text(1, "b")]
    for event in sent:
        box.put(event)
    assert box.taken() == sent


def test_text_of_another_session_does_not_join() -> None:
    box = Counted()
    box.put(text(0, "a"))
    box.put(text(1, "b"), session=OTHER_SESSION)
    assert box.taken() == [text(0, "a"), text(1, "b")]


def test_text_that_does_not_go_on_where_the_last_ended_does_not_join() -> None:
    """The hub must see the offset that is wrong."""
    box = Counted()
    box.put(text(0, "a"))
    box.put(text(5, "b"))
    assert box.taken() == [text(0, "a"), text(5, "b")]


def test_text_gathers_to_a_bound() -> None:
    """However long the link is gone: no frame becomes too large for the hub."""
    box = Counted()
    piece = "x" * 1000
    for count in range(200):
        box.put(text(count * 1000, piece))
    events = box.taken()
    assert len(events) > 1
    assert all(isinstance(event, AppendText) and len(event.text) <= MAX_TEXT_LENGTH for event in events)
    assert "".join(event.text for event in events if isinstance(event, AppendText)) == piece * 200


def test_after_each_taking_the_link_is_woken_anew() -> None:
    box = Counted()
    box.put(text(0, "a"))
    box.taken()
    box.put(text(1, "b"))
    assert box.wakes == 2
    box.put(SetState(state={}))
    assert box.wakes == 2


def a_run(status: RunStatus, run: str = B) -> RunChanged:
    return RunChanged(session=SESSION, run=run, name="on_message", status=status)


def test_of_a_run_that_is_over_before_it_was_told_only_the_end_is_told() -> None:
    box = Counted()
    box.outbox.put(a_run("running", A))
    box.outbox.put(a_run("running"))
    box.put(text(0, "Hello"))
    box.outbox.put(a_run("done"))
    ended = [msgspec.json.decode(raw, type=HostFrame) for raw in box.outbox.take()]
    assert ended == [a_run("running", A), Emit(session=SESSION, event=text(0, "Hello")), a_run("done")]
    box.outbox.put(a_run("failed", A))
    assert [msgspec.json.decode(raw, type=HostFrame) for raw in box.outbox.take()] == [a_run("failed", A)]
    box.outbox.settled(0)
    assert box.outbox.has_room


def test_what_is_not_told_after_all_takes_no_room() -> None:
    box = Counted()
    for _ in range(2 * MAX_WAITING_BYTES // len(msgspec.json.encode(a_run("running")))):
        box.outbox.put(a_run("running"))
        box.outbox.put(a_run("done"))
        box.outbox.take()
        box.outbox.settled(0)
    assert box.outbox.has_room


def test_what_is_held_back_leaves_when_the_last_who_holds_it_is_done() -> None:
    box = Counted()
    box.outbox.hold()
    box.outbox.hold()
    box.put(a_step())
    box.outbox.hurry()
    assert (box.wakes, box.watches) == (0, 1)
    box.outbox.hurry()
    assert box.wakes == 1
    box.outbox.hurry()  # once too often does no harm
    box.taken()
    box.put(a_step())
    assert box.wakes == 2, "nothing is held back any more"


def test_text_is_never_held_back_nor_is_much() -> None:
    box = Counted()
    box.outbox.hold()
    box.put(text(0, "A token"))
    assert box.wakes == 1
    box.taken()
    box.outbox.hold()
    for _ in range(MAX_HELD_FRAMES):
        box.put(a_step())
    box.outbox.hurry()
    assert box.wakes == 2, "the other end has something to do while more comes"


def test_what_is_held_back_by_who_works_and_does_not_wait_leaves_at_the_second_look() -> None:
    box = Counted()
    box.outbox.hold()
    box.put(a_step())
    assert box.outbox.look()
    assert box.wakes == 0, "it has just begun"
    assert not box.outbox.look()
    assert box.wakes == 1
    box.taken()
    box.put(a_step())
    assert box.wakes == 2, "who worked on may say more"
    box.outbox.hurry()
    box.taken()
    box.outbox.hold()
    assert box.watches == 2, "and the next is looked after again"


def test_what_waits_is_not_held_back_by_ever_new_runs() -> None:
    box = Counted()
    for _ in range(3):
        box.outbox.hold()  # somebody always has
        box.put(a_step())
        assert box.outbox.look()
    assert box.wakes == 1
    box.taken()
    box.outbox.hold()
    box.put(a_step())
    assert box.outbox.look()
    assert box.wakes == 1, "what has come since somebody took is young"


def a_step(**fields: object) -> PutStep:
    return PutStep(step=Step(**{"id": A, "type": "assistant_message", "name": "A", **fields}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (a_step(metadata={"object": object()}), TypeError),
        (a_step(output="\ud83d"), ValueError),
        (text(0, "\ud83d"), ValueError),
        (a_step(metadata={"big": "x" * MAX_FRAME_BYTES}), ValueError),
        (text(0, "x" * MAX_FRAME_BYTES), ValueError),
        (a_step(id="no id"), ValueError),
        (text(0, "x", step="no id"), ValueError),
    ],
    ids=["no JSON", "half a pair", "half a pair streamed", "too large", "too much text", "no id", "no id streamed"],
)
def test_what_the_hub_could_not_read_is_its_authors_error_at_once(event: Event, error: type[Exception]) -> None:
    """One frame that the hub refuses would cost every viewer the connection, again and again."""
    box = Counted()
    box.put(text(0, "a"))
    with pytest.raises(error):
        box.put(event)
    box.put(text(1, "b"))
    assert box.taken() == [text(0, "ab")]


def test_many_threads_may_put_and_each_keeps_its_order() -> None:
    box = Counted()
    threads = [
        threading.Thread(target=lambda who=who: [box.put(SetState(state={who: n})) for n in range(200)])  # type: ignore[misc]
        for who in "abcd"
    ]
    for thread in threads:
        thread.start()
    taken: list[Event] = []
    while any(thread.is_alive() for thread in threads):
        taken += box.taken()
    taken += box.taken()
    for who in "abcd":
        numbers = [event.state[who] for event in taken if isinstance(event, SetState) and who in event.state]
        assert numbers == list(range(200))


async def test_there_is_room_until_too_much_is_unconfirmed() -> None:
    box = Counted()
    for number in range(MAX_WAITING_FRAMES + 1):
        box.put(SetState(state={"n": number}))
    waiting = asyncio.ensure_future(box.outbox.room())
    await asyncio.sleep(0)  # so that it has begun to wait
    assert not waiting.done()
    sent = len(box.taken())
    box.outbox.settled(sent)
    assert not waiting.done(), "sent is not yet confirmed"
    box.outbox.settled(0)
    await asyncio.wait_for(waiting, 10)
    await asyncio.wait_for(box.outbox.room(), 10)


async def test_one_who_waits_for_room_may_give_up() -> None:
    box = Counted()
    box.outbox.settled(MAX_WAITING_FRAMES + 1)
    gives_up, waits_on = asyncio.ensure_future(box.outbox.room()), asyncio.ensure_future(box.outbox.room())
    await asyncio.sleep(0)  # so that both have begun to wait
    gives_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gives_up
    box.outbox.settled(0)
    await asyncio.wait_for(waits_on, 10)


async def test_large_frames_leave_no_room_until_they_are_confirmed() -> None:
    box = Counted()
    large = SetState(state={"x": "x" * (MAX_WAITING_BYTES // 2)})
    box.put(large)
    await asyncio.wait_for(box.outbox.room(), 10)
    box.put(large)
    waiting = asyncio.ensure_future(box.outbox.room())
    await asyncio.sleep(0)  # so that it has begun to wait
    box.outbox.settled(len(box.taken()))
    assert not waiting.done(), "sent is not yet confirmed"
    box.outbox.settled(1)
    await asyncio.wait_for(waiting, 10)
    box.outbox.settled(0)
    assert box.outbox._bytes == 0


async def test_what_is_thrown_away_is_counted_no_more() -> None:
    """A new hub: what was said to the old one is taken and not sent."""
    box = Counted()
    large = SetState(state={"x": "x" * (MAX_WAITING_BYTES // 2)})
    for _ in range(3):
        box.put(large)
    box.taken()
    box.put(SetState(state={}))
    box.outbox.settled(len(box.taken()))
    await asyncio.wait_for(box.outbox.room(), 10)
    box.outbox.settled(0)
    assert box.outbox._bytes == 0
