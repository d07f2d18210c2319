"""What a slow viewer is given instead says the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat_sessions.protocol.coalescing import coalesce
from jupyter_chat_sessions.protocol.conversation import Conversation
from jupyter_chat_sessions.protocol.event_log import EventLog
from jupyter_chat_sessions.protocol.frames import (
    MAX_HOST_BYTES,
    AppendText,
    Decoder,
    Event,
    Heartbeat,
    HubFrame,
    Numbered,
    PutStep,
    encode,
    join,
)

from .strategies import STEP_IDS, events, history, steps


@given(st.lists(events, max_size=30), st.lists(st.integers(0, 30)))
def test_who_applies_the_merged_frames_has_the_same_conversation(drawn: list[Event], cuts: list[int]) -> None:
    fitted, snapshots = history(drawn)
    log = EventLog("epoch")
    frames = [log.append(event) for event in fitted]
    places = sorted({0, len(frames), *(cut for cut in cuts if cut < len(frames))})
    parts = [frames[start:end] for start, end in pairwise(places)]
    once = [merged for part in parts for merged in coalesce(part)]
    twice = coalesce(once)
    for merged in (once, twice):
        conversation, last = Conversation(), 0
        for frame in Decoder(HubFrame, max_bytes=MAX_HOST_BYTES).frames(join(merged)):
            assert isinstance(frame, Numbered)
            assert (frame.first or frame.seq) == last + 1
            conversation.apply(frame.event)
            last = frame.seq
        assert last == len(frames)
        assert conversation.snapshot() == snapshots[-1]


@given(steps)
def test_a_stream_becomes_one_event_and_what_stands_between_stays_where_it_is(step: object) -> None:
    log = EventLog("epoch")
    put = log.append(PutStep(step=step))  # type: ignore[arg-type]
    texts = [log.append(AppendText(step_id=STEP_IDS[0], offset=at, text="x")) for at in range(100)]
    beat = encode(Heartbeat())
    merged = coalesce([put, *texts[:50], beat, *texts[50:]])
    assert len(merged) == 4
    assert (merged[0], merged[2]) == (put, beat)
