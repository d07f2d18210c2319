"""Prints how long a page needs to be whole again after its line was cut for a second: real pages, in Chromium.

    python -m tests.benchmarks.after_a_cut

Every page shows a reply that streams at 30 tokens a second. The time runs from the moment at which connections can be
made again until the page has taken everything that it missed and has had a frame to paint it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

from playwright.async_api import Browser, Page

from ..chaos.browser import chromium, open_chat, say
from ..chaos.proxy import FaultProxy
from ..chaos.scene import Stage
from ..chaos.server import ChaosServer

CUT_S = 1.0
PACE_S = 1 / 30
TOKENS = 100_000
"""More than can come in time: the reply streams until the page leaves."""
# The page's clock and this process's are the same machine's.
WATCH = """
const Native = window.WebSocket;
window.WebSocket = class extends Native {
    constructor(...given) {
        super(...given);
        let missing = Infinity, isResumed = false;
        this.addEventListener('message', (message) => {
            for (const frame of JSON.parse(message.data)) {
                if (frame.type === 'welcome') {
                    missing = frame.seq;
                    isResumed = frame.resumed;
                }
                if ((frame.type === 'event' ? frame.seq : frame.snapshot ? frame.seq : -1) < missing) continue;
                missing = Infinity;
                requestAnimationFrame(() => window.onWhole?.([Date.now() / 1000, isResumed]));
            }
        });
    }
};
"""

EXPECT = "() => { window.whole = new Promise((done) => { window.onWhole = done; }); }"


async def measure(*, rounds: int, pages: int) -> tuple[list[float], int]:
    """Cut the lines of some pages at once, each page once; return the times in seconds, and how many caught up."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with ChaosServer(home / "server") as server:
            stage = Stage(server, home)
            await stage.open_chat()
            async with chromium() as browser, FaultProxy(server.port) as proxy:
                times: list[float] = []
                resumed = 0
                for _ in range(rounds):
                    visitors = [await _arrive(browser, proxy.port) for _ in range(pages)]
                    for page in visitors:
                        await page.evaluate(
                            "() => { window.whole = new Promise((done) => { window.onWhole = done; }); }"
                        )
                    await proxy.outage(CUT_S)
                    healed_at = time.time()
                    for page in visitors:
                        whole_at, is_resumed = await page.evaluate("window.whole")
                        times.append(whole_at - healed_at)
                        resumed += is_resumed
                        await page.context.close()
    return times, resumed


async def _arrive(browser: Browser, port: int) -> Page:
    page = await open_chat(browser, port, script=WATCH)
    await say(page, f"page/1 stream {TOKENS} {PACE_S}")
    await page.get_by_text("page/1 1 2 3 4 5").wait_for()
    return page


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.after_a_cut", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pages", type=int, default=8, help="Pages that are cut at once.")
    given = parser.parse_args()
    times, resumed = asyncio.run(measure(rounds=given.rounds, pages=given.pages))
    times.sort()
    figures = {
        "pages": len(times),
        "resumed": resumed,
        "median_ms": round(statistics.median(times) * 1000),
        "p95_ms": round(times[int(0.95 * (len(times) - 1))] * 1000),
        "longest_ms": round(times[-1] * 1000),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
