"""The store that the hub sees: writes go to the writer's thread, answers come back to the hub's loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, func, select, true

from ...protocol.steps import Step, is_id
from ..store import (
    MAX_COUNTED,
    OK,
    CommandRecord,
    SessionRecord,
    StorageStatus,
    StoredSession,
    StoredThread,
    ThreadSummary,
    Values,
    Write,
)
from . import schema
from .sealing import DamagedRowError
from .waiting import Commit
from .writer import RETRY_S, Database, Writer

logger = logging.getLogger(__name__)

T = TypeVar("T")

CLOSE_LIMIT_S = 10.0
MAX_GATHERED = 32
"""Commits of one turn of the loop with which the writer is woken before its end, to write while the rest comes."""

DAMAGED = "This message could not be read: the server's database is damaged here."


class SqlStore:
    """Threads and sessions in a database.

    Args:
        database: The database.
        connection: Its open connection, migrated and checked.
        status: How it begins.
        retry_s: How long after a failure it is tried again, in seconds.
    """

    keeps_threads = True

    def __init__(
        self, database: Database, connection: Connection, *, status: StorageStatus = OK, retry_s: float = RETRY_S
    ) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._gathered: list[Commit] = []
        """Of this turn of the loop. The writer is woken once for many: it and the loop hold each other up."""
        self._on_status: Callable[[StorageStatus], None] | None = None
        self._writer = Writer(
            database,
            connection,
            answer=self._answer,
            on_status=self._tell_status,
            status=status,
            retry_s=retry_s,
        )

    @property
    def status(self) -> StorageStatus:
        """See `Store.status`."""
        return self._writer.status

    @property
    def transactions(self) -> int:
        """How many transactions there were: fewer than commits, since what gathers is written together."""
        return self._writer.transactions

    def watch(self, on_status: Callable[[StorageStatus], None]) -> None:
        """See `Store.watch`."""
        self._on_status = on_status

    def commit(
        self,
        writes: Sequence[Write],
        *,
        then: Callable[[], None] | None = None,
        otherwise: Callable[[], None] | None = None,
    ) -> None:
        """See `Store.commit`."""
        if self._loop is None:
            self._loop = _running_loop()
            if self.status != OK:  # what happened before there was a loop, nobody was told
                self._tell_status(self.status)
        self._gathered.append(Commit(writes, then, otherwise))
        if self._loop is None or self._loop.is_closed() or len(self._gathered) >= MAX_GATHERED:
            self._hand_over()
        elif len(self._gathered) == 1:
            self._loop.call_soon(self._hand_over)

    def sessions(self, *, newest_steps: int, newest_commands: int) -> list[StoredSession]:
        """See `Store.sessions`."""

        def query(connection: Connection) -> list[StoredSession]:
            table = schema.sessions
            found = connection.execute(select(table.c.id, table.c.data).order_by(table.c.created_at)).all()
            stored = [_session(connection, key, data, newest_steps, newest_commands) for key, data in found]
            return [session for session in stored if session is not None]

        return self._writer.read(query).result()

    async def steps_before(self, thread_id: str, *, before: str | None, limit: int) -> tuple[list[Step], int]:
        """See `Store.steps_before`."""
        table = schema.steps

        def query(connection: Connection) -> tuple[list[Step], int]:
            of_thread = table.c.thread_id == thread_id
            if before is not None:
                place = select(table.c.position).where(of_thread, table.c.id == before).scalar_subquery()
                of_thread &= table.c.position < place
            newest = _rows.where(of_thread).order_by(table.c.position.desc()).limit(limit)
            rows = connection.execute(newest).all()[::-1]
            earlier = _count(connection, of_thread & (table.c.position < rows[0].position)) if rows else 0
            return [_step(*row) for row in rows], earlier

        return await self._read(query)

    async def thread(self, thread_id: str, *, newest_steps: int) -> StoredThread | None:
        """See `Store.thread`."""
        return await self._read(lambda connection: _thread(connection, thread_id, newest_steps))

    async def threads_of(self, owner_key: str, *, channel: str | None, limit: int) -> list[ThreadSummary]:
        """See `Store.threads_of`."""
        return await self._summaries(schema.threads.c.owner_key == owner_key, channel=channel, limit=limit)

    async def threads(self, *, channel: str | None) -> list[ThreadSummary]:
        """Return everybody's threads, the one last written to first."""
        return await self._summaries(true(), channel=channel, limit=None)

    async def drop_thread(self, thread_id: str) -> None:
        """See `Store.drop_thread`."""
        await self._read(lambda connection: _drop_threads(connection, [thread_id]))

    async def purge(self, *, older_than_days: float, channel: str | None = None) -> list[str]:
        """Remove threads that nobody has written to for a time and no session lives in.

        Args:
            older_than_days: That time, in days.
            channel: Only those of one channel.

        Returns:
            The ids of those that went.
        """
        threads = schema.threads

        def query(connection: Connection) -> list[str]:
            live = select(schema.sessions.c.thread_id)
            old = select(threads.c.id).where(
                threads.c.updated_at < time.time() - older_than_days * 86_400, threads.c.id.not_in(live)
            )
            if channel is not None:
                old = old.where(threads.c.channel == channel)
            ids = list(connection.execute(old).scalars())
            _drop_threads(connection, ids)
            return ids

        return await self._read(query)

    async def aclose(self) -> None:
        """See `Store.aclose`."""
        self._hand_over()
        await asyncio.to_thread(self._writer.close, timeout_s=CLOSE_LIMIT_S)

    async def _summaries(
        self, which: ColumnElement[bool], *, channel: str | None, limit: int | None
    ) -> list[ThreadSummary]:
        threads, steps = schema.threads, schema.steps

        def query(connection: Connection) -> list[ThreadSummary]:
            count = select(func.count()).select_from(steps).where(steps.c.thread_id == threads.c.id).scalar_subquery()
            wanted = select(threads.c.id, threads.c.data, threads.c.updated_at, count).where(which)
            if channel is not None:
                wanted = wanted.where(threads.c.channel == channel)
            wanted = wanted.where(select(steps.c.id).where(steps.c.thread_id == threads.c.id).exists())
            rows = connection.execute(wanted.order_by(threads.c.updated_at.desc()).limit(limit)).all()
            found = []
            for thread_id, data, updated_at, number in rows:
                try:
                    record = schema.sealed_thread.read(data, thread_id)
                except DamagedRowError as error:
                    logger.error("a thread is left out: %s", error)
                else:
                    found.append(ThreadSummary(record=record, updated_at=_iso(updated_at), steps=number))
            return found

        return await self._read(query)

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        if gathered:
            self._writer.commit(gathered)

    async def _read(self, query: Callable[[Connection], T]) -> T:
        self._hand_over()
        return await asyncio.wrap_future(self._writer.read(query))

    def _answer(self, callbacks: list[Callable[[], None]]) -> None:
        """Hand callbacks to the hub's loop. On the writer's thread."""
        if callbacks and self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(_call_all, callbacks)
            except RuntimeError:
                logger.debug("the server's loop is closed; nobody waits for the store any more")

    def _tell_status(self, status: StorageStatus) -> None:
        def tell() -> None:
            if self._on_status is not None:
                self._on_status(status)

        self._answer([tell])


