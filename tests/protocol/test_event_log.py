"""The numbering: what came after k, whole, or nothing."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat_sessions.protocol.event_log import EventLog
from jupyter_chat_sessions.protocol.frames import Numbered, SetState


def frames(log: EventLog, count: int) -> list[bytes]:
    return [log.append(SetState(state={"n": number})) for number in range(count)]


@given(st.integers(0, 20), st.integers(1, 8), st.integers(-2, 25))
def test_what_came_after_a_number_comes_whole_or_not_at_all(count: int, window: int, seq: int) -> None:
    log = EventLog("e", max_events=window)
    sent = frames(log, count)
    answer = log.since("e", seq)
    if not 0 <= seq <= count:
        assert answer == "epoch"
    elif count - seq > window:
        assert answer == "window"
    else:
        assert answer == sent[seq:]


@given(st.lists(st.integers(0, 300), max_size=30), st.integers(50, 600))
def test_the_window_is_bounded_in_bytes(sizes: list[int], max_bytes: int) -> None:
    log = EventLog("e", max_bytes=max_bytes)
    sent = [log.append(SetState(state={"text": "x" * size})) for size in sizes]
    kept = [seq for seq in range(len(sent) + 1) if isinstance(log.since("e", seq), list)]
    assert kept, "who has everything can always resume"
    assert sum(len(frame) for frame in sent[kept[0] :]) <= max_bytes
    if kept[0] > 0:
        assert sum(len(frame) for frame in sent[kept[0] - 1 :]) > max_bytes, "no more is let go than must be"
    assert kept == list(range(kept[0], len(sent) + 1))


def test_numbers_begin_at_one_and_are_in_the_frames() -> None:
    log = EventLog("e")
    read = [msgspec.json.decode(frame, type=Numbered).seq for frame in frames(log, 3)]
    assert read == [1, 2, 3]
    assert log.last == 3


@pytest.mark.parametrize(
    ("epoch", "seq", "answer"),
    [(None, 0, "new"), (None, 3, "new"), ("other", 3, "epoch"), ("e", 4, "epoch"), ("e", -1, "epoch"), ("e", 3, [])],
)
def test_who_counted_otherwise_gets_a_snapshot(epoch: str | None, seq: int, answer: object) -> None:
    log = EventLog("e")
    frames(log, 3)
    assert log.since(epoch, seq) == answer


def test_after_trimming_only_who_has_everything_can_resume() -> None:
    log = EventLog("e")
    frames(log, 3)
    log.trim()
    assert log.since("e", 2) == "window"
    assert log.since("e", 3) == []
    later = frames(log, 2)
    assert log.since("e", 3) == later
