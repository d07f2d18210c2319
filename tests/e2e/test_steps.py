"""What a bot does on the way to its answer, in a real browser: folded, and unfolded with the keyboard alone."""

from __future__ import annotations

import pytest
from lab_server import Kernel, LabServer
from playwright.sync_api import expect
from visitors import Visit

BOT = """\
%load_ext jupyter_chat_sessions
import jupyter_chat_sessions as cl

@cl.step(type="tool")
async def search(query):
    async with cl.Step("Rank", type="rerank") as rank:
        rank.output = f"best of {query}"
    return {"found": query}

@cl.on_message
async def reply(message):
    if message.content == "hostile":
        mark = "<img src=x onerror=alert(1)><script>alert(2)</script>"
        async with cl.Step(mark, type="llm", show_input=mark, default_open=True) as step:
            step.input = step.output = mark
            step.language = mark
        await cl.Message("the end").send()
        return
    await search(message.content)
    await cl.Message("the answer").send()
"""


@pytest.fixture
def agent(server: LabServer) -> Kernel:
    """A kernel with the bot, open as the chat `agent`."""
    kernel = server.start_kernel("agent")
    kernel.run(BOT)
    kernel.run("%chat_session agent")
    return kernel


def test_a_trace_is_unfolded_with_the_keyboard_and_the_same_after_a_reload(agent: Kernel, visit: Visit) -> None:
    ada = visit("ada", "agent")
    ada.chat.say("monads")
    ada.chat.expect_reply("the answer")
    for _ in range(2):
        step = ada.chat.log.get_by_role("article", name="search", exact=True)
        fold = step.get_by_role("button", name="search")
        expect(fold).to_have_attribute("aria-expanded", "false")
        expect(ada.chat.log.get_by_text("best of monads")).to_have_count(0)
        fold.focus()
        ada.page.keyboard.press("Enter")
        expect(step).to_contain_text('"query": "monads"')
        expect(step).to_contain_text('"found": "monads"')
        inner = step.get_by_role("article", name="Rank").get_by_role("button")
        inner.focus()
        ada.page.keyboard.press("Space")
        expect(step).to_contain_text("best of monads")
        expect(ada.chat.replies).to_have_count(1)
        ada.page.reload()
        ada.chat.expect_status("Connected")


def test_what_a_bot_writes_in_a_step_is_shown_and_not_done(agent: Kernel, visit: Visit) -> None:
    ada = visit("ada", "agent")
    ada.page.on("dialog", lambda dialog: pytest.fail(f"a step's text was run: {dialog.message}"))
    ada.chat.say("hostile")
    ada.chat.expect_reply("the end")
    step = ada.chat.log.locator(".jcs-step")
    expect(step).to_contain_text("<script>alert(2)</script>")
    expect(step.locator("img, script")).to_have_count(0)
