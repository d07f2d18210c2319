"""The chat under a cell, in JupyterLab."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lab_server import TOLD_BOT, LabServer
from notebook_page import NotebookPage
from playwright.sync_api import expect
from visitors import Visit, Visitor

ROOT = Path(__file__).parents[2]
SCREENSHOT = ROOT / "docs" / "screenshot.png"
QUICKSTART = ROOT / "notebooks" / "01_quickstart.ipynb"
MAX_SCREENSHOT_BYTES = 200_000

pytestmark = pytest.mark.timeout(120)


def test_notebook_shortcuts_do_not_fire_while_somebody_writes(server: LabServer, visit: Visit) -> None:
    lab = _open(visit("ada"), server, "shortcuts")
    lab.chat.expect_status("Connected")
    before = lab.sources()
    lab.chat.box.click()
    for keys in ("dd", "a", "b", "x", "m", "00", "ii"):
        lab.page.keyboard.type(keys)
    lab.page.keyboard.press("Shift+Enter")
    lab.page.keyboard.press("Control+b")
    expect(lab.chat.box).to_have_value("ddabxm00ii\n")
    lab.chat.box.press("Enter")
    lab.chat.expect_reply("echo: ddabxm00ii")
    assert lab.sources() == before
    assert lab.page.get_by_role("dialog").count() == 0
    lab.run_cell(2)
    expect(lab.output(2)).to_have_text("untouched")


def test_colours_follow_the_theme_of_the_notebook(server: LabServer, visit: Visit) -> None:
    ada = visit("ada")
    lab = _open(ada, server, "theme")
    assert lab.chat.lightness() > 0.9
    _choose_theme(ada, "JupyterLab Dark")
    expect(ada.page.locator("body")).to_have_attribute("data-jp-theme-light", "false")
    assert lab.chat.lightness() < 0.3
    _choose_theme(ada, "JupyterLab Light")
    expect(ada.page.locator("body")).to_have_attribute("data-jp-theme-light", "true")
    assert lab.chat.lightness() > 0.9


def test_the_cell_run_again_shows_the_same_conversation(server: LabServer, visit: Visit) -> None:
    ada = visit("ada")
    lab = _open(ada, server, "again")
    lab.chat.say("before")
    lab.chat.expect_reply("echo: before")
    lab.run_cell(0)
    lab.run_cell(1)
    lab.chat.expect_reply("echo: before")
    lab.chat.say("after")
    lab.chat.expect_reply("echo: after")


def test_a_notebook_that_was_saved_and_is_opened_without_its_kernel_says_what_to_do(
    server: LabServer, visit: Visit
) -> None:
    ada = visit("ada")
    lab = _open(ada, server, "saved", "%%chat_session\nSaid in a cell")
    lab.chat.say("said in the chat")
    lab.chat.expect_reply("echo: said in the chat")
    lab.run_cell(2)
    what_to_do = "Chat “saved”. Run this cell in Jupyter to talk with it."
    expect(lab.page.get_by_text(what_to_do)).to_be_hidden()
    lab.save()
    ada.page.close()
    server.kernel_of("saved.ipynb").shut_down()

    bob = visit("bob")
    bob.expect_complaint("widget model not found")  # JupyterLab's own, of every widget in a saved notebook
    again = NotebookPage.in_lab(bob, server, "saved.ipynb")
    expect(again.output(1).last).to_have_text("Error displaying widget: model not found")
    expect(again.output(1).first).to_have_text(what_to_do)
    expect(again.output(1).first).to_be_visible()
    expect(again.output(2)).to_have_text("echo: Said in a cell")
    assert bob.chat_sockets == []


def test_the_quickstart_looks_as_the_readme_shows_it(
    request: pytest.FixtureRequest, server: LabServer, visit: Visit, tmp_path: Path
) -> None:
    """With `--update-screenshots` the README's picture is taken anew; without, it is only proved that it can be."""
    picture = SCREENSHOT if request.config.getoption("--update-screenshots", default=False) else tmp_path / "shot.png"
    cells = json.loads(QUICKSTART.read_text())["cells"]
    handlers = next("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    path = server.write_notebook(
        "quickstart.ipynb", [handlers, "%chat_session --height 400px", 'cl.user_session.get("user_name")']
    )
    ada = visit("ada")
    ada.page.set_viewport_size({"width": 1200, "height": 1020})
    lab = NotebookPage.in_lab(ada, server, path)
    ada.page.keyboard.press("Control+b")
    lab.run_cell(0)
    lab.run_cell(1)
    lab.chat.expect_reply("What's your name?")
    lab.chat.say("Alice")
    lab.chat.expect_reply("Nice to meet you, Alice!")
    lab.chat.say("Is this *really* a notebook?")
    lab.chat.expect_reply("Alice, you said")
    lab.run_cell(2)
    lab.chat.box.blur()
    lab.cells.first.scroll_into_view_if_needed()
    ada.page.screenshot(path=picture)
    assert picture.stat().st_size < MAX_SCREENSHOT_BYTES


def _open(visitor: Visitor, server: LabServer, name: str, last_cell: str = 'print("untouched")') -> NotebookPage:
    cells = [f"%load_ext jupyter_chat_sessions\n{TOLD_BOT}", "%chat_session", last_cell]
    lab = NotebookPage.in_lab(visitor, server, server.write_notebook(f"{name}.ipynb", cells))
    lab.run_cell(0)
    lab.run_cell(1)
    lab.chat.expect_status("Connected")
    return lab


def _choose_theme(visitor: Visitor, name: str) -> None:
    for item in ("Settings", "Theme", name):
        visitor.page.locator(".lm-MenuBar-itemLabel, .lm-Menu-itemLabel").get_by_text(item, exact=True).click()
