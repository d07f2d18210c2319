"""Row 14 under load: every run ends as interrupted within 5 s after its kernel was killed, however many there are.

With `CHAOS=full` the kernel is killed 200 times under fifty streams.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

from ..kernel import KEEP_DEAD
from ..scene import Scene

SERVER_OPTIONS = KEEP_DEAD
IS_FULL = os.environ.get("CHAOS") == "full"
KILLS = 200 if IS_FULL else 2
VIEWERS = 50 if IS_FULL else 20
INTERRUPTED_WITHIN_S = 5.0


async def test_every_run_is_interrupted_in_time(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewers = [await on.viewer() for _ in range(VIEWERS)]
        slowest_s = 0.0
        for _ in range(KILLS):
            running = [(viewer, viewer.say("stream 100000 0.02")) for viewer in viewers]
            for viewer, key in running:
                await viewer.until_reply_has(key, " 10 ")
            killed = on.stage.kernel
            killed.kill()
            killed_at = time.monotonic()
            async with asyncio.timeout(INTERRUPTED_WITHIN_S):
                for viewer, key in running:
                    await viewer.until_status(key, "interrupted")
            slowest_s = max(slowest_s, time.monotonic() - killed_at)
            await on.stage.replace(killed)
        print(f"{KILLS} kills, {VIEWERS} runs each: the last was interrupted after {slowest_s:.2f} s at the most")
        await on.check()
