"""Opening the store: where the database is, whether it is whole, and what to do where it is not.

The one rule: a database that cannot be used is never written to and never thrown away.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.engine import URL, Engine
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from ...protocol.errors import ChatSessionsError
from ..memory_store import MemoryStore
from ..store import OK, StorageStatus, Store
from . import schema
from .store import SqlStore
from .writer import RETRY_S

logger = logging.getLogger(__name__)

RESERVE_BYTES = 1024 * 1024
"""Kept free on the disk, so that a full one does not keep SQLite from putting itself in order."""
THOROUGH_BYTES = 64 * 1024 * 1024
"""Up to this size a database's indexes are checked too when it is opened; above it that would take seconds."""
LOG_PAGES = 4000
"""Pages of SQLite's log after which they are brought into the database: 16 MB. With its own 1000 a busy chat does that
several times a second, with pages that change again at once."""
PATIENCE_S = 3.0
"""How long a server that starts waits for the one before it to let go of the database, in seconds."""
MAX_SERVERS = 16
"""Servers of one person at a time with a database of their own."""
NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.glusterfs", "ceph", "lustre", "afs", "gpfs"}
)
"""Where SQLite's write-ahead log, which needs shared memory, does not work."""
_IS_ONE_STATEMENT = "chat_is_one_statement"
"""Under this key a connection knows what the transaction is that begins."""
_FULL_ERRORS = (errno.ENOSPC, errno.EDQUOT)

IN_MEMORY = "Conversations cannot be stored on this server. They last until it is stopped."
FULL = "The disk of the server is full. What you read is still there; new messages wait until there is room again."
FAILED = "The server cannot store conversations now. New messages wait until it can again."


class StorageOffError(ChatSessionsError):
    """There is a database, and it cannot be used: chats stay closed until somebody decides what is to become of it."""


def open_store(url: str | None, *, directory: Path, retry_s: float = RETRY_S) -> Store:
    """Open the database, or what is the next best.

    Args:
        url: A database URL as SQLAlchemy writes them; None for a file of our own.
        directory: Where that file is.
        retry_s: How long after a failure it is tried again, in seconds.

    Returns:
        A store; one in memory, with a status that says so, where the folder cannot be written.

    Raises:
        StorageOffError: The database was written by a newer version, or the URL is wrong or leads nowhere.
    """
    if url:
        return _open_url(url, retry_s=retry_s)
    try:
        _make_private(directory)
    except OSError as reason:
        return _in_memory(f"{directory} cannot be written: {reason.strerror}")
    for number in range(1, MAX_SERVERS + 1):
        path = directory / ("chats.sqlite" if number == 1 else f"chats-{number}.sqlite")
        try:
            store = _open_file(path, retry_s=retry_s, patience_s=PATIENCE_S if number == 1 else 0.0)
        except _LockedError:
            logger.info("%s is in use by another server", path)
            continue
        except (OSError, SQLAlchemyError) as reason:
            return _in_memory(f"{path} cannot be opened: {reason}")
        if number > 1:
            logger.warning("another server has the first database open; chats are stored in %s", path)
        return store
    return _in_memory(f"{MAX_SERVERS} servers have databases open in {directory}")


def open_existing(url: str | None, *, directory: Path) -> SqlStore:
    """Open the database that a server has left, for work on it while no server has it open.

    Args:
        url: A database URL; None for the file of our own.
        directory: Where that file is.

    Raises:
        StorageOffError: There is none, a server has it open, or it cannot be used.
    """
    if url:
        return _open_url(url, retry_s=RETRY_S)
    path = directory / "chats.sqlite"
    if not path.exists():
        raise StorageOffError(f"There are no stored conversations: {path} is not there.")
    try:
        database = SqliteFile(path, is_on_network=file_system_of(directory) in NETWORK_FILE_SYSTEMS)
        return SqlStore(database, _connect(database))
    except _LockedError:
        raise StorageOffError(
            "A Jupyter server has the conversations open. Stop it first, or use the menu Conversations in the chat."
        ) from None
    except (_DamagedError, OSError, SQLAlchemyError) as reason:
        raise StorageOffError(f"{path} cannot be used: {reason}. It was left as it is.") from None


