"""Row 8: the laptop sleeps while a reply streams, and the network forgets its connections meanwhile. When it wakes, the
page notices by itself and is whole again within 2 s: resumed, or by a snapshot if it missed too much.

All of Chromium's processes stand still for as long as the sleep lasts: 6 s by default, 10 minutes with `CHAOS=full`.
6 s are short of what a page takes for silence, so that where the network has said nothing, it has to probe the line.
Two hours are longer than a session waits: `test_row_08_slept_too_long.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable

import pytest
from playwright.async_api import expect

from ..browser import chromium, chromium_stopped, open_chat, replies, say
from ..journal import stream_text
from ..scene import Scene

SETTINGS = {"window_events": 16}
SLEEP_S = 600.0 if os.environ.get("CHAOS") == "full" else 6.0
AWAKE_LIMIT_S = 2.0
KEY = "page/1"


@pytest.mark.parametrize(
    ("is_silent", "tokens", "pace_s", "resumed"),
    [(False, 60, 0, True), (True, 200, 0.01, False)],
    ids=["the line was reset", "the line was forgotten without a word, and much was missed"],
)
async def test_it_is_whole_again_soon_after_it_wakes(
    scene: Callable[[], Scene], is_silent: bool, tokens: int, pace_s: float, resumed: bool
) -> None:
    async with scene() as on, chromium() as browser:
        beside = await on.viewer(direct=True)
        gate = on.gate()
        lines: list[list[str | bytes]] = []
        page = await open_chat(browser, on.proxy.port, lines=lines)
        await say(page, f"{KEY} stream {tokens} {pace_s} {gate.name}")
        await expect(replies(page)).to_contain_text(f" {tokens // 2 - 1} ")
        with chromium_stopped():
            for line in list(on.proxy.lines):
                fault = line.stall if is_silent else line.cut
                fault()
            gate.let_pass()
            await beside.until_status(beside.say("echo"), "done")
            await asyncio.sleep(SLEEP_S)
        woke_at = time.monotonic()
        await expect(replies(page)).to_contain_text(f" {tokens - 1} ", timeout=20_000)
        assert time.monotonic() - woke_at < AWAKE_LIMIT_S
        assert " ".join((await replies(page).inner_text()).split()) == stream_text(KEY, tokens).strip()
        [welcome] = [frame for frame in json.loads(lines[-1][0]) if frame["type"] == "welcome"]
        assert welcome["resumed"] is resumed
        await on.check()
