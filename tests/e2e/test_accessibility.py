"""Everybody can use it: axe-core's rules for WCAG 2.1 AA, in each state that people meet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe import violations
from lab_server import TOLD_BOT, Kernel, LabServer
from notebook_page import NotebookPage
from playwright.sync_api import Route, expect
from visitors import Visit

README = """\
# The bird bot

Ask me about *birds*. I know:

- owls, and what they eat
- **swifts**, which sleep as they fly

```python
bot.ask("Why do owls turn their heads?", how="in one very long line that does not fit on a telephone")
```
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_conversation_with_everything_in_it(bot: Kernel, visit: Visit, scheme: str) -> None:
    ada = visit("ada", "bot", color_scheme=scheme)
    for words in ("code", "fail", "ask tea"):
        ada.chat.say(words)
    ada.chat.expect_reply("What about tea?")
    expect(ada.chat.log.locator("[class*=hljs]").first).to_be_visible()
    ada.chat.log.locator("summary").click()
    assert violations(ada.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_message_that_waits_and_a_run_that_can_be_stopped(bot: Kernel, visit: Visit, scheme: str) -> None:
    ada = visit("ada", "bot", color_scheme=scheme)
    ada.chat.say(f"wait for the {scheme}")
    ada.chat.say("and then this")
    second = ada.chat.messages.filter(has_text="and then this")
    expect(second).to_contain_text("Waiting, 2nd in line")
    assert violations(ada.page) == []
    ada.chat.stop.click()
    expect(second).to_contain_text("Stopped")
    assert violations(ada.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_for_variables_and_the_page_without_a_notebook(bot: Kernel, visit: Visit, scheme: str) -> None:
    bot.run("%chat_session keyed-form --env API_KEY")
    ada = visit("ada", "keyed-form", color_scheme=scheme)
    ada.page.get_by_role("button", name="Start the chat").click()
    expect(ada.page.get_by_role("alert")).to_contain_text("API_KEY")
    assert violations(ada.page) == []
    bob = visit("bob", "nowhere", color_scheme=scheme)
    bob.expect_complaint("status of 404")
    bob.chat.expect_status("The notebook is not running")
    assert violations(bob.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_readme_of_an_app_with_the_keyboard_alone(bot: Kernel, visit: Visit, scheme: str, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import chainlit as cl\n")
    (tmp_path / "chainlit.md").write_text(README)
    bot.run(f"%chat_session run {tmp_path}/app.py read-{scheme}")
    ada = visit("ada", f"read-{scheme}", color_scheme=scheme)
    ada.page.set_viewport_size({"width": 320, "height": 640})
    button = ada.page.get_by_role("button", name="Readme")
    button.focus()
    ada.page.keyboard.press("Enter")
    readme = ada.page.get_by_role("region", name="Readme")
    expect(readme).to_be_focused()
    expect(readme.get_by_role("heading", name="The bird bot")).to_be_visible()
    assert ada.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(ada.page) == []
    ada.page.keyboard.press("Escape")
    expect(readme).to_have_count(0)
    expect(button).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_conversations_of_before_with_the_keyboard_alone(bot: Kernel, visit: Visit, scheme: str) -> None:
    ada = visit("ada", "bot", color_scheme=scheme)
    for words in ("one thing", "another thing"):
        ada.chat.say(words)
        ada.chat.expect_reply(f"echo: {words}")
        ada.chat.new_chat.click()
        expect(ada.chat.messages).to_have_count(0)
    ada.chat.conversations.focus()
    ada.page.keyboard.press("Enter")
    past = ada.page.get_by_role("group", name="Conversations", exact=True)
    expect(past.get_by_role("listitem")).to_have_count(2)
    ada.page.keyboard.press("ArrowDown")
    for key in ("Tab", "Tab", "Enter"):
        ada.page.keyboard.press(key)
    expect(past.get_by_role("button", name="Keep")).to_be_focused()
    assert violations(ada.page) == []
    ada.page.keyboard.press("Enter")
    ada.page.keyboard.press("End")
    ada.page.keyboard.press("Enter")
    ada.chat.expect_reply("echo: one thing")
    expect(past).to_have_count(0)
    expect(ada.chat.conversations).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_files_that_are_there_under_way_and_refused(bot: Kernel, visit: Visit, scheme: str) -> None:
    ada = visit("ada", "bot", color_scheme=scheme)
    ada.expect_complaint("ERR_FAILED")
    ada.chat.expect_status("Connected")
    ada.page.route("**/files?client=*", _go_as_they_are_called)
    ada.page.set_viewport_size({"width": 320, "height": 640})
    with ada.page.expect_file_chooser() as chooser:
        ada.page.get_by_role("button", name="Attach files").click()
    names = ("there.txt", "slow-and-with-a-name-that-is-longer-than-a-telephone-is-wide.txt", "lost.txt")
    chooser.value.set_files([{"name": name, "mimeType": "text/plain", "buffer": b"words"} for name in names])
    files = ada.page.get_by_role("list", name="Attached files")
    expect(files.get_by_role("button", name="Remove there.txt")).to_be_attached()
    expect(files.get_by_role("progressbar", name="Uploading slow")).to_be_attached()
    expect(files.get_by_role("button", name="Retry lost.txt")).to_be_attached()
    assert ada.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(ada.page) == []


def _go_as_they_are_called(upload: Route) -> None:
    """Lose `lost…`, leave `slow…` under way, and let every other file through."""
    name = upload.request.headers["x-chat-file-name"]
    if name.startswith("lost"):
        upload.abort()
    elif not name.startswith("slow"):
        upload.continue_()


@pytest.mark.timeout(90)
def test_the_widget(server: LabServer, visit: Visit) -> None:
    cells = [f"%load_ext jupyter_chat_sessions\n{TOLD_BOT}", "%chat_session"]
    ada = visit("ada")
    lab = NotebookPage.in_lab(ada, server, server.write_notebook("axe.ipynb", cells))
    lab.run_cell(0)
    lab.run_cell(1)
    lab.chat.say("code")
    lab.chat.expect_reply("Here is bold")
    assert violations(ada.page, within=".jcs") == []


def test_what_is_named_and_announced(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.say("hello")
    reply = ada.chat.expect_reply("echo: hello")
    expect(reply).to_have_role("article")
    expect(reply).to_have_accessible_name("Robo")
    expect(reply).to_have_attribute("data-step-id", re.compile(r"^[\w-]{36}$"))
    expect(ada.chat.log.locator("[data-step-type=user_message]")).to_have_count(1)
    for control, name in ((ada.chat.box, "Message"), (ada.chat.send, "Send"), (ada.chat.new_chat, "New chat")):
        expect(control).to_have_accessible_name(name)
    expect(ada.chat.status).to_have_text("Connected")
