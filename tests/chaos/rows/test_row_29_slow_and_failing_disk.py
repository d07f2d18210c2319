"""Row 29: each commit takes half a second, or fails. What is said is confirmed later or not at all, never before it is
stored, and the server does everything else meanwhile. The database's own commits are made slow, and made to fail.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ..scene import Scene

OWN_STAGE = True
DELAY_S = 0.5


async def test_a_slow_disk_slows_the_confirmation_and_nothing_else(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        await _disk(on, f"?seconds={DELAY_S}")
        said_at = time.monotonic()
        key = viewer.say("echo")
        began = time.monotonic()
        await asyncio.to_thread(on.stage.server.request, "GET", "api/chat-sessions/channels")
        assert time.monotonic() - began < DELAY_S, "the server's loop waits for the disk"
        await viewer.until(lambda: not viewer.viewing.unconfirmed)
        assert time.monotonic() - said_at >= DELAY_S
        await viewer.until_status(key, "done")
        await _disk(on, "")
        await on.check()


async def test_a_failing_disk_confirms_nothing_until_it_works_again(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        await _disk(on, "?error=disk%20I/O%20error")
        key = viewer.say("echo")
        await viewer.until(lambda: bool(viewer.errors))
        assert [error.code for error in viewer.errors] == ["storage_full"]
        await viewer.until(lambda: viewer.viewing.conversation.state.get("storage", {}).get("code") == "failed")
        assert viewer.status(key) is None
        await _disk(on, "")
        await viewer.until_status(key, "done")
        await viewer.until(lambda: "storage" not in viewer.viewing.conversation.state)
        await on.check()


async def _disk(on: Scene, how: str) -> None:
    await asyncio.to_thread(on.stage.server.request, "POST", f"trouble/disk{how}")
