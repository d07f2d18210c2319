"""Pages and the kernel's own hub: who a cell is run for, and what a page can and cannot do."""

from __future__ import annotations

import json

import ipykernel
import pytest
from real_kernel import Page, RealKernel
from widget_viewer import WidgetViewer

from jupyter_chat_sessions.notebook.questions import HEARS_WIDGETS_SINCE

BOT = """\
@cl.on_chat_start
async def start():
    answer = await cl.AskUserMessage("Name?").send()
    cl.user_session.set("name", answer["output"])

@cl.on_message
async def reply(message):
    await cl.Message(f"{cl.user_session.get('name')} said {message.content}").send()
"""
WHO = "print(cl.user_session.get('name'))"


@pytest.fixture
def author(kernel: RealKernel, page: Page) -> WidgetViewer:
    page.run(BOT)
    page.run("%chat_session")
    viewer = WidgetViewer(page)
    viewer.show()
    viewer.say("Alice")
    return viewer


@pytest.fixture
def other_page(kernel: RealKernel) -> Page:
    return kernel.page()


@pytest.fixture
def colleague(author: WidgetViewer, page: Page, other_page: Page) -> WidgetViewer:
    viewer = WidgetViewer(other_page, comm_id=page.comm_ids[-1])
    viewer.show()
    viewer.say("Bob")
    return viewer


def test_a_cell_sees_the_session_of_the_page_that_ran_it(
    author: WidgetViewer, colleague: WidgetViewer, page: Page, other_page: Page
) -> None:
    assert page.client_id != other_page.client_id
    assert page.run(WHO).text == "Alice\n"
    assert other_page.run(WHO).text == "Bob\n"
    author.say("hi")
    colleague.say("ho")
    assert author.transcript[-1] == "Alice said hi"
    assert colleague.transcript[-1] == "Bob said ho"
    assert "Bob" not in str(author.transcript)


def test_a_message_from_a_cell_goes_to_that_viewer_alone(
    author: WidgetViewer, colleague: WidgetViewer, page: Page, other_page: Page
) -> None:
    other_page.run("await cl.Message('from a cell').send()")
    colleague.wait_for(lambda: "from a cell" in colleague.transcript)
    author.say("hi")
    assert "from a cell" not in author.transcript


def test_a_pick_wins_in_its_page_until_it_is_cleared_or_its_session_ends(
    author: WidgetViewer, colleague: WidgetViewer, page: Page, other_page: Page
) -> None:
    told = page.run(f"%chat_session use {colleague.session[:8]}").text
    assert colleague.session[:8] in told
    assert page.run(WHO).text == "Bob\n"
    author.show()  # the page's chat was drawn again: the pick holds
    assert page.run(WHO).text == "Bob\n"
    assert page.run("%%chat_session\nas Bob").shown == "Bob said as Bob"
    colleague.wait_for(lambda: "as Bob" in colleague.transcript)
    page.run("%chat_session use --clear")
    author.say("hi")
    assert page.run(WHO).text == "Alice\n"
    page.run(f"%chat_session use {colleague.session[:8]}")
    other_page.run(f"%chat_session end {colleague.session[:8]}")
    colleague.wait_for(lambda: colleague.viewing.bye is not None)
    assert page.run(WHO).text == "Alice\n"


def test_of_two_the_cell_sees_the_session_that_its_page_last_spoke_in(author: WidgetViewer, page: Page) -> None:
    page.run("%%chat_session\nAnna")  # the notebook's own session begins, and asks
    page.run("%%chat_session\nAnna")
    assert page.run(WHO).text == "Anna\n"
    author.say("hi")
    assert page.run(WHO).text == "Alice\n"


def test_a_question_in_a_cell_is_answered_in_that_pages_chat_or_under_the_cell(
    author: WidgetViewer, page: Page
) -> None:
    request = page.start("print((await cl.AskUserMessage('Colour?').send())['output'])", allow_stdin=True)
    author.wait_for(lambda: bool(author.viewing.conversation.questions))
    if ipykernel.version_info >= HEARS_WIDGETS_SINCE:
        author.say("blue", is_cell_running=True)
        assert page.finish(request).text == "Waiting for You to answer in the chat …\nblue\n"
    else:  # what a page says waits for the end of the cell, which waits for the answer
        assert page.answer_input("blue") == "Colour? "
        assert page.finish(request).text == "blue\n"
        author.wait_for(lambda: author.transcript[-1] == "blue")
        alone = page.run("await cl.AskUserMessage('Colour?').send()", may_fail=True)
        assert "install ipykernel 7.4" in alone.errors[0]
        author.wait_for(lambda: not author.viewing.conversation.questions)
        author.say("after all")
        assert author.transcript[-1] == "Alice said after all"