class _LockedError(Exception):
    """Another process has the database open."""


class SqliteFile:
    """A database file of our own.

    Args:
        path: The file.
        is_on_network: It lives on a network file system.
        patience_s: How long to wait for another process to let go of it, in seconds.
    """

    def __init__(self, path: Path, *, is_on_network: bool, patience_s: float = 0.0) -> None:
        self.path = path
        self._reserve = path.with_suffix(".reserve")
        # Exclusive first: the write-ahead log then needs no shared memory, and no second server gets in.
        journal = "DELETE" if is_on_network else "WAL"
        order = ("locking_mode=EXCLUSIVE", f"journal_mode={journal}", "synchronous=FULL")
        # In memory: what it takes to undo one statement. In a file that was half of all that is written.
        pragmas = (*order, f"wal_autocheckpoint={LOG_PAGES}", "temp_store=MEMORY")
        self._engine = _engine(URL.create("sqlite", database=str(path)), pragmas=pragmas, patience_s=patience_s)

    def connect(self) -> Connection:
        """See `Database.connect`."""
        return self._engine.connect()

    def transaction(self, connection: Connection, *, is_one_statement: bool) -> AbstractContextManager[object]:
        """See `Database.transaction`.

        One statement is a transaction by itself. SQLite need not be able to undo it without the rest, and copies no
        pages for that; and Python's lock, which the event loop may keep for long, is waited for once instead of thrice.
        """
        connection.info[_IS_ONE_STATEMENT] = is_one_statement
        return connection.begin()

    def on_failure(self, error: Exception) -> StorageStatus:
        """See `Database.on_failure`; on a full disk the reserve is given up."""
        is_full = "full" in str(getattr(error, "orig", error)) or getattr(error, "errno", None) in _FULL_ERRORS
        logger.error("chats cannot be written to %s: %s", self.path, getattr(error, "orig", error))
        if not is_full:
            return StorageStatus("failed", FAILED)
        with suppress(OSError):
            self._reserve.unlink(missing_ok=True)
        return StorageStatus("full", FULL)

    def recover(self) -> None:
        """See `Database.recover`: there must be room for the reserve again, and for something to write."""
        self.reserve()

    def reserve(self) -> None:
        """Keep a little room on the disk, if there is twice as much: given up on a full disk, it is no room for others.

        Raises:
            OSError: There is not.
        """
        if self._reserve.exists() and self._reserve.stat().st_size == RESERVE_BYTES:
            return
        try:
            with _private(self._reserve) as file:
                file.write(bytes(2 * RESERVE_BYTES))
                file.flush()
                os.fsync(file.fileno())
                file.truncate(RESERVE_BYTES)
        except OSError:
            with suppress(OSError):
                self._reserve.unlink(missing_ok=True)
            raise

    def close(self, connection: Connection) -> None:
        """See `Database.close`."""
        connection.close()
        self._engine.dispose()


