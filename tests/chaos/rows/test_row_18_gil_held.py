"""Row 18: C code holds the interpreter's lock, so that nothing in the kernel runs, not even the thread of its link.
Viewers read that it is busy; once it is free everything goes on by itself, and nothing is lost.

The matrix holds it for 90 s. Here the server counts silence as such after 1 s, the kernel gives a sign of life twice a
second, and the lock is held until the viewers have read so; with `CHAOS=full` for 90 s, longer than either end of the
link waits for a word of the other.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from ..cells import kept, quick_link
from ..journal import stream_text
from ..scene import CHANNEL, Scene

HEARTBEATS = 180 if os.environ.get("CHAOS") == "full" else 4
SETTINGS = {"heartbeat": 0.5, "host_silence": 1}


@pytest.mark.timeout(200)
@pytest.mark.parametrize("run_on", ["notebook", "thread"])
async def test_everything_waits_and_goes_on(scene: Callable[[], Scene], run_on: str) -> None:
    async with scene() as on:
        await quick_link(on)
        await on.stage.kernel.run(f"%chat_session {CHANNEL} --run-on {run_on}")
        viewer, other = await on.viewer(), await on.viewer()
        gate = on.gate()
        running = viewer.say(f"stream 60 0 {gate.name}")
        await viewer.until_reply_has(running, "29 ")
        async with kept(on, "gil"):
            waiting = viewer.say("echo")
            late = other.say("echo")
            await viewer.until_status(waiting, "queued")
            await other.until_status(late, "queued")
            for each in (viewer, other):
                await each.until(lambda each=each: each.viewing.conversation.state["host"] == "busy")
            await viewer.until_heartbeats(HEARTBEATS)
            assert viewer.viewing.conversation.state["host"] == "busy"
            assert viewer.status(running) == "running"
            gate.let_pass()
        for each, key in ((viewer, running), (viewer, waiting), (other, late)):
            await each.until_status(key, "done")
        reply = viewer.reply(running)
        assert reply is not None
        assert reply.output == stream_text(running, 60)
        await viewer.until(lambda: viewer.viewing.conversation.state["host"] == "connected")
        await on.check()
