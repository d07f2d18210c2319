"""Row 14: the kernel is killed in a handler. What was streamed stays, the run ends as interrupted within 5 s, its
question is closed, and what waited is kept for the next kernel.

With `CHAOS=full` it is killed 200 times under fifty streams.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

from ..journal import stream_text
from ..scene import Scene

OWN_STAGE = True
IS_FULL = os.environ.get("CHAOS") == "full"
KILLS = 200 if IS_FULL else 2
VIEWERS = 50 if IS_FULL else 20
INTERRUPTED_WITHIN_S = 5.0


async def test_a_stream_is_cut_off_and_the_queue_is_kept(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        gate = on.gate()
        key = viewer.say(f"stream 60 0 {gate.name}")
        await viewer.until_reply_has(key, "29 ")
        waiting = viewer.say("echo")
        await viewer.until_status(waiting, "queued")
        on.stage.kernel.kill()
        await viewer.until_status(key, "interrupted", limit_s=5)
        reply = viewer.reply(key)
        assert reply is not None
        assert not reply.streaming
        assert stream_text(key, 60).startswith(reply.output)
        assert viewer.status(waiting) == "queued"
        await on.stage.open_chat()
        await viewer.until_status(waiting, "done")
        assert viewer.status(key) == "interrupted"
        await on.check()


async def test_every_run_of_many_viewers_ends_in_time(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewers = [await on.viewer() for _ in range(VIEWERS)]
        slowest_s = 0.0
        for _ in range(KILLS):
            running = [(viewer, viewer.say("stream 100000 0.02")) for viewer in viewers]
            for viewer, key in running:
                await viewer.until_reply_has(key, " 10 ")
            on.stage.kernel.kill()
            killed_at = time.monotonic()
            async with asyncio.timeout(INTERRUPTED_WITHIN_S):
                for viewer, key in running:
                    await viewer.until_status(key, "interrupted")
            slowest_s = max(slowest_s, time.monotonic() - killed_at)
            await on.stage.open_chat()
        print(f"{KILLS} kills, {VIEWERS} runs each: the last was interrupted after {slowest_s:.2f} s at the most")
        await on.check()


async def test_a_question_is_closed(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        key = viewer.say("ask")
        await viewer.until(lambda: bool(viewer.viewing.conversation.questions))
        on.stage.kernel.kill()
        async with asyncio.timeout(5):
            await viewer.until(lambda: not viewer.viewing.conversation.questions)
            await viewer.until_status(key, "interrupted")
        await on.stage.open_chat()
        await on.check()
