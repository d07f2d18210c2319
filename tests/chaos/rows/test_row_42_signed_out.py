"""Row 42: somebody signs out in the middle of a conversation, or their cookie runs out. When their line is cut the next
time, the page is turned away with 4401 and says so; what was not sent is kept, and sent once they have signed in again.

A line that stands goes on, as a kernel's does in Jupyter: who somebody is, is asked when a line is made. By itself
Jupyter takes whoever signs in for somebody new. They are not given the conversation of who they were, but the text that
was not sent; the whole of it takes a server that knows people by their names.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Page, expect

from ..browser import chromium, open_chat, replies, say
from ..scene import Scene, scene_at
from ..server import TOKEN, ChaosServer

NAMED_PEOPLE = ["--ServerApp.identity_provider_class=tests.chaos.named_people.NamedPeople"]


async def test_who_is_known_again_goes_on_and_says_what_waited(tmp_path: Path) -> None:
    with ChaosServer(tmp_path / "server", options=NAMED_PEOPLE, has_lab=False) as server:
        async with scene_at(server, tmp_path) as on, chromium() as browser:
            lines: list[list[str | bytes]] = []
            page = await open_chat(browser, on.proxy.port, lines=lines)
            await _sign_out_in_mid_conversation(on, page)
            assert '"code":4401' in str(lines[-1][-1])
            await _sign_in_again(page)
            await expect(replies(page)).to_have_text(["page/1 echo", "page/2 echo", "page/3 echo"])
            await expect(page.locator("article[data-step-type=user_message]")).to_have_count(3)


async def test_who_is_somebody_new_gets_the_text_back_alone(scene: Callable[[], Scene]) -> None:
    async with scene() as on, chromium() as browser:
        page = await open_chat(browser, on.proxy.port)
        await _sign_out_in_mid_conversation(on, page)
        await _sign_in_again(page)
        await expect(page.get_by_text("The conversation ended before this was sent.")).to_be_visible()
        await page.get_by_role("button", name="Send again").click()
        await expect(replies(page)).to_have_text(["page/3 echo"])
        await expect(page.get_by_text("page/1")).to_have_count(0)


async def _sign_out_in_mid_conversation(on: Scene, page: Page) -> None:
    await page.goto(page.url.partition("?")[0])  # with the token in its address, a reload would sign in by itself
    await say(page, "page/1 echo")
    await expect(replies(page)).to_have_text(["page/1 echo"])
    other_tab = await page.context.new_page()
    await other_tab.goto(f"http://127.0.0.1:{on.proxy.port}/logout")
    await other_tab.close()
    await say(page, "page/2 echo")
    await expect(replies(page)).to_have_text(["page/1 echo", "page/2 echo"])
    on.proxy.refuse()
    on.proxy.cut()
    await say(page, "page/3 echo")
    await expect(page.get_by_text("Not sent yet")).to_be_visible()
    on.proxy.heal()
    await expect(page.get_by_role("alert")).to_contain_text("Sign in")
    await expect(page.get_by_text("page/3 echo")).to_be_visible()


async def _sign_in_again(page: Page) -> None:
    """Press the one button that there is, and give Jupyter's own page the token that it asks for."""
    await page.get_by_role("button", name="Reload the page").click()
    await page.get_by_label("Password or token:").fill(TOKEN)
    await page.get_by_role("button", name="Log in", exact=True).click()
