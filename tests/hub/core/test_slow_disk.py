"""While the disk is slow, only those wait who need it, and they wait in order; of what goes wrong nothing stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.hub.hub import NewSession
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.hub.session import Session
from jupyter_chat_sessions.hub.wanted import MAX_PIECES_AWAY
from jupyter_chat_sessions.protocol.frames import (
    Accepted,
    Deliver,
    Emit,
    FilePiece,
    HostAnswer,
    HostRefused,
    PutFile,
    PutStep,
    RunChanged,
    WantFile,
)
from jupyter_chat_sessions.protocol.steps import Element, Step, Uploads

from .doubles import FakeHost, Hall, KeepingStore, LastingStore, LateDisk, Tab, a_person, new_id, refusal_of


@pytest.fixture
def disk() -> LateDisk:
    return LateDisk()


def on_disk(directory: Path) -> list[bytes]:
    """Return what every file holds, whole or not."""
    return sorted(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def piece(tab: Tab, file: str, data: bytes, *, offset: int = 0, is_last: bool = True) -> PutFile:
    return PutFile(session=tab.viewing.session, file=file, offset=offset, data=data, is_last=is_last)


def given(session: Session) -> str:
    """Give a whole file and return its id."""
    upload = session.files.begin_upload(name="notes.txt", mime="text/plain", size=7)
    upload.write(b"content")
    upload.finish()
    return upload.id


def message(text: str, file: str | None = None) -> Step:
    elements = [] if file is None else [Element(id=new_id(), type="file", name="plot", file=file)]
    return Step(id=new_id(), type="assistant_message", name="Bot", output=text, elements=elements)


def say(hall: Hall, tab: Tab, *steps: Step) -> None:
    hall.host.say(*(Emit(session=tab.viewing.session, event=PutStep(step=step)) for step in steps))


def texts(tab: Tab) -> list[str]:
    return [step.output for step in tab.steps]


# ---- who waits -------------------------------------------------------------------------------------------------------


def test_while_a_file_is_written_others_are_answered_and_its_element_comes_after_it(disk: LateDisk) -> None:
    hall = Hall(disk=disk)
    alice, bob = hall.enter("alice"), hall.enter("bob")
    disk.is_slow = True
    file = new_id()
    hall.host.say(piece(alice, file, b"plot"))
    say(hall, alice, message("Look", file), message("And now?"))
    assert texts(alice) == []

    hall.host.begin(bob.viewing.session)
    bob.say("Hello")
    hall.host.work()
    say(hall, bob, message("Hello, Bob"))
    assert texts(bob) == ["Hello", "Hello, Bob"]
    assert bob.statuses == ["done"]
    alice.say("I can speak, too")
    assert texts(alice) == ["I can speak, too"]

    disk.go_on()
    assert texts(alice) == ["I can speak, too", "Look", "And now?"]
    assert hall.session(alice).files.path(file).read_bytes() == b"plot"


def test_what_stands_before_a_second_file_does_not_wait_for_that(disk: LateDisk) -> None:
    hall = Hall(disk=disk)
    tab = hall.enter()
    disk.is_slow = True
    for number in (1, 2):
        file = new_id()
        hall.host.say(piece(tab, file, b"plot"))
        say(hall, tab, message(f"plot {number}", file))
    disk.go_on(1)
    assert texts(tab) == ["plot 1"]
    disk.go_on()
    assert texts(tab) == ["plot 1", "plot 2"]


def test_what_waits_for_a_file_also_waits_for_what_a_viewer_says(disk: LateDisk) -> None:
    store = LastingStore()
    hall = Hall(disk=disk, store=store)
    tab = hall.enter()
    disk.is_slow = store.is_slow = True
    hall.host.say(piece(tab, new_id(), b"plot"))
    say(hall, tab, message("Look"))
    tab.say("Hello")
    disk.go_on()
    assert texts(tab) == []
    store.write()
    assert texts(tab) == ["Hello", "Look"]


def test_nothing_is_acknowledged_before_it_is_written(disk: LateDisk, directory: Path) -> None:
    hall = Hall(disk=disk, files=FileStore(directory))
    tab = hall.enter()
    disk.is_slow = True
    first, second = piece(tab, new_id(), b"first"), piece(tab, new_id(), b"second")
    hall.host.say(first)
    hall.host.say(second)
    assert hall.host.unacknowledged == [first, second]
    hall.host.cut()
    hall.host.connect()  # and says both again
    disk.go_on(1)
    assert hall.host.unacknowledged == [second]
    disk.go_on()
    assert hall.host.unacknowledged == []
    assert on_disk(directory) == [b"first", b"second"]
    assert not hall.host.got(HostRefused)


def test_a_piece_that_is_read_slowly_holds_up_nobody_and_few_are_read_at_a_time(disk: LateDisk) -> None:
    hall = Hall(disk=disk)
    alice, bob = hall.enter("alice"), hall.enter("bob")
    files = [new_id() for _ in range(2 * MAX_PIECES_AWAY)]
    hall.host.say(*(piece(alice, file, file.encode()) for file in files))
    disk.is_slow = True
    hall.host.say(*(WantFile(session=alice.viewing.session, file=file) for file in files))
    say(hall, bob, message("Hello, Bob"))
    assert texts(bob) == ["Hello, Bob"]
    assert hall.host.got(FilePiece) == []
    disk.go_on()
    assert [each.file for each in hall.host.got(FilePiece)] == files[:MAX_PIECES_AWAY]
    hall.host.say()  # which acknowledges what came
    disk.go_on()
    assert [each.data for each in hall.host.got(FilePiece)] == [file.encode() for file in files]


def test_a_piece_that_was_read_when_the_session_was_over_is_not_handed_out(disk: LateDisk) -> None:
    hall = Hall(disk=disk)
    tab = hall.enter()
    file = new_id()
    hall.host.say(piece(tab, file, b"hers"))
    disk.is_slow = True
    hall.host.say(WantFile(session=tab.viewing.session, file=file))
    hall.session(tab).end("closed")
    disk.go_on()
    (answer,) = hall.host.got(FilePiece)
    assert answer.data == b""
    assert answer.error is not None


async def test_what_is_said_with_a_file_does_not_wait_for_the_disk_and_who_reads_the_file_does(disk: LateDisk) -> None:
    hall = Hall(disk=disk)
    tab = hall.enter()
    hall.host.begin(tab.viewing.session)
    session = hall.session(tab)
    file = given(session)
    disk.is_slow = True
    tab.say("Look", files=[file])
    assert hall.host.delivered == ["Look"]
    assert len(tab.got(Accepted)) == 1
    hall.host.say(WantFile(session=session.id, file=file))
    assert session.files.is_unsettled(file)
    await session.files.settled()
    assert session.files.path(file).read_bytes() == b"content"
    assert [each.data for each in hall.host.got(FilePiece)] == [b"content"]
    assert not session.files.is_unsettled(file)


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_disk_that_is_full_is_told_once_and_nothing_of_the_file_stays_or_counts(
    disk: LateDisk, directory: Path
) -> None:
    directory.write_text("a file where the folder should be")
    hall = Hall(disk=disk, files=FileStore(directory), options=HubOptions(max_session_bytes=12))
    tab = hall.enter()
    disk.is_slow = True
    file = new_id()
    for offset in (0, 4, 8):
        hall.host.say(piece(tab, file, b"four", offset=offset, is_last=offset == 8))
    say(hall, tab, message("Look", file))
    assert hall.host.got(HostRefused) == []
    disk.go_on()
    (refusal,) = hall.host.got(HostRefused)
    assert (refusal.code, refusal.file) == ("storage_full", file)
    assert texts(tab) == ["Look"]
    session = hall.session(tab)
    assert refusal_of(lambda: session.files.path(file)) == ("unknown_file", refusal.text)
    assert hall.host.unacknowledged == []
    directory.unlink()
    hall.host.say(piece(tab, file, b"twelve bytes"))
    disk.go_on()
    assert on_disk(directory) == [b"twelve bytes"]


def test_a_disk_that_fails_in_an_unknown_way_is_told_too(disk: LateDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(disk=disk)
    tab = hall.enter()

    def fail(*_: object, **__: object) -> None:
        raise ValueError("nobody has thought of this")

    monkeypatch.setattr(FileStore, "write", fail)
    hall.host.say(piece(tab, new_id(), b"plot"))
    say(hall, tab, message("Look"))
    assert [refusal.code for refusal in hall.host.got(HostRefused)] == ["internal"]
    assert texts(tab) == ["Look"]


def test_of_what_is_refused_while_its_first_pieces_are_written_nothing_stays(disk: LateDisk, directory: Path) -> None:
    hall = Hall(disk=disk, files=FileStore(directory), options=HubOptions(max_file_bytes=10))
    tab = hall.enter()
    disk.is_slow = True
    file = new_id()
    for offset in (0, 8, 16):
        hall.host.say(piece(tab, file, b"x" * 8, offset=offset, is_last=offset == 16))
    disk.go_on()
    assert [refusal.code for refusal in hall.host.got(HostRefused)] == ["too_large"]
    assert list(directory.iterdir()) == []
    hall.host.say(piece(tab, file, b"small"))
    disk.go_on()
    assert on_disk(directory) == [b"small"]


def test_a_file_that_is_begun_anew_while_it_is_written_is_the_second_and_counts_once(
    disk: LateDisk, directory: Path
) -> None:
    hall = Hall(disk=disk, files=FileStore(directory))
    tab = hall.enter()
    disk.is_slow = True
    file = new_id()
    hall.host.say(piece(tab, file, b"first", is_last=False))
    hall.host.say(piece(tab, file, b"sec", is_last=False))
    disk.go_on(1)  # which is the first's, and no news of the second's
    hall.host.say(piece(tab, file, b"ond", offset=3))
    hall.host.say(piece(tab, file, b"third"))  # of one that is whole, and not yet written
    disk.go_on()
    assert on_disk(directory) == [b"second"]
    assert [refusal.code for refusal in hall.host.got(HostRefused)] == ["conflict"]
    assert hall.session(tab).files._bytes == len(b"second")


def test_that_the_first_try_of_a_file_failed_is_no_news_of_the_second(disk: LateDisk, directory: Path) -> None:
    directory.write_text("a file where the folder should be")
    hall = Hall(disk=disk, files=FileStore(directory))
    tab = hall.enter()
    disk.is_slow = True
    file = new_id()
    hall.host.say(piece(tab, file, b"first", is_last=False))
    hall.host.say(piece(tab, file, b"second"))
    disk.go_on(1)
    directory.unlink()
    disk.go_on()
    assert hall.host.got(HostRefused) == []
    assert hall.session(tab).files.path(file).read_bytes() == b"second"


def test_an_answer_with_files_waits_for_them(disk: LateDisk) -> None:
    hall = Hall(disk=disk)
    tab = hall.enter()
    session = tab.viewing.session
    question = hall.host.ask(session, uploads=Uploads())
    disk.is_slow = True
    element = Element(id=new_id(), type="file", name="a.csv", mime="text/csv", file=new_id())
    hall.host.say(piece(tab, str(element.file), b"a,b"))
    hall.host.say(HostAnswer(session=session, question_id=question, text="", files=[element]))
    disk.go_on()
    assert hall.host.got(HostRefused) == []
    assert [given.file for given in tab.steps[-1].elements] == [element.file]
    assert hall.session(tab).files.path(str(element.file)).read_bytes() == b"a,b"


def test_what_could_not_be_said_leaves_its_file_as_it_was(disk: LateDisk, directory: Path) -> None:
    store = KeepingStore()
    hall = Hall(disk=disk, store=store, files=FileStore(directory))
    tab = hall.enter()
    file = given(hall.session(tab))
    store.is_full = True
    tab.say("Look", files=[file])
    assert [path.name for path in directory.rglob("*") if path.is_file()] == [f"{file}.held"]
    assert refusal_of(lambda: hall.session(tab).files.path(file))[0] == "unknown_file"
    assert hall.session(tab).files.discard(file)
    assert list(directory.iterdir()) == []


# ---- the ends of things ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outlives", "kept"), [(True, [b"whole"]), (False, [])])
def test_a_session_that_ends_meanwhile_keeps_what_had_come_whole_or_nothing(
    outlives: bool, kept: list[bytes], disk: LateDisk, directory: Path
) -> None:
    store = KeepingStore()
    options = HubOptions(files_outlive_sessions=outlives)
    hall = Hall(disk=disk, store=store, files=FileStore(directory), options=options)
    tab = hall.enter()
    disk.is_slow = True
    hall.host.say(piece(tab, new_id(), b"whole"))
    say(hall, tab, message("Look"))
    hall.host.say(piece(tab, new_id(), b"half", is_last=False))
    session = hall.session(tab)
    session.end("closed")
    assert texts(tab) == ["Look"]  # what was heard before the end has its place
    disk.go_on()
    assert on_disk(directory) == kept
    assert list(directory.iterdir()) == [directory / session.record.thread_id] * len(kept)
    assert hall.host.unacknowledged == []


def test_what_was_said_with_a_file_before_the_server_was_killed_has_it_afterwards(
    disk: LateDisk, directory: Path
) -> None:
    hall = Hall(disk=disk, store=KeepingStore(), files=FileStore(directory))
    tab = hall.enter()
    said, unsaid = given(hall.session(tab)), given(hall.session(tab))
    disk.is_slow = True
    tab.say("Look", files=[said])
    hall.kill()
    hall.disk, hall.files = None, FileStore(directory)
    hall.start()
    hall.start_kernel()
    tab.come_back(hall.hub)
    files = hall.session(tab).files
    assert files.path(said).read_bytes() == b"content"
    assert refusal_of(lambda: files.path(unsaid))[0] == "unknown_file"
    assert on_disk(directory) == [b"content"]
    assert files._bytes == len(b"content")


@pytest.mark.parametrize("is_full", [False, True])
async def test_a_session_that_ends_while_a_message_is_stored_keeps_its_file_if_that_is(
    is_full: bool, directory: Path
) -> None:
    store = KeepingStore()
    hall = Hall(store=store, files=FileStore(directory))
    tab = hall.enter()
    file = given(hall.session(tab))
    store.is_slow = True
    tab.say("Look", files=[file])
    hall.session(tab).end("closed")
    store.is_full = is_full
    store.write()
    assert [path.name for path in directory.rglob("*") if path.is_file()] == ([] if is_full else [file])


async def test_a_thread_that_is_removed_meanwhile_leaves_nothing(disk: LateDisk, directory: Path) -> None:
    hall = Hall(disk=disk, store=KeepingStore(), files=FileStore(directory))
    tab = hall.enter()
    disk.is_slow = True
    hall.host.say(piece(tab, new_id(), b"plot"))
    await hall.hub.drop_thread(a_person(), hall.session(tab).record.thread_id)
    assert list(directory.iterdir()) == []


async def test_a_session_that_goes_on_with_the_thread_counts_what_was_still_being_written(
    disk: LateDisk, directory: Path
) -> None:
    options = HubOptions(max_session_bytes=10)
    hall = Hall(disk=disk, store=KeepingStore(), files=FileStore(directory), options=options)
    tab = hall.enter()
    disk.is_slow = True
    file, half = new_id(), new_id()
    hall.host.say(piece(tab, file, b"content"), piece(tab, half, b"h", is_last=False))
    thread = hall.session(tab).record.thread_id
    created = await hall.hub.resume_thread(a_person(), NewSession(channel="lesson"), thread)
    files = hall.hub.session(a_person(), created.session, created.secret).files
    assert files.path(file).read_bytes() == b"content"
    assert on_disk(directory) == [b"content"]
    code, _ = refusal_of(lambda: files.begin_upload(name="a", mime="text/plain", size=4))
    assert code == "too_large"


async def test_what_a_host_said_before_another_took_over_comes_before_that_and_its_file_can_be_waited_for(
    disk: LateDisk,
) -> None:
    hall = Hall(disk=disk)
    tab = hall.enter()
    session = tab.viewing.session
    hall.host.begin(session)
    tab.say("Draw")
    (run,) = [frame.step.id for frame in hall.host.got(Deliver)]
    hall.host.run(session, run, "running")
    disk.is_slow = True
    file = new_id()
    hall.host.say(piece(tab, file, b"plot"))
    say(hall, tab, message("Look", file))
    hall.host.say(RunChanged(session=session, run=run, name="on_message", status="done"))
    new = FakeHost(hall.hub, epoch="host-2", kernel_id="kernel-2").connect()
    new.publish(hall.settings, force=True)
    assert texts(tab) == ["Draw", "Look"]
    assert tab.statuses == ["done"]
    assert new.delivered == []
    await hall.session(tab).files.settled()
    assert hall.session(tab).files.path(file).read_bytes() == b"plot"


def test_of_a_host_that_leaves_in_the_middle_of_a_file_nothing_stays(disk: LateDisk, directory: Path) -> None:
    hall = Hall(disk=disk, files=FileStore(directory))
    tab = hall.enter()
    disk.is_slow = True
    hall.host.say(piece(tab, new_id(), b"half", is_last=False))
    hall.host.cut()
    hall.clock.advance(hall.options.host_grace_s + 1)
    hall.session(tab).end("closed")
    disk.go_on()
    assert list(directory.iterdir()) == []


def test_a_file_that_is_let_go_before_the_disk_has_removed_it_is_let_go_once(disk: LateDisk, directory: Path) -> None:
    hall = Hall(disk=disk, files=FileStore(directory))
    tab = hall.enter()
    file = new_id()
    hall.host.say(piece(tab, file, b"plot"))
    disk.is_slow = True
    files = hall.session(tab).files
    files.drop(file)
    files.drop(file)
    assert refusal_of(lambda: files.path(file))[0] == "unknown_file"
    disk.go_on()
    assert list(directory.iterdir()) == []
    assert files._bytes == 0
