"""A live widget as the content of a message: JupyterLab shows it in the chat, and it moves what is in the kernel."""

from __future__ import annotations

import pytest
from lab_server import LabServer
from notebook_page import NotebookPage
from playwright.sync_api import expect
from visitors import Visit

BOT = """\
%load_ext jupyter_chat_sessions
import ipywidgets
import jupyter_chat_sessions as cl
slider = ipywidgets.IntSlider(value=5, description="How many?")

@cl.on_message
async def reply(message):
    await cl.Message(slider).send()
    await cl.Message("And here.", elements=[slider]).send()
"""


@pytest.mark.timeout(120)
def test_a_slider_is_live_in_the_notebook_and_elsewhere_it_is_said_where_it_is(server: LabServer, visit: Visit) -> None:
    cells = [BOT, "%chat_session", "slider.value", "slider.value = 2", "slider.close()"]
    ada = visit("ada")
    lab = NotebookPage.in_lab(ada, server, server.write_notebook("slider.ipynb", cells))
    lab.run_cell(0)
    lab.run_cell(1)
    lab.chat.say("show it")
    lab.chat.expect_reply("And here.")
    handles = lab.chat.log.get_by_role("slider")
    expect(handles).to_have_count(2)
    handles.first.press("ArrowRight")
    handles.first.press("ArrowRight")
    lab.run_cell(2)
    expect(lab.output(2)).to_have_text("7")
    lab.run_cell(3)
    expect(lab.chat.log.locator(".widget-readout")).to_have_text(["2", "2"])

    bob = visit("bob", "slider")
    bob.chat.say("show it")
    bob.chat.expect_reply("And here.")
    expect(bob.chat.log.locator(".jcs-rich")).to_contain_text(["A live widget: it shows in the notebook."] * 2)

    ada.expect_complaint("widget model not found")  # JupyterLab's own, of a widget that it has no more
    lab.run_cell(4)
    expect(handles).to_have_count(0)
    lab.run_cell(1)
    gone = "This live widget is gone with the kernel that had it."
    expect(lab.chat.log.locator(".jcs-rich")).to_contain_text([gone] * 2)
