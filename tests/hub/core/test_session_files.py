"""Files: whole or not at all, of one session only, within the limits, and freed with what they belong to."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.hub.hub import NewSession
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.hub.session import Session
from jupyter_chat_sessions.hub.uploads import Upload
from jupyter_chat_sessions.protocol.frames import (
    MAX_FILES,
    Accepted,
    ChannelSettings,
    ClearQuestion,
    DeliverAnswer,
    ErrorFrame,
    FilePiece,
    HostRefused,
    PutFile,
    WantFile,
)
from jupyter_chat_sessions.protocol.steps import Uploads

from .doubles import Hall, KeepingStore, Tab, a_person, new_id, refusal_of


def give(session: Session, content: bytes = b"content", *, name: str = "notes.txt", question: str | None = None) -> str:
    """Give a whole file and return its id."""
    upload = session.files.begin_upload(name=name, mime="text/plain", size=len(content), question_id=question)
    upload.write(content)
    upload.finish()
    return upload.id


def begin(session: Session, *, size: int = 7, name: str = "notes.txt", client: str | None = None) -> Upload:
    return session.files.begin_upload(name=name, mime="text/plain", size=size, client_id=client)


def on_disk(directory: Path) -> list[str]:
    """Return what every file holds, whole or not."""
    return sorted(path.read_text() for path in directory.rglob("*") if path.is_file())


def refusals(tab: Tab) -> list[str]:
    return [error.code for error in tab.got(ErrorFrame)]


def limited(**uploads: object) -> ChannelSettings:
    return ChannelSettings(name="lesson", title="Lesson", uploads=Uploads(**uploads))  # type: ignore[arg-type]


# ---- said ------------------------------------------------------------------------------------------------------------


def test_what_is_given_is_part_of_the_message_and_the_host_can_fetch_it_in_pieces() -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.begin(tab.viewing.session)
    session = hall.session(tab)
    content = bytes(range(256)) * 3000
    files = [give(session, content, name="a.bin"), give(session, b"second", name="b.txt")]
    tab.say("", files=files)
    (said,) = [step for step in tab.steps if step.type == "user_message"]
    assert [(element.name, element.file, element.bytes) for element in said.elements] == [
        ("a.bin", files[0], len(content)),
        ("b.txt", files[1], 6),
    ]
    assert hall.host.delivered == [""]
    fetched = b""
    while not (pieces := hall.host.got(FilePiece)) or not pieces[-1].is_last:
        hall.host.say(WantFile(session=session.id, file=files[0], offset=len(fetched)))
        fetched += hall.host.got(FilePiece)[-1].data
    assert fetched == content
    assert len(pieces) > 1


def test_a_message_sent_twice_with_files_is_one_message() -> None:
    hall = Hall()
    tab = hall.enter()
    file = give(hall.session(tab))
    client_id = tab.say("Look", files=[file])
    tab.say("Look", files=[file], client_id=client_id)
    assert [len(step.elements) for step in tab.steps] == [1]
    assert len({frame.step_id for frame in tab.got(Accepted)}) == 1
    tab.say("Look", client_id=client_id)
    tab.say("Again", files=[file])
    assert refusals(tab) == ["conflict", "conflict"]


def test_a_file_named_twice_is_one_element() -> None:
    hall = Hall()
    tab = hall.enter()
    file = give(hall.session(tab))
    tab.say("Look", files=[file, file])
    assert len(tab.steps[-1].elements) == 1


def test_what_is_not_whole_or_of_another_session_is_not_said() -> None:
    hall = Hall()
    alice, bob = hall.enter("alice"), hall.enter("bob")
    hers = give(hall.session(alice))
    bob.say("Mine!", files=[hers])
    half = begin(hall.session(bob))
    half.write(b"ha")
    bob.say("Half", files=[half.id])
    bob.say("Path", files=[new_id()])
    assert refusals(bob) == ["conflict"] * 3
    assert bob.steps == []
    alice.say("Mine", files=[hers])
    assert refusal_of(lambda: hall.session(bob).files.path(hers))[0] == "unknown_file"
    hall.host.say(WantFile(session=bob.viewing.session, file=hers))
    assert hall.host.got(FilePiece)[-1].error


def test_what_cannot_be_stored_now_is_said_with_its_files_later() -> None:
    store = KeepingStore()
    hall = Hall(store=store)
    tab = hall.enter()
    file = give(hall.session(tab))
    store.is_full = True
    tab.say("Look", files=[file])
    assert refusals(tab) == ["storage_full"]
    store.is_full = False
    for command in tab.viewing.retry():
        tab.put(command)
    assert [element.file for element in tab.steps[-1].elements] == [file]


# ---- limits ----------------------------------------------------------------------------------------------------------


def test_each_limit_is_told_with_a_sentence_and_nothing_is_begun(directory: Path) -> None:
    hall = Hall(
        limited(accept=["text/*", ".csv"], max_files=2, max_bytes=10),
        options=HubOptions(max_file_bytes=8, max_session_bytes=12),
        files=FileStore(directory),
    )
    session = hall.session(hall.enter())
    assert refusal_of(lambda: begin(session, size=0)) == ("malformed", "notes.txt is empty: there is nothing to send.")
    assert refusal_of(lambda: begin(session, size=-1))[0] == "malformed"
    assert refusal_of(lambda: begin(session, size=9))[0] == "too_large"
    code, text = refusal_of(lambda: session.files.begin_upload(name="a.png", mime="image/png", size=1))
    assert (code, text) == ("conflict", "a.png is not taken here: only text/*, .csv.")
    begin(session, size=8)
    assert refusal_of(lambda: begin(session, size=5))[1] == (
        "The files of this conversation are too large together. Start a new chat."
    )
    begin(session, size=4)
    assert refusal_of(lambda: begin(session, size=1)) == ("busy", "At most 2 files are taken at a time.")
    assert on_disk(directory) == []


def test_a_chat_that_takes_no_files_says_so() -> None:
    hall = Hall(ChannelSettings(name="lesson", title="Lesson", uploads=None))
    session = hall.session(hall.enter())
    assert refusal_of(lambda: begin(session)) == ("forbidden", "This chat takes no files.")


def test_a_channel_allows_no_more_files_than_a_message_can_carry() -> None:
    hall = Hall(limited(max_files=10_000))
    session = hall.session(hall.enter())
    for _ in range(MAX_FILES):
        begin(session, size=1)
    assert refusal_of(lambda: begin(session, size=1))[0] == "busy"


def test_what_is_taken_back_or_said_makes_room() -> None:
    hall = Hall(limited(max_files=1))
    tab = hall.enter()
    session = hall.session(tab)
    assert session.files.discard(give(session))
    tab.say("Look", files=[give(session)])
    give(session)


def test_a_quota_counts_what_was_said_and_what_the_host_shows_and_not_what_was_taken_back() -> None:
    hall = Hall(options=HubOptions(max_session_bytes=30))
    tab = hall.enter()
    session = hall.session(tab)
    tab.say("Look", files=[give(session, b"x" * 10)])
    hall.host.say(PutFile(session=session.id, file=new_id(), offset=0, data=b"x" * 10, is_last=True))
    session.files.discard(give(session, b"x" * 10))
    begin(session, size=10).cancel()  # counts until it is discarded
    assert refusal_of(lambda: begin(session, size=11))[0] == "too_large"


def test_each_session_has_a_quota_of_its_own() -> None:
    hall = Hall(options=HubOptions(max_session_bytes=10))
    for name in ("alice", "alice", "bob"):
        give(hall.session(hall.enter(name)), b"x" * 10)


def test_no_name_is_part_of_a_path(directory: Path) -> None:
    hall = Hall(files=FileStore(directory))
    session = hall.session(hall.enter())
    file = give(session, name="../../../escape.sh")
    thread = session.record.thread_id
    assert [path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()] == [
        f"{thread}/{file}.held"
    ]
    store = FileStore(directory)
    for bad in ("..", "../x", "", "A" * 36, f"{file}\n"):
        assert refusal_of(lambda bad=bad: store.path(thread, bad))[0] == "malformed"  # type: ignore[misc]
        assert refusal_of(lambda bad=bad: session.files.path(bad))[0] == "unknown_file"  # type: ignore[misc]


# ---- whole or not at all ---------------------------------------------------------------------------------------------


def test_of_what_is_cut_short_too_long_or_not_wanted_nothing_stays(directory: Path) -> None:
    hall = Hall(files=FileStore(directory))
    session = hall.session(hall.enter())
    short = begin(session, size=7)
    short.write(b"shor")
    assert refusal_of(short.finish)[0] == "malformed"
    session.files.discard(short.id)
    long = begin(session, size=2)
    assert refusal_of(lambda: long.write(b"long"))[0] == "malformed"
    session.files.discard(long.id)
    unwanted = begin(session)
    unwanted.write(b"con")
    session.files.discard(unwanted.id)
    assert refusal_of(lambda: unwanted.write(b"tent"))[0] == "conflict"
    assert refusal_of(unwanted.finish)[0] == "conflict"
    assert list(directory.iterdir()) == []
    assert session.files.every_upload == []


class SlowStore(FileStore):
    """A disk that is in the middle of writing when the test does something else."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.is_writing = threading.Event()
        self.may_go_on = threading.Event()

    def write(self, thread_id: str, file_id: str, data: bytes, *, offset: int) -> None:
        """Write, once the test lets it."""
        self.is_writing.set()
        assert self.may_go_on.wait(10)
        super().write(thread_id, file_id, data, offset=offset)


