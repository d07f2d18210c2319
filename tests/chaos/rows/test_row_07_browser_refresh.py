"""Row 7: the page is reloaded in the middle of a stream, again and again, and once after something was said that got
lost. It comes back to its session with all that was said, the stream goes on, and what was lost is answered once.

10 times by default, 200 with `CHAOS=full`; the moments come from a seed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

from playwright.async_api import Page, expect

from ..browser import chromium, open_chat, replies, say
from ..journal import stream_text
from ..scene import Scene

RELOADS = 200 if os.environ.get("CHAOS") == "full" else 10
SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(1 << 32))
KEY = "page/1"
STEP = 10
"""Tokens that are waited for between two reloads, on average."""
PACE_S = 0.01
TOKENS = RELOADS * 100
"""In the middle of them the stream waits until all reloads are done: it must not end before, however slow they are."""
ALL_LIMIT_MS = 60_000 + TOKENS * PACE_S * 1000
CAN_LOSE = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
    if (!window.losesAll) send.call(this, message);
};
"""
"""Until the next reload, what the page says may be lost on its way."""


async def test_all_of_it_is_there_after_each(scene: Callable[[], Scene]) -> None:
    print(f"CHAOS_SEED={SEED}")
    rng = random.Random(SEED)
    async with scene() as on, chromium() as browser:
        lines: list[list[str | bytes]] = []
        page = await open_chat(browser, on.stage.server.port, script=CAN_LOSE, lines=lines)
        gate = on.gate()
        await say(page, f"{KEY} stream {TOKENS} {PACE_S} {gate.name}")
        seen = 0
        for _ in range(RELOADS):
            seen = await _until_token(page, min(seen + rng.randint(1, 2 * STEP), TOKENS // 2 - 1))
            await page.reload()
        gate.let_pass()
        await page.evaluate("window.losesAll = true")
        await say(page, "page/2 echo")
        await expect(page.get_by_text("page/2 echo")).to_be_visible()
        await page.reload()
        await expect(replies(page)).to_have_count(2, timeout=ALL_LIMIT_MS)
        assert " ".join((await replies(page).first.inner_text()).split()) == stream_text(KEY, TOKENS).strip()
        assert await replies(page).last.inner_text() == "page/2 echo"
        await expect(page.locator("article[data-step-type=user_message]")).to_have_count(2)
        assert len(lines) == RELOADS + 2  # each page has made one line, and kept it


async def _until_token(page: Page, number: int) -> int:
    """Wait until a token is there; return the newest that is."""
    await expect(replies(page)).to_contain_text(f" {number} ", timeout=20_000)
    words = (await replies(page).inner_text()).split()
    return max(int(word) for word in words if word.isdecimal())
