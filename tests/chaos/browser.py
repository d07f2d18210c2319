"""Pages in a real Chromium, for the faults that only those have."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Locator, Page, async_playwright

from .scene import CHANNEL
from .server import TOKEN

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start Chromium.

    Raises:
        RuntimeError: There is none.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        raise RuntimeError("This needs Chromium in PATH, or its path in CHROMIUM.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield browser
        await browser.close()


async def open_chat(browser: Browser, port: int, *, script: str | None = None) -> Page:
    """Open the chat's page in a profile of its own.

    Args:
        browser: Chromium.
        port: Where the server is reached.
        script: What runs in the page before anything of its own does.
    """
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    if script is not None:
        await page.add_init_script(script)
    await page.goto(f"http://127.0.0.1:{port}/chat-sessions/{CHANNEL}?token={TOKEN}")
    return page


async def say(page: Page, text: str) -> None:
    """Write something and send it."""
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.get_by_role("button", name="Send", exact=True).click()


def replies(page: Page) -> Locator:
    """Return the bot's messages."""
    return page.locator("article[data-step-type=assistant_message] .jcs-body")
