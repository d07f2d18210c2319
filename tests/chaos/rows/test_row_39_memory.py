"""Row 39: many sessions with long transcripts. What is older than the newest steps is in the database alone: the server
does not grow with the length of the conversations. 20 sessions by default, 1,000 with `CHAOS=full`."""

from __future__ import annotations

import os
from collections.abc import Callable

import psutil

from ..scene import Scene
from ..viewer import ChaosViewer

SETTINGS = {"snapshot_steps": 10, "window_events": 64, "window_bytes": 65_536}
SESSIONS = 1_000 if os.environ.get("CHAOS") == "full" else 20
WORDS = "echo " + "x" * 8_000
MESSAGES = 60
"""In each half: far more than are kept in memory."""
MIB = 1024 * 1024


async def test_the_server_does_not_grow_with_the_length_of_conversations(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewers = [await on.viewer(direct=True) for _ in range(SESSIONS)]
        process = psutil.Process(on.stage.server.pid)
        await _talk(viewers)
        half = process.memory_info().rss
        await _talk(viewers)
        grown = process.memory_info().rss - half
        said = SESSIONS * MESSAGES * 2 * len(WORDS)
        assert grown < said / 4, f"{grown / MIB:.1f} MiB more after {said / MIB:.1f} MiB were said"
        again = await on.viewer(of=viewers[0])
        assert again.viewing.conversation.snapshot().earlier == 2 * 2 * MESSAGES - SETTINGS["snapshot_steps"]
        await on.check()


async def _talk(viewers: list[ChaosViewer]) -> None:
    for _ in range(MESSAGES):
        keys = [(viewer, viewer.say(WORDS)) for viewer in viewers]
        for viewer, key in keys:
            await viewer.until_status(key, "done")
