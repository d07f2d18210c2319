"""What the command line can do with stored conversations while no server has them open: list, export, purge."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .hub.export import export
from .hub.file_store import FileStore, data_directory
from .hub.sql.opening import open_existing
from .hub.sql.store import SqlStore
from .protocol.errors import ChatSessionsError

ALL = 1_000_000_000


async def look_after(options: argparse.Namespace) -> None:
    """Do what the command line says.

    Args:
        options: The command, and what it was given; `cli.py` has read them.

    Raises:
        ChatSessionsError: It cannot be done; the sentence says why.
    """
    store = open_existing(options.database_url, directory=data_directory())
    commands = {"list": _list, "export": _export, "purge": _purge}
    try:
        await commands[options.command](store, options)
    finally:
        await store.aclose()


async def _list(store: SqlStore, options: argparse.Namespace) -> None:
    for summary in await store.threads(channel=options.channel):
        record = summary.record
        line = f"{record.id}  {summary.updated_at[:16]}  {summary.steps:>5}  {record.channel}  {record.name or ''}"
        sys.stdout.write(f"{line}\n")


async def _export(store: SqlStore, options: argparse.Namespace) -> None:
    thread = await store.thread(options.thread, newest_steps=0)
    if thread is None:
        raise ChatSessionsError(f"There is no conversation {options.thread}; `jupyter chat-sessions list` shows them.")
    steps, _ = await store.steps_before(options.thread, before=None, limit=ALL)
    exported = export(thread.record, steps, options.format)
    if options.output == "-":
        sys.stdout.buffer.write(exported.content)
        return
    path = Path(options.output or exported.name)
    _write_new(path, exported.content)
    sys.stdout.write(f"{path}\n")


def _write_new(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            file.write(content)
    except OSError as reason:
        raise ChatSessionsError(f"{path} cannot be written: {reason.strerror}. Name another with --output.") from None


async def _purge(store: SqlStore, options: argparse.Namespace) -> None:
    if options.older_than_days < 0:
        raise ChatSessionsError("--older-than-days is a number of days, 0 or more.")
    if not options.yes:
        raise ChatSessionsError("What is purged is gone for good. If you mean it, say so with --yes.")
    removed = await store.purge(older_than_days=options.older_than_days, channel=options.channel)
    files = FileStore(data_directory() / "files")
    for thread_id in removed:
        files.drop_thread(thread_id)
    count = "1 conversation" if len(removed) == 1 else f"{len(removed)} conversations"
    sys.stdout.write(f"{count} removed\n")
