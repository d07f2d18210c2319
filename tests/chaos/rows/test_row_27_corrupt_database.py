"""Row 27: the database is damaged while the server is away: in its header, in a page, at its log's end, or cut off.
The server starts, never shows what was not said, and either goes on or keeps the file aside and begins a new one.

Three damages by default, five with `CHAOS=full`; 500 without a server are `make damaged-databases`.
"""

from __future__ import annotations

import asyncio
import os
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest

from ..scene import SECRET_HEADER, scene_at
from ..server import ChaosServer
from ..viewer import ChaosViewer

IS_FULL = os.environ.get("CHAOS") == "full"
MESSAGES = 30


def _break_beginning(path: Path) -> None:
    _overwrite(path, at=0)


def _break_page(path: Path) -> None:
    _overwrite(path, at=path.stat().st_size // 8192 * 4096, count=4096)


def _cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 + 1000)


def _break_end(path: Path) -> None:
    _overwrite(path, at=path.stat().st_size - 2000)


def _cut_end(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1000)


Damage = Callable[[Path], None]
OF_THE_DATABASE: list[Damage] = [_break_beginning, _break_page, *([_cut_off] if IS_FULL else [])]
OF_THE_LOG: list[Damage] = [_break_end, *([_cut_end] if IS_FULL else [])]


@pytest.mark.parametrize("damage", [*OF_THE_DATABASE, *OF_THE_LOG])
async def test_the_server_starts_and_shows_nothing_that_was_not_said(tmp_path: Path, damage: Damage) -> None:
    with ChaosServer(tmp_path) as server:
        async with scene_at(server, tmp_path) as on:
            viewer = await on.viewer()
            for _ in range(MESSAGES):
                await viewer.until_status(viewer.say("echo"), "done")
            said = {step.output for step in viewer.viewing.conversation.steps}
            if damage in OF_THE_DATABASE:
                await asyncio.to_thread(server.stop)  # all of it is in the database then, and nothing in the log
            else:
                server.kill()
            place = server.data / "chat_sessions"
            damage(place / ("chats.sqlite" if damage in OF_THE_DATABASE else "chats.sqlite-wal"))
            logged = server.log.stat().st_size
            await asyncio.to_thread(server.start)
            assert b"Traceback" not in server.log.read_bytes()[logged:]
            read = await asyncio.to_thread(_read, server, viewer)
            if damage in OF_THE_DATABASE:
                assert list(place.glob("chats.corrupt-*.sqlite"))
                assert read is None, "the session is unknown"
            else:
                assert read is not None
                assert set(read) <= said
                assert len(read) >= MESSAGES, "only the last commits are gone"
            await on.forget(viewer)
            await on.stage.new_kernel()
            new = await on.viewer()
            await new.until_status(new.say("echo"), "done")
            assert len(new.viewing.conversation.steps) == 2
            await on.check()


def _read(server: ChaosServer, viewer: ChaosViewer) -> list[str] | None:
    """Return what can be read of a session; None where it is not there any more."""
    path = f"api/chat-sessions/sessions/{viewer.session}/steps?limit=200"
    try:
        steps = server.request("GET", path, headers={SECRET_HEADER: viewer.secret})["steps"]
    except urllib.error.HTTPError as refused:
        if refused.code != 404:
            raise
        return None
    return [step["output"] for step in steps]


def _overwrite(path: Path, *, at: int, count: int = 512) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * count)