@pytest.mark.parametrize("how", ["cancelled", "ended"])
def test_what_is_not_wanted_while_it_is_being_written_is_removed_by_who_writes(directory: Path, how: str) -> None:
    store = SlowStore(directory)
    hall = Hall(files=store)
    tab = hall.enter()
    session = hall.session(tab)
    upload = begin(session)
    writing = threading.Thread(target=upload.write, args=(b"content",))
    writing.start()
    assert store.is_writing.wait(10)
    if how == "cancelled":
        assert session.files.discard(upload.id)
    else:
        session.end("closed")
    store.may_go_on.set()
    writing.join(10)
    assert list(directory.iterdir()) == []


def test_a_disk_that_cannot_keep_a_file_says_so_and_the_session_goes_on(directory: Path) -> None:
    directory.write_text("a file where the folder should be")
    hall = Hall(files=FileStore(directory))
    tab = hall.enter()
    upload = begin(hall.session(tab))
    assert refusal_of(lambda: upload.write(b"content"))[0] == "storage_full"
    tab.say("Hello")
    assert [step.output for step in tab.steps] == ["Hello"]


def test_an_upload_given_again_replaces_the_first_also_in_what_counts() -> None:
    hall = Hall(limited(max_files=1), options=HubOptions(max_session_bytes=10))
    session = hall.session(hall.enter())
    client = new_id()
    first = begin(session, client=client)
    first.write(b"con")
    second = begin(session, client=client)
    assert refusal_of(lambda: first.write(b"tent"))[0] == "conflict"
    second.write(b"content")
    second.finish()
    assert session.files.uploads() == [second]


