"""Row 26: the disk is full and the server is started again. It starts, says so, shows what was said, and takes up its
work when there is room. See row 25 for the disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..disks import small_disk
from ..scene import scene_at
from ..server import ChaosServer


async def test_it_starts_and_says_so(tmp_path: Path) -> None:
    server = ChaosServer(tmp_path)
    with small_disk(server) as disk:
        async with scene_at(server, tmp_path) as on:
            viewer = await on.viewer()
            before = viewer.say("echo")
            await viewer.until_status(before, "done")
            later = viewer.say("echo")  # once this is accepted, what became of the one before it is stored
            await viewer.until_status(later, "done")
            disk.fill()
            unsaid = viewer.say("echo")
            await viewer.until(lambda: bool(viewer.errors))
            server.kill()
            logged = server.log.stat().st_size
            await asyncio.to_thread(server.start)
            disk.fill()
            await on.stage.new_kernel()
            await viewer.until_welcome(2)
            await viewer.until(lambda: viewer.viewing.conversation.state.get("storage") is not None)
            assert viewer.viewing.conversation.state["storage"]["code"] == disk.code
            assert viewer.status(before) == "done"
            assert viewer.status(unsaid) is None
            disk.clear()
            await viewer.until_status(unsaid, "done")
            await viewer.until(lambda: "storage" not in viewer.viewing.conversation.state)
            assert b"Traceback" not in server.log.read_bytes()[logged:]
            await on.check()
