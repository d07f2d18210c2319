"""Row 25: the disk is full. What is said is refused with `storage_full` and never confirmed, what was said can be read,
viewers read why, and once there is room everything is sent by itself; nothing has to be started again.

The disk is a file system of 6 MiB where one can be mounted, else the server may not let its files grow (`disks.py`).
"""

from __future__ import annotations

from pathlib import Path

from ..disks import small_disk
from ..scene import Scene, Stage
from ..server import ChaosServer


async def test_nothing_is_confirmed_and_nothing_is_lost(tmp_path: Path) -> None:
    server = ChaosServer(tmp_path)
    with small_disk(server) as disk:
        stage = Stage(server, tmp_path)
        await stage.open_chat()
        async with Scene(stage, tmp_path) as on:
            viewer, other = await on.viewer(), await on.viewer()
            before = viewer.say("echo")
            await viewer.until_status(before, "done")
            disk.fill()
            said = [viewer.say("echo " + "x" * 30_000) for _ in range(3)]
            await viewer.until(lambda: any(error.code == "storage_full" for error in viewer.errors))
            for each in (viewer, other):
                await each.until(lambda e=each: "storage" in e.viewing.conversation.state)  # type: ignore[misc]
                assert each.viewing.conversation.state["storage"]["code"] == disk.code
            assert {viewer.status(key) for key in said} == {None}, "what is not stored is not shown as said"
            assert all(error.retry_after_s for error in viewer.errors)
            reading = await on.viewer(of=viewer)
            assert reading.status(before) == "done"
            disk.clear()
            for key in said:
                await viewer.until_status(key, "done")
            await other.until(lambda: "storage" not in other.viewing.conversation.state)
            assert len(viewer.welcomes) == 1
            await on.check()
