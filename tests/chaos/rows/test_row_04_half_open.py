"""Row 4: a line that is dead at both ends without a word. The server lets the viewer go within 45 s (the heartbeat
is shortened here, what comes on top of it is not); the viewer has a clock of its own. Nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..journal import stream_text
from ..scene import Scene

SETTINGS = {"heartbeat": 2}
HEARTBEAT_S, DEAD_AFTER_S = 2, 20


async def test_both_ends_notice_and_the_stream_is_whole(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer(silence_s=2 * HEARTBEAT_S)
        gate = on.gate()
        key = viewer.say(f"stream 300 0 {gate.name}")
        await viewer.until_reply_has(key, "149 ")
        for line in on.proxy.lines:
            line.stall()
        gate.let_pass()
        await viewer.until_welcome(2)
        assert viewer.welcomes[1].resumed
        await viewer.until_status(key, "done")
        reply = viewer.reply(key)
        assert reply is not None
        assert reply.output == stream_text(key, 300)
        beat = asyncio.Event()
        viewer.on_frame = lambda frame: beat.set()
        async with asyncio.timeout(45 - 25 + HEARTBEAT_S + DEAD_AFTER_S):
            while await _viewers(on) > 1:  # asked again with each heartbeat
                beat.clear()
                await beat.wait()
        await on.check()


async def _viewers(on: Scene) -> int:
    status = await asyncio.to_thread(on.stage.server.request, "GET", "api/chat-sessions/")
    return int(status["viewers"])
