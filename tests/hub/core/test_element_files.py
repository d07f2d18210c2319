"""What elements show is kept for their session alone, goes with it or stays with its thread; exports name it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_chat_sessions.hub.export import export
from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.hub.session_files import MAX_REFUSED
from jupyter_chat_sessions.protocol.frames import (
    DropFile,
    HostRefused,
    OpenNotebookSession,
    PutElement,
    PutFile,
    RemoveStep,
)
from jupyter_chat_sessions.protocol.steps import Element, Step

from .doubles import Hall, KeepingStore, Tab, new_id, refusal_of


def shown(hall: Hall, tab: Tab, content: bytes = b"x", name: str = "report.pdf") -> tuple[Step, Element]:
    """A message with an element, as a host shows it."""
    session, file = tab.viewing.session, new_id()
    step = hall.host.reply(session, "Look")
    element = Element(id=new_id(), type="file", name=name, file=file, bytes=len(content))
    hall.host.say(PutFile(session=session, file=file, offset=0, data=content, is_last=True))
    hall.host.emit(session, PutElement(step_id=step.id, element=element))
    return step, element


def test_its_viewer_reads_it_and_nobody_else() -> None:
    hall = Hall()
    alice, bob = hall.enter("alice"), hall.enter("bob")
    _, element = shown(hall, alice)
    assert alice.steps[-1].elements == [element]
    assert element.file is not None
    assert hall.session(alice).files.path(element.file).read_bytes() == b"x"
    code, _ = refusal_of(lambda: hall.session(bob).files.path(str(element.file)))
    assert code == "unknown_file"


@pytest.mark.parametrize(("outlive", "keeps"), [(True, True), (False, False)])
def test_it_goes_with_its_session_or_stays_with_its_thread(outlive: bool, keeps: bool) -> None:
    hall = Hall(store=KeepingStore(), options=HubOptions(files_outlive_sessions=outlive))
    tab = hall.enter()
    _, element = shown(hall, tab)
    session = hall.session(tab)
    hall.hub.end_session(session)
    assert (hall.hub.files.size(session.record.thread_id, str(element.file)) is not None) is keeps


def test_where_no_thread_is_kept_it_goes_with_its_session() -> None:
    hall = Hall(options=HubOptions(files_outlive_sessions=True))
    tab = hall.enter()
    _, element = shown(hall, tab)
    session = hall.session(tab)
    hall.hub.end_session(session)
    assert hall.hub.files.size(session.record.thread_id, str(element.file)) is None


def test_of_one_that_is_too_large_nothing_stays_and_its_host_is_told() -> None:
    hall = Hall(options=HubOptions(max_file_bytes=10))
    tab = hall.enter()
    assert hall.host.opened[-1].max_file_bytes == 10
    _, element = shown(hall, tab, b"12345678901")
    assert hall.host.got(HostRefused)[-1].code == "too_large"
    assert hall.hub.files.size(hall.session(tab).record.thread_id, str(element.file)) is None


def test_what_the_conversation_has_no_room_for_is_told_to_its_host_and_to_who_looks_for_it() -> None:
    hall = Hall(options=HubOptions(max_session_bytes=10))
    tab = hall.enter()
    _, small = shown(hall, tab, b"12345")
    _, large = shown(hall, tab, b"123456")
    refusal = hall.host.got(HostRefused)[-1]
    assert (refusal.code, refusal.file) == ("too_large", large.file)
    files = hall.session(tab).files
    assert refusal_of(lambda: files.path(str(large.file))) == ("unknown_file", refusal.text)
    assert files.path(str(small.file)).read_bytes() == b"12345"
    # And once there is room, it can come.
    session = tab.viewing.session
    hall.host.say(DropFile(session=session, file=str(small.file)))
    hall.host.emit(session, RemoveStep(step_id=tab.steps[-2].id))
    hall.host.say(PutFile(session=session, file=str(large.file), offset=0, data=b"123456", is_last=True))
    assert files.path(str(large.file)).read_bytes() == b"123456"


def test_of_a_host_that_never_stops_only_the_last_reasons_are_kept() -> None:
    hall = Hall(options=HubOptions(max_session_bytes=0))
    tab = hall.enter()
    refused = [shown(hall, tab)[1] for _ in range(MAX_REFUSED + 1)]
    files = hall.session(tab).files
    _, oldest = refusal_of(lambda: files.path(str(refused[0].file)))
    _, newest = refusal_of(lambda: files.path(str(refused[-1].file)))
    assert oldest != newest


def test_an_export_names_it_and_a_name_is_just_a_name() -> None:
    hall = Hall()
    tab = hall.enter()
    shown(hall, tab, name="a [link](https://example.org) *and*\n# more")
    thread = hall.session(tab)._transcript.thread
    written = export(thread, tab.steps, "markdown").content.decode()
    assert r"*With: a \[link\]\(https\:\/\/example\.org\) \*and\* \# more*" in written
    assert b"With: a" in export(thread, tab.steps, "notebook").content
    assert b'"elements"' in export(thread, tab.steps, "json").content


def test_files_of_a_notebooks_own_session_are_not_left_by_a_server_that_is_killed(tmp_path: Path) -> None:
    hall = Hall(store=KeepingStore(), files=FileStore(tmp_path))
    session, thread = new_id(), new_id()
    hall.host.say(OpenNotebookSession(channel=hall.settings.name, session=session, thread_id=thread))
    hall.host.say(PutFile(session=session, file=new_id(), offset=0, data=b"plot", is_last=True))
    hall.kill()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
