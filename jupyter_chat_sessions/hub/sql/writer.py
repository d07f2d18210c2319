"""The thread that owns the database's one connection: whatever gathers while it writes goes into one transaction.

What somebody waits for is written at once; what nobody waits for, shortly, with whatever comes by then.

The one rule: nothing is called back before the transaction that it waits for is committed.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ..store import OK, StorageStatus
from .batch import Batch
from .touches import Touches
from .waiting import Commit, Waiting

logger = logging.getLogger(__name__)

T = TypeVar("T")

RETRY_S = 5.0
"""How long after a failure it is tried to write again, in seconds."""
MAX_KEPT_BYTES = 64 * 1024 * 1024
"""What waits for a database that cannot be written, in bytes; what comes above that is lost, and the log says so."""


class Database(Protocol):
    """Where the connection comes from, and what is peculiar to this kind of database."""

    def connect(self) -> Connection:
        """Open a connection."""

    def transaction(self, connection: Connection, *, is_one_statement: bool) -> AbstractContextManager[object]:
        """Return what makes one transaction of what is done within; rolls back what raises."""

    def on_failure(self, error: Exception) -> StorageStatus:
        """Note that a write has failed; return what is the matter."""

    def recover(self) -> None:
        """Make ready to write again after a failure; raises if it cannot be yet."""

    def close(self, connection: Connection) -> None:
        """Leave everything in order and close the connection."""


class Writer:
    """Writes and reads, one thing after the other, on a thread of its own.

    Args:
        database: The database; opened already, its connection is handed over.
        connection: That connection.
        answer: Takes callbacks that have become due, in order. Called on the writer's thread.
        on_status: Called on the writer's thread when the status has changed.
        status: How it begins.
        retry_s: How long after a failure it is tried again, in seconds.
    """

    def __init__(
        self,
        database: Database,
        connection: Connection,
        *,
        answer: Callable[[list[Callable[[], None]]], None],
        on_status: Callable[[StorageStatus], None],
        status: StorageStatus = OK,
        retry_s: float = RETRY_S,
    ) -> None:
        self.status = status
        self.transactions = 0
        """How many were committed."""
        self._database = database
        self._connection: Connection | None = connection
        self._answer = answer
        self._on_status = on_status
        self._retry_s = retry_s
        self._retry_at = 0.0
        self._kept = Batch()
        self._kept_bytes = 0
        """About how much it weighs."""
        self._kept_then: list[Callable[[], None]] = []
        self._condition = threading.Condition()
        self._waiting = Waiting()
        self._touches = Touches()
        self._reads: list[Callable[[], None]] = []
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="chat-store", daemon=True)
        self._thread.start()

    def commit(self, commits: Sequence[Commit]) -> None:
        """Take commits, in order; see `Store.commit`. Never waits."""
        with self._condition:
            if self._waiting.add(commits):
                self._condition.notify()

    def read(self, query: Callable[[Connection], T]) -> Future[T]:
        """Run a query behind what was committed before it, in a transaction of its own."""
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = self._transact(query)
            except Exception as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._condition:
            self._reads.append(work)
            self._condition.notify()
        return future

    def close(self, *, timeout_s: float) -> None:
        """Write what waits, close the connection, and end the thread."""
        with self._condition:
            self._is_closing = True
            self._condition.notify()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            commits, reads, is_closing = self._take()
            try:
                self._write(commits, is_last=is_closing)
                self._tell_touches(at_once=is_closing or bool(reads))
                for read in reads:
                    read()
            except Exception:  # the thread outlives everything; what it did not answer is answered by the next try
                logger.exception("the store's thread goes on after an error of its own")
            if is_closing:
                break
        if self._connection is not None:
            self._database.close(self._connection)

    def _take(self) -> tuple[list[Commit], list[Callable[[], None]], bool]:
        with self._condition:
            while not (self._waiting.is_awaited or self._reads or self._is_closing):
                wait_s = self._wait_s()
                if wait_s is not None and wait_s <= 0:
                    break
                self._condition.wait(wait_s)
            reads, self._reads = self._reads, []
            takes_all = reads or self._is_closing or self.status.code != "ok"
            commits = self._waiting.take_all() if takes_all else self._waiting.take()
            return commits, reads, self._is_closing

    def _wait_s(self) -> float | None:
        """Return how long there is nothing to do, in seconds; None for as long as nothing comes."""
        other_s = self._touches.wait_s if self.status.code == "ok" else self._retry_at - time.monotonic()
        return min((each for each in (self._waiting.wait_s, other_s) if each is not None), default=None)

    def _write(self, commits: list[Commit], *, is_last: bool) -> None:
        if self.status.code != "ok":
            commits = self._refuse(commits)
            if not is_last and time.monotonic() < self._retry_at:
                return
            self._try_again()
        elif commits:
            self._commit(commits)

    def _commit(self, commits: list[Commit]) -> None:
        batch = Batch()
        for commit in commits:
            batch.add(commit.writes)
        try:
            self._transact(batch.write, is_one_statement=batch.is_one_statement)
        except Exception as error:
            self._fail(error)
            self._refuse(commits)
        else:
            self._touches.note(batch.touched)
            self._answer([commit.then for commit in commits if commit.then is not None])

    def _tell_touches(self, *, at_once: bool) -> None:
        """Write when threads were written to, if it is time to."""
        wait_s = self._touches.wait_s
        if wait_s is None or self.status.code != "ok" or not (at_once or wait_s <= 0):
            return
        try:
            self._transact(self._touches.write)
        except Exception as error:
            self._fail(error)
        else:
            self._touches.written()

    def _refuse(self, commits: list[Commit]) -> list[Commit]:
        """Turn down what can be turned down, and keep the rest for later."""
        for commit in commits:
            if commit.otherwise is None:
                self._keep(commit)
        self._answer([commit.otherwise for commit in commits if commit.otherwise is not None])
        return []

    def _keep(self, commit: Commit) -> None:
        if self._kept_bytes > MAX_KEPT_BYTES:
            logger.error("storage has failed for too long: %d writes are lost", len(commit.writes))
            return
        self._kept_bytes += len(msgspec.json.encode(commit.writes))
        self._kept.add(commit.writes)
        if commit.then is not None:
            self._kept_then.append(commit.then)

    def _try_again(self) -> None:
        def write(connection: Connection) -> None:
            self._kept.write(connection)
            self._touches.write(connection)

        self._touches.note(self._kept.touched)
        try:
            self._database.recover()
            self._transact(write)
        except Exception as error:
            self._fail(error)
        else:
            self._touches.written()
            kept_then, self._kept_then = self._kept_then, []
            self._kept, self._kept_bytes = Batch(), 0
            self._become(OK)
            self._answer(kept_then)

    def _transact(self, work: Callable[[Connection], T], *, is_one_statement: bool = False) -> T:
        connection = self._required_connection()
        try:
            with self._database.transaction(connection, is_one_statement=is_one_statement):
                result = work(connection)
        except SQLAlchemyError:
            if connection.invalidated or connection.closed:
                self._connection = None
            raise
        self.transactions += 1
        return result

    def _required_connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.connect()
        return self._connection

    def _fail(self, error: Exception) -> None:
        self._retry_at = time.monotonic() + self._retry_s
        self._become(self._database.on_failure(error))

    def _become(self, status: StorageStatus) -> None:
        if status != self.status:
            self.status = status
            self._on_status(status)
