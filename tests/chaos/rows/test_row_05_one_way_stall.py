"""Row 5: what the server says does not arrive any more, what the viewer says does. The viewer takes the line for dead
and comes back; what it sent meanwhile is neither lost nor doubled."""

from __future__ import annotations

from collections.abc import Callable

from ..scene import Scene

SETTINGS = {"heartbeat": 2}


async def test_what_was_sent_on_the_deaf_line_runs_once(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer(silence_s=4)
        first = viewer.say("echo")
        await viewer.until_status(first, "done")
        for line in on.proxy.lines:
            line.to_client.stall()
        keys = [viewer.say("echo") for _ in range(5)]
        await viewer.until_welcome(2)
        for key in keys:
            await viewer.until_status(key, "done")
        await on.check()
