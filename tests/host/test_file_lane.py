"""A file on its way holds up nobody but its own session, and that only behind what it shows."""

from __future__ import annotations

import asyncio
import tracemalloc

import msgspec
import pytest
from msgspec.structs import replace

from jupyter_chat_sessions.host.files import HostFiles
from jupyter_chat_sessions.host.outbox import MAX_PIECES_AWAY, MAX_WAITING_FILE_BYTES, Outbox
from jupyter_chat_sessions.protocol.frames import (
    FILE_PIECE_BYTES,
    AppendText,
    Emit,
    HostFrame,
    PutFile,
    RemoveStep,
    RunChanged,
)

SESSION, OTHER, THIRD, STEP, FILE = (f"00000000-0000-4000-8000-{number:012d}" for number in range(5))


def an_outbox() -> Outbox:
    return Outbox(wake=lambda: None)


def put_file(outbox: Outbox, session: str, *, pieces: int, size: int = 8) -> None:
    for number in range(pieces):
        outbox.put(PutFile(session=session, file=FILE, offset=number * size, data=b"x" * size))


def say(outbox: Outbox, session: str) -> None:
    outbox.put(Emit(session=session, event=RemoveStep(step_id=STEP)))


def taken(outbox: Outbox, *, is_last: bool = False) -> list[tuple[str, str]]:
    """Return type and session of what is sent."""
    frames = [msgspec.json.decode(bytes(raw), type=HostFrame) for raw in outbox.take(is_last=is_last)]
    return [("piece" if isinstance(frame, PutFile) else "word", frame.session) for frame in frames]  # type: ignore[union-attr]


def test_what_others_say_goes_before_a_file_and_its_own_session_behind_it() -> None:
    outbox = an_outbox()
    put_file(outbox, SESSION, pieces=5)
    say(outbox, SESSION)
    say(outbox, OTHER)
    assert taken(outbox) == [("word", OTHER), *[("piece", SESSION)] * MAX_PIECES_AWAY]
    say(outbox, OTHER)
    assert taken(outbox) == [("word", OTHER)], "no more pieces go until those are confirmed"
    outbox.settled(1)
    assert taken(outbox) == [("piece", SESSION)] * 2
    outbox.settled(0)
    assert taken(outbox) == [("piece", SESSION), ("word", SESSION)]


def test_text_that_is_streamed_behind_a_file_stays_behind_it() -> None:
    outbox = an_outbox()
    put_file(outbox, SESSION, pieces=MAX_PIECES_AWAY + 1)
    for session in (SESSION, OTHER):
        outbox.put(Emit(session=session, event=AppendText(step_id=STEP, offset=0, text="Hello")))
    assert taken(outbox) == [("word", OTHER), *[("piece", SESSION)] * MAX_PIECES_AWAY]
    outbox.settled(0)
    assert taken(outbox) == [("piece", SESSION), ("word", SESSION)]


def test_sessions_that_send_files_take_turns() -> None:
    outbox = an_outbox()
    put_file(outbox, SESSION, pieces=4)
    put_file(outbox, OTHER, pieces=1)
    order = []
    while turn := taken(outbox):
        order += [session for _, session in turn]
        outbox.settled(0)
    assert order == [SESSION, OTHER, SESSION, SESSION, SESSION]


def test_the_next_piece_goes_by_itself_once_one_is_confirmed() -> None:
    woken: list[int] = []
    outbox = Outbox(wake=lambda: woken.append(1))
    put_file(outbox, SESSION, pieces=MAX_PIECES_AWAY + 1)
    outbox.take()
    woken.clear()
    outbox.settled(MAX_PIECES_AWAY)
    assert not woken
    outbox.settled(MAX_PIECES_AWAY - 1)
    assert woken == [1]


def test_a_file_that_was_held_back_leaves_with_what_was_said_behind_it() -> None:
    woken: list[int] = []
    outbox = Outbox(wake=lambda: woken.append(1))
    outbox.hold()
    put_file(outbox, SESSION, pieces=1)
    say(outbox, SESSION)
    assert not woken
    outbox.hurry()
    assert woken == [1]
    assert taken(outbox) == [("piece", SESSION), ("word", SESSION)]


def test_a_run_whose_end_waits_behind_a_file_is_said_to_have_begun() -> None:
    outbox = an_outbox()
    change = RunChanged(session=SESSION, run=STEP, name="on_message", status="running")
    outbox.put(change)
    put_file(outbox, SESSION, pieces=1)
    outbox.put(replace(change, status="done"))
    frames = [msgspec.json.decode(raw, type=HostFrame) for raw in outbox.take()]
    assert [frame.status for frame in frames if isinstance(frame, RunChanged)] == ["running", "done"]


async def test_only_who_sends_a_file_waits_for_it() -> None:
    outbox = an_outbox()
    put_file(outbox, SESSION, pieces=MAX_WAITING_FILE_BYTES // FILE_PIECE_BYTES + 1, size=FILE_PIECE_BYTES)
    await asyncio.wait_for(outbox.room(), 5)
    waiting = asyncio.ensure_future(outbox.room_for_files())
    await asyncio.sleep(0)
    assert not waiting.done()
    while outbox.take():
        outbox.settled(0)
    await asyncio.wait_for(waiting, 5)


def test_who_shows_a_large_content_waits_for_no_copy_of_it_and_for_no_encoding() -> None:
    outbox, content = an_outbox(), bytes(100 * FILE_PIECE_BYTES)
    files = HostFiles(SESSION, outbox, max_bytes=len(content), warn=pytest.fail)
    tracemalloc.start()
    files.put(content)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < FILE_PIECE_BYTES, "nothing was made of it"
    assert len(outbox.take()) == MAX_PIECES_AWAY


def test_at_the_end_files_go_whole_and_what_is_forgotten_does_not() -> None:
    outbox = an_outbox()
    put_file(outbox, SESSION, pieces=9)
    say(outbox, SESSION)
    assert taken(outbox, is_last=True) == [*[("piece", SESSION)] * 9, ("word", SESSION)]
    put_file(outbox, THIRD, pieces=9)
    outbox.forget()
    say(outbox, THIRD)
    assert taken(outbox) == [("word", THIRD)]
