"""`jupyter chat-sessions …`: runs an app's file, and what can be done with stored conversations.

The latter while no server has them open.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .hub.export import export
from .hub.file_store import FileStore, data_directory
from .hub.sql.opening import open_existing
from .hub.sql.store import SqlStore
from .protocol.errors import ChatSessionsError

if TYPE_CHECKING:
    from .app_file import AppFile

ALL = 1_000_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The command line; this process's by default.

    Returns:
        0, or 1 where it could not be done; standard error says why.

    Example:
        >>> main(["list"])
        0
    """
    options = _parser().parse_args(arguments)
    if options.command == "run":
        return _run_app(options)
    try:
        store = open_existing(options.database_url, directory=data_directory())
        asyncio.run(_run(store, options))
    except ChatSessionsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _run_app(options: argparse.Namespace) -> int:
    from .app_file import AppFile
    from .host.accepting import uploads_in_words
    from .serving import serve, stop_on_terminate

    allow = partial(
        uploads_in_words, _kinds(options.uploads), max_files=options.max_files, max_size_mb=options.max_file_mb
    )

    async def run() -> None:
        files = _named([AppFile(each) for each in options.files], name=options.name)
        serving = asyncio.ensure_future(
            serve(files, host=options.host, port=options.port, is_headless=options.headless, allow=allow)
        )
        stop_on_terminate(serving)
        await serving

    try:
        asyncio.run(run())
    except ChatSessionsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    return 0


def _kinds(given: str | None) -> list[str] | None:
    return None if given is None else [kind.strip() for kind in given.split(",")]


def _named(files: list[AppFile], *, name: str | None) -> dict[str, AppFile]:
    if name is not None and len(files) > 1:
        raise ChatSessionsError("--name is for one app; of several, each has its file's name.")
    named = {name or file.path.stem: file for file in files}
    if len(named) < len(files):
        raise ChatSessionsError("Two of the files have the same name, and a chat is named for its file. Rename one.")
    return named


async def _run(store: SqlStore, options: argparse.Namespace) -> None:
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jupyter chat-sessions", description="Chats, and stored conversations.")
    parser.add_argument("--database-url", help="the database, where it is not the file in Jupyter's data folder")
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="serve the chat of an app's file, such as one for `chainlit run`")
    runs.add_argument("files", metavar="file", nargs="+", help="the app's file; of several, each has a page of its own")
    runs.add_argument("--name", help="the chat's name, of one; the file's by default")
    runs.add_argument("--host", default="127.0.0.1", help="the address to listen at")
    runs.add_argument("--port", type=int, help="the port; by default 8000, or the next that is free")
    runs.add_argument("--headless", action="store_true", help="open no browser")
    runs.add_argument("--uploads", metavar="KINDS", help="files that viewers may give: off, any, or image/*,.csv")
    runs.add_argument("--max-files", type=int, metavar="N", help="files that they may give at a time")
    runs.add_argument("--max-file-mb", type=float, metavar="MB", help="megabytes of the largest of them")
    lists = commands.add_parser("list", help="list the conversations, the newest first")
    lists.add_argument("--channel", help="only those of one chat")
    exports = commands.add_parser("export", help="write a conversation to a file")
    exports.add_argument("thread", help="its id, as `list` shows it")
    exports.add_argument("--format", choices=["markdown", "json", "notebook"], default="markdown")
    exports.add_argument("--output", help="the file; - for standard output")
    purges = commands.add_parser("purge", help="remove conversations that nobody has written to for a time")
    purges.add_argument("--older-than-days", type=float, required=True)
    purges.add_argument("--channel", help="only those of one chat")
    purges.add_argument("--yes", action="store_true", help="I mean it")
    return parser


if __name__ == "__main__":
    sys.exit(main())
