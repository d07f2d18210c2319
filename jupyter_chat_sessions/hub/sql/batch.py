"""What is to be written in one transaction: for each row, the last that was said of it.

The one rule: what was said later about the same row replaces what was said before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Table, select

from ...protocol.steps import Step
from ..store import (
    DropSession,
    PutCommand,
    PutSession,
    PutStep,
    PutThread,
    PutValues,
    RemoveStep,
    ReplaceStep,
    Write,
    as_said,
)
from . import schema
from .sealing import DamagedRowError

Row = dict[str, Any]


class Batch:
    """Writes, gathered by row. A row that is to go is None."""

    def __init__(self) -> None:
        self.size_bytes = 0
        """About how much it weighs."""
        self._rows: dict[Table, dict[tuple[str, ...], Row | None]] = {table: {} for table in _KEYS}
        self._replaced: dict[tuple[str, str], Step] = {}
        """Steps that keep the place that they have in the database."""
        self._ended: dict[str, None] = {}
        self._touched: dict[str, None] = {}
        self._touched_at = 0.0

    def __bool__(self) -> bool:
        return any(self._rows.values()) or bool(self._replaced) or bool(self._ended)

    def add(self, writes: Iterable[Write]) -> None:
        """Take writes, in order."""
        now = self._touched_at = time.time()
        for write in writes:
            match write:
                case PutThread(record):
                    self._put(
                        schema.threads,
                        id=record.id,
                        channel=record.channel,
                        owner_key=record.owner_key,
                        updated_at=now,
                        data=schema.sealed_thread.write(record, record.id),
                    )
                case PutSession(record):
                    data = schema.sealed_session.write(record, record.id)
                    self._put(schema.sessions, id=record.id, thread_id=record.thread_id, created_at=now, data=data)
                case DropSession(record):
                    self._ended[record.id] = None
                case PutStep(thread_id, position, step, fingerprint):
                    self._touched[thread_id] = None
                    self._replaced.pop((thread_id, step.id), None)
                    row = self._rows[schema.steps].get((thread_id, step.id))
                    if fingerprint is None and row is not None:
                        fingerprint = row["fingerprint"]
                    self._put(schema.steps, **_row_of(thread_id, position, step, fingerprint))
                case ReplaceStep(thread_id, step):
                    self._touched[thread_id] = None
                    row = self._rows[schema.steps].get((thread_id, step.id))
                    if row is None:
                        self._replaced[thread_id, step.id] = step
                        self.size_bytes += len(step.output) + 200
                    else:
                        self._put(schema.steps, **_row_again(row, step))
                case RemoveStep(thread_id, step_id):
                    self._replaced.pop((thread_id, step_id), None)
                    self._rows[schema.steps][thread_id, step_id] = None
                case PutCommand(session_id, command):
                    self._put(
                        schema.commands,
                        session_id=session_id,
                        client_id=command.client_id,
                        created_at=now,
                        fingerprint=command.fingerprint,
                        step_id=command.step_id,
                    )
                case PutValues(session_id, values):
                    data = schema.sealed_values.write(values, session_id)
                    self._put(schema.values, session_id=session_id, data=data)

    def write(self, connection: Connection) -> None:
        """Write everything. The caller commits."""
        again = [_row_again(row, step) for key, step in self._replaced.items() if (row := _row(connection, *key))]
        schema.upsert(connection, schema.steps, again)
        for table, rows in self._rows.items():
            schema.upsert(connection, table, [row for row in rows.values() if row is not None])
            gone: list[Row] = [dict(zip(_KEYS[table], key, strict=True)) for key, row in rows.items() if row is None]
            schema.delete(connection, table, list(_KEYS[table]), gone)
        schema.touch(connection, list(self._touched), self._touched_at)
        ended: list[Row] = [{"id": session, "session_id": session} for session in self._ended]
        schema.delete(connection, schema.sessions, ["id"], ended)
        schema.delete(connection, schema.commands, ["session_id"], ended)
        schema.delete(connection, schema.values, ["session_id"], ended)

    def _put(self, table: Table, **row: Any) -> None:
        self._rows[table][tuple(row[key] for key in _KEYS[table])] = row
        self.size_bytes += len(row.get("data", b"")) + 200


def _row_of(thread_id: str, position: int, step: Step, fingerprint: bytes | None) -> Row:
    data = schema.sealed_step.write(step, thread_id, step.id, position)
    return {
        "thread_id": thread_id,
        "position": position,
        "id": step.id,
        "status": step.status,
        "client_id": step.client_id,
        "fingerprint": fingerprint,
        "data": data,
    }


def _row(connection: Connection, thread_id: str, step_id: str) -> Row | None:
    table = schema.steps
    found = connection.execute(select(table).where(table.c.thread_id == thread_id, table.c.id == step_id)).one_or_none()
    return None if found is None else dict(found._mapping)


def _row_again(row: Row, step: Step) -> Row:
    """Return a row with another step in its place."""
    try:
        known = schema.sealed_step.read(row["data"], row["thread_id"], row["id"], row["position"])
    except DamagedRowError:
        known = None
    return _row_of(row["thread_id"], row["position"], as_said(step, known), row["fingerprint"])


_KEYS: dict[Table, tuple[str, ...]] = {
    table: tuple(column.name for column in table.primary_key)
    for table in (schema.threads, schema.sessions, schema.steps, schema.commands, schema.values)
} | {schema.steps: ("thread_id", "id")}
"""By what a row is known. A step's position is its for good."""
