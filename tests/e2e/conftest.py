"""One JupyterLab and one Chromium for all the tests; for each person a browser profile of their own."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from lab_server import TOLD_BOT, Kernel, LabServer
from playwright.sync_api import Browser, expect, sync_playwright
from visitors import Visit, Visitor

RESULTS = Path(__file__).parents[2] / "test-results"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

expect.set_options(timeout=10_000)

_failed = pytest.StashKey[bool]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-screenshots", action="store_true", help="Take the README's screenshots anew.")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabServer]:
    with LabServer(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.fail("The browser tests need Chromium in PATH, or its path in CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=CHROMIUM_ARGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(request: pytest.FixtureRequest, server: LabServer, browser: Browser) -> Iterator[Visit]:
    """Let a person come: `visit("bob", "channel")`. Afterwards nobody's console may hold a complaint."""
    visitors: list[Visitor] = []

    def visit(name: str, channel: str | None = None, *, port: int | None = None, **profile: Any) -> Visitor:
        context = browser.new_context(locale="en-US", viewport={"width": 1100, "height": 900}, **profile)
        visitor = Visitor(name, context)
        visitors.append(visitor)
        if channel is not None:
            visitor.page.goto(server.chat_url(channel, port=port))
        return visitor

    yield visit
    has_failed = request.node.stash.get(_failed, False)
    if has_failed:
        folder = RESULTS / re.sub(r"\W+", "-", request.node.name)
        folder.mkdir(parents=True, exist_ok=True)
        for visitor in visitors:
            visitor.photograph(folder)
        shutil.copy(server.log, folder)
    complaints = {visitor.name: visitor.complaints for visitor in visitors if visitor.complaints}
    for visitor in visitors:
        visitor.context.close()
    assert not complaints, "\n".join(f"{name}: {text}" for name, texts in complaints.items() for text in texts)


@pytest.fixture(scope="session")
def bot(server: LabServer) -> Kernel:
    """A kernel with a bot that does what it is told, open as the chat `bot`."""
    kernel = server.start_kernel("bot")
    kernel.run(f"%load_ext jupyter_chat_sessions\n{TOLD_BOT}")
    kernel.run("%chat_session bot --title 'A bot' --bot-name Robo")
    return kernel
