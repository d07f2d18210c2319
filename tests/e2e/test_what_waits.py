"""What somebody wrote is not lost, and the chat says what became of it."""

from __future__ import annotations

import os
import signal

from lab_server import Kernel, LabServer
from network import WebSocketGate
from playwright.sync_api import expect
from visitors import Visit

HEARS = (
    "%load_ext jupyter_chat_sessions\nimport asyncio\nimport jupyter_chat_sessions as cl\n"
    "@cl.on_message\nasync def reply(message):\n"
    "    answer = cl.Message('')\n"
    "    await answer.stream_token(f'heard {message.content}')\n"
    "    if is_slow:\n        await asyncio.Event().wait()\n"
    "    await answer.send()\n"
)


def test_a_reload_keeps_what_is_written_and_not_sent(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.box.fill("half a thought")
    ada.page.reload()
    expect(ada.chat.box).to_have_value("half a thought")
    ada.chat.say("a whole thought")
    ada.chat.expect_reply("echo: a whole thought")
    ada.page.reload()
    ada.chat.expect_reply("echo: a whole thought")
    expect(ada.chat.box).to_have_value("")


def test_what_was_said_without_a_connection_outlives_a_reload_and_is_answered_once_in_order(
    bot: Kernel, server: LabServer, visit: Visit
) -> None:
    ada = visit("ada")
    gate = WebSocketGate(ada.page, "**/api/chat-sessions/viewer")
    ada.page.goto(server.chat_url("bot"))
    ada.chat.expect_status("Connected")
    gate.shut()
    ada.chat.expect_status("Reconnecting…")
    texts = ["waited one", "waited two", "waited three"]
    for text in texts:
        ada.chat.say(text)
    expect(ada.chat.log.get_by_text("Not sent yet")).to_have_count(3)
    ada.page.reload()
    expect(ada.chat.log.get_by_text("Not sent yet")).to_have_count(3)
    gate.open()
    ada.chat.expect_reply("echo: waited three")
    expect(ada.chat.replies).to_contain_text([f"echo: {text}" for text in texts])
    expect(ada.chat.log.get_by_text("Not sent yet")).to_have_count(0)
    assert bot.run(f"print([counts[text] for text in {texts}])") == "[1, 1, 1]\n"


def test_two_tabs_of_which_one_is_a_copy_say_what_waits_once(bot: Kernel, server: LabServer, visit: Visit) -> None:
    ada = visit("ada")
    gate = WebSocketGate(ada.page, "**/api/chat-sessions/viewer")
    ada.page.goto(server.chat_url("bot"))
    ada.chat.expect_status("Connected")
    gate.shut()
    ada.chat.say("said in two tabs")
    kept = ada.page.evaluate("JSON.stringify({...sessionStorage})")
    copy = ada.new_page()
    copy.add_init_script(f"Object.assign(sessionStorage, {kept})")
    copy.goto(server.chat_url("bot"))
    expect(copy.get_by_text("echo: said in two tabs")).to_have_count(1)
    gate.open()
    ada.chat.expect_reply("echo: said in two tabs")
    expect(ada.chat.messages).to_have_count(2)
    assert bot.run("print(counts['said in two tabs'])") == "1\n"


def test_an_answer_that_the_kernel_did_not_finish_stays_and_retry_has_it_answered(
    server: LabServer, visit: Visit
) -> None:
    kernel = server.start_kernel("cut")
    kernel.run(f"is_slow = True\n{HEARS}")
    kernel.run("%chat_session")
    ada = visit("ada", "cut")
    ada.chat.say("a question")
    ada.chat.expect_reply("heard a question")
    os.kill(int(kernel.run("import os; print(os.getpid())")), signal.SIGKILL)
    kernel = server.start_kernel("cut")
    kernel.run(f"is_slow = False\n{HEARS}")
    kernel.run("%chat_session --force")
    asked = ada.chat.messages.filter(has_text="Interrupted")
    expect(asked).to_contain_text("a question", timeout=40_000)
    expect(ada.chat.replies).to_have_count(1)
    expect(ada.chat.replies.first).to_contain_text("Cut off")
    asked.get_by_role("button", name="Retry").click()
    expect(ada.chat.replies).to_have_count(2)
    expect(ada.chat.replies.last).to_contain_text("heard a question")
    expect(ada.chat.replies.last).not_to_contain_text("Cut off")
    expect(ada.chat.log.get_by_role("button", name="Retry")).to_have_count(0)


def test_conversations_of_before_can_be_gone_back_to_and_deleted(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.expect_status("Connected")
    expect(ada.chat.conversations).to_have_count(0)
    ada.chat.say("about planets")
    ada.chat.expect_reply("echo: about planets")
    ada.chat.new_chat.click()
    expect(ada.chat.messages).to_have_count(0)
    ada.chat.say("about moons")
    ada.chat.expect_reply("echo: about moons")

    ada.chat.conversations.click()
    past = ada.page.get_by_role("group", name="Conversations")
    past.get_by_role("button", name="about planets").and_(past.locator(".jcs-thread-open")).click()
    ada.chat.expect_reply("echo: about planets")
    expect(ada.chat.messages).to_have_count(2)
    ada.chat.say("more about planets")
    ada.chat.expect_reply("echo: more about planets")
    ada.page.reload()
    ada.chat.expect_reply("echo: more about planets")

    ada.chat.conversations.click()
    past.get_by_role("button", name="Delete about moons").click()
    past.get_by_role("button", name="Delete", exact=True).click()
    expect(past.get_by_role("listitem")).to_have_count(1)
    ada.page.reload()
    ada.chat.conversations.click()
    expect(past.get_by_role("listitem")).to_have_count(1)


def test_a_conversation_is_exported_as_a_file(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.say("about rings")
    ada.chat.expect_reply("echo: about rings")
    ada.chat.conversations.click()
    ada.page.get_by_role("button", name="Export about rings").click()
    with ada.page.expect_download() as download:
        ada.page.get_by_role("button", name="Markdown").click()
    assert download.value.suggested_filename == "about-rings.md"
    assert "echo: about rings" in download.value.path().read_text()


def test_a_server_that_stops_in_an_orderly_way_says_so(bot: Kernel, server: LabServer, visit: Visit) -> None:
    ada = visit("ada")
    gate = WebSocketGate(ada.page, "**/api/chat-sessions/viewer")
    ada.page.goto(server.chat_url("bot"))
    ada.chat.expect_status("Connected")
    gate.say('[{"type":"going","retryAfterS":0.5}]')
    gate.shut(code=1012)
    ada.chat.expect_status("The server is restarting…")
    gate.open()
    ada.chat.expect_status("Connected")


def test_an_edited_message_is_answered_anew_and_a_reload_shows_nothing_of_what_was_after_it(
    bot: Kernel, visit: Visit
) -> None:
    ada = visit("ada", "bot")
    ada.chat.say("first words")
    ada.chat.expect_reply("echo: first words")
    ada.chat.say("second words")
    ada.chat.expect_reply("echo: second words")
    first = ada.chat.messages.filter(has_text="first words").first
    pencil = first.get_by_role("button", name="Edit your message")
    ada.chat.say("wait forever")
    expect(ada.chat.stop).to_be_visible()
    expect(pencil).to_be_hidden()  # while something is being answered
    ada.chat.stop.click()
    first.hover()
    pencil.click()
    field = ada.chat.log.get_by_role("textbox", name="Your message, changed")
    expect(field).to_be_focused()
    field.fill("other words")
    field.press("Enter")
    ada.chat.expect_reply("echo: other words")
    for _ in range(2):
        expect(ada.chat.messages).to_have_count(2)
        expect(ada.chat.messages).to_contain_text(["other words", "echo: other words"])
        ada.page.reload()
        ada.chat.expect_status("Connected")
    assert bot.run("print(counts['first words'], counts['other words'])") == "1 1\n"
