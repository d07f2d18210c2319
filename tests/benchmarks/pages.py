"""What a person sees of it: the page of each contestant in a real Chromium.

    python -m tests.benchmarks.pages

| figure | from | until |
|---|---|---|
| typeable | the navigation, with an empty cache | the message box takes what is typed |
| round trip | Enter | the answer is painted |
| document | Enter | 2,000 tokens of Markdown, sent as fast as they can be, are painted |
| longest task | | the longest time for which the page did nothing else meanwhile |
| long document | Enter | 100,000 tokens of the same; and the fewest frames painted in a second of that |
| long thread | the navigation, with 10,000 messages in the conversation | its last is painted and one can type |
| scrolling | | of the frames painted while one scrolls up through 1,000 of them, those without a message in sight |

The last three are ours alone: Chainlit keeps no conversation without a database that one brings, and draws a hundred
tokens a second in this; Panel keeps none, and sends the whole text again with each token.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, Locator, Page, expect

from ..chaos.browser import chromium
from ..chaos.scene import CHANNEL
from ..chaos.server import TOKEN
from ..report import circumstances, command_line, write_section
from .contestants import PAGES

ROUND_TRIPS = 20
TOKENS = 2_000
LONG_TOKENS = 100_000
MANY = 10_000
SCROLLED = 1_000
LIMIT_MS = 120_000
ADDRESSES: dict[str, Callable[[int], str]] = {
    "ours": lambda port: f"http://127.0.0.1:{port}/chat-sessions/{CHANNEL}?token={TOKEN}",
    "chainlit": lambda port: f"http://127.0.0.1:{port}/",
    "panel": lambda port: f"http://127.0.0.1:{port}/panel_app",
}


class Figure(NamedTuple):
    """What the table calls a figure, and what is asked of it.

    Attributes:
        title: Its name.
        ratio_at_most: Of ours to Chainlit's.
        at_most: The largest that ours may be.
        at_least: The smallest that ours may be.
    """

    title: str
    ratio_at_most: float | None = None
    at_most: float | None = None
    at_least: float | None = None


FIGURES = {
    "typeable_ms": Figure("navigation to an input one can type in, ms", ratio_at_most=1 / 4),
    "round_trip_ms": Figure("a round trip seen, ms", ratio_at_most=1 / 5),
    "document_ms": Figure("2,000 tokens of Markdown rendered, ms", ratio_at_most=1 / 15),
    "longest_task_ms": Figure("its longest task, ms", at_most=50),
    "long_document_ms": Figure("100,000 tokens of Markdown rendered, ms"),
    "fewest_frames_per_s": Figure("fewest frames painted in a second of it", at_least=30),
    "long_thread_ms": Figure("a thread of 10,000 messages opened, ms", at_most=1000),
    "blank_frames": Figure("frames without a message while one scrolls", at_most=0),
}
BOXES = {"ours": "textarea", "chainlit": "#chat-input", "panel": "textarea"}
REPLY = "[data-step-type=assistant_message]"
REPLIES = {"ours": REPLY, "chainlit": REPLY, "panel": ".chat-message .message"}
"""How a reply is found; in Panel what the user says looks the same."""
STOP = "#stop-button, .jcs-stop"
WATCH = """
window.longest = 0;
new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longest = Math.max(window.longest, task.duration);
}).observe({ type: 'longtask', buffered: true });
document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') window.pressedAt = performance.now();
}, true);
const TAIL = 200;
// Panel's messages stand in shadows within shadows, and their text in another.
const inShadows = (root, selector) => [...root.querySelectorAll('*')].flatMap((element) => [
    ...(element.matches(selector) ? [element] : []),
    ...(element.shadowRoot === null ? [] : inShadows(element.shadowRoot, selector)),
]);
const tailOf = (element) => {
    const walker = document.createTreeWalker(element.shadowRoot ?? element, NodeFilter.SHOW_TEXT);
    let node = walker.lastChild();
    let tail = '';
    for (; node !== null && tail.length < TAIL; node = walker.previousNode()) tail = node.data + tail;
    return tail;
};
// What changes in a frame is painted with it; what changes between two, with the next.
const afterFrame = new MessageChannel();
const framesOver = new Set();
let isInFrame = false;
const request = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (callback) => request((now) => {
    if (!isInFrame) afterFrame.port2.postMessage(null); // comes once this frame is painted
    isInFrame = true;
    callback(now);
});
afterFrame.port1.onmessage = () => {
    isInFrame = false;
    for (const onOver of [...framesOver]) onOver();
};
window.until = (replies, count, text) => new Promise((done) => {
    const observer = new MutationObserver(() => look());
    const isShown = (found) => found.length >= count && tailOf(found[found.length - 1]).includes(text);
    if (replies === '.chat-message .message') {
        // No observer sees into shadows: look after each frame.
        const onOver = () => {
            if (!isShown(inShadows(document, '.message'))) return requestAnimationFrame(() => undefined);
            framesOver.delete(onOver);
            done(performance.now() - window.pressedAt);
        };
        framesOver.add(onOver);
        return requestAnimationFrame(() => undefined);
    }
    const look = () => {
        if (!isShown(document.querySelectorAll(replies))) return;
        observer.disconnect();
        const onOver = () => {
            framesOver.delete(onOver);
            done(performance.now() - window.pressedAt);
        };
        if (isInFrame) framesOver.add(onOver);
        else requestAnimationFrame(() => framesOver.add(onOver));
    };
    observer.observe(document, { childList: true, characterData: true, subtree: true });
    look();
});
window.countFrames = () => {
    const painted = [];
    const note = (now) => {
        painted.push(now);
        if (!window.isCounted) requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    window.fewestFrames = () => {
        window.isCounted = true;
        const [first, last] = [painted[0], painted.at(-1)];
        let fewest = Infinity;
        for (const from of painted) {
            const within = painted.filter((at) => at >= from && at < from + 1000);
            if (from + 1000 <= last) fewest = Math.min(fewest, within.length);
        }
        return fewest === Infinity ? (painted.length * 1000) / (last - first) : fewest;
    };
};
window.watchBlanks = () => {
    window.blanks = 0;
    const log = document.querySelector('[role=log]').getBoundingClientRect();
    const look = () => {
        const isSeen = [...document.querySelectorAll('article')].some((article) => {
            const { top, bottom } = article.getBoundingClientRect();
            return bottom > log.top && top < log.bottom;
        });
        if (!isSeen) window.blanks += 1;
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
};
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
    replies, each = REPLIES[contestant], 2 if contestant == "panel" else 1
    await page.evaluate(f"window.until({replies!r}, 1, 'hello')")
    trips = [
        await _say(page, box, f"echo word{number}", replies, 1 + each * (1 + number), f"word{number}")
        for number in range(ROUND_TRIPS)
    ]
    await page.evaluate("() => { window.longest = 0; }")
    document = await _say(page, box, f"document {TOKENS}", replies, 1 + each * (1 + ROUND_TRIPS), "The end.")
    longest = await page.evaluate("window.longest")
    figures = {
        "typeable_ms": typeable,
        "round_trip_ms": statistics.median(trips),
        "document_ms": document,
        "longest_task_ms": longest,
    }
    if contestant == "ours":
        figures |= await _measure_length(page, box)
    await context.close()
    return figures


async def _measure_length(page: Page, box: Locator) -> dict[str, float]:
    """Return the figures of a text and a conversation that are long."""
    await page.evaluate("window.countFrames()")
    document = await _say(page, box, f"document {LONG_TOKENS}", REPLIES["ours"], 3 + ROUND_TRIPS, "The end.")
    frames = await page.evaluate("window.fewestFrames()")
    await page.locator(STOP).wait_for(state="hidden")
    await box.fill(f"many {MANY}")
    await box.press("Enter")
    last = page.locator(REPLIES["ours"]).last
    await expect(last).to_have_text(f"message {MANY - 1}", timeout=LIMIT_MS)
    began = time.perf_counter()
    await page.reload(wait_until="commit")
    await box.fill("x")
    await expect(last).to_have_text(f"message {MANY - 1}")
    opened = (time.perf_counter() - began) * 1000
    await page.get_by_role("log").hover()
    await page.evaluate("window.watchBlanks()")
    wanted = page.get_by_text(f"message {MANY - SCROLLED}", exact=True)
    while await wanted.count() == 0:
        await page.mouse.wheel(0, -400)
        await page.evaluate("() => new Promise(requestAnimationFrame)")
    return {
        "long_document_ms": document,
        "fewest_frames_per_s": frames,
        "long_thread_ms": opened,
        "blank_frames": await page.evaluate("window.blanks"),
    }


async def _say(page: Page, box: Locator, text: str, replies: str, count: int, answer: str) -> float:
    await page.locator(STOP).wait_for(state="hidden")  # while an answer is on its way, Enter sends nothing there
    await box.fill(text)
    await page.evaluate(f"() => {{ window.came = window.until({replies!r}, {count}, {answer!r}); }}")
    await box.press("Enter")
    return float(await page.evaluate("window.came"))


async def run(contestants: Sequence[str], *, repeats: int) -> dict[str, dict[str, float]]:
    """Visit each in turn; return the medians."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    async with chromium() as browser:
        for _ in range(repeats):
            for contestant in contestants:
                with tempfile.TemporaryDirectory() as folder:
                    starting = PAGES[contestant](Path(folder) / "home")
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
    parser.add_argument("--report", type=Path, help="The document to write.")
    parser.add_argument("--contestants", nargs="+", choices=list(ADDRESSES), default=list(ADDRESSES))
    given = parser.parse_args()
    found = asyncio.run(run(given.contestants, repeats=given.repeats))
    print("\n".join(table(found)))
    if given.report is not None:
        lines = [
            f"{command_line('tests.benchmarks.pages')}: {circumstances()}",
            f"Medians of {given.repeats} visits with Chromium, headless and without a graphics card.",
            "",
            *table(found),
            "",
        ]
        write_section(given.report, "In the page", lines)


def table(found: dict[str, dict[str, float]]) -> list[str]:
    """Return the rows of the table, in Markdown."""
    rows = ["| | ours | Chainlit | Panel | ours to Chainlit | asked |", "|---|---|---|---|---|---|"]
    for name, figure in FIGURES.items():
        ours, theirs, panel = (found[name].get(who) for who in ("ours", "chainlit", "panel"))
        if ours is None:
            continue
        ratio = None if theirs is None else ours / theirs
        cells = ["-" if value is None else f"{value:,.3g}" for value in (ours, theirs, panel, ratio)]
        rows.append(f"| {figure.title} | {' | '.join(cells)} | {_verdict(figure, ours, ratio)} |")
    return rows


def _verdict(figure: Figure, ours: float, ratio: float | None) -> str:
    if figure.ratio_at_most is not None and ratio is not None:
        return _asked(ratio <= figure.ratio_at_most, f"a ratio of at most {figure.ratio_at_most:.3g}")
    if figure.at_most is not None:
        return _asked(ours <= figure.at_most, f"at most {figure.at_most:g}")
    if figure.at_least is not None:
        return _asked(ours >= figure.at_least, f"at least {figure.at_least:g}")
    return ""


def _asked(is_met: bool, what: str) -> str:
    return f"{what}: {'yes' if is_met else '**no**'}"


if __name__ == "__main__":
    main()
