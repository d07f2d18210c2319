"""Buttons in a real browser: pressed with the keyboard alone, once over a lost connection, and as answers."""

from __future__ import annotations

import pytest
from lab_server import Kernel, LabServer
from network import WebSocketGate
from playwright.sync_api import expect
from visitors import Visit

BOT = """\
%load_ext jupyter_chat_sessions
import jupyter_chat_sessions as cl
presses = []

@cl.on_message
async def reply(message):
    yes, no = (cl.Action(name="vote", payload={"value": each}, label=each, tooltip="<b>") for each in ("Yes", "No"))
    if message.content == "ask":
        answer = await cl.AskActionMessage("Really?", actions=[yes, no], timeout=600).send()
        await cl.Message(f"answered {answer['label']}").send()
    else:
        await cl.Message("Shall we?", actions=[yes, no]).send()

@cl.action_callback("vote")
async def voted(action):
    presses.append(action.label)
    await cl.Message(f"voted {action.payload['value']}").send()
    await action.remove()
"""


@pytest.fixture
def voting(server: LabServer) -> Kernel:
    """A kernel with the bot, open as the chat `votes`."""
    kernel = server.start_kernel("votes")
    kernel.run(BOT)
    kernel.run("%chat_session votes")
    return kernel


def test_a_button_is_pressed_with_the_keyboard_alone(voting: Kernel, visit: Visit) -> None:
    ada = visit("ada", "votes")
    ada.chat.say("Hi")
    button = ada.chat.log.get_by_role("button", name="Yes")
    button.focus()
    ada.page.keyboard.press("Enter")
    ada.chat.expect_reply("voted Yes")
    expect(button).to_have_count(0)
    expect(ada.chat.log.get_by_role("button", name="No")).to_be_enabled()
    assert voting.run("print(presses)") == "['Yes']\n"


def test_a_press_without_a_connection_outlives_a_reload_and_runs_once(
    voting: Kernel, server: LabServer, visit: Visit
) -> None:
    ada = visit("ada")
    gate = WebSocketGate(ada.page, "**/api/chat-sessions/viewer")
    ada.page.goto(server.chat_url("votes"))
    ada.chat.say("Hi")
    button = ada.chat.log.get_by_role("button", name="No")
    expect(button).to_be_enabled()
    gate.shut()
    ada.chat.expect_status("Reconnecting…")
    button.click()
    expect(button).to_be_disabled()
    gate.open()
    ada.chat.expect_reply("voted No")
    ada.page.reload()
    ada.chat.expect_reply("voted No")
    assert voting.run("print(presses)") == "['No']\n"


def test_a_question_with_buttons_survives_a_reload_and_says_what_was_chosen(voting: Kernel, visit: Visit) -> None:
    ada = visit("ada", "votes")
    ada.chat.say("ask")
    expect(ada.chat.log.get_by_role("button", name="Yes")).to_be_enabled()
    ada.page.reload()
    expect(ada.chat.root.get_by_text("Choose above:")).to_be_visible()
    ada.chat.log.get_by_role("button", name="Yes").click()
    ada.chat.expect_reply("answered Yes")
    expect(ada.chat.replies).to_contain_text(["Selected: Yes", "answered Yes"])
    expect(ada.chat.log.get_by_role("button", name="Yes")).to_have_count(0)
    assert voting.run("print(presses)") == "[]\n"
