"""Row 12: the server is stopped in an orderly way. Viewers are told when to come back and closed with 1012; all that
was accepted is there afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..scene import Scene

OWN_STAGE = True


async def test_viewers_are_told_and_everything_accepted_is_there(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewers = [await on.viewer() for _ in range(3)]
        gate = on.gate()
        done = [(viewer, viewer.say("echo")) for viewer in viewers for _ in range(5)]
        for viewer, key in done:
            await viewer.until_status(key, "done")
        running = [(viewer, viewer.say(f"stream 60 0 {gate.name}")) for viewer in viewers]
        for viewer, key in running:
            await viewer.until_reply_has(key, "29 ")
        waiting = [(viewer, viewer.say("echo")) for viewer in viewers]
        for viewer, key in waiting:
            await viewer.until_status(key, "queued")
        await asyncio.to_thread(on.stage.server.stop)
        for viewer in viewers:
            await viewer.until(lambda v=viewer: not v.is_connected)  # type: ignore[misc]
            assert viewer.close_codes[0] == 1012
            (going,) = viewer.goings
            assert 1 <= going.retry_after_s <= 5
        await asyncio.to_thread(on.stage.server.start)
        await on.stage.new_kernel()
        for viewer, key in waiting:
            await viewer.until_status(key, "done")
        for viewer, key in running:
            assert viewer.status(key) == "interrupted"
            reply = viewer.reply(key)
            assert reply is not None
            assert "29 " in reply.output, "a checkpoint is written before the server goes"
        await on.check()
