"""What a person sees of it: the page of each contestant in a real Chromium.

    python -m tests.benchmarks.pages

| figure | from | until |
|---|---|---|
| typeable | the navigation, with an empty cache | the message box takes what is typed |
| round trip | Enter | the answer is painted |
| document | Enter | 2,000 tokens of Markdown, sent as fast as they can be, are painted |
| longest task | | the longest time for which the page did nothing else meanwhile |
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Browser, Page

from ..chaos.browser import chromium
from ..chaos.scene import CHANNEL
from ..chaos.server import TOKEN
from .contestants import CONTESTANTS

ROUND_TRIPS = 20
TOKENS = 2_000
LIMIT_MS = 120_000
ADDRESSES: dict[str, Callable[[int], str]] = {
    "ours": lambda port: f"http://127.0.0.1:{port}/chat-sessions/{CHANNEL}?token={TOKEN}",
    "chainlit": lambda port: f"http://127.0.0.1:{port}/",
}
BOXES = {"ours": "textarea", "chainlit": "#chat-input"}
REPLIES = "[data-step-type=assistant_message]"
STOP = "#stop-button, .jcs-stop"
WATCH = """
window.longest = 0;
new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({ type: 'longtask', buffered: true });
document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') window.pressedAt = performance.now();
}, true);
window.until = (replies, count, text) => new Promise((done) => {
    const look = () => {
        const found = document.querySelectorAll(replies);
        if (found.length < count || !found[found.length - 1].textContent.includes(text)) return false;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now() - window.pressedAt)));
        return true;
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { subtree: true, childList: true, characterData: true });
    look();
});
"""


async def measure(contestant: str, browser: Browser, port: int) -> dict[str, float]:
    """Return the figures of one visit, in milliseconds."""
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    page.set_default_timeout(LIMIT_MS)
    await page.add_init_script(WATCH)
    began = time.perf_counter()
    await page.goto(ADDRESSES[contestant](port), wait_until="commit")
    box = page.locator(BOXES[contestant])
    await box.fill("x")
    typeable = (time.perf_counter() - began) * 1000
    await page.evaluate(f"window.until({REPLIES!r}, 1, 'hello')")
    trips = [await _say(page, box, f"echo word{number}", 2 + number, f"word{number}") for number in range(ROUND_TRIPS)]
    await page.evaluate("() => { window.longest = 0; }")
    document = await _say(page, box, f"document {TOKENS}", 2 + ROUND_TRIPS, "The end.")
    longest = await page.evaluate("window.longest")
    await context.close()
    return {
        "typeable_ms": typeable,
        "round_trip_ms": statistics.median(trips),
        "document_ms": document,
        "longest_task_ms": longest,
    }


async def _say(page: Page, box: object, text: str, count: int, answer: str) -> float:
    await page.locator(STOP).wait_for(state="hidden")  # while an answer is on its way, Enter sends nothing there
    await box.fill(text)  # type: ignore[attr-defined]
    await page.evaluate(f"() => {{ window.came = window.until({REPLIES!r}, {count}, {answer!r}); }}")
    await box.press("Enter")  # type: ignore[attr-defined]
    return float(await page.evaluate("window.came"))


async def run(*, repeats: int) -> dict[str, dict[str, float]]:
    """Visit everybody in turn; return the medians."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    async with chromium() as browser:
        for _ in range(repeats):
            for contestant in ADDRESSES:
                with tempfile.TemporaryDirectory() as folder:
                    starting = CONTESTANTS[contestant](Path(folder) / "home")
                    running = await asyncio.to_thread(starting.__enter__)
                    try:
                        for name, figure in (await measure(contestant, browser, running.port)).items():
                            found[name][contestant].append(figure)
                    finally:
                        await asyncio.to_thread(starting.__exit__, None, None, None)
    return {name: {who: statistics.median(list_) for who, list_ in by.items()} for name, by in found.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pages", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    for name, by_contestant in asyncio.run(run(repeats=parser.parse_args().repeats)).items():
        figures = {who: round(figure, 1) for who, figure in by_contestant.items()}
        ratio = by_contestant["ours"] / by_contestant["chainlit"]
        print(json.dumps({"figure": name, **figures, "ours_to_chainlit": round(ratio, 3)}))


if __name__ == "__main__":
    main()
