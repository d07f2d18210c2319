"""Row 16: the kernel is interrupted. The handler that runs is stopped, visibly; the link stays, and what waits runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..scene import Scene


async def test_the_running_handler_is_stopped_and_the_link_stays(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer, other = await on.viewer(), await on.viewer()
        gate = on.gate()
        running = viewer.say(f"wait {gate.name}")
        await viewer.until_status(running, "running")
        waiting = viewer.say("echo")
        await viewer.until_status(waiting, "queued")
        await asyncio.to_thread(on.stage.kernel.interrupt)
        await viewer.until(lambda: viewer.status(running) in ("cancelled", "failed"))
        await viewer.until_status(waiting, "done")
        texts = [step.output for step in viewer.viewing.conversation.steps]
        assert "Stopped by the author of this notebook." in texts
        assert viewer.viewing.conversation.state["host"] == "connected"
        key = other.say("echo")
        await other.until_status(key, "done")
        assert [len(one.welcomes) for one in (viewer, other)] == [1, 1]
        await on.check()
