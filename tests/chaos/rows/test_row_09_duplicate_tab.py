"""Row 9: a tab is duplicated, with what it keeps: both live and show the same in the same order. A session is open in
eight tabs at the most (the matrix has four); the next is told so and closed with 4409.

The server's side is tried with viewers that know nothing but the protocol, the page's in Chromium with `window.open`,
which copies what the tab keeps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from playwright.async_api import Page, expect

from ..browser import chromium, open_chat, replies, say
from ..raw_client import RawClient
from ..scene import Scene

MAX_TABS = 8


async def test_both_tabs_show_the_same_in_the_same_order(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        first = await on.viewer()
        first.say("echo")
        second = await on.viewer(of=first)
        for _ in range(5):
            keys = [tab.say("echo") for tab in (first, second, first)]
            for tab in (first, second):
                for key in keys:
                    await tab.until_status(key, "done")
        seen = [[step.id for step in tab.viewing.conversation.steps] for tab in (first, second)]
        assert seen[0] == seen[1]
        await on.check()


async def test_one_tab_too_many_is_told_so_and_has_its_place_when_another_is_closed(
    scene: Callable[[], Scene],
) -> None:
    async with scene() as on:
        tabs = [await on.viewer()]
        tabs += [await on.viewer(of=tabs[0]) for _ in range(MAX_TABS - 1)]
        frames, code = await asyncio.to_thread(_turned_away, on.stage.server.port, (tabs[0].session, tabs[0].secret))
        assert code == 4409
        assert [frame["type"] for frame in frames] == ["error", "bye"]
        assert all(f"open in {MAX_TABS} tabs already" in frame["text"] for frame in frames)
        assert all(len(tab.welcomes) == 1 for tab in tabs)
        await on.leave(tabs.pop())
        tabs.append(await on.viewer(of=tabs[0]))
        key = tabs[-1].say("echo")
        for tab in tabs:
            await tab.until_status(key, "done")
        await on.check()


async def test_duplicated_pages_live_and_the_one_too_many_says_why_it_does_not(scene: Callable[[], Scene]) -> None:
    async with scene() as on, chromium() as browser:
        first = await open_chat(browser, on.stage.server.port)
        await say(first, "page/1 echo")
        await expect(replies(first)).to_have_text(["page/1 echo"])
        pages = [first]
        for _ in range(MAX_TABS - 1):
            pages.append(await _duplicate(first))
            await expect(replies(pages[-1])).to_have_text(["page/1 echo"])
        await asyncio.gather(say(pages[0], "page/2 echo"), say(pages[-1], "page/3 echo"))
        for page in pages:
            await expect(replies(page)).to_have_count(3)
        in_order = await replies(first).all_inner_texts()
        assert sorted(in_order) == ["page/1 echo", "page/2 echo", "page/3 echo"]
        for page in pages[1:]:
            assert await replies(page).all_inner_texts() == in_order

        one_too_many = await _duplicate(first)
        told = one_too_many.get_by_role("alert")
        await expect(told).to_contain_text(f"open in {MAX_TABS} tabs already")
        await expect(one_too_many.get_by_role("button", name="Send", exact=True)).to_be_disabled()
        await pages.pop().close()
        await one_too_many.reload()
        await expect(replies(one_too_many)).to_have_text(in_order)
        await expect(told).to_have_count(0)


async def _duplicate(page: Page) -> Page:
    async with page.expect_popup() as opened:
        await page.evaluate("void window.open(location.href)")
    return await opened.value


def _turned_away(port: int, credentials: tuple[str, str]) -> tuple[list[dict[str, object]], int | None]:
    with RawClient(port, credentials) as client:
        return list(client.frames()), client.close_code
