"""Full disks, damaged files, killed servers: nothing confirmed is lost, nothing wrong is read."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection

from jupyter_chat_sessions.hub.sql import schema
from jupyter_chat_sessions.hub.sql.opening import StorageOffError, file_system_of, open_store
from jupyter_chat_sessions.hub.sql.store import SqlStore
from jupyter_chat_sessions.hub.store import OK, PutStep, PutThread, StorageStatus, Store
from jupyter_chat_sessions.protocol.steps import Step

from .damage import Sample, verdict
from .test_store import a_step, a_thread, opened, write

CHILD = Path(__file__).with_name("committing_child.py")


def is_whole(path: Path) -> bool:
    """Return what SQLite itself says of a database."""
    connection = sqlite3.connect(path)
    try:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    finally:
        connection.close()


# ---- who can read it -------------------------------------------------------------------------------------------------


async def test_folder_and_files_are_the_users_own_from_their_first_moment(tmp_path: Path) -> None:
    directory = tmp_path / "data" / "chat_sessions"
    async with opened(open_store(None, directory=directory)) as store:
        await write(store, PutThread(a_thread()))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert modes == {"chats.sqlite": 0o600, "chats.sqlite-wal": 0o600, "chats.reserve": 0o600}


# ---- opening ---------------------------------------------------------------------------------------------------------


async def test_a_database_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    async with opened(open_store(None, directory=tmp_path)) as store:
        await write(store, PutThread(a_thread()))
    path = tmp_path / "chats.sqlite"
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE chat_meta SET value = '99' WHERE name = 'version'")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StorageOffError, match=r"version 99.*Install a newer one"):
        open_store(None, directory=tmp_path)
    assert path.read_bytes() == before


async def test_an_older_database_is_brought_up_to_date_in_one_piece(tmp_path: Path) -> None:
    async with opened(open_store(None, directory=tmp_path)) as store:
        assert isinstance(store, SqlStore)

        def add(connection: Connection) -> None:
            connection.exec_driver_sql("ALTER TABLE chat_threads ADD COLUMN pinned INTEGER DEFAULT 0")

        def fail(connection: Connection) -> None:
            connection.exec_driver_sql("ALTER TABLE chat_threads ADD COLUMN never INTEGER")
            raise OSError("cut off")

        with pytest.raises(OSError, match="cut off"):
            await store._read(lambda one: schema.migrate(one, migrations=[*schema.MIGRATIONS, add, fail]))
        assert await store._read(schema.version_of) == len(schema.MIGRATIONS)
        await store._read(lambda one: schema.migrate(one, migrations=[*schema.MIGRATIONS, add]))
        assert await store._read(schema.version_of) == len(schema.MIGRATIONS) + 1
        columns = await store._read(lambda one: one.exec_driver_sql("PRAGMA table_info(chat_threads)").all())
        assert {"pinned"} == {column[1] for column in columns} - {column.name for column in schema.threads.columns}


@pytest.mark.parametrize(
    "url", ["nonsense", "nosuch://x/y", "sqlite:////no/such/folder/x.sqlite", "postgresql://me:canary@127.0.0.1:1/x"]
)
def test_a_url_that_leads_nowhere_is_refused_with_a_sentence_and_without_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(StorageOffError, match=r"c\.ChatSessions\.database_url") as refused:
        open_store(url, directory=tmp_path)
    assert "canary" not in str(refused.value)


async def test_a_second_server_has_a_database_of_its_own(tmp_path: Path) -> None:
    async with opened(open_store(None, directory=tmp_path)) as one, opened(open_store(None, directory=tmp_path)) as two:
        thread = a_thread()
        await write(one, PutThread(thread), PutStep(thread.id, 0, a_step("hi")))
        assert await two.threads_of(thread.owner_key, channel=None, limit=9) == []
        assert (tmp_path / "chats-2.sqlite").exists()


async def test_where_the_folder_cannot_be_made_the_chat_works_in_memory_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    async with opened(open_store(None, directory=tmp_path / "file" / "chats")) as store:
        assert store.status.code == "memory"
        assert "until it is stopped" in store.status.text
        await write(store, PutThread(a_thread()))


def test_the_kind_of_file_system_is_that_of_the_innermost_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nserver:/home {tmp_path}/my\\040home nfs4 rw 0 0\n")
    assert file_system_of(tmp_path, mounts=mounts) == "ext4"
    assert file_system_of(tmp_path / "my home" / "x", mounts=mounts) == "nfs4"
    assert file_system_of(tmp_path, mounts=tmp_path / "none") is None


async def test_on_a_network_file_system_there_is_no_write_ahead_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jupyter_chat_sessions.hub.sql.opening.file_system_of", lambda path: "nfs4")
    async with opened(open_store(None, directory=tmp_path)) as store:
        await write(store, PutThread(a_thread()))
        assert not (tmp_path / "chats.sqlite-wal").exists()


# ---- damage ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("sample"))


@pytest.mark.parametrize("seed", range(50))
async def test_damage_is_set_aside_or_shown_and_never_read_as_if_it_were_right(
    sample: Sample, seed: int, tmp_path: Path
) -> None:
    assert await verdict(sample, sample.damaged(seed, into=tmp_path / "copy")) != "wrong"


async def test_what_was_set_aside_is_kept_and_a_new_database_begins(sample: Sample, tmp_path: Path) -> None:
    directory = sample.damaged(0, into=tmp_path / "copy")
    (directory / "chats.sqlite").write_bytes(b"no database at all, and longer than a header" * 99)
    async with opened(open_store(None, directory=directory)) as store:
        assert store.status == OK
        await write(store, PutThread(a_thread()))
    (kept,) = directory.glob("chats.corrupt-*.sqlite")
    assert kept.read_bytes().startswith(b"no database at all")


# ---- killed ----------------------------------------------------------------------------------------------------------


def test_what_was_confirmed_is_there_after_a_kill(tmp_path: Path) -> None:
    confirmed: list[str] = []
    thread, chance = str(uuid4()), random.Random(4711)
    for _ in range(5):
        child = subprocess.Popen([sys.executable, CHILD, tmp_path, thread], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        confirmed += [child.stdout.readline().strip() for _ in range(chance.randrange(1, 400))]
        child.send_signal(signal.SIGKILL)
        confirmed += [line.strip() for line in child.stdout.readlines() if line.endswith("\n")]
        child.wait()
        child.stdout.close()
        asyncio.run(_assert_there(tmp_path, thread, confirmed))
        assert is_whole(tmp_path / "chats.sqlite")


async def _assert_there(directory: Path, thread: str, confirmed: list[str]) -> None:
    async with opened(open_store(None, directory=directory)) as store:
        found, _ = await store.steps_before(thread, before=None, limit=100_000)
        assert set(confirmed) <= {step.id for step in found}


# ---- full ------------------------------------------------------------------------------------------------------------


async def limit_pages(store: Store, pages: int) -> None:
    """Make the database full, by its own measure: SQLite then fails as on a full disk."""
    assert isinstance(store, SqlStore)
    await store._read(lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count={pages}").all())


async def test_of_steps_that_do_not_fit_on_the_disk_together_none_is_written(tmp_path: Path) -> None:
    async with opened(open_store(None, directory=tmp_path, retry_s=0.05)) as store:
        thread, refused = a_thread(), asyncio.Event()
        await write(store, PutThread(thread), PutStep(thread.id, 0, a_step("before")))
        await limit_pages(store, 1)
        large = Step(id=str(uuid4()), type="tool", name="A", output="x" * 100_000)
        some = [PutStep(thread.id, 1, a_step("small")), PutStep(thread.id, 2, large)]
        store.commit(some, then=lambda: pytest.fail("it is full"), otherwise=refused.set)
        await asyncio.wait_for(refused.wait(), 10)
        assert [one.output for one in (await store.steps_before(thread.id, before=None, limit=9))[0]] == ["before"]


async def test_a_full_disk_refuses_what_can_be_refused_keeps_the_rest_and_recovers_by_itself(tmp_path: Path) -> None:
    async with opened(open_store(None, directory=tmp_path, retry_s=0.05)) as store:
        thread, told = a_thread(), asyncio.Queue[StorageStatus]()
        store.watch(told.put_nowait)
        await write(store, PutThread(thread), PutStep(thread.id, 0, a_step("before")))
        await limit_pages(store, 1)
        refused = asyncio.Event()
        large = Step(id=str(uuid4()), type="tool", name="A", output="x" * 100_000)
        store.commit([PutStep(thread.id, 1, large)], then=lambda: pytest.fail("it is full"), otherwise=refused.set)
        await asyncio.wait_for(refused.wait(), 10)
        status = await asyncio.wait_for(told.get(), 10)
        assert (status.code, store.status.code) == ("full", "full")
        store.commit([PutStep(thread.id, 2, a_step("x" * 100_000))])
        assert [one.output for one in (await store.steps_before(thread.id, before=None, limit=9))[0]] == ["before"]
        await limit_pages(store, 1_000_000)
        assert (await asyncio.wait_for(told.get(), 10)) == OK
        steps, _ = await store.steps_before(thread.id, before=None, limit=9)
        assert [len(one.output) for one in steps] == [6, 100_000]
        await write(store, PutStep(thread.id, 3, a_step("after")))
