"""`jupyter chat-sessions …`: the command line.

The one rule: each command imports what it needs when it runs. A database or a Jupyter server takes seconds to import,
and who has mistyped a file's name need not wait for either.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from .protocol.errors import ChatSessionsError

if TYPE_CHECKING:
    from .app_file import AppFile


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: The command line; this process's by default.

    Returns:
        0; 1 where it could not be done, and standard error says why; 130 where it was interrupted.

    Example:
        >>> main(["list"])
        0
    """
    options = _parser().parse_args(arguments)
    try:
        asyncio.run(_run_app(options) if options.command == "run" else _look_after(options))
    except ChatSessionsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0 if options.command == "run" else 130  # an app is ended so; what else is, was not done
    return 0


async def _look_after(options: argparse.Namespace) -> None:
    from .stored_conversations import look_after

    await look_after(options)


async def _run_app(options: argparse.Namespace) -> None:
    from .app_file import AppFile
    from .host.accepting import uploads_in_words
    from .serving import serve, stop_on_terminate

    allow = partial(
        uploads_in_words, _kinds(options.uploads), max_files=options.max_files, max_size_mb=options.max_file_mb
    )
    files = _named([AppFile(each) for each in options.files], name=options.name)
    serving = asyncio.ensure_future(
        serve(files, host=options.host, port=options.port, is_headless=options.headless, allow=allow)
    )
    stop_on_terminate(serving)
    await serving


def _kinds(given: str | None) -> list[str] | None:
    return None if given is None else [kind.strip() for kind in given.split(",")]


def _named(files: list[AppFile], *, name: str | None) -> dict[str, AppFile]:
    if name is not None and len(files) > 1:
        raise ChatSessionsError("--name is for one app; of several, each has its file's name.")
    named = {name or file.path.stem: file for file in files}
    if len(named) < len(files):
        raise ChatSessionsError("Two of the files have the same name, and a chat is named for its file. Rename one.")
    return named


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
