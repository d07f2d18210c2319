"""Row 17: a cell keeps the kernel for a long time, asleep or in a loop of plain Python. Handlers run on the notebook's
loop unless they are told otherwise: what is said meanwhile is stored, waits, and shows why; then it is answered. With
`--run-on thread` it is answered at once. Either way the link stands.

The matrix lets the cell take ten minutes. Here it takes as long as the server needs for a number of heartbeats, 60 s
with `CHAOS=full`: longer than either end of the link waits for a word of the other.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from jupyter_chat_sessions.protocol.frames import Frame

from ..cells import Hold, kept
from ..scene import CHANNEL, Scene
from ..viewer import ChaosViewer

HEARTBEAT_S = 0.5
HEARTBEATS = 120 if os.environ.get("CHAOS") == "full" else 4
SETTINGS = {"heartbeat": HEARTBEAT_S}


@pytest.mark.timeout(200)
@pytest.mark.parametrize("hold", ["sleep", "loop"])
async def test_what_is_said_waits(scene: Callable[[], Scene], hold: Hold) -> None:
    async with scene() as on:
        await on.stage.kernel.run(f"%chat_session {CHANNEL} --run-on notebook")
        viewer, other = await on.viewer(), await on.viewer()
        seen = _Seen(viewer)
        async with kept(on, hold):
            keys = [viewer.say(words) for words in ("echo", "stream 100", "echo")]
            for key in keys:
                await viewer.until_status(key, "queued")
            await viewer.until(lambda: not viewer.viewing.unconfirmed)
            for told in (viewer, other):
                await told.until(lambda told=told: told.viewing.conversation.state["host"] == "busy")
            await viewer.until_heartbeats(HEARTBEATS)
            on.proxy.cut()
            await viewer.until_welcome(2)
            await other.until_welcome(2)
            late = other.say("echo")
            await other.until_status(late, "queued")
            assert viewer.viewing.conversation.state["host"] == "busy"
            assert [viewer.status(key) for key in keys] == ["queued"] * 3
        for key in keys:
            await viewer.until_status(key, "done")
        await other.until_status(late, "done")
        await viewer.until(lambda: viewer.viewing.conversation.state["host"] == "connected")
        assert "gone" not in seen.hosts
        await on.check()


@pytest.mark.timeout(200)
@pytest.mark.parametrize("hold", ["sleep", "loop"])
async def test_with_a_loop_of_their_own_handlers_answer_at_once(scene: Callable[[], Scene], hold: Hold) -> None:
    async with scene() as on:
        await on.stage.kernel.run(f"%chat_session {CHANNEL} --run-on thread")
        viewer = await on.viewer()
        seen = _Seen(viewer)
        async with kept(on, hold):
            newcomer = await on.viewer()
            for words in ("echo", "stream 100"):
                for each in (viewer, newcomer):
                    key = each.say(words)
                    await each.until_status(key, "done", limit_s=10)
            asked = viewer.say("ask")
            await viewer.until(lambda: bool(viewer.viewing.conversation.questions))
            await viewer.until_heartbeats(HEARTBEATS)
            viewer.answer()
            await viewer.until_status(asked, "done", limit_s=10)
        assert set(seen.hosts) == {"connected"}
        await on.check()


class _Seen:
    """What a viewer is told of the kernel."""

    def __init__(self, viewer: ChaosViewer) -> None:
        self.hosts = [viewer.viewing.conversation.state["host"]]
        self._viewer = viewer
        viewer.on_frame = self._note

    def _note(self, frame: Frame) -> None:
        self.hosts.append(self._viewer.viewing.conversation.state["host"])
