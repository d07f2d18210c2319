"""The link loses nothing and doubles nothing, whatever becomes of its connections."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jupyter_chat_sessions.protocol.errors import ProtocolError
from jupyter_chat_sessions.protocol.link import LinkEnd, batches

Batch = tuple[int, int, list[int]]
"""The number of the first frame, what the sender has received, the frames."""


class CutsAndReturns(RuleBasedStateMachine):
    """Two ends, and a connection between them that may break with anything on its way."""

    @initialize()
    def begin(self) -> None:
        self.ends: list[LinkEnd[int, int]] = [LinkEnd(), LinkEnd()]
        self.ways: list[deque[Batch]] = [deque(), deque()]
        """What is on its way to each end."""
        self.said: list[list[int]] = [[], []]
        self.heard: list[list[int]] = [[], []]
        self.is_open = True

    @rule(end=st.sampled_from([0, 1]), count=st.integers(0, 3))
    def one_end_speaks(self, end: int, count: int) -> None:
        frames = [len(self.said[end]) + index for index in range(count)]
        self.said[end] += frames
        first = self.ends[end].number(frames)
        if self.is_open:
            self.ways[1 - end].append((first, self.ends[end].received, frames))

    @rule(end=st.sampled_from([0, 1]))
    def one_end_hears(self, end: int) -> None:
        if self.ways[end]:
            first, ack, frames = self.ways[end].popleft()
            self.ends[end].acknowledged(ack)
            self.heard[end] += self.ends[end].receive(first, frames)

    @rule(end=st.sampled_from([0, 1]))
    def one_end_only_confirms(self, end: int) -> None:
        if self.is_open:
            self.ends[1 - end].acknowledged(self.ends[end].received)

    @rule()
    def the_connection_breaks(self) -> None:
        self.is_open = False
        for way in self.ways:
            way.clear()

    @precondition(lambda self: not self.is_open)
    @rule()
    def the_connection_is_back(self) -> None:
        """As the hello and the welcome do it: each end says how far it has read, the other sends what is after that."""
        self.is_open = True
        for end in (0, 1):
            here, there = self.ends[end], self.ends[1 - end]
            here.acknowledged(there.received)
            first, frames = here.unacknowledged()
            self.ways[1 - end].append((first, here.received, frames))

    @invariant()
    def each_frame_passes_once_and_in_order(self) -> None:
        for end in (0, 1):
            heard = self.heard[1 - end]
            assert heard == self.said[end][: len(heard)]

    @invariant()
    def only_what_was_heard_is_let_go(self) -> None:
        for end in (0, 1):
            here = self.ends[end]
            first, frames = here.unacknowledged()
            assert frames == self.said[end][first - 1 :]
            assert here.kept == len(frames)
            assert first - 1 <= len(self.heard[1 - end])

    def teardown(self) -> None:
        self.the_connection_breaks()
        self.the_connection_is_back()
        for end in (0, 1):
            while self.ways[end]:
                self.one_end_hears(end)
            assert self.heard[end] == self.said[1 - end]
        for end in (0, 1):
            self.one_end_only_confirms(end)
            assert self.ends[1 - end].kept == 0


TestCutsAndReturns = CutsAndReturns.TestCase
TestCutsAndReturns.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_a_missing_frame_is_noticed() -> None:
    end: LinkEnd[str, str] = LinkEnd()
    assert end.receive(1, ["a"]) == ["a"]
    with pytest.raises(ProtocolError) as raised:
        end.receive(3, ["c"])
    assert raised.value.code == "out_of_order"
    assert end.received == 1


def test_frames_that_partly_came_before_pass_in_part() -> None:
    end: LinkEnd[str, str] = LinkEnd()
    end.receive(1, ["a", "b"])
    assert end.receive(1, ["a", "b", "c"]) == ["c"]
    assert end.receive(2, ["b", "c"]) == []
    assert end.received == 3


def test_nobody_confirms_what_was_never_sent() -> None:
    end: LinkEnd[str, str] = LinkEnd()
    end.number(["a"])
    with pytest.raises(ProtocolError) as raised:
        end.acknowledged(2)
    assert raised.value.code == "out_of_order"
    assert end.unacknowledged() == (1, ["a"])


def test_a_late_acknowledgement_takes_nothing_back() -> None:
    end: LinkEnd[str, str] = LinkEnd()
    end.number(["a", "b", "c"])
    end.acknowledged(2)
    end.acknowledged(1)
    assert end.unacknowledged() == (3, ["c"])


def test_an_end_begins_anew_with_an_other_end_that_knows_nothing() -> None:
    end: LinkEnd[str, str] = LinkEnd()
    end.number(["a", "b"])
    end.receive(1, ["x"])
    end.acknowledged(1)
    assert end.restart() == ["b"]
    assert (end.received, end.kept) == (0, 0)
    assert end.number(["c"]) == 1


@given(st.lists(st.integers(0, 9), max_size=30), st.integers(1, 12))
def test_batches_keep_order_and_numbers_and_fit(sizes: list[int], max_bytes: int) -> None:
    frames = ["x" * size for size in sizes]
    parts = list(batches(5, frames, size=len, max_bytes=max_bytes))
    assert [frame for part in parts for frame in part.frames] == frames
    assert all(part.first == 5 + sum(len(earlier.frames) for earlier in parts[:at]) for at, part in enumerate(parts))
    assert all(len(part.frames) == 1 or sum(map(len, part.frames)) <= max_bytes for part in parts)


def test_what_is_kept_can_be_changed_and_keeps_its_number() -> None:
    end: LinkEnd[str, str] = LinkEnd()
    end.number(["a", "b"])
    end.amend(str.upper)
    assert end.unacknowledged() == (1, ["A", "B"])
    end.acknowledged(1)
    assert end.unacknowledged() == (2, ["B"])
