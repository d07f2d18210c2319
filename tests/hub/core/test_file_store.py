"""Files on the disk: there only when they are whole, under ids that were checked, and gone without a trace."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.protocol.errors import RefusedError

from .doubles import new_id, refusal_of


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())


def test_a_file_can_be_read_once_it_is_whole_and_not_before(directory: Path) -> None:
    store, thread, file = FileStore(directory), new_id(), new_id()
    store.write(thread, file, b"con", offset=0)
    store.write(thread, file, b"tent", offset=3)
    assert store.size(thread, file) is None
    store.finish(thread, file)
    assert store.size(thread, file) == 7
    assert store.read(thread, file, offset=3, count=2) == b"te"


def test_a_file_that_is_held_can_be_read_once_it_is_kept_and_keeping_it_twice_is_no_error(directory: Path) -> None:
    store, thread, file = FileStore(directory), new_id(), new_id()
    store.write(thread, file, b"content", offset=0)
    store.hold(thread, file)
    assert store.size(thread, file) is None
    store.keep(thread, file)
    store.keep(thread, file)
    assert store.read(thread, file) == b"content"


def test_a_piece_that_does_not_continue_its_file_is_refused_and_one_at_0_begins_it_anew(directory: Path) -> None:
    store, thread, file = FileStore(directory), new_id(), new_id()
    assert refusal_of(lambda: store.write(thread, file, b"tent", offset=3))[0] == "out_of_order"
    store.write(thread, file, b"first try", offset=0)
    assert refusal_of(lambda: store.write(thread, file, b"tent", offset=3))[0] == "out_of_order"
    store.write(thread, file, b"again", offset=0)
    store.finish(thread, file)
    assert store.read(thread, file) == b"again"


@pytest.mark.parametrize("end", ["finish", "hold", "keep"])
def test_a_file_of_which_nothing_came_cannot_be_whole(directory: Path, end: str) -> None:
    store = FileStore(directory)
    assert refusal_of(lambda: getattr(store, end)(new_id(), new_id()))[0] == "storage_full"
    assert names(directory) == []


def test_with_the_last_file_the_folder_of_its_thread_goes(directory: Path) -> None:
    store, thread, first, last = FileStore(directory), new_id(), new_id(), new_id()
    store.write(thread, first, b"held", offset=0)
    store.hold(thread, first)
    store.write(thread, last, b"half", offset=0)
    store.remove(thread, first)
    assert names(directory) == [f"{last}.part"]
    store.remove(thread, last)
    assert list(directory.iterdir()) == []


def test_a_folder_that_goes_with_its_last_file_while_another_is_begun_is_made_anew(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, thread, last, new = FileStore(directory), new_id(), new_id(), new_id()
    store.write(thread, last, b"last", offset=0)
    open_file = Path.open

    def open_late(path: Path, *args: Any) -> Any:
        monkeypatch.undo()
        store.remove(thread, last)
        return open_file(path, *args)

    monkeypatch.setattr(Path, "open", open_late)
    store.write(thread, new, b"content", offset=0)
    store.finish(thread, new)
    assert store.read(thread, new) == b"content"


def test_files_that_come_first_and_at_once_are_in_one_folder() -> None:
    for _ in range(20):
        store, thread, files = FileStore(), new_id(), [new_id() for _ in range(8)]
        together = threading.Barrier(len(files))

        def write(file: str, store: FileStore = store, thread: str = thread, wait: Any = together.wait) -> None:
            wait(10)
            store.write(thread, file, b"content", offset=0)
            store.finish(thread, file)

        writing = [threading.Thread(target=write, args=(file,)) for file in files]
        for each in writing:
            each.start()
        for each in writing:
            each.join(10)
        assert [store.size(thread, file) for file in files] == [7] * len(files)


def test_what_an_earlier_server_left_unsaid_goes_and_the_rest_is_counted(directory: Path) -> None:
    earlier, thread, said, unsaid, half = FileStore(directory), new_id(), new_id(), new_id(), new_id()
    for file in (said, unsaid, half):
        earlier.write(thread, file, b"content", offset=0)
    earlier.finish(thread, said)
    earlier.hold(thread, unsaid)
    assert FileStore(directory).begin_thread(thread) == {said: 7}
    assert names(directory) == [said]


def test_what_was_said_before_a_server_was_killed_is_kept_though_the_disk_had_not_followed(directory: Path) -> None:
    earlier, thread, said, unsaid = FileStore(directory), new_id(), new_id(), new_id()
    for file in (said, unsaid):
        earlier.write(thread, file, b"content", offset=0)
        earlier.hold(thread, file)
    assert FileStore(directory).begin_thread(thread, said={said}) == {said: 7}
    assert names(directory) == [said]


def test_a_store_that_was_given_no_folder_makes_one_when_the_first_file_comes() -> None:
    store, thread, file = FileStore(), new_id(), new_id()
    assert store.begin_thread(thread) == {}
    store.write(thread, file, b"content", offset=0)
    store.finish(thread, file)
    assert store.path(thread, file).read_bytes() == b"content"
    store.drop_thread(thread)
    assert store.size(thread, file) is None


def test_an_id_that_is_none_never_comes_near_the_disk(directory: Path) -> None:
    store = FileStore(directory)
    with pytest.raises(RefusedError, match="UUID"):
        store.write("../..", new_id(), b"x", offset=0)
    store.drop_thread("..")
    assert store.size(new_id(), new_id()) is None
    assert not directory.exists()