_rows = select(schema.steps.c.thread_id, schema.steps.c.id, schema.steps.c.position, schema.steps.c.data)


def _step(thread_id: str, step_id: str, position: int, data: bytes) -> Step:
    try:
        return schema.sealed_step.read(data, thread_id, step_id, position)
    except DamagedRowError:
        logger.error("step %s of thread %s is damaged", step_id, thread_id)
        step_id = step_id if is_id(step_id) else str(uuid4())
        return Step(id=step_id, type="system_message", name="Storage", output=DAMAGED, is_error=True)


def _session(
    connection: Connection, session_id: str, data: bytes, newest_steps: int, newest_commands: int
) -> StoredSession | None:
    try:
        record = schema.sealed_session.read(data, session_id)
        thread = _thread(connection, record.thread_id, newest_steps)
    except DamagedRowError as error:
        logger.error("session %s is left out: %s", session_id, error)
        return None
    if thread is None:
        logger.error("session %s is left out: its thread is gone", session_id)
        return None
    commands = _commands(connection, record, newest_commands)
    kept = connection.execute(select(schema.values.c.data).where(schema.values.c.session_id == record.id)).scalar()
    try:
        values = Values() if kept is None else schema.sealed_values.read(kept, record.id)
    except DamagedRowError as error:
        logger.error("what user_session held is lost: %s", error)
        values = Values()
    return StoredSession(record=record, thread=thread, commands=commands, values=values)


