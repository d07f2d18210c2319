"""The chat as a page of its own."""

from __future__ import annotations

import re

import pytest
from lab_server import Kernel, LabServer
from network import CutLine
from playwright.sync_api import Locator, expect
from visitors import Visit

ALL_WORDS = " ".join(f"w{number}" for number in range(100))


def test_markdown_is_shown_code_is_coloured_and_can_be_copied(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot", permissions=["clipboard-read", "clipboard-write"])
    ada.chat.say("code")
    reply = ada.chat.expect_reply("Here is bold")
    expect(reply.locator("strong")).to_have_text("bold")
    expect(reply.get_by_role("cell", name="two")).to_be_visible()
    link = reply.get_by_role("link", name="link")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", re.compile("noopener noreferrer"))
    expect(reply.locator("pre [class*=hljs]").first).to_be_visible()
    expect(reply.locator(".katex, math").first).to_be_visible()
    expect(reply).to_contain_text("a price of $5.")
    reply.get_by_role("button", name="Copy", exact=True).click()
    expect(reply.get_by_role("button", name="Copied")).to_be_visible()
    copied = ada.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("def double(number: int) -> int:\n    return 2 * number")


@pytest.mark.parametrize("width", [320, 1100])
def test_each_of_several_messages_in_a_row_can_be_copied(bot: Kernel, visit: Visit, width: int) -> None:
    ada = visit("ada", "bot", permissions=["clipboard-read", "clipboard-write"])
    ada.page.set_viewport_size({"width": width, "height": 640})
    bot.run("texts['row'] = ['one', 'two', 'three']")
    ada.chat.say("send row")
    for number, text in enumerate(["one", "two", "three"]):
        copy = ada.chat.replies.nth(number).get_by_role("button", name="Copy message")
        copy.click()
        expect(copy).to_have_attribute("title", "Copied")
        assert ada.page.evaluate("navigator.clipboard.readText()") == text


def test_a_reply_shows_while_it_is_written_and_says_that_it_grows(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.say("stream grows")
    reply = ada.chat.expect_reply("w49")
    expect(reply).to_have_attribute("aria-busy", "true")
    expect(reply).not_to_contain_text("w50")
    bot.run("gates['grows'].set()")
    expect(reply).to_contain_text("w99")
    expect(reply).to_have_attribute("aria-busy", "false")
    assert _body(reply) == ALL_WORDS


def test_stop_ends_the_run_and_what_waits_and_the_next_message_is_answered(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.say("wait forever")
    expect(ada.chat.stop).to_be_visible()
    ada.chat.say("never said")
    expect(ada.chat.messages.filter(has_text="never said")).to_contain_text("Waiting, 2nd in line")
    ada.chat.stop.click()
    expect(ada.chat.stop).to_be_hidden()
    expect(ada.chat.box).to_be_focused()
    expect(ada.chat.messages.filter(has_text="wait forever")).to_contain_text("Stopped")
    expect(ada.chat.messages.filter(has_text="never said")).to_contain_text("Stopped")
    ada.chat.say("hello")
    ada.chat.expect_reply("echo: hello")
    expect(ada.chat.replies).to_have_count(1)


def test_new_chat_begins_an_empty_session_and_forgets_the_old_one(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.say("before")
    ada.chat.expect_reply("echo: before")
    ada.chat.new_chat.click()
    expect(ada.chat.messages).to_have_count(0)
    ada.chat.say("after")
    ada.chat.expect_reply("echo: after")
    expect(ada.chat.messages).to_have_count(2)
    first, second = (socket.frames("welcome")[0]["session"] for socket in ada.chat_sockets)
    assert first != second


def test_an_error_is_shown_with_a_traceback_for_the_owner_and_the_chat_goes_on(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.say("fail")
    error = ada.chat.expect_reply("ZeroDivisionError")
    expect(error).to_contain_text("on purpose")
    expect(error.locator("pre")).to_be_hidden()
    error.locator("summary").click()
    expect(error.locator("pre")).to_contain_text('raise ZeroDivisionError("on purpose")')
    ada.chat.say("still there?")
    ada.chat.expect_reply("echo: still there?")


def test_enter_sends_and_shift_enter_makes_a_line(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    expect(ada.chat.send).to_be_disabled()
    ada.chat.box.press_sequentially("one")
    ada.chat.box.press("Shift+Enter")
    ada.chat.box.press_sequentially("two")
    expect(ada.chat.box).to_have_value("one\ntwo")
    expect(ada.chat.messages).to_have_count(0)
    ada.chat.box.press("Enter")
    expect(ada.chat.box).to_have_value("")
    assert "one\ntwo" in ada.chat.expect_reply("echo: one").inner_text()


@pytest.mark.parametrize("grows_by", ["style", "script"])
def test_the_field_is_as_high_as_its_text_up_to_a_limit(
    bot: Kernel, server: LabServer, visit: Visit, grows_by: str
) -> None:
    ada = visit("ada", bypass_csp=True)  # so that the test may style the page
    if grows_by == "script":  # as in a browser whose fields do not grow by their style
        ada.context.add_init_script("CSS.supports = () => false")
    ada.page.goto(server.chat_url("bot"))
    if grows_by == "script":
        ada.page.add_style_tag(content=".jcs textarea { field-sizing: fixed !important }")
    heights = []
    for text in ("one", "one\ntwo\nthree", "line\n" * 40, ""):
        ada.chat.box.fill(text)
        heights.append(ada.chat.box.evaluate("field => field.offsetHeight"))
    one, three, limit, empty = heights
    assert one == empty < 40
    assert 2 * one < three + 20 < limit == 200


def test_enter_that_picks_a_candidate_of_an_input_method_sends_nothing(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.expect_status("Connected")
    ada.chat.box.focus()
    keys = ada.context.new_cdp_session(ada.page)
    keys.send("Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3})
    expect(ada.chat.box).to_have_value("にほん")
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    keys.send("Input.insertText", {"text": "日本"})
    expect(ada.chat.box).to_have_value("日本")
    ada.chat.box.press("Enter")
    ada.chat.expect_reply("echo: 日本")
    assert [frame["text"] for frame in ada.chat_sockets[-1].frames("message", sent=True)] == ["日本"]


def test_escape_leaves_the_composer_and_keeps_what_was_written(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.box.fill("not yet")
    ada.chat.box.press("Escape")
    expect(ada.chat.box).not_to_be_focused()
    expect(ada.chat.box).to_have_value("not yet")


def test_the_keyboard_alone_reaches_everything(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.expect_status("Connected")
    ada.page.keyboard.press("Tab")
    expect(ada.chat.new_chat).to_be_focused()
    ada.page.keyboard.press("Tab")
    expect(ada.chat.log).to_be_focused()
    ada.page.keyboard.press("Tab")
    expect(ada.chat.root.get_by_role("button", name="Attach files")).to_be_focused()
    ada.page.keyboard.press("Tab")
    expect(ada.chat.box).to_be_focused()
    ada.page.keyboard.type("hi")
    ada.page.keyboard.press("Tab")
    expect(ada.chat.send).to_be_focused()
    ada.page.keyboard.press("Space")
    ada.chat.expect_reply("echo: hi")


def test_a_reload_keeps_conversation_and_question_and_a_new_window_begins_anew(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot")
    ada.chat.say("ask tea")
    ada.chat.expect_reply("What about tea?")
    ada.page.reload()
    ada.chat.expect_reply("What about tea?")
    expect(ada.chat.root.get_by_text("Answering:")).to_contain_text("What about tea?")
    ada.chat.say("green")
    ada.chat.expect_reply("So it is green")
    other = visit("other", "bot")
    other.chat.expect_status("Connected")
    expect(other.chat.messages).to_have_count(0)


def test_a_line_cut_in_mid_stream_loses_nothing_and_shows_nothing_twice(
    bot: Kernel, server: LabServer, visit: Visit
) -> None:
    with CutLine(server.port) as line:
        ada = visit("ada", "bot", port=line.port)
        ada.expect_complaint("WebSocket connection to")
        # The list of conversations may be on its way, too; it is asked for again.
        ada.expect_complaint(r"net::ERR_\w+ .*/threads\?channel=bot")
        ada.chat.say("stream cut")
        reply = ada.chat.expect_reply("w49")
        line.cut()
        ada.chat.expect_status("Reconnecting…")
        assert line.refused.wait(10)
        bot.run("gates['cut'].set()")
        ada.chat.say("said while away")
        expect(ada.chat.log.get_by_text("Not sent yet")).to_be_visible()
        line.mend()
        ada.chat.expect_status("Connected")
        ada.chat.expect_reply("echo: said while away")
        expect(ada.chat.log.get_by_text("Not sent yet")).to_have_count(0)
        assert _body(reply) == ALL_WORDS
        expect(ada.chat.messages).to_have_count(4)
        assert bot.run("print(counts['said while away'])") == "1\n"
        (welcome,) = ada.chat_sockets[-1].frames("welcome")
        assert welcome["resumed"]
        assert "snapshot" not in welcome


def test_a_page_joins_by_itself_when_the_notebook_opens_the_chat(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "opened later")
    ada.expect_complaint("status of 404")
    ada.chat.expect_status("The notebook is not running")
    expect(ada.page.get_by_text("Nobody is home yet")).to_be_visible()
    bot.run("%chat_session 'opened later'")
    ada.chat.expect_status("Connected", timeout_s=30)
    ada.chat.say("hello")
    ada.chat.expect_reply("echo: hello")


def test_when_the_kernel_goes_the_page_says_so_and_when_it_is_back_answers_what_was_said(
    server: LabServer, visit: Visit
) -> None:
    cell = (
        "%load_ext jupyter_chat_sessions\nimport jupyter_chat_sessions as cl\n"
        "@cl.on_message\nasync def reply(message):\n    await cl.Message(f'heard {message.content}').send()\n"
    )
    kernel = server.start_kernel("mortal")
    kernel.run(cell)
    kernel.run("%chat_session")
    ada = visit("ada", "mortal")
    ada.chat.say("one")
    ada.chat.expect_reply("heard one")
    kernel.shut_down()
    ada.chat.expect_status("The notebook is not running", timeout_s=40)
    ada.chat.say("two")
    expect(ada.chat.messages.filter(has_text="two")).to_contain_text("it will be answered when the notebook runs again")
    kernel = server.start_kernel("mortal")
    kernel.run(cell)
    kernel.run("%chat_session --force")
    ada.chat.expect_reply("heard two")
    ada.chat.expect_status("Connected")


def test_a_chat_that_needs_variables_asks_each_viewer_and_says_which_is_missing(bot: Kernel, visit: Visit) -> None:
    bot.run("%chat_session keyed --env API_KEY REGION")
    ada, bob = visit("ada", "keyed"), visit("bob", "keyed")
    form = ada.page.get_by_role("form", name="What this chat needs")
    expect(ada.chat.box).to_have_count(0)
    form.get_by_label("API_KEY").fill("canary-key-of-ada")
    form.get_by_role("button", name="Start the chat").click()
    expect(form.get_by_role("alert")).to_contain_text("REGION")
    form.get_by_label("REGION").fill("north")
    form.get_by_role("button", name="Start the chat").click()
    ada.chat.say("note it")
    ada.chat.expect_reply("noted")
    assert bot.run("print(noted)") == "[{'API_KEY': 'canary-key-of-ada', 'REGION': 'north'}]\n"
    expect(bob.page.get_by_label("API_KEY")).to_have_value("")
    stored = ada.page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])")
    assert "canary-key-of-ada" not in stored
    assert not any(socket.has_received("canary-key-of-ada") for socket in [*ada.sockets, *bob.sockets])
    ada.page.reload()
    ada.chat.expect_reply("noted")
    expect(ada.page.get_by_label("API_KEY")).to_have_count(0)


def test_colours_follow_the_system(bot: Kernel, visit: Visit) -> None:
    ada = visit("ada", "bot", color_scheme="light")
    ada.chat.expect_status("Connected")
    assert ada.chat.lightness() > 0.9
    ada.page.emulate_media(color_scheme="dark")
    assert ada.chat.lightness() < 0.3


def test_nothing_is_wider_than_a_small_phone(bot: Kernel, visit: Visit) -> None:
    wide = [
        "x" * 400,
        f"```\n{'code ' * 60}\n```",
        f"|{'head|' * 12}\n|{'-|' * 12}\n|{'cell|' * 12}",
        "$" + "x+" * 80 + "x$",
    ]
    bot.run(f"texts['wide'] = {wide!r}")
    ada = visit("ada", "bot", is_mobile=True, has_touch=True)
    ada.page.set_viewport_size({"width": 320, "height": 640})
    ada.chat.say("send wide")
    expect(ada.chat.replies).to_have_count(len(wide))
    ada.chat.box.fill("y" * 300)
    widths = ada.page.evaluate(
        """() => ['html', 'body', '.jcs', '.jcs-log', '.jcs-composer'].map((name) => {
            const element = document.querySelector(name);
            return [name, element.scrollWidth <= Math.min(320, element.clientWidth)];
        })"""
    )
    assert all(fits for _, fits in widths), widths
    for control in (ada.chat.box, ada.chat.send, ada.chat.new_chat, ada.chat.status):
        box = control.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320


def _body(reply: Locator) -> str:
    return " ".join(reply.locator(".jcs-body").inner_text().split())


def test_a_conversation_of_a_thousand_messages_scrolls_to_its_beginning_and_is_let_go_again(
    bot: Kernel, visit: Visit
) -> None:
    texts = [f"message {number}" for number in range(1000)]
    bot.run(f"texts['thousand'] = {texts!r}")
    ada = visit("ada", "bot")
    ada.chat.say("send thousand")
    expect(ada.chat.replies.last).to_have_text("message 999")
    assert ada.chat.replies.count() <= 400, "the older ones are fetched when somebody wants them"
    beginning = ada.chat.messages.filter(has_text="send thousand")
    ada.chat.log.hover()
    while beginning.count() == 0:
        ada.page.mouse.wheel(0, -3000)
        ada.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert ada.chat.replies.locator(".jcs-body").all_inner_texts() == texts
    ada.chat.log.press("End")
    expect(beginning).to_have_count(0)
    expect(ada.chat.replies.last).to_have_text("message 999")
    ada.page.reload()
    expect(ada.chat.replies.last).to_have_text("message 999")


def test_a_long_text_is_shown_whole(bot: Kernel, visit: Visit) -> None:
    paragraphs = [f"Paragraph **{number}**." for number in range(3000)]
    bot.run(f"texts['long'] = ['\\n\\n'.join({paragraphs!r})]")
    ada = visit("ada", "bot")
    ada.chat.say("send long")
    expect(ada.chat.replies.locator("p")).to_have_count(3000)
    assert ada.chat.replies.locator("p strong").all_text_contents() == [f"{number}" for number in range(3000)]
    expect(ada.chat.replies.locator("p").last).to_be_in_viewport()


def test_a_first_visit_asks_for_its_session_on_the_socket(bot: Kernel, server: LabServer, visit: Visit) -> None:
    ada = visit("ada")
    asked: list[str] = []
    ada.page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    ada.page.goto(server.chat_url("bot"))
    ada.chat.expect_status("Connected")
    assert not [request for request in asked if request.startswith("POST")]
    [socket] = ada.chat_sockets
    assert len(socket.frames("begin", sent=True)) == len(socket.frames("begun")) == len(socket.frames("welcome")) == 1
    assert not socket.frames("hello", sent=True)
    ada.page.reload()
    ada.chat.expect_status("Connected")
    assert [len(each.frames("begin", sent=True)) for each in ada.chat_sockets] == [1, 0]
