"""Row 19: the kernel's process stands still (SIGSTOP) and goes on (SIGCONT). Viewers read that it is busy; so many
messages wait as may, further ones are refused as `busy`; then everything is answered, and nothing is interrupted.

The matrix lets it stand for 2 min. Here the server counts silence as such after 1 s, the kernel gives a sign of life
five times a second, and it stands for 2 s; with `CHAOS=full` for 2 min.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from ..cells import quick_link
from ..journal import stream_text
from ..scene import Scene

HEARTBEATS = 240 if os.environ.get("CHAOS") == "full" else 4
SETTINGS = {"heartbeat": 0.5, "host_silence": 1}
MAX_WAITING = 8


@pytest.mark.timeout(300)
async def test_frozen_and_thawed(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        await quick_link(on)
        viewer, other = await on.viewer(), await on.viewer()
        gate = on.gate()
        running = viewer.say(f"stream 60 0 {gate.name}")
        await viewer.until_reply_has(running, "29 ")
        on.stage.kernel.freeze()
        try:
            waiting = [viewer.say("echo") for _ in range(MAX_WAITING)]
            for key in waiting:
                await viewer.until_status(key, "queued")
            refused = viewer.say("echo")
            await viewer.until(lambda: bool(viewer.errors))
            assert [error.code for error in viewer.errors] == ["busy"]
            assert viewer.step(refused) is None
            for each in (viewer, other):
                await each.until(lambda each=each: each.viewing.conversation.state["host"] == "busy")
            await viewer.until_heartbeats(HEARTBEATS)
            assert viewer.viewing.conversation.state["host"] == "busy"
            assert viewer.status(running) == "running"
        finally:
            on.stage.kernel.thaw()
        gate.let_pass()
        for key in (running, *waiting):
            await viewer.until_status(key, "done")
        reply = viewer.reply(running)
        assert reply is not None
        assert reply.output == stream_text(running, 60)
        await viewer.until(lambda: viewer.viewing.conversation.state["host"] == "connected")
        again = viewer.say("echo")
        await viewer.until_status(again, "done")
        await on.check()