# ---- questions -------------------------------------------------------------------------------------------------------


def test_a_question_is_answered_with_the_files_that_were_given_for_it() -> None:
    hall = Hall(ChannelSettings(name="lesson", title="Lesson", uploads=None))
    tab = hall.enter()
    session = hall.session(tab)
    question = hall.host.ask(session.id, uploads=Uploads(accept=[".csv"], max_files=2))
    files = [give(session, name=name, question=question) for name in ("a.csv", "b.csv")]
    tab.answer(question, "", files=files)
    (delivered,) = hall.host.got(DeliverAnswer)
    assert delivered.answer is not None
    assert [element.name for element in delivered.answer.files] == ["a.csv", "b.csv"]
    assert tab.steps[-1].elements == delivered.answer.files


def test_what_was_given_for_one_thing_does_not_go_with_another() -> None:
    hall = Hall()
    tab = hall.enter()
    session = hall.session(tab)
    question = hall.host.ask(session.id, uploads=Uploads())
    for_message, for_question = give(session), give(session, question=question)
    tab.say("Look", files=[for_question])
    tab.answer(question, "", files=[for_message])
    tab.answer(question, "nothing")
    assert refusals(tab) == ["conflict"] * 3
    tab.answer(question, "", files=[for_question])
    tab.say("Look", files=[for_message])
    assert refusals(tab) == ["conflict"] * 3


def test_only_an_open_question_for_files_takes_them() -> None:
    hall = Hall()
    tab = hall.enter()
    session = hall.session(tab)
    text = hall.host.ask(session.id)
    assert refusal_of(lambda: give(session, question=text))[0] == "question_closed"
    assert refusal_of(lambda: give(session, question=new_id()))[0] == "question_closed"


@pytest.mark.parametrize("how", ["answered", "expired", "withdrawn"])
def test_what_was_given_for_a_question_and_is_not_its_answer_goes_when_it_closes(how: str, directory: Path) -> None:
    hall = Hall(files=FileStore(directory))
    tab = hall.enter()
    session = hall.session(tab)
    question = hall.host.ask(session.id, uploads=Uploads(max_files=2), timeout_s=10)
    kept, other = (give(session, name.encode(), question=question) for name in ("kept", "other"))
    if how == "answered":
        tab.answer(question, "", files=[kept])
    elif how == "expired":
        hall.clock.advance(11)
    else:
        hall.host.emit(session.id, ClearQuestion(question_id=question, reason="withdrawn"))
    assert tab.viewing.conversation.questions == []
    assert on_disk(directory) == (["kept"] if how == "answered" else [])
    assert session.files.every_upload == []
    assert other not in [element.file for step in tab.steps for element in step.elements]


