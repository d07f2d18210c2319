"""Contents that nothing shows any more go: a picture that is drawn anew all the time does not fill the disk."""

from __future__ import annotations

from pathlib import Path

from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.hub.session_files import MAX_PARTING
from jupyter_chat_sessions.protocol.frames import DropFile, HostRefused, PutElement, PutFile, RemoveElement, SetState
from jupyter_chat_sessions.protocol.steps import Element

from .doubles import Hall, Tab, new_id


def put(hall: Hall, tab: Tab, content: bytes = b"x") -> str:
    file = new_id()
    hall.host.say(PutFile(session=tab.viewing.session, file=file, offset=0, data=content, is_last=True))
    return file


def drop(hall: Hall, tab: Tab, *files: str) -> None:
    hall.host.say(*(DropFile(session=tab.viewing.session, file=file) for file in files))


def on_disk(directory: Path) -> set[str]:
    return {path.name for path in directory.rglob("*") if path.is_file()}


def test_of_a_picture_that_is_drawn_anew_only_the_newest_are_kept(tmp_path: Path) -> None:
    hall = Hall(files=FileStore(tmp_path), options=HubOptions(max_session_bytes=100))
    tab = hall.enter()
    step, element = hall.host.reply(tab.viewing.session, "Look"), new_id()
    files: list[str] = []
    for _ in range(1000):
        files.append(put(hall, tab, b"1234567890"))
        shown = Element(id=element, type="image", name="plot", file=files[-1])
        hall.host.emit(tab.viewing.session, PutElement(step_id=step.id, element=shown))
        drop(hall, tab, *files[-2:-1])
    assert not hall.host.got(HostRefused)
    assert files[-1] in on_disk(tmp_path)
    assert on_disk(tmp_path) <= set(files[-1 - MAX_PARTING :])
    hall.hub.end_session(hall.session(tab))
    assert not on_disk(tmp_path)


def test_what_is_shown_again_stays(tmp_path: Path) -> None:
    hall = Hall(files=FileStore(tmp_path))
    tab = hall.enter()
    session = tab.viewing.session
    step, element, file = hall.host.reply(session, "Look"), new_id(), put(hall, tab)
    in_panel = put(hall, tab)
    drop(hall, tab, file, in_panel)
    shown = Element(id=element, type="image", name="plot", file=file)
    panel = {"title": "", "key": None, "elements": [{"id": new_id(), "file": in_panel}]}
    hall.host.emit(session, PutElement(step_id=step.id, element=shown), SetState(state={"sidebar": panel}))
    others = [put(hall, tab) for _ in range(MAX_PARTING)]
    drop(hall, tab, *others)
    assert on_disk(tmp_path) == {file, in_panel, *others}
    hall.host.emit(session, RemoveElement(step_id=step.id, element_id=element))
    drop(hall, tab, file)
    drop(hall, tab, *(put(hall, tab) for _ in range(MAX_PARTING)))
    assert file not in on_disk(tmp_path)
    assert in_panel in on_disk(tmp_path)


def test_what_somebody_gave_does_not_go_by_a_word_of_the_host(tmp_path: Path) -> None:
    hall = Hall(files=FileStore(tmp_path))
    tab = hall.enter()
    upload = hall.session(tab).files.begin_upload(name="a.txt", mime="text/plain", size=1)
    upload.write(b"x")
    upload.finish()
    drop(hall, tab, upload.id, *(new_id() for _ in range(MAX_PARTING)))
    tab.say("here", files=[upload.id])
    drop(hall, tab, upload.id, *(new_id() for _ in range(MAX_PARTING)))
    assert on_disk(tmp_path) == {upload.id}
