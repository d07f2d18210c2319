"""Row 10: a tab is closed and the session opened again within its time. The handler goes on, and nothing is missed."""

from __future__ import annotations

from collections.abc import Callable

from ..journal import stream_text
from ..scene import Scene


async def test_a_handler_is_not_cancelled_because_nobody_looks(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        watcher = await on.viewer(direct=True)
        viewer = await on.viewer()
        gate = on.gate()
        key = viewer.say(f"stream 300 0 {gate.name}")
        await viewer.until_reply_has(key, "149 ")
        await on.leave(viewer)
        other = watcher.say("echo")
        await watcher.until_status(other, "done")
        gate.let_pass()
        again = await on.viewer(of=viewer)
        await again.until_status(key, "done")
        reply = again.reply(key)
        assert reply is not None
        assert reply.output == stream_text(key, 300)
        await on.check()
