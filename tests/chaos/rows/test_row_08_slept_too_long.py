"""Row 8, two hours: the laptop sleeps for longer than a session waits for its viewer (`session_timeout`, an hour by
default; a second here). The page says within 2 s after it wakes that the conversation has ended, still shows it, and
finds it again among the conversations of before, where it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.async_api import expect

from ..browser import chromium, chromium_stopped, open_chat, replies, say
from ..scene import Scene

SETTINGS = {"session_timeout": 1}
AWAKE_LIMIT_S = 2.0
WATCH_ENDS = """
import asyncio
import jupyter_chat_sessions as cl

ended = asyncio.Event()

@cl.on_chat_end
async def end():
    ended.set()
"""


async def test_it_says_so_and_can_go_on(scene: Callable[[], Scene]) -> None:
    async with scene() as on, chromium() as browser:
        await on.stage.kernel.run(WATCH_ENDS)
        page = await open_chat(browser, on.proxy.port)
        await say(page, "page/1 echo")
        await expect(replies(page)).to_have_text(["page/1 echo"])
        with chromium_stopped():
            on.proxy.cut()
            await on.stage.kernel.run("await ended.wait()")
        woke_at = time.monotonic()
        again = page.get_by_role("button", name="Start a new chat")
        await expect(again).to_be_visible()
        assert time.monotonic() - woke_at < AWAKE_LIMIT_S
        await expect(replies(page)).to_have_text(["page/1 echo"])
        await again.click()
        await expect(replies(page)).to_have_count(0)
        await say(page, "page/2 echo")
        await expect(replies(page)).to_have_text(["page/2 echo"])
        await page.get_by_role("button", name="Conversations", exact=True).click()
        await page.locator(".jcs-thread-open").filter(has_text="page/1").click()
        await expect(replies(page)).to_have_text(["page/1 echo"])
        await say(page, "page/3 echo")
        await expect(replies(page)).to_have_text(["page/1 echo", "page/3 echo"])