def _commands(connection: Connection, record: SessionRecord, newest: int) -> list[CommandRecord]:
    """Return what was said in a session: as a step that tells so itself, or else as a command."""
    commands, steps = schema.commands, schema.steps
    of_session = select(commands.c.client_id, commands.c.fingerprint, commands.c.step_id).where(
        commands.c.session_id == record.id
    )
    of_thread = select(steps.c.client_id, steps.c.fingerprint, steps.c.id).where(
        steps.c.thread_id == record.thread_id, steps.c.client_id.is_not(None)
    )
    stored = connection.execute(of_session.order_by(commands.c.created_at.desc()).limit(newest)).all()
    told = connection.execute(of_thread.order_by(steps.c.position.desc()).limit(newest)).all()
    return [
        CommandRecord(client_id=client_id, fingerprint=fingerprint, step_id=step_id)
        for client_id, fingerprint, step_id in (*reversed(stored), *reversed(told))
    ]


def _thread(connection: Connection, thread_id: str, newest_steps: int) -> StoredThread | None:
    data = connection.execute(select(schema.threads.c.data).where(schema.threads.c.id == thread_id)).scalar()
    if data is None:
        return None
    table = schema.steps
    of_thread = table.c.thread_id == thread_id
    newest = select(table.c.position).where(of_thread).order_by(table.c.position.desc()).limit(newest_steps)
    oldest = select(func.min(table.c.position)).where(of_thread, schema.is_unfinished)
    first = connection.execute(select(func.min(newest.subquery().c.position))).scalar()
    unfinished = connection.execute(oldest).scalar()
    last = connection.execute(select(func.max(table.c.position)).where(of_thread)).scalar()
    first = min(place for place in (first, unfinished, _NOWHERE) if place is not None)
    rows = connection.execute(_rows.where(of_thread, table.c.position >= first).order_by(table.c.position)).all()
    return StoredThread(
        record=schema.sealed_thread.read(data, thread_id),
        steps=[_step(*row) for row in rows],
        positions=[row.position for row in rows],
        next_position=0 if last is None else last + 1,
        earlier=_count(connection, of_thread & (table.c.position < first)),
    )


_NOWHERE = 1 << 30


def _count(connection: Connection, which: ColumnElement[bool]) -> int:
    """Count steps, not further than `MAX_COUNTED`."""
    some = select(schema.steps.c.position).where(which).limit(MAX_COUNTED).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _drop_threads(connection: Connection, ids: list[str]) -> None:
    rows = [(thread_id,) for thread_id in ids]
    schema.delete(connection, schema.steps, ["thread_id"], rows)
    schema.delete(connection, schema.threads, ["id"], rows)


def _call_all(callbacks: list[Callable[[], None]]) -> None:
    for callback in callbacks:
        try:
            callback()
        except Exception:  # one session's trouble must not cost the others their answers
            logger.exception("what waited for the store has failed")


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
