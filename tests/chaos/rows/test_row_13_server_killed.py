"""Row 13: the server is killed, and its kernel follows. What was accepted is stored; what ran is interrupted, short
of at most 250 ms of its text; what waited runs once, in the next kernel; viewers come back to their conversation."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..journal import stream_text
from ..scene import Scene

OWN_STAGE = True
TOKENS = 60
PACE_S = 0.02
"""So the tenth token is older than 250 ms when the thirtieth comes."""


async def test_everything_accepted_is_there_afterwards(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        gate = on.gate()
        before = [viewer.say("echo") for _ in range(3)]
        await viewer.until_status(before[-1], "done")
        running = viewer.say(f"stream {TOKENS} {PACE_S} {gate.name}")
        await viewer.until_reply_has(running, "29 ")
        waiting = viewer.say("echo")
        await viewer.until_status(waiting, "queued")
        on.stage.server.kill()
        await viewer.until(lambda: not viewer.is_connected)
        while_away = viewer.say("echo")
        await asyncio.to_thread(on.stage.server.start)
        welcome = await viewer.until_welcome(2, limit_s=5)
        assert (welcome.resumed, welcome.reason) == (False, "epoch")
        await on.stage.new_kernel()
        await viewer.until_status(running, "interrupted", limit_s=5)
        reply = viewer.reply(running)
        assert reply is not None
        assert stream_text(running, TOKENS).startswith(reply.output)
        assert " 10 " in reply.output
        for key in (waiting, while_away):
            await viewer.until_status(key, "done")
        await on.check()
