"""Whatever a host says, a disk does, or happens at the same moment: a file that is there stays, and counts once."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.protocol.frames import (
    AppendText,
    Emit,
    FilePiece,
    PutFile,
    PutStep,
    WantFile,
)
from jupyter_chat_sessions.protocol.steps import Step

from .doubles import Hall, KeepingStore, Tab, new_id


def on_disk(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def give(hall: Hall, tab: Tab, content: bytes = b"hers") -> str:
    upload = hall.session(tab).files.begin_upload(name="a.txt", mime="text/plain", size=len(content))
    upload.write(content)
    upload.finish()
    return upload.id


def put(hall: Hall, tab: Tab, file: str, content: bytes) -> None:
    hall.host.say(PutFile(session=tab.viewing.session, file=file, offset=0, data=content, is_last=True))


def test_a_file_that_is_there_is_not_written_over_and_counts_once(tmp_path: Path) -> None:
    hall = Hall(files=FileStore(tmp_path))
    tab = hall.enter()
    file = new_id()
    for content in (b"first", b"second"):
        put(hall, tab, file, content)
    assert on_disk(tmp_path) == {file: b"first"}
    assert hall.session(tab).files._bytes == len(b"first")


def test_what_a_viewer_gave_is_not_written_over_by_a_host(tmp_path: Path) -> None:
    hall = Hall(files=FileStore(tmp_path))
    tab = hall.enter()
    file = give(hall, tab)
    put(hall, tab, file, b"another's")
    tab.say("here", files=[file])
    put(hall, tab, file, b"another's")
    assert on_disk(tmp_path) == {file: b"hers"}


def test_a_disk_that_cannot_be_read_is_told_and_what_comes_behind_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall(files=FileStore(tmp_path))
    tab = hall.enter()
    session, file = tab.viewing.session, new_id()
    put(hall, tab, file, b"content")

    def fail(*_: object, **__: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(FileStore, "read", fail)
    step = Step(id=new_id(), type="assistant_message", name="Bot", streaming=True)
    hall.host.say(
        WantFile(session=session, file=file),
        Emit(session=session, event=PutStep(step=step)),
        Emit(session=session, event=AppendText(step_id=step.id, offset=0, text="heard")),
    )
    assert hall.host.got(FilePiece)[-1].error
    assert tab.steps[-1].output == "heard"


def test_what_is_being_said_cannot_be_taken_back(tmp_path: Path) -> None:
    store = KeepingStore()
    hall = Hall(store=store, files=FileStore(tmp_path))
    tab = hall.enter()
    file = give(hall, tab)
    store.is_slow = True
    tab.say("here", files=[file])
    assert not hall.session(tab).files.discard(file)
    store.is_slow = False
    store.write()
    assert tab.steps[-1].elements[0].file == file
    assert on_disk(tmp_path) == {file: b"hers"}
