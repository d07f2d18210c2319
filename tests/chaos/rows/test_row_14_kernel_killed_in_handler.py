"""Row 14: the kernel is killed in a handler. What was streamed stays, the run ends as interrupted within 5 s, its
question is closed, and what waited is kept for the next kernel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..journal import stream_text
from ..scene import Scene

OWN_STAGE = True


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
