"""Row 28: conversations are to be kept where nothing can be written, or behind a network, where SQLite's write-ahead
log does not work. They live in memory with a banner, or in a database with a rollback journal.

Nothing can be written where a file stands in the folder's place, for root too; and the server is told that every disk
is behind a network.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..scene import scene_at
from ..server import ChaosServer


async def test_where_nothing_can_be_written_the_chat_works_in_memory_and_says_so(tmp_path: Path) -> None:
    server = ChaosServer(tmp_path)
    server.data.mkdir()
    (server.data / "chat_sessions").write_text("in the way")
    with server:
        async with scene_at(server, tmp_path) as on:
            viewer = await on.viewer()
            key = viewer.say("echo")
            await viewer.until_status(key, "done")
            storage = viewer.viewing.conversation.state["storage"]
            assert storage["code"] == "memory"
            assert "until it is stopped" in storage["text"]
            assert b"Traceback" not in server.log.read_bytes()
            await on.check()


async def test_behind_a_network_there_is_no_write_ahead_log_and_nothing_accepted_is_lost(tmp_path: Path) -> None:
    with ChaosServer(tmp_path, env={"CHAOS_NETWORK_DISK": "1"}) as server:
        async with scene_at(server, tmp_path) as on:
            viewer = await on.viewer()
            keys = [viewer.say("echo") for _ in range(5)]
            for key in keys:
                await viewer.until_status(key, "done")
            server.kill()
            assert not list(server.data.rglob("chats.sqlite-wal"))
            await asyncio.to_thread(server.start)
            await on.stage.new_kernel()
            await viewer.until_welcome(2)
            last = viewer.say("echo")
            await viewer.until_status(last, "done")
            assert "storage" not in viewer.viewing.conversation.state
            await on.check()
