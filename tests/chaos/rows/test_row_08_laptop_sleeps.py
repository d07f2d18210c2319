"""Row 8: the laptop sleeps while a reply streams, and the network forgets its connections meanwhile. When it wakes, the
page notices by itself and is whole again within 2 s.

All of Chromium's processes stand still for as long as the sleep lasts: 3 s by default, 10 minutes with `CHAOS=full`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable

import psutil
from playwright.async_api import expect

from ..browser import chromium, open_chat, replies, say
from ..journal import stream_text
from ..scene import Scene

SLEEP_S = 600.0 if os.environ.get("CHAOS") == "full" else 3.0
AWAKE_LIMIT_S = 2.0
KEY = "page/1"
TOKENS = 200


async def test_it_is_whole_again_soon_after_it_wakes(scene: Callable[[], Scene]) -> None:
    async with scene() as on, chromium() as browser:
        beside = await on.viewer(direct=True)
        gate = on.gate()
        page = await open_chat(browser, on.proxy.port)
        await say(page, f"{KEY} stream {TOKENS} 0 {gate.name}")
        await expect(replies(page)).to_contain_text(f" {TOKENS // 2 - 1} ")
        processes = _processes()
        assert processes
        _signal(processes, signal.SIGSTOP)
        try:
            on.proxy.cut()
            gate.let_pass()
            await beside.until_status(beside.say("echo"), "done")
            await asyncio.sleep(SLEEP_S)
        finally:
            _signal(processes, signal.SIGCONT)
        woke_at = time.monotonic()
        await expect(replies(page)).to_contain_text(f" {TOKENS - 1} ", timeout=20_000)
        assert time.monotonic() - woke_at < AWAKE_LIMIT_S
        assert " ".join((await replies(page).inner_text()).split()) == stream_text(KEY, TOKENS).strip()
        await on.check()


def _processes() -> list[psutil.Process]:
    """Return Chromium's."""
    return [child for child in psutil.Process().children(recursive=True) if "chrom" in child.name()]


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        process.send_signal(number)
