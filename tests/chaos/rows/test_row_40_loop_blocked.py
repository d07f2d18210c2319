"""Row 40: another extension keeps the server's loop for three seconds. Nobody is let go and nothing is lost: every
limit on silence is longer than that. With `CHAOS=full` there are 300 viewers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

from ..journal import stream_text
from ..scene import Scene

VIEWERS = 300 if os.environ.get("CHAOS") == "full" else 20
BLOCKED_S = 3.0
TOKENS = 200
PACE_S = 0.02


async def test_nobody_is_let_go(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewers = [await on.viewer() for _ in range(VIEWERS)]
        streams = [(viewer, viewer.say(f"stream {TOKENS} {PACE_S}")) for viewer in viewers]
        for viewer, key in streams:
            await viewer.until(lambda v=viewer, k=key: v.reply(k) is not None)  # type: ignore[misc]
        blocking = asyncio.to_thread(on.stage.server.request, "POST", f"trouble/block?seconds={BLOCKED_S}")
        meanwhile = [(viewer, viewer.say("echo")) for viewer in viewers]
        await blocking
        for viewer, key in meanwhile:
            await viewer.until_status(key, "done")
        for viewer, key in streams:
            reply = viewer.reply(key)
            assert reply is not None
            assert reply.output == stream_text(key, TOKENS)
            assert len(viewer.welcomes) == 1
            assert viewer.viewing.conversation.state["host"] == "connected"
        await on.check()
