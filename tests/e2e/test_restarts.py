"""Restarts of the kernel: the conversations of everybody go on."""

from __future__ import annotations

import pytest
from lab_server import LabServer
from notebook_page import NotebookPage
from playwright.sync_api import Locator, expect
from test_story import HANDLERS, NAME_BOT, OPEN
from visitors import Chat, Visit

HANGS = """

@cl.on_chat_resume
async def resume(thread):
    await cl.Message(f"Welcome back, {cl.user_session.get('user_name')}!").send()"""


@pytest.mark.timeout(180)
def test_after_a_restart_of_the_kernel_with_jupyterlabs_own_button_both_go_on_by_their_names(
    server: LabServer, visit: Visit
) -> None:
    slow = NAME_BOT.replace(
        "    name = cl", '    if message.content == "hang":\n        await cl.sleep(3600)\n    name = cl'
    )
    path = server.write_notebook("restarts.ipynb", [slow + HANGS, "%chat_session"])
    alice = visit("alice")
    lab = NotebookPage.in_lab(alice, server, path)
    lab.run_cell(HANDLERS)
    lab.run_cell(OPEN)
    bob = visit("bob", "restarts")
    for chat, name in ((lab.chat, "Alice"), (bob.chat, "Bob")):
        chat.expect_reply("Hello! What's your name?")
        chat.say(name)
        chat.expect_reply(f"Nice to meet you, {name}!")
    bob.chat.say("hang")
    expect(bob.chat.stop).to_be_visible()
    bob.chat.say("this waits")

    lab.restart_kernel()
    bob.chat.expect_status("The notebook is not running", timeout_s=40)
    lab.start_cell(HANDLERS)
    lab.start_cell(OPEN)

    for chat, name in ((lab.chat, "Alice"), (bob.chat, "Bob")):
        chat.expect_reply(f"Welcome back, {name}!", timeout_s=30)
        chat.expect_reply(f"Nice to meet you, {name}!")
        chat.expect_reply("Hello! What's your name?")
    # The old kernel may have been given it between the interrupt and its end: then nobody can say whether it had begun.
    answered = bob.chat.replies.filter(has_text="Bob, you said: this waits")
    retry = _retry_of(bob.chat, "this waits")
    expect(answered.or_(retry).first).to_be_visible()
    if retry.count():
        retry.click()
    bob.chat.expect_reply("Bob, you said: this waits")
    lab.chat.say("still here")
    lab.chat.expect_reply("Alice, you said: still here")
    # Jupyter interrupts a kernel before it restarts it: what ran says so, if there was time, and else can be run again.
    stopped = bob.chat.replies.filter(has_text="Stopped by the author of this notebook.")
    expect(stopped.or_(_retry_of(bob.chat, "hang")).first).to_be_visible()


def _retry_of(chat: Chat, text: str) -> Locator:
    message = chat.log.locator("article[data-step-type=user_message]").filter(has_text=text)
    return message.get_by_role("button", name="Retry")
