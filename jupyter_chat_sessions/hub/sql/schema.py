"""The tables, and how an older database becomes one of today.

The one rule: what stands in `MIGRATIONS` is never changed again, only added to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from sqlalchemy import (
    Column,
    Connection,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    bindparam,
    inspect,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from ...protocol.errors import ChatSessionsError
from ...protocol.steps import Step
from ..store import SessionRecord, ThreadRecord, Values
from .sealing import Sealed

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
    Column("id", String(36), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("status", String(16)),
    Column("data", LargeBinary, nullable=False),
    Index("chat_steps_in_order", "thread_id", "position"),
)
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


MIGRATIONS: Sequence[Migration] = (metadata.create_all, _add_ways_to_what_is_newest)
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


def upsert(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    """Insert rows, or replace those that have their key."""
    if not rows:
        return
    prepared = _prepared_upsert(table, connection.dialect)
    if prepared is None:
        delete(connection, table, [column.name for column in table.primary_key], rows)
        connection.execute(table.insert(), rows)
        return
    # Without SQLAlchemy's work on each row, which costs more than the database's.
    sql, names = prepared
    connection.exec_driver_sql(sql, rows if names is None else [tuple(row[name] for name in names) for row in rows])


@lru_cache
def _prepared_upsert(table: Table, dialect: Dialect) -> tuple[str, Sequence[str] | None] | None:
    """Return the statement, and the columns in the order of its places, where these have no names.

    None where the database has no such statement.
    """
    into: sqlite.Insert | postgresql.Insert
    match dialect.name:
        case "sqlite":
            into = sqlite.insert(table)
        case "postgresql":
            into = postgresql.insert(table)
        case _:
            return None
    keys = [column.name for column in table.primary_key]
    new = {column.name: into.excluded[column.name] for column in table.columns if column.name not in keys}
    statement = into.on_conflict_do_update(index_elements=keys, set_=new)
    compiled = statement.compile(dialect=dialect, column_keys=[column.name for column in table.columns])
    return str(compiled), compiled.positiontup


def delete(connection: Connection, table: Table, keys: list[str], rows: Sequence[dict[str, object]]) -> None:
    """Delete the rows that agree in some columns."""
    if rows:
        which = [table.c[key] == bindparam(f"key_{key}") for key in keys]
        connection.execute(table.delete().where(*which), [{f"key_{key}": row[key] for key in keys} for row in rows])
