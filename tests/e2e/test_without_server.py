"""A chat where no server has the hub: everything travels as messages of the widget, and people notice nothing of it."""

from __future__ import annotations

import pytest
from lab_server import LabServer
from notebook_page import OPEN_LIMIT_MS, NotebookPage
from playwright.sync_api import expect
from test_uploads import DROP, HOSTILE, chips
from visitors import Visit

BOT = """\
import os
for name in ("JUPYTER_CHAT_SESSIONS_URL", "JUPYTER_CHAT_SESSIONS_HOST_TOKEN", "JPY_PARENT_PID"):
    os.environ.pop(name, None)  # what this server has told its kernel, and other front ends tell none

%load_ext jupyter_chat_sessions
import pathlib
import jupyter_chat_sessions as cl

@cl.on_message
async def reply(message):
    told = [f"{each.name}: {pathlib.Path(each.path).read_text()[-6:]}" for each in message.elements]
    await cl.Message(" | ".join(told), language="text").send()
"""
LARGE = "a" * 1_000_000 + "z"
"""More than one message of a widget carries."""


@pytest.mark.timeout(120)
def test_what_is_dropped_onto_the_chat_gets_to_its_handler_over_a_reload_too(server: LabServer, visit: Visit) -> None:
    ada = visit("ada")
    lab = NotebookPage.in_lab(ada, server, server.write_notebook("alone.ipynb", [BOT, "%chat_session"]))
    lab.run_cell(0)
    lab.run_cell(1)
    lab.chat.expect_status("Connected")
    lab.chat.root.evaluate(DROP, [HOSTILE, "one"])
    lab.chat.root.evaluate(DROP, ["large.txt", LARGE])
    expect(chips(lab.chat)).to_have_count(2)
    lab.chat.say("look")
    lab.chat.expect_reply(f"{HOSTILE}: one | large.txt: aaaaaz")
    expect(chips(lab.chat)).to_have_count(0)
    with ada.page.expect_download() as saved:
        lab.chat.log.get_by_role("button", name="large.txt").click()
    assert saved.value.path().read_text() == LARGE

    lab.chat.root.evaluate(DROP, ["kept.txt", "still here"])
    expect(lab.chat.root.get_by_role("button", name="Remove kept.txt")).to_be_visible()
    lab.save()
    ada.page.reload()
    expect(chips(lab.chat)).to_have_count(1, timeout=OPEN_LIMIT_MS)
    lab.chat.say("and now")
    lab.chat.expect_reply("kept.txt: l here")
    assert ada.chat_sockets == []
