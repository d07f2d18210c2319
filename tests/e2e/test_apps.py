"""The apps of `tests/apps` on their pages: what is shown there is what the scripted viewer sees, after each deed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from conftest import RESULTS
from playwright.sync_api import Browser
from three_ways.page_viewer import PageViewer
from three_ways.recording import APPS, NAMES, recorded, script_of
from three_ways.script import Arrive
from visitors import Visitor


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The address of each app's page; `jupyter chat-sessions run` serves them all."""
    home = tmp_path_factory.mktemp("apps")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER_", "JPY_"))}
    environment |= {
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
    }
    files = [str(APPS / f"{name}.py") for name in NAMES]
    command = [sys.executable, "-m", "jupyter_chat_sessions.cli", "run", *files, "--port", "0", "--headless"]
    with (home / "log.txt").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            told = [process.stdout.readline() for _ in NAMES]
            found = [match[1] for line in told if (match := re.fullmatch(r"The chat is at (\S+)\n", line))]
            yield dict(zip(NAMES, found, strict=True))
        finally:
            process.terminate()
            process.wait()


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_what_a_scripted_viewer_sees(name: str, pages: dict[str, str], browser: Browser) -> None:
    visitor = Visitor(name, browser.new_context(locale="en-US", viewport={"width": 1000, "height": 900}))
    visitor.expect_complaint("style.*/chunks/plotly-")  # Plotly styles itself, which the page's policy turns down
    page = visitor.page
    viewer: PageViewer | None = None
    try:
        for deed, expected in zip(script_of(name), recorded(name), strict=True):
            if isinstance(deed, Arrive):
                page, old = (visitor.new_page() if viewer else page), page
                if viewer:
                    old.close()
                viewer = PageViewer(page, pages[name])
            assert viewer is not None
            viewer.do(deed)
            assert viewer.wait_for(expected.shown_lines()) == expected.shown_lines(), f"after {deed}"
        assert visitor.complaints == []
    finally:
        visitor.photograph(RESULTS / "apps")
        visitor.context.close()