def test_a_session_that_a_page_makes_up_is_none(author: WidgetViewer, page: Page) -> None:
    for claim in ["00000000-0000-4000-8000-000000000000", 7, None, {"a": 1}]:
        page.send_to_widget({"kind": "shown", "session": claim})
    assert page.run(WHO, may_fail=True).reply is not None
    page.send_to_widget({"kind": "shown"})
    page.send_to_widget({"kind": "frames", "connection": 3})
    page.send_to_widget({"kind": "open"})
    author.say("still here")
    assert author.transcript[-1] == "Alice said still here"


def test_a_page_comes_back_and_has_missed_nothing(author: WidgetViewer, page: Page) -> None:
    author.viewing.disconnected()
    page.run("await cl.Message('meanwhile').send()")
    author.connect()
    author.wait_for(lambda: "meanwhile" in author.transcript)
    author.say("back")
    assert author.transcript[-3:] == ["meanwhile", "back", "Alice said back"]


def test_pages_that_are_gone_do_not_keep_a_reloaded_one_out(author: WidgetViewer, page: Page) -> None:
    for _ in range(12):
        author.viewing.disconnected()
        author.connect()
    author.say("the thirteenth time")
    assert author.transcript[-1] == "Alice said the thirteenth time"


def test_a_foreign_secret_and_a_broken_frame_are_refused(author: WidgetViewer, page: Page) -> None:
    author.send_frames("[{]")
    author.wait_for(lambda: bool(author.viewing.refused))
    assert author.viewing.refused[-1].code == "malformed"
    page.send_to_widget({"kind": "open", "connection": "thief"})
    hello = {"type": "hello", "v": 1, "session": author.session, "secret": "guessed", "lastSeq": 0}
    page.send_to_widget({"kind": "frames", "connection": "thief", "data": json.dumps([hello])})
    page.wait_for(lambda: any(m.get("connection") == "thief" and m["kind"] == "closed" for m in page.comm_messages))
    answer = next(m for m in page.comm_messages if m.get("connection") == "thief" and m["kind"] == "frames")
    assert json.loads(answer["data"])[0]["code"] == "unknown_session"


def test_an_unknown_chat_is_refused_with_a_sentence(author: WidgetViewer, page: Page) -> None:
    page.send_to_widget({"kind": "create", "request": "r1", "body": {"channel": "nowhere"}})
    page.send_to_widget({"kind": "create", "request": "r2", "body": {"channel": 5}})
    page.wait_for(lambda: {"r1", "r2"} <= {m.get("request") for m in page.comm_messages})
    answers = {m["request"]: m for m in page.comm_messages if m["kind"] == "created"}
    assert (answers["r1"]["status"], answers["r1"]["body"]["code"]) == (404, "unknown_channel")
    assert (answers["r2"]["status"], answers["r2"]["body"]["code"]) == (400, "malformed")


def test_what_a_page_writes_into_a_trait_changes_nothing(author: WidgetViewer, page: Page) -> None:
    page.write_to_widget({"channel": "elsewhere", "_esm": "alert(1)", "mode": "server"})
    traits = page.run(
        """\
magics = get_ipython().magics_manager.registry["ChatMagics"]
widget = magics.notebook.widget("demo", height="420px")
print(widget.channel, widget.mode, "alert" in widget._esm)
"""
    )
    assert traits.text == "demo kernel False\n"


def test_the_widget_carries_a_name_and_a_loader_and_no_conversation(author: WidgetViewer, page: Page) -> None:
    state = page.run(
        """\
magics = get_ipython().magics_manager.registry["ChatMagics"]
state = magics.notebook.widget("demo", height="420px").get_state()
print(sorted(name for name in state if not name.startswith("_")))
print(max(len(str(value)) for value in state.values()) < 10_000, "Alice" in str(state))
"""
    )
    traits = "'channel', 'height', 'layout', 'mode', 'notebook', 'static_version', 'tabbable', 'title', 'tooltip'"
    assert state.text == f"[{traits}]\nTrue False\n"


def test_a_widget_that_was_closed_and_shown_again_is_spoken_through(author: WidgetViewer, page: Page) -> None:
    page.run('get_ipython().magics_manager.registry["ChatMagics"].notebook._widget_by_channel["demo"].close()')
    page.run("%chat_session demo")
    again = WidgetViewer(page)
    again.say("Bob")
    again.say("hi")
    assert again.transcript[-1] == "Bob said hi"


def test_the_bundle_comes_from_the_kernel_when_a_page_asks(author: WidgetViewer, page: Page) -> None:
    page.send_to_widget({"kind": "bundle"})
    page.wait_for(lambda: any(message["kind"] == "bundle" for message in page.comm_messages))
    bundle = next(message for message in page.comm_messages if message["kind"] == "bundle")
    assert "mount" in bundle["script"]
    assert ".jcs" in bundle["style"]
