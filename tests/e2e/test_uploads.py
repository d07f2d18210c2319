"""Files in a real browser: attached by button, drop and paste, cut and given again, and as answers to a question."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lab_server import Kernel, LabServer
from network import CutLine
from playwright.sync_api import Locator, expect
from visitors import Chat, Visit

BOT = """\
%load_ext jupyter_chat_sessions
import pathlib
import jupyter_chat_sessions as cl

def told(files):
    return " | ".join(f"{f['name']} ({f['size']}): {pathlib.Path(f['path']).read_text()[:20]}" for f in files)

@cl.on_message
async def reply(message):
    if message.content == "ask":
        files = await cl.AskFileMessage("Your data?", accept=[".csv"], max_files=2, timeout=600).send()
        await cl.Message(told([vars(f) for f in files]), language="text").send()
    else:
        await cl.Message(f"{message.content!r}: {told(cl.context.session.files.values())}", language="text").send()
"""
HOSTILE = "<img src=x onerror=console.error('CAUGHT')>.txt"
DROP = """(root, [name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, { type: 'text/plain' }));
    for (const kind of ['dragover', 'drop'])
        root.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
PASTE = """(box, [name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, { type: 'image/png' }));
    box.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
}"""

PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""A browser drops what is typed before it has painted a page."""


@pytest.fixture(scope="module")
def reader(server: LabServer) -> Kernel:
    """A kernel with the bot, open as the chat `files`."""
    kernel = server.start_kernel("files")
    kernel.run(BOT)
    kernel.run("%chat_session files")
    return kernel


def a_file(name: str, text: str | bytes = "content") -> Any:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode() if isinstance(text, str) else text}


def chips(chat: Chat) -> Locator:
    return chat.root.get_by_role("list", name="Attached files").get_by_role("listitem")


def choose(chat: Chat, *files: Any, by: str = "Attach files") -> None:
    with chat.page.expect_file_chooser() as chooser:
        chat.root.get_by_role("button", name=by).click()
    chooser.value.set_files(list(files))


def unsaid(server: LabServer) -> set[Path]:
    """What the server keeps of files that were not said, whole or not."""
    return {path for path in server.data.rglob("*") if path.suffix in (".part", ".held")}


def test_files_are_attached_by_button_drop_and_paste_and_may_be_all_that_is_said(reader: Kernel, visit: Visit) -> None:
    before = unsaid(reader.server)
    ada = visit("ada", "files")
    choose(ada.chat, a_file(HOSTILE, "one"))
    expect(chips(ada.chat)).to_have_text(re.compile(re.escape(HOSTILE)))
    ada.chat.root.evaluate(DROP, ["dropped.txt", "two"])
    ada.chat.box.evaluate(PASTE, ["pasted.png", "three"])
    ada.chat.box.evaluate(PASTE, ["not wanted.png", "four"])
    ada.chat.root.get_by_role("button", name="Remove not wanted.png").click()
    expect(chips(ada.chat)).to_have_count(3)
    expect(ada.chat.send).to_be_enabled()
    ada.chat.box.press("Enter")
    ada.chat.expect_reply(f"'': {HOSTILE} (3): one | dropped.txt (3): two | pasted.png (5): three")
    expect(chips(ada.chat)).to_have_count(0)
    assert unsaid(reader.server) == before


def test_what_is_not_taken_is_said_at_once_and_the_rest_goes_on(reader: Kernel, visit: Visit) -> None:
    ada = visit("ada", "files")
    choose(ada.chat, a_file("empty.txt", ""), a_file("full.txt"))
    expect(ada.chat.root.get_by_role("alert")).to_have_text(
        "empty.txt is empty, or a folder: there is nothing to send."
    )
    expect(chips(ada.chat)).to_have_text(re.compile("full.txt"))


def test_an_upload_is_cancelled_and_one_that_is_cut_fails_clearly_and_is_given_again(
    reader: Kernel, server: LabServer, visit: Visit
) -> None:
    before = unsaid(server)
    with CutLine(server.port) as line:
        ada = visit("ada", "files", port=line.port)
        ada.expect_complaint("ERR_|WebSocket")
        ada.chat.expect_status("Connected")
        line.hold_uploads(True)
        choose(ada.chat, a_file("large.bin", bytes(20_000_000)))
        expect(ada.chat.root.get_by_role("progressbar", name="Uploading large.bin")).to_be_visible()
        expect(ada.chat.send).to_be_disabled()
        ada.chat.root.get_by_role("button", name="Cancel large.bin").click()
        expect(chips(ada.chat)).to_have_count(0)
        choose(ada.chat, a_file("notes.txt", "a" * 20_000_000))
        expect(ada.chat.root.get_by_role("progressbar", name="Uploading notes.txt")).to_be_visible()
        line.cut()
        expect(chips(ada.chat)).to_have_text(re.compile("The connection was lost before it was there."))
        expect(ada.chat.send).to_be_disabled()
        line.hold_uploads(False)
        line.mend()
        ada.chat.expect_status("Connected")
        assert unsaid(server) == before
        ada.chat.root.get_by_role("button", name="Retry notes.txt").click()
        expect(ada.chat.send).to_be_enabled()
        ada.chat.box.press("Enter")
        ada.chat.expect_reply("notes.txt (20000000): aaaaaaaaaaaaaaaaaaaa")


def test_what_is_attached_outlives_a_reload(reader: Kernel, visit: Visit) -> None:
    ada = visit("ada", "files")
    choose(ada.chat, a_file("kept.txt", "still here"))
    expect(ada.chat.root.get_by_role("button", name="Remove kept.txt")).to_be_visible()
    ada.page.reload()
    expect(ada.chat.root.get_by_role("button", name="Remove kept.txt")).to_be_visible()
    ada.chat.say("after a reload")
    ada.chat.expect_reply("'after a reload': kept.txt (10): still here")
    ada.page.reload()
    ada.chat.expect_reply("'after a reload': kept.txt (10): still here")
    expect(chips(ada.chat)).to_have_count(0)


def test_a_question_for_files_is_answered_with_the_keyboard_alone_over_a_reload(reader: Kernel, visit: Visit) -> None:
    ada = visit("ada", "files")
    ada.page.on("filechooser", lambda _: None)  # from here on the browser hands choosers over, and opens none by itself
    ada.chat.say("ask")
    by = ada.chat.root.get_by_role("button", name="Choose files")
    expect(ada.chat.root.get_by_text("Up to 2 files (.csv), each at most 2 MB.")).to_be_visible()
    expect(ada.chat.box).to_have_count(0)
    choose(ada.chat, a_file("picture.png"), a_file("a.csv", "1;2"), by="Choose files")
    expect(ada.chat.root.get_by_role("alert")).to_have_text("picture.png is not taken here: only .csv.")
    expect(chips(ada.chat)).to_have_text(re.compile("a.csv"))
    expect(ada.chat.send).to_be_enabled()
    ada.page.reload()
    expect(chips(ada.chat)).to_have_text(re.compile("a.csv"))
    ada.page.evaluate(PAINTED)
    by.focus()
    with ada.page.expect_file_chooser() as chooser:
        ada.page.keyboard.press("Enter")
    chooser.value.set_files([a_file("b.csv", "3;4")])
    expect(chips(ada.chat)).to_have_count(2)
    expect(ada.chat.send).to_be_enabled()
    expect(by).to_be_disabled()
    ada.chat.send.focus()
    ada.page.keyboard.press("Enter")
    ada.chat.expect_reply("a.csv (3): 1;2 | b.csv (3): 3;4")
    expect(ada.chat.box).to_be_visible()
    expect(chips(ada.chat)).to_have_count(0)
