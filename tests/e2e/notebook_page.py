"""A notebook in a browser: JupyterLab or Notebook 7."""

from __future__ import annotations

import re

from lab_server import TOKEN, LabServer
from playwright.sync_api import Locator, WebSocket, expect
from visitors import Chat, Visitor

OPEN_LIMIT_MS = 45_000
CELL_LIMIT_MS = 30_000
KERNEL_IS_UP = "kernel_info_reply"


class NotebookPage:
    """A notebook that is open in a page. Cells count from 0."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor
        self.page = visitor.page
        self.cells = self.page.locator(".jp-Notebook .jp-Cell")

    @classmethod
    def in_lab(cls, visitor: Visitor, server: LabServer, path: str) -> NotebookPage:
        """Open a notebook in JupyterLab, in a workspace of its own."""
        return cls(visitor)._open(f"{server.url}lab/workspaces/{path.partition('.')[0]}/tree/{path}")

    @classmethod
    def in_notebook(cls, visitor: Visitor, server: LabServer, path: str) -> NotebookPage:
        """Open a notebook in Notebook 7."""
        # Its own: it leaves out plugins of JupyterLab's that others of them ask for.
        visitor.expect_complaint("reading 'schema'|'filebrowser:open-path'")
        return cls(visitor)._open(f"{server.url}notebooks/{path}")

    @property
    def chat(self) -> Chat:
        """The widget."""
        return Chat(self.page, within=self.page.locator(".jp-Notebook"))

    def run_cell(self, index: int) -> None:
        """Run a cell as people do, and wait until it is done."""
        before = self._prompt(index).inner_text()
        self.start_cell(index)
        expect(self._prompt(index)).not_to_have_text(before, timeout=CELL_LIMIT_MS)
        expect(self._prompt(index)).to_have_text(re.compile(r"\[\d+\]:"), timeout=CELL_LIMIT_MS)

    def start_cell(self, index: int) -> None:
        """Run a cell and do not wait for it."""
        self.editor(index).click()
        self.page.keyboard.press("Shift+Enter")

    def editor(self, index: int) -> Locator:
        """Return where a cell's code is written."""
        return self.cells.nth(index).locator(".cm-content")

    def sources(self) -> list[str]:
        """Return the code of every cell, as it shows."""
        return self.cells.locator(".cm-content").all_inner_texts()

    def output(self, index: int) -> Locator:
        """Return what shows under a cell."""
        return self.cells.nth(index).locator(".jp-OutputArea-output")

    def replace_word(self, index: int, old: str, new: str) -> None:
        """Double-click on a word in a cell and write another in its place."""
        self.editor(index).scroll_into_view_if_needed()
        place = self.editor(index).evaluate(_PLACE_OF_WORD, old)
        self.page.mouse.dblclick(place["x"], place["y"])
        self.page.keyboard.type(new)
        expect(self.editor(index)).to_contain_text(new)

    def restart_kernel(self) -> None:
        """Press *Restart the kernel* in the toolbar, and say that it is meant; wait until the new one is there."""
        self.page.get_by_role("button", name="Restart the kernel", exact=True).or_(
            self.page.locator("[data-command='notebook:restart-kernel'], [data-command='kernelmenu:restart']")
        ).first.click()
        with self.page.expect_response(lambda response: "/restart" in response.url):
            self.page.locator(".jp-Dialog").get_by_role("button", name="Confirm Kernel Restart").click()
        expect(self.page.locator(".jp-Dialog")).to_have_count(0)
        expect(self.page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=OPEN_LIMIT_MS)

    def save(self) -> None:
        """Save the notebook, and wait until the server has it."""
        self.editor(0).click()
        with self.page.expect_response(
            lambda response: response.request.method == "PUT" and "/api/contents/" in response.url
        ):
            self.page.keyboard.press("Control+s")

    def _open(self, url: str) -> NotebookPage:
        with self.page.expect_websocket(_is_kernel, timeout=OPEN_LIMIT_MS) as opened:
            self.page.goto(f"{url}?token={TOKEN}")
        # Cells that run before the kernel has answered the page are dropped.
        if not any(socket.has_received(KERNEL_IS_UP) for socket in self._visitor.sockets):
            opened.value.wait_for_event(
                "framereceived", lambda frame: KERNEL_IS_UP.encode() in frame, timeout=OPEN_LIMIT_MS
            )
        self.cells.first.wait_for(timeout=OPEN_LIMIT_MS)
        return self

    def _prompt(self, index: int) -> Locator:
        return self.cells.nth(index).locator(".jp-InputPrompt")


def _is_kernel(socket: WebSocket) -> bool:
    return "/api/kernels/" in socket.url


_PLACE_OF_WORD = """
(editor, word) => {
    const walker = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        const start = node.data.indexOf(word);
        if (start < 0) continue;
        const range = document.createRange();
        range.setStart(node, start);
        range.setEnd(node, start + word.length);
        const box = range.getBoundingClientRect();
        return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    }
    throw new Error(`no ${word} here`);
}
"""