# ---- the ends of things ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outlives", "kept"), [(True, ["said", "shown"]), (False, [])])
def test_files_are_kept_with_their_thread_or_freed_with_their_session(
    outlives: bool, kept: list[str], directory: Path
) -> None:
    hall = Hall(store=KeepingStore(), files=FileStore(directory), options=HubOptions(files_outlive_sessions=outlives))
    tab = hall.enter()
    session = hall.session(tab)
    tab.say("Look", files=[give(session, b"said")])
    hall.host.say(PutFile(session=session.id, file=new_id(), offset=0, data=b"shown", is_last=True))
    hall.host.say(PutFile(session=session.id, file=new_id(), offset=0, data=b"half of what is shown"))
    give(session, b"never said")
    begin(session, size=20).write(b"half")
    session.end("closed")
    assert on_disk(directory) == kept
    assert refusal_of(lambda: begin(session))[0] == "ended"


def test_where_no_thread_outlives_its_session_no_file_does(directory: Path) -> None:
    hall = Hall(files=FileStore(directory))
    tab = hall.enter()
    session = hall.session(tab)
    tab.say("Look", files=[give(session)])
    session.end("closed")
    assert list(directory.iterdir()) == []


async def _resumed(hall: Hall, tab: Tab) -> Session:
    thread = hall.session(tab).record.thread_id
    request = NewSession(channel="lesson")
    created = await hall.hub.resume_thread(a_person(), request, thread)
    return hall.hub.session(a_person(), created.session, created.secret)


async def test_a_session_that_goes_on_with_a_thread_has_its_files_and_they_count(directory: Path) -> None:
    hall = Hall(store=KeepingStore(), files=FileStore(directory), options=HubOptions(max_session_bytes=10))
    tab = hall.enter()
    file = give(hall.session(tab))
    tab.say("Look", files=[file])
    again = await _resumed(hall, tab)
    assert again.files.path(file).read_bytes() == b"content"
    assert refusal_of(lambda: begin(again, size=4))[0] == "too_large"


async def test_a_thread_that_is_removed_takes_its_files_with_it(directory: Path) -> None:
    hall = Hall(store=KeepingStore(), files=FileStore(directory))
    tab = hall.enter()
    session = hall.session(tab)
    tab.say("Look", files=[give(session)])
    await hall.hub.drop_thread(a_person(), session.record.thread_id)
    assert list(directory.iterdir()) == []


def test_after_a_restart_what_was_said_is_there_and_counts_and_what_was_not_is_to_be_given_again(
    directory: Path,
) -> None:
    hall = Hall(store=KeepingStore(), files=FileStore(directory), options=HubOptions(max_session_bytes=30))
    tab = hall.enter()
    session = hall.session(tab)
    said, unsaid = give(session, b"said"), give(session, b"unsaid")
    tab.say("Look", files=[said])
    begin(session).write(b"half")
    hall.host.say(PutFile(session=session.id, file=new_id(), offset=0, data=b"half of what is shown"))
    hall.kill()
    hall.files = FileStore(directory)
    hall.start()
    hall.start_kernel()
    tab.come_back(hall.hub)
    assert on_disk(directory) == ["said"]
    tab.say("And this", files=[unsaid])
    (error,) = tab.got(ErrorFrame)
    assert (error.code, error.text) == ("conflict", "A file is not there any more. Attach it again.")
    again = hall.session(tab)
    assert again.files.path(said).read_bytes() == b"said"
    assert refusal_of(lambda: begin(again, size=27))[0] == "too_large"
    tab.say("And this", files=[give(again, b"x" * 26)])
    assert [len(step.elements) for step in tab.steps] == [1, 1]


# ---- of the host -----------------------------------------------------------------------------------------------------


def test_a_file_of_the_hosts_that_is_too_large_is_refused_once_and_leaves_nothing(directory: Path) -> None:
    hall = Hall(files=FileStore(directory), options=HubOptions(max_file_bytes=10))
    tab = hall.enter()
    session = hall.session(tab)
    file = new_id()
    for offset in (0, 8, 16, 24):
        hall.host.say(PutFile(session=session.id, file=file, offset=offset, data=b"x" * 8, is_last=offset == 24))
    assert [refused.code for refused in hall.host.got(HostRefused)] == ["too_large"]
    assert refusal_of(lambda: session.files.path(file))[0] == "unknown_file"
    assert list(directory.iterdir()) == []
    # And what it had does not count.
    hall.host.say(PutFile(session=session.id, file=file, offset=0, data=b"small", is_last=True))
    assert session.files.path(file).read_bytes() == b"small"


def test_a_file_that_is_begun_anew_counts_once() -> None:
    hall = Hall(options=HubOptions(max_session_bytes=10))
    session = hall.session(hall.enter())
    file = new_id()
    for is_last in (False, False, True):
        hall.host.say(PutFile(session=session.id, file=file, offset=0, data=b"x" * 8, is_last=is_last))
    assert hall.host.got(HostRefused) == []
    assert refusal_of(lambda: begin(session, size=3))[0] == "too_large"
    begin(session, size=2)
