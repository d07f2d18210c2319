"""Row 30: a second server is started on the same data folder. It has a database of its own, and neither touches what
the other keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from ..scene import Scene, scene_at
from ..server import ChaosServer

OWN_STAGE = True


async def test_each_has_its_own_database(scene: Callable[[], Scene], tmp_path: Path) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        first = viewer.say("echo")
        await viewer.until_status(first, "done")
        home = tmp_path / "second"
        other = ChaosServer(home)
        other.data = on.stage.server.data
        with other:
            async with scene_at(other, home) as beside:
                stranger = await beside.viewer()
                for each in (stranger, viewer):
                    key = each.say("echo")
                    await each.until_status(key, "done")
                names = {path.name for path in (other.data / "chat_sessions").glob("*.sqlite")}
                assert names == {"chats.sqlite", "chats-2.sqlite"}
                [thread] = other.request("GET", "api/chat-sessions/threads?channel=chaos")["threads"]
                assert thread["name"].startswith(stranger.canary)
                await beside.check()
        await asyncio.to_thread(on.stage.server.stop)
        await asyncio.to_thread(on.stage.server.start)
        await on.stage.new_kernel()
        await viewer.until_welcome(2)
        last = viewer.say("echo")
        await viewer.until_status(last, "done")
        assert viewer.status(first) == "done"
        await on.check()
