"""Row 25: the disk is full. What is said is refused with `storage_full` and never confirmed, what was said can be read,
viewers read why, and once there is room everything is sent by itself; nothing has to be started again.

The disk is a file system of 6 MiB where one can be mounted, else the server may not let its files grow (`disks.py`).
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from jupyter_chat_sessions.protocol.frames import Frame

from ..disks import small_disk
from ..scene import scene_at
from ..server import ChaosServer
from ..viewer import ChaosViewer


async def test_nothing_is_confirmed_and_nothing_is_lost(tmp_path: Path) -> None:
    server = ChaosServer(tmp_path)
    with small_disk(server) as disk:
        async with scene_at(server, tmp_path) as on:
            viewer, other = await on.viewer(), await on.viewer()
            before = viewer.say("echo")
            await viewer.until_status(before, "done")
            # Who reads waits for what is being written: nothing is left that the disk's first failure could be of.
            await asyncio.to_thread(server.request, "GET", "api/chat-sessions/threads?channel=chaos")
            told = _storage_states(other)
            disk.fill()
            said = [viewer.say("echo " + "x" * 30_000) for _ in range(3)]
            # Said again and refused again: the server has tried meanwhile whether there is room.
            await viewer.until(lambda: len(viewer.errors) >= 3 * len(said))
            assert {error.code for error in viewer.errors} == {"storage_full"}
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
            assert told == [disk.code, None], "it does not come and go"
            assert len(viewer.welcomes) == 1
            await on.check()


def _storage_states(viewer: ChaosViewer) -> list[str | None]:
    """Return a list that grows with each change of what a viewer is told of the storage; None is that all is well."""
    found: list[str | None] = []

    def note(frame: Frame) -> None:
        code = viewer.viewing.conversation.state.get("storage", {}).get("code")
        if code != (found[-1] if found else None):
            found.append(code)

    viewer.on_frame = note
    return found