class AnyDatabase:
    """A database at a URL."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine = _engine(url)

    def connect(self) -> Connection:
        """See `Database.connect`."""
        return self._engine.connect()

    def transaction(self, connection: Connection, *, is_one_statement: bool) -> AbstractContextManager[object]:
        """See `Database.transaction`."""
        return connection.begin()

    def on_failure(self, error: Exception) -> StorageStatus:
        """See `Database.on_failure`."""
        logger.error("chats cannot be written to %s: %s", self._url.render_as_string(), type(error).__name__)
        return StorageStatus("failed", FAILED)

    def recover(self) -> None:
        """See `Database.recover`."""

    def close(self, connection: Connection) -> None:
        """See `Database.close`."""
        connection.close()
        self._engine.dispose()


def _open_file(path: Path, *, retry_s: float, patience_s: float) -> Store:
    is_on_network = file_system_of(path.parent) in NETWORK_FILE_SYSTEMS
    database = SqliteFile(path, is_on_network=is_on_network, patience_s=patience_s)
    status = OK
    try:
        connection = _connect(database)
    except _DamagedError as damage:
        kept = _set_aside(path)
        logger.error("the database of the chats was damaged (%s); it is kept as %s, and a new one begins", damage, kept)
        connection = _connect(database)
    try:
        database.reserve()
    except OSError as reason:
        status = database.on_failure(reason)
    return SqlStore(database, connection, status=status, retry_s=retry_s)


class _DamagedError(Exception):
    """The file is no database any more, or not a whole one."""


def _connect(database: SqliteFile) -> Connection:
    if not database.path.exists():
        with _private(database.path):
            pass
    connection = None
    try:
        connection = database.connect()
        with connection.begin():
            is_small = database.path.stat().st_size < THOROUGH_BYTES
            check = "integrity_check" if is_small else "quick_check"
            (found,) = connection.exec_driver_sql(f"PRAGMA {check}(1)").one()
            if found != "ok":
                raise _DamagedError(found)
            schema.migrate(connection)
    except schema.NewerDatabaseError as error:
        _close(connection)
        raise StorageOffError(str(error)) from None
    except OperationalError as error:
        _close(connection)
        if "locked" in str(error.orig):
            raise _LockedError from None
        if "malformed" in str(error.orig):
            raise _DamagedError(error.orig) from None
        raise
    except (DatabaseError, UnicodeDecodeError, ValueError) as error:
        _close(connection)
        raise _DamagedError(error) from None
    except _DamagedError:
        _close(connection)
        raise
    return connection


def _close(connection: Connection | None) -> None:
    if connection is not None:
        connection.close()


def _open_url(url: str, *, retry_s: float) -> SqlStore:
    try:
        parsed = make_url(url)
        database = AnyDatabase(parsed)
        connection = database.connect()
        with connection.begin():
            schema.migrate(connection)
    except schema.NewerDatabaseError as error:
        raise StorageOffError(str(error)) from None
    except (SQLAlchemyError, ImportError, OSError) as error:
        shown = _without_password(url)
        what = getattr(error, "orig", None) or error
        raise StorageOffError(
            f"The database of the chats, {shown}, cannot be used: {type(what).__name__}. "
            "Check the setting c.ChatSessions.database_url and that its driver is installed."
        ) from None
    return SqlStore(database, connection, retry_s=retry_s)


def _without_password(url: str) -> str:
    try:
        return make_url(url).render_as_string(hide_password=True)
    except SQLAlchemyError:
        return "whose URL cannot be read"


def _engine(url: URL, *, pragmas: Sequence[str] = (), patience_s: float = 0.0) -> Engine:
    is_sqlite = url.get_backend_name() == "sqlite"
    # The writer's thread takes the connection over from the one that opened it.
    options = {"check_same_thread": False, "timeout": patience_s} if is_sqlite else {}
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
    if is_sqlite:
        # sqlite3 would begin transactions by itself, and not before a change of the schema.
        @event.listens_for(engine, "connect")
        def set_up(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
            connection.isolation_level = None
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            if not connection.info.get(_IS_ONE_STATEMENT):
                connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _in_memory(reason: str) -> Store:
    logger.warning("chats are kept in memory only: %s", reason)
    return MemoryStore(status=StorageStatus("memory", IN_MEMORY))


def _make_private(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    probe = directory / f".probe-{os.getpid()}"
    with _private(probe):
        pass
    probe.unlink()


def _private(path: Path) -> BinaryIO:
    """Open a file for writing that nobody else can read, from its first moment on."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _set_aside(path: Path) -> Path:
    """Keep a damaged database, with its log, under another name."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    kept = path.with_name(f"{path.stem}.corrupt-{moment}.sqlite")
    path.rename(kept)
    for suffix in ("-wal", "-shm", "-journal"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + suffix))
    return kept


def file_system_of(path: Path, *, mounts: Path = Path("/proc/mounts")) -> str | None:
    """Return the kind of file system that a path is on; None where that cannot be told."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    path = path.resolve()
    found: tuple[int, str | None] = (-1, None)
    for line in lines:
        fields = line.split()
        if len(fields) < 3:
            continue
        place = Path(fields[1].replace("\\040", " "))
        if path.is_relative_to(place) and len(place.parts) >= found[0]:
            found = (len(place.parts), fields[2])
    return found[1]
