"""What is to be written in one transaction: for each row, the last that was said of it.

The one rule: what was said later about the same row replaces what was said before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

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
from .schema import Row
from .sealing import DamagedRowError


class Batch:
    """Writes, gathered by row.

    A step becomes a row when it is written, and not before: most change once more while they wait.
    """

    def __init__(self) -> None:
        self._steps: dict[tuple[str, str], PutStep] = {}
        self._removed: dict[tuple[str, str], None] = {}
        """Steps that are to go, before others come."""
        self._replaced: dict[tuple[str, str], Step] = {}
        """Steps that keep the place that they have in the database."""
        self._rows: dict[Table, dict[str | tuple[str, str], Row]] = {}
        """Of the other tables, by their keys."""
        self._ended: dict[str, None] = {}
        self.touched: dict[str, float] = {}
        """When threads were written to, in seconds since 1970."""

    def add(self, writes: Iterable[Write]) -> None:
        """Take writes, in order."""
        for write in writes:
            match write:
                case PutStep():  # first: most are
                    self._put_step((write.thread_id, write.step.id), write)
                case ReplaceStep(thread_id, step):
                    self._replace_step((thread_id, step.id), step)
                case RemoveStep(thread_id, step_id):
                    self._removed[thread_id, step_id] = None
                    self._steps.pop((thread_id, step_id), None)
                    self._replaced.pop((thread_id, step_id), None)
                case PutThread(record):
                    data = schema.sealed_thread.write(record, record.id)
                    told = (record.id, record.channel, record.owner_key, time.time(), data)
                    self._put(schema.threads, record.id, told)
                case PutSession(record):
                    data = schema.sealed_session.write(record, record.id)
                    self._put(schema.sessions, record.id, (record.id, record.thread_id, time.time(), data))
                case DropSession(record):
                    self._ended[record.id] = None
                case PutCommand(session_id, command):
                    said = (session_id, command.client_id, time.time(), command.fingerprint, command.step_id)
                    self._put(schema.commands, (session_id, command.client_id), said)
                case PutValues(session_id, values):
                    self._put(schema.values, session_id, (session_id, schema.sealed_values.write(values, session_id)))

    @property
    def is_one_statement(self) -> bool:
        """Whether all of it is written by one statement: steps as most are, and not too many."""
        has_other = self._removed or self._replaced or self._rows or self._ended
        return not has_other and len(self._steps) <= schema.rows_at_once(schema.steps)

    def write(self, connection: Connection) -> None:
        """Write everything. The caller commits."""
        schema.delete(connection, schema.steps, ["thread_id", "id"], list(self._removed))
        rows = [_row_again(row, step) for key, step in self._replaced.items() if (row := _row(connection, *key))]
        rows += map(_row_of, self._steps.values())
        schema.upsert(connection, schema.steps, rows)
        for table, row_by_key in self._rows.items():
            schema.upsert(connection, table, list(row_by_key.values()))
        ended = [(session,) for session in self._ended]
        schema.delete(connection, schema.sessions, ["id"], ended)
        schema.delete(connection, schema.commands, ["session_id"], ended)
        schema.delete(connection, schema.values, ["session_id"], ended)

    def _put_step(self, key: tuple[str, str], put: PutStep) -> None:
        self.touched[put.thread_id] = time.time()
        if self._replaced:
            self._replaced.pop(key, None)
        before = self._steps.get(key)
        if before is not None and put.fingerprint is None and before.fingerprint is not None:
            put = PutStep(put.thread_id, put.position, put.step, before.fingerprint)
        self._steps[key] = put

    def _replace_step(self, key: tuple[str, str], step: Step) -> None:
        self.touched[key[0]] = time.time()
        before = self._steps.get(key)
        if before is None:
            self._replaced[key] = step
        else:
            again = as_said(step, before.step)
            self._steps[key] = PutStep(before.thread_id, before.position, again, before.fingerprint)

    def _put(self, table: Table, key: str | tuple[str, str], row: Row) -> None:
        self._rows.setdefault(table, {})[key] = row


def _row_of(put: PutStep) -> Row:
    thread_id, position, step = put.thread_id, put.position, put.step
    data = schema.sealed_step.write(step, thread_id, step.id, position)
    return (thread_id, position, step.id, step.status, step.client_id, put.fingerprint, data)


def _row(connection: Connection, thread_id: str, step_id: str) -> Row | None:
    table = schema.steps
    found = connection.execute(select(table).where(table.c.thread_id == thread_id, table.c.id == step_id)).one_or_none()
    return None if found is None else tuple(found)


def _row_again(row: Row, step: Step) -> Row:
    """Return a row with another step in its place."""
    thread_id, position, step_id, _, _, fingerprint, data = row
    try:
        known = schema.sealed_step.read(data, thread_id, step_id, position)
    except DamagedRowError:
        known = None
    return _row_of(PutStep(thread_id, position, as_said(step, known), fingerprint))
