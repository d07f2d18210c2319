"""Pages in a real Chromium, for the faults that only those have."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import psutil
from playwright.async_api import Browser, Locator, Page, WebSocket, async_playwright

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


async def open_chat(
    browser: Browser, port: int, *, script: str | None = None, lines: list[list[str | bytes]] | None = None
) -> Page:
    """Open the chat's page in a profile of its own.

    Args:
        browser: Chromium.
        port: Where the server is reached.
        script: What runs in the page before anything of its own does.
        lines: Gets a list for each WebSocket that the page opens, of the messages that come over it.
    """
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    if script is not None:
        await page.add_init_script(script)
    if lines is not None:
        page.on("websocket", lambda line: _listen(line, lines))
    await page.goto(f"http://127.0.0.1:{port}/chat-sessions/{CHANNEL}?token={TOKEN}")
    return page


async def say(page: Page, text: str) -> None:
    """Write something and send it."""
    await page.get_by_role("textbox", name="Message").fill(text)
    await page.get_by_role("button", name="Send", exact=True).click()


def replies(page: Page) -> Locator:
    """Return the bot's messages."""
    return page.locator("article[data-step-type=assistant_message] .jcs-body")


@contextmanager
def chromium_stopped() -> Iterator[None]:
    """Let every process of Chromium stand still, as when the computer sleeps."""
    stopped: list[psutil.Process] = []
    try:
        # Looked for again until there are no more: one that ran still may have begun another.
        while running := [process for process in _processes() if process not in stopped]:
            for process in running:
                _signal(process, signal.SIGSTOP)
            stopped += running
        assert stopped
        yield
    finally:
        for process in stopped:
            _signal(process, signal.SIGCONT)


def _processes() -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if "chrom" in child.name():
                found.append(child)
    return found


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal, unless the process has ended by itself: Chromium has some that do not stay."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _listen(line: WebSocket, lines: list[list[str | bytes]]) -> None:
    messages: list[str | bytes] = []
    lines.append(messages)
    line.on("framereceived", lambda message: messages.append(message))  # Playwright marks what it is given
