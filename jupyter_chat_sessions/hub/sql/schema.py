"""The tables, and how an older database becomes one of today.

The one rule: what stands in `MIGRATIONS` is never changed again, only added to.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    func,
    inspect,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from ...protocol.errors import ChatSessionsError
from ...protocol.steps import Step
from ..store import SessionRecord, ThreadRecord, Values
from .sealing import Sealed

T = TypeVar("T")
Row = tuple[Any, ...]
"""The values of a row, in the order of its table's columns."""
UpsertT = TypeVar("UpsertT", sqlite.Insert, postgresql.Insert)

MAX_PLACES = 4096 if sqlite3.sqlite_version_info >= (3, 32) else 999
"""Values in one statement: SQLite before 3.32 takes no more than 999."""
ALL_SIZES = 32
"""Up to so many rows there is a statement for each number of them."""
SIZE_STEP = 8
"""Above it there is one for each multiple of this: to compile one takes half as long as to run it, and each is kept."""

metadata = MetaData()

meta = Table("chat_meta", metadata, Column("name", String(32), primary_key=True), Column("value", String(255)))
threads = Table(
    "chat_threads",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("channel", String(100), nullable=False),
    Column("owner_key", String(255), nullable=False, index=True),
    Column("updated_at", Double, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
steps = Table(
    "chat_steps",
    metadata,
    Column("thread_id", String(36), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", String(36), primary_key=True),
    Column("status", String(16)),
    Column("client_id", String(36)),
    Column("fingerprint", LargeBinary, info={"is_kept": True}),
    Column("data", LargeBinary, nullable=False),
)
"""The key is in the order in which steps come: what is written together then stands together, and a message costs few
pages of the disk. A step is found by its id by reading its thread's part of the key."""
is_unfinished = steps.c.status.in_([literal_column("'queued'"), literal_column("'running'")])
"""Of a message that is not answered. Literal: with parameters a database cannot know that the index is for this."""
unfinished = Index(
    "chat_steps_unfinished",
    steps.c.thread_id,
    steps.c.position,
    sqlite_where=is_unfinished,
    postgresql_where=is_unfinished,
)
"""The few messages that are not answered: found however long their thread is."""
sessions = Table(
    "chat_sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("thread_id", String(36), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("data", LargeBinary, nullable=False),
)
commands = Table(
    "chat_commands",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("client_id", String(36), primary_key=True),
    Column("created_at", Double, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("step_id", String(36)),
)
newest_commands = Index("chat_commands_in_order", commands.c.session_id, commands.c.created_at)
values = Table(
    "chat_values",
    metadata,
    Column("session_id", String(36), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

sealed_thread = Sealed(ThreadRecord)
sealed_step = Sealed(Step)
sealed_session = Sealed(SessionRecord)
sealed_values = Sealed(Values)


class NewerDatabaseError(ChatSessionsError):
    """The database was written by a newer version of this package."""


Migration = Callable[[Connection], None]


def _add_ways_to_what_is_newest(connection: Connection) -> None:
    for index in (unfinished, newest_commands):
        index.create(connection, checkfirst=True)


def _put_steps_in_order(connection: Connection) -> None:
    if "client_id" in {column["name"] for column in inspect(connection).get_columns(steps.name)}:
        return
    unfinished.drop(connection)
    new = steps.to_metadata(MetaData(), name="chat_steps_in_their_order")
    new.create(connection)
    copied = "thread_id, position, id, status, data"
    connection.exec_driver_sql(
        f"INSERT INTO {new.name} ({copied}) SELECT {copied} FROM {steps.name} ORDER BY thread_id, position"  # noqa: S608
    )
    connection.exec_driver_sql(f"DROP TABLE {steps.name}")
    connection.exec_driver_sql(f"ALTER TABLE {new.name} RENAME TO {steps.name}")


MIGRATIONS: Sequence[Migration] = (metadata.create_all, _add_ways_to_what_is_newest, _put_steps_in_order)
"""The step from each version to the next; an empty database has version 0."""


def migrate(connection: Connection, *, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring a database to the version that this package writes. The caller commits.

    Raises:
        NewerDatabaseError: It is newer; nothing was changed.
    """
    version = version_of(connection)
    if version > len(migrations):
        raise NewerDatabaseError(
            f"The database of the chats has version {version}; this version of jupyter-chat-sessions knows "
            f"{len(migrations)}. Install a newer one, or set another database."
        )
    if version == len(migrations):
        return
    for step in migrations[version:]:
        step(connection)
    connection.execute(meta.delete().where(meta.c.name == "version"))
    connection.execute(meta.insert().values(name="version", value=str(len(migrations))))


def version_of(connection: Connection) -> int:
    """Return the version of a database; 0 for an empty one."""
    if not inspect(connection).has_table(meta.name):
        return 0
    value = connection.execute(select(meta.c.value).where(meta.c.name == "version")).scalar()
    return int(value or 0)


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or replace those that have their key."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _upsert_blocks(connection, table, rows)
        return
    names = table.columns.keys()
    named = [dict(zip(names, row, strict=True)) for row in rows]
    if connection.dialect.name == "postgresql":
        connection.execute(_upsert(postgresql.insert(table)), named)
    else:
        keys = table.primary_key.columns.keys()
        delete(connection, table, keys, [tuple(row[key] for key in keys) for row in named])
        connection.execute(table.insert(), named)


def _upsert_blocks(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write many rows with each statement, which is compiled once.

    After each row of a statement that is executed for many, sqlite3 waits for Python's lock, which the event loop may
    keep for 5 ms; and SQLAlchemy's work on each row costs more than SQLite's.
    """
    most = rows_at_once(table)
    for block in _blocks(rows, most=most):
        again = [block[-1]] * _missing(len(block), most=most)
        statement = _sqlite_upsert(table, len(block) + len(again))
        connection.exec_driver_sql(statement, tuple(chain.from_iterable((*block, *again))))


def rows_at_once(table: Table) -> int:
    """Return how many rows of a table fit into one statement."""
    return MAX_PLACES // len(table.columns)


def _missing(count: int, *, most: int) -> int:
    """Return how many rows a block lacks until there is a statement of its size: so often its last is said again."""
    return 0 if count <= ALL_SIZES else min(-count % SIZE_STEP, most - count)


def _blocks(rows: Sequence[T], *, most: int) -> Iterator[Sequence[T]]:
    """Part rows so that each part has so many at the most."""
    for start in range(0, len(rows), most):
        yield rows[start : start + most]


@lru_cache(maxsize=256)
def _sqlite_upsert(table: Table, count: int) -> str:
    """Return the statement for so many rows, with a place for each column of each."""
    places = f"({', '.join('?' * len(table.columns))})"
    return _sqlite_upsert_of_one(table).replace(places, ", ".join([places] * count))


@lru_cache
def _sqlite_upsert_of_one(table: Table) -> str:
    places = dict.fromkeys(table.columns.keys())
    return str(_upsert(sqlite.insert(table).values(places)).compile(dialect=sqlite.dialect()))


def _upsert(into: UpsertT) -> UpsertT:
    table = into.table
    assert isinstance(table, Table)
    keys = table.primary_key.columns.keys()
    new = {
        column.name: func.coalesce(given, column) if column.info.get("is_kept") else given
        for column, given in zip(table.columns, into.excluded, strict=True)
        if column.name not in keys
    }
    return into.on_conflict_do_update(index_elements=keys, set_=new)


def touch(connection: Connection, at_by_thread: Mapping[str, float]) -> None:
    """Note when threads were last written to, in seconds since 1970."""
    if not at_by_thread:
        return
    if connection.dialect.name != "sqlite":
        update = threads.update().where(threads.c.id == bindparam("thread")).values(updated_at=bindparam("at"))
        connection.execute(update, [{"thread": thread, "at": at} for thread, at in at_by_thread.items()])
        return
    for block in _blocks(list(at_by_thread.items()), most=MAX_PLACES // 3):
        connection.exec_driver_sql(_sqlite_touch(len(block)), (*chain.from_iterable(block), *(key for key, _ in block)))


def _sqlite_touch(count: int) -> str:
    """Return the statement for so many threads, with places for each and its time, and once more for each."""
    cases, keys = "WHEN ? THEN ? " * count, ", ".join("?" * count)
    return f"UPDATE chat_threads SET updated_at = CASE id {cases}END WHERE id IN ({keys})"  # noqa: S608  # places only


def delete(connection: Connection, table: Table, keys: list[str], rows: Sequence[Row]) -> None:
    """Delete the rows that have one of these values in some columns."""
    if rows:
        names = [f"key_{key}" for key in keys]
        which = [table.c[key] == bindparam(name) for key, name in zip(keys, names, strict=True)]
        connection.execute(table.delete().where(*which), [dict(zip(names, row, strict=True)) for row in rows])
