"""Row 43: the server was upgraded and a tab was not. It is closed with 4426 and told to reload, and what it had not
sent is sent afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from playwright.async_api import expect

from ..browser import chromium, open_chat, replies, say
from ..raw_client import RawClient
from ..scene import Scene

GROWS_OLD = """
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (message) {
    send.call(this, window.isOld ? message.replace(/"v":\\d+/, '"v":0') : message);
};
"""
"""The page's script as it was before the upgrade, from the moment on that the server is another."""


async def test_an_old_tab_is_told_to_reload(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        said = viewer.say("echo")
        await viewer.until_status(said, "done")
        credentials = (viewer.session, viewer.secret)
        frames, code = await asyncio.to_thread(_turned_away, on.stage.server.port, credentials)
        assert code == 4426
        assert [frame["type"] for frame in frames] == ["error", "bye"]
        assert all("Reload" in str(frame["text"]) for frame in frames)
        viewer.abort()  # the reload; what is said before the page is there again is sent then
        unsent = viewer.say("echo")
        await viewer.until_welcome(2)
        await viewer.until_status(unsent, "done")
        await on.check()


async def test_an_old_page_says_so_and_sends_after_a_reload_what_it_kept(scene: Callable[[], Scene]) -> None:
    async with scene() as on, chromium() as browser:
        page = await open_chat(browser, on.proxy.port, script=GROWS_OLD)
        await say(page, "page/1 echo")
        await expect(replies(page)).to_have_text(["page/1 echo"])
        on.proxy.refuse()
        on.proxy.cut()
        await say(page, "page/2 echo")
        await expect(page.get_by_text("Not sent yet")).to_be_visible()
        await page.evaluate("window.isOld = true")
        on.proxy.heal()
        await expect(page.get_by_role("alert")).to_contain_text("The chat was updated. Reload this page.")
        await expect(page.get_by_text("page/2 echo")).to_be_visible()
        await page.get_by_role("button", name="Reload the page").click()
        await expect(replies(page)).to_have_text(["page/1 echo", "page/2 echo"])
        await expect(page.locator("article[data-step-type=user_message]")).to_have_count(2)


def _turned_away(port: int, credentials: tuple[str, str]) -> tuple[list[dict[str, object]], int | None]:
    with RawClient(port, credentials, version=0) as client:
        return list(client.frames()), client.close_code
