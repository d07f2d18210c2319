"""Row 44: a notebook is saved and opened again, and nothing of it was run. What was said in its cells is there, and
where the chat was it says what to do.

The notebook here is the one that comes with the package. One that JupyterLab itself has saved, with a live chat in it,
is opened in `tests/e2e/test_chat_widget.py`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from playwright.async_api import expect

from ..browser import chromium
from ..server import ROOT, TOKEN, ChaosServer

NOTEBOOK = "01_quickstart.ipynb"


async def test_what_was_said_is_there_and_what_to_do(tmp_path: Path) -> None:
    shutil.copy(ROOT / "notebooks" / NOTEBOOK, tmp_path)
    with ChaosServer(tmp_path, has_lab=True) as server:
        async with chromium() as browser:
            page = await (await browser.new_context(locale="en-US")).new_page()
            await page.goto(f"{server.url}lab/tree/{NOTEBOOK}?token={TOKEN}")
            notebook = page.locator(".jp-Notebook")
            await expect(notebook.get_by_text("Nice to meet you, Alice!")).to_be_visible(timeout=45_000)
            await expect(notebook.get_by_text("Run this cell in Jupyter to talk with it.")).to_be_visible()
