"""What every store promises, asked of the one in memory and of the one in a database."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, create_engine, inspect, make_url, select
from sqlalchemy.exc import OperationalError

from hub.core.doubles import FakeClock
from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.hub.hub import Hub
from jupyter_chat_sessions.hub.memory_store import MemoryStore
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.hub.sql import schema, touches, waiting
from jupyter_chat_sessions.hub.sql.opening import open_store
from jupyter_chat_sessions.hub.sql.store import SqlStore
from jupyter_chat_sessions.hub.store import (
    CommandRecord,
    DropSession,
    PutCommand,
    PutSession,
    PutStep,
    PutThread,
    PutValues,
    RemoveStep,
    ReplaceStep,
    SessionRecord,
    StorageStatus,
    Store,
    ThreadRecord,
    Values,
    Write,
)
from jupyter_chat_sessions.protocol.frames import ChannelSettings, UserInfo
from jupyter_chat_sessions.protocol.steps import Element, RunStatus, Step

Opened = Callable[[], Store]


SERVER = os.environ.get("CHAT_TEST_DATABASE_URL")
"""A database behind a server, which the tests empty: `make test-database`."""
LASTING = ["file", "url", *(["server"] if SERVER else [])]


@pytest.fixture(params=["memory", *LASTING])
def open_one(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    return MemoryStore if request.param == "memory" else _lasting(request.param, tmp_path)


@pytest.fixture(params=LASTING)
def open_lasting(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    return _lasting(request.param, tmp_path)


def _lasting(kind: str, home: Path) -> Opened:
    url = {"file": None, "url": f"sqlite:///{home}/any.sqlite", "server": SERVER}[kind]
    if kind == "server":
        engine = create_engine(make_url(SERVER or ""))
        schema.metadata.drop_all(engine)
        engine.dispose()
    return lambda: open_store(url, directory=home)


@asynccontextmanager
async def opened(store: Store) -> AsyncIterator[Store]:
    yield store
    await store.aclose()


def a_thread(owner: str = "user:alice", *, channel: str = "lesson") -> ThreadRecord:
    return ThreadRecord(id=str(uuid4()), channel=channel, owner_key=owner, created_at="2026-01-02T03:04:05.678Z")


def a_session(thread: ThreadRecord) -> SessionRecord:
    return SessionRecord(
        id=str(uuid4()),
        thread_id=thread.id,
        owner_key=thread.owner_key,
        secret_hash="0" * 64,
        user=UserInfo(identifier="alice", metadata={"group": "a"}),
        client_type="webapp",
        language="en-US",
        settings=ChannelSettings(name=thread.channel, title="Lesson", required_env=["KEY"]),
    )


def a_step(text: str, *, status: RunStatus | None = None) -> Step:
    return Step(
        id=str(uuid4()),
        type="assistant_message" if status is None else "user_message",
        name="A",
        output=text,
        status=status,
        client_id=None if status is None else str(uuid4()),
        metadata={"n": [1, {"é": "😀"}]},
    )


async def write(store: Store, *writes: Write) -> None:
    """Write, and wait until it is safe."""
    written = asyncio.get_running_loop().create_future()
    store.commit(writes, then=lambda: written.set_result(None), otherwise=lambda: written.cancel())
    await asyncio.wait_for(written, 10)


async def test_steps_come_back_in_their_order_as_they_were(open_one: Opened) -> None:
    async with opened(open_one()) as store:
        thread, steps = a_thread(), [a_step(f"step {number}") for number in range(10)]
        await write(store, PutThread(thread), *(PutStep(thread.id, at, step) for at, step in enumerate(steps)))
        assert await store.steps_before(thread.id, before=None, limit=3) == (steps[7:], 7)
        assert await store.steps_before(thread.id, before=steps[7].id, limit=5) == (steps[2:7], 2)
        assert await store.steps_before(thread.id, before=steps[2].id, limit=5) == (steps[:2], 0)
        assert await store.steps_before(thread.id, before=str(uuid4()), limit=5) == ([], 0)
        assert await store.steps_before(str(uuid4()), before=None, limit=5) == ([], 0)


async def test_a_step_that_changed_keeps_its_place_and_one_that_was_removed_is_gone(open_one: Opened) -> None:
    async with opened(open_one()) as store:
        thread, steps = a_thread(), [a_step(text) for text in "abc"]
        await write(store, PutThread(thread), *(PutStep(thread.id, at, step) for at, step in enumerate(steps)))
        changed = Step(id=steps[0].id, type="tool", name="A", output="changed")
        await write(store, PutStep(thread.id, 0, changed), RemoveStep(thread.id, steps[1].id))
        assert await store.steps_before(thread.id, before=None, limit=9) == ([changed, steps[2]], 0)
        found = await store.thread(thread.id, newest_steps=1)
        assert found is not None
        assert (found.record, found.steps) == (thread, [steps[2]])
        assert (found.positions, found.next_position, found.earlier) == ([2], 3, 1)
        assert await store.thread(str(uuid4()), newest_steps=1) is None


async def test_a_step_that_is_no_longer_in_memory_is_changed_where_it_stands(open_one: Opened) -> None:
    async with opened(open_one()) as store:
        thread = a_thread()
        steps = [a_step("said", status="done"), a_step("replied")]
        steps[0] = msgspec.structs.replace(steps[0], client_id=str(uuid4()))
        changed = [msgspec.structs.replace(step, output="changed", client_id=None, status=None) for step in steps]
        await write(store, PutThread(thread), *(PutStep(thread.id, at, step) for at, step in enumerate(steps)))
        await write(store, ReplaceStep(thread.id, changed[0]), ReplaceStep(thread.id, a_step("was never there")))
        await write(store, PutStep(thread.id, 1, steps[1]), ReplaceStep(thread.id, changed[1]))
        found, _ = await store.steps_before(thread.id, before=None, limit=9)
        assert found == [msgspec.structs.replace(steps[0], output="changed"), changed[1]]
        await write(store, ReplaceStep(thread.id, changed[0]), RemoveStep(thread.id, steps[0].id))
        assert await store.steps_before(thread.id, before=None, limit=9) == ([changed[1]], 0)


async def test_a_step_that_was_taken_out_and_comes_again_stands_at_its_new_place_only(open_one: Opened) -> None:
    async with opened(open_one()) as store:
        thread, steps = a_thread(), [a_step(text) for text in "ab"]
        await write(store, PutThread(thread), *(PutStep(thread.id, at, step) for at, step in enumerate(steps)))
        await write(store, RemoveStep(thread.id, steps[0].id), PutStep(thread.id, 2, steps[0]))
        assert await store.steps_before(thread.id, before=None, limit=9) == ([steps[1], steps[0]], 0)


async def test_threads_are_listed_to_their_owner_the_newest_first(open_one: Opened) -> None:
    async with opened(open_one()) as store:
        mine, other, empty, elsewhere = a_thread(), a_thread("user:bob"), a_thread(), a_thread(channel="other")
        for thread in (mine, other, elsewhere):
            await write(
                store, PutThread(thread), PutStep(thread.id, 0, a_step("hi")), PutStep(thread.id, 1, a_step(""))
            )
        await write(store, PutThread(empty))
        found = await store.threads_of("user:alice", channel=None, limit=9)
        assert {(summary.record.id, summary.steps) for summary in found} == {(mine.id, 2), (elsewhere.id, 2)}
        assert found[0].updated_at >= found[1].updated_at
        assert [one.record for one in await store.threads_of("user:alice", channel="other", limit=9)] == [elsewhere]
        assert len(await store.threads_of("user:alice", channel=None, limit=1)) == 1
        await store.drop_thread(mine.id)
        assert [one.record for one in await store.threads_of("user:alice", channel=None, limit=9)] == [elsewhere]
        assert await store.steps_before(mine.id, before=None, limit=9) == ([], 0)


async def test_answers_come_in_the_order_of_the_commits(open_one: Opened) -> None:
    async with opened(open_one()) as store:
        thread, heard, done = a_thread(), list[int](), asyncio.Event()
        store.commit([PutThread(thread)])

        def hear(number: int) -> None:
            heard.append(number)
            if number == 199:
                done.set()

        for number in range(200):
            write_one = PutStep(thread.id, number, a_step(str(number)))
            store.commit([write_one], then=lambda number=number: hear(number), otherwise=lambda: None)  # type: ignore[misc]
        await asyncio.wait_for(done.wait(), 10)
        assert heard == list(range(200))


# ---- what outlives the process ---------------------------------------------------------------------------------------


async def test_a_session_comes_back_with_all_that_was_kept_of_it(open_lasting: Opened) -> None:
    thread = a_thread()
    session = a_session(thread)
    steps = [a_step("old"), a_step("waits", status="queued"), a_step("new"), a_step("newest")]
    commands = [CommandRecord(client_id=str(uuid4()), fingerprint=bytes(range(16)), step_id=None) for _ in range(3)]
    async with opened(open_lasting()) as store:
        await write(store, PutThread(thread), PutSession(session))
        for at, step in enumerate(steps):
            await write(store, PutStep(thread.id, at, step, b"said" if step.client_id else None))
        await write(store, PutStep(thread.id, 1, steps[1]))
        for command in commands:
            await write(store, PutCommand(session.id, command))
        await write(store, PutValues(session.id, Values(values={"name": "Zoë"}, lost=["db"])))
    async with opened(open_lasting()) as store:
        (found,) = store.sessions(newest_steps=1, newest_commands=2)
        assert found.record == session
        assert found.thread.record == thread
        assert found.thread.steps == steps[1:], "back to the oldest that waits"
        assert (found.thread.positions, found.thread.next_position, found.thread.earlier) == ([1, 2, 3], 4, 1)
        said = CommandRecord(client_id=steps[1].client_id or "", fingerprint=b"said", step_id=steps[1].id)
        assert found.commands == [*commands[1:], said]
        assert found.values == Values(values={"name": "Zoë"}, lost=["db"])
        await write(store, DropSession(session))
        assert store.sessions(newest_steps=1, newest_commands=2) == []
        assert (await store.steps_before(thread.id, before=None, limit=9))[0] == steps


async def test_what_version_2_stored_is_read_and_written_on(open_lasting: Opened) -> None:
    thread, steps = a_thread(), [a_step(f"step {number}", status="done") for number in range(5)]
    session, command = a_session(thread), CommandRecord(client_id=str(uuid4()), fingerprint=bytes(16))
    async with opened(open_lasting()) as store:
        assert isinstance(store, SqlStore)
        await write(store, PutThread(thread), PutSession(session), PutCommand(session.id, command))
        await write(store, *(PutStep(thread.id, at, step) for at, step in enumerate(steps)))
        await store._read(_as_version_2)
    async with opened(open_lasting()) as store:
        assert isinstance(store, SqlStore)
        (found,) = store.sessions(newest_steps=2, newest_commands=9)
        assert (found.thread.steps, found.thread.earlier, found.commands) == (steps[3:], 3, [command])
        assert await store.steps_before(thread.id, before=steps[3].id, limit=2) == (steps[1:3], 1)
        changed, new = replace(steps[4], output="changed"), a_step("new", status="queued")
        await write(store, PutStep(thread.id, 4, changed), PutStep(thread.id, 5, new, b"said"))
        assert await store.steps_before(thread.id, before=None, limit=2) == ([changed, new], 4)
        names = [index["name"] for index in await store._read(lambda one: inspect(one).get_indexes("chat_steps"))]
        assert names == ["chat_steps_unfinished"]


def _as_version_2(connection: Connection) -> None:
    """Bring the table of the steps to what it was before it stood in order."""
    kept = "thread_id, id, position, status, data"
    schema.unfinished.drop(connection)
    connection.exec_driver_sql(f"CREATE TABLE kept AS SELECT {kept} FROM chat_steps")
    schema.steps.drop(connection)
    data = schema.steps.c.data.type.compile(connection.dialect)
    connection.exec_driver_sql(
        "CREATE TABLE chat_steps (thread_id VARCHAR(36) NOT NULL, id VARCHAR(36) NOT NULL, position INTEGER NOT NULL, "
        f"status VARCHAR(16), data {data} NOT NULL, PRIMARY KEY (thread_id, id))"
    )
    connection.exec_driver_sql(f"INSERT INTO chat_steps ({kept}) SELECT {kept} FROM kept")
    connection.exec_driver_sql("DROP TABLE kept")
    connection.exec_driver_sql("CREATE INDEX chat_steps_in_order ON chat_steps (thread_id, position)")
    schema.unfinished.create(connection)
    connection.execute(schema.meta.update().values(value="2"))


async def test_however_much_gathers_a_statement_holds_what_any_sqlite_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "MAX_PLACES", 999)
    async with opened(open_store(None, directory=tmp_path)) as store:
        assert isinstance(store, SqlStore)

        def as_before_version_3_32(connection: Connection) -> None:
            database = connection.connection.dbapi_connection
            assert isinstance(database, sqlite3.Connection)
            database.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)

        await store._read(as_before_version_3_32)
        threads = [a_thread() for _ in range(1200)]
        await write(store, *map(PutThread, threads), *(PutStep(one.id, 0, a_step("hi")) for one in threads))
        assert len(await store.purge(older_than_days=0)) == len(threads)


@pytest.mark.parametrize("count", [1, 33, 40, 700])
async def test_steps_are_written_by_one_statement_which_is_a_transaction_by_itself(count: int, tmp_path: Path) -> None:
    async with opened(open_store(None, directory=tmp_path)) as store:
        assert isinstance(store, SqlStore)
        thread, said = a_thread(), list[str]()
        await write(store, PutThread(thread))

        def listen(connection: Connection) -> None:
            database = connection.connection.dbapi_connection
            assert isinstance(database, sqlite3.Connection)
            database.set_trace_callback(lambda statement: said.append(statement.partition(" ")[0]))

        await store._read(listen)
        said.clear()
        await write(store, *(PutStep(thread.id, number, a_step(f"{number}")) for number in range(count)))
        inserts = ["INSERT"] * -(-count // schema.rows_at_once(schema.steps))
        assert said == (inserts if len(inserts) == 1 else ["BEGIN", *inserts, "COMMIT"])
        found, _ = await store.steps_before(thread.id, before=None, limit=1000)
        assert [step.output for step in found] == [f"{number}" for number in range(count)]


def test_statements_have_few_sizes_as_each_of_them_is_kept() -> None:
    most = schema.rows_at_once(schema.steps)
    sizes = {count + schema._missing(count, most=most) for count in range(1, most + 1)}
    assert len(sizes) < 128  # what sqlite3 keeps
    assert max(sizes) == most


async def test_old_threads_are_purged_unless_a_session_lives_in_them(open_lasting: Opened) -> None:
    async with opened(open_lasting()) as store:
        idle, live = a_thread(), a_thread()
        for thread in (idle, live):
            await write(store, PutThread(thread), PutStep(thread.id, 0, a_step("hi")))
        await write(store, PutSession(a_session(live)))
        assert await store.purge(older_than_days=1) == []
        assert await store.purge(older_than_days=0, channel="other") == []
        assert len(await store.purge(older_than_days=0)) == 1
        assert [one.record for one in await store.threads_of("user:alice", channel=None, limit=9)] == [live]


async def test_with_a_purged_thread_go_its_rows_and_its_files_and_no_other_s(
    open_lasting: Opened, tmp_path: Path
) -> None:
    async with opened(open_lasting()) as store:
        assert isinstance(store, SqlStore)
        hub = Hub(options=HubOptions(), store=store, clock=FakeClock(), files=FileStore(tmp_path / "files"))
        old, other = a_thread(), a_thread()
        for thread in (old, other):
            picture = Element(id=str(uuid4()), type="image", name="plot.png", file=str(uuid4()), bytes=7)
            hub.files.write(thread.id, str(picture.file), b"picture", offset=0)
            hub.files.finish(thread.id, str(picture.file))
            step = replace(a_step("Look"), elements=[picture])
            await write(store, PutThread(thread), PutStep(thread.id, 0, step))
        await write(store, PutSession(a_session(other)))
        assert await hub.purge(older_than_days=0) == 1
        in_threads, in_steps = await store._read(
            lambda one: [
                set(one.execute(select(column)).scalars()) for column in (schema.threads.c.id, schema.steps.c.thread_id)
            ]
        )
        assert (in_threads, in_steps) == ({other.id}, {other.id})
        assert [path.name for path in (tmp_path / "files").iterdir()] == [other.id]
        assert [path.read_bytes() for path in (tmp_path / "files").rglob("*") if path.is_file()] == [b"picture"]


async def test_what_nobody_waits_for_is_written_with_what_somebody_does(
    open_lasting: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_S", 60.0)
    async with opened(open_lasting()) as store:
        assert isinstance(store, SqlStore)
        thread = a_thread()
        await write(store, PutThread(thread))
        before = store.transactions
        step = a_step("")
        for number in range(500):
            store.commit([PutStep(thread.id, 0, Step(id=step.id, type="tool", name="A", output=str(number)))])
        await write(store, PutStep(thread.id, 1, a_step("said")))
        assert store.transactions == before + 1
        found, _ = await store.steps_before(thread.id, before=None, limit=9)
        assert [one.output for one in found] == ["499", "said"]


async def test_when_threads_were_written_to_is_told_once_for_many_times_and_before_anybody_asks(
    open_lasting: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touches, "EVERY_S", 60.0)
    written: list[set[str]] = []

    def touch(connection: Connection, at_by_thread: Mapping[str, float]) -> None:
        written.append(set(at_by_thread))
        really(connection, at_by_thread)

    really = schema.touch
    monkeypatch.setattr(schema, "touch", touch)
    async with opened(open_lasting()) as store:
        first, second = a_thread(), a_thread()
        await write(store, PutThread(first), PutThread(second))
        for position in range(3):
            await write(store, PutStep(first.id, position, a_step("one")))
        await write(store, PutStep(second.id, 0, a_step("two")))
        assert written == []
        found = await store.threads_of("user:alice", channel=None, limit=9)
        assert [one.record for one in found] == [second, first], "the one last written to stands first"
        assert found[0].updated_at > first.created_at
        await write(store, PutStep(first.id, 3, a_step("again")))
    assert written == [{first.id, second.id}, {first.id}]
    async with opened(open_lasting()) as store:
        found = await store.threads_of("user:alice", channel=None, limit=9)
        assert [one.record for one in found] == [first, second], "and after the server's end"


async def test_a_store_that_cannot_tell_when_threads_were_written_to_is_not_well_again_before_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[None] = []
    really = schema.touch

    def touch(connection: Connection, at_by_thread: Mapping[str, float]) -> None:
        tries.append(None)
        if len(tries) <= 3:
            raise OperationalError("UPDATE", None, Exception("database disk image is malformed"))
        really(connection, at_by_thread)

    monkeypatch.setattr(touches, "EVERY_S", 0.0)
    monkeypatch.setattr(schema, "touch", touch)
    statuses: list[str] = []
    is_well = asyncio.Event()
    async with opened(open_store(None, directory=tmp_path, retry_s=0.01)) as store:
        thread = a_thread()

        def on_status(status: StorageStatus) -> None:
            statuses.append(status.code)
            if status.code == "ok":
                is_well.set()

        store.watch(on_status)
        await write(store, PutThread(thread), PutStep(thread.id, 0, a_step("one")))
        await asyncio.wait_for(is_well.wait(), 10)
        assert statuses == ["failed", "ok"]
        assert len(tries) == 4


async def test_when_threads_were_written_to_is_told_though_nobody_asks(
    open_lasting: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touches, "EVERY_S", 0.01)
    told = threading.Event()
    monkeypatch.setattr(schema, "touch", lambda *_: told.set())
    async with opened(open_lasting()) as store:
        thread = a_thread()
        await write(store, PutThread(thread), PutStep(thread.id, 0, a_step("one")))
        assert await asyncio.to_thread(told.wait, 10)
