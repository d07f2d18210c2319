"""`%%chat_session` cells: what is said, what is shown, and what cells see of it."""

from __future__ import annotations

from real_kernel import Page, RealKernel

NAME_BOT = """\
@cl.on_chat_start
async def start():
    answer = await cl.AskUserMessage(content="Hello! What's your name?").send()
    if answer:
        cl.user_session.set("user_name", answer["output"])
        await cl.Message(content=f"Nice to meet you, {answer['output']}!").send()

@cl.on_message
async def reply(message: cl.Message):
    name = cl.user_session.get("user_name", "User")
    await cl.Message(content=f"{name}, you said: {message.content}").send()
"""

ECHO = """\
@cl.on_message
async def reply(message):
    await cl.Message(f"one: {message.content}").send()
"""


def test_a_question_is_answered_by_the_next_cell_and_what_was_said_waits(page: Page) -> None:
    page.run(NAME_BOT)
    page.run("%chat_session")
    asked = page.run("%%chat_session\nHi there!")
    assert asked.shown.startswith("Hello! What's your name?")
    assert "The next %%chat_session cell answers this question." in asked.shown
    answered = page.run("%%chat_session\nAlice")
    assert answered.shown == "Nice to meet you, Alice!\n\nAlice, you said: Hi there!"
    assert page.run("print(cl.user_session.get('user_name'))").text == "Alice\n"
    assert page.run("print(cl.context.session.client_type, cl.context.session.user.identifier)").text == (
        "notebook notebook\n"
    )


def test_a_question_that_nobody_has_read_is_not_answered_by_chance(page: Page) -> None:
    page.run(NAME_BOT)
    page.run("%chat_session")
    page.run("cl.user_session.get('user_name')")  # opens the notebook's own session, which asks at once
    asked = page.run("%%chat_session\nHi there!")
    assert asked.shown.startswith("Hello! What's your name?")
    assert page.run("%%chat_session\nBob").shown == "Nice to meet you, Bob!\n\nBob, you said: Hi there!"


def test_a_reply_streams_in_one_display_that_is_updated(page: Page) -> None:
    page.run(
        """\
import asyncio
go_on = asyncio.Event()
@cl.on_message
async def reply(message):
    answer = cl.Message("")
    await answer.stream_token("first")
    await go_on.wait()
    await answer.stream_token(" second")
    await answer.send()
"""
    )
    page.run("%chat_session")
    page.run("asyncio.get_running_loop().call_later(0.5, go_on.set);")
    reply = page.run("%%chat_session\nGo")
    assert [bundle["text/plain"] for bundle in reply.displays] == ["first"]
    assert reply.updates[-1]["text/plain"] == "first second"
    assert reply.updates[-1]["text/markdown"] == "first second"


def test_an_error_reads_red_under_the_cell_and_the_next_message_goes_on(page: Page) -> None:
    page.run("@cl.on_message\nasync def reply(message):\n    return 1 / (message.content != 'zero')\n")
    page.run("%chat_session")
    failed = page.run("%%chat_session\nzero")
    assert "alert-danger" in failed.displays[-1]["text/markdown"]
    assert failed.shown == "Error: **ZeroDivisionError** in `on_message`: division by zero"
    assert page.run("%%chat_session\none").shown == "(No answer came.)"


def test_running_the_cell_again_swaps_the_handler_in_under_the_same_conversation(page: Page) -> None:
    first = page.run(ECHO)
    page.run("%chat_session")
    page.run("%%chat_session\na")
    page.run("cl.user_session.set('kept', 1)")
    second = page.run(ECHO.replace("one", "two") + "    print('second')")
    assert page.run("%%chat_session\nb").shown == "two: b"
    assert page.run("print(cl.user_session.get('kept'), len(cl.chat_context.get()))").text == "1 4\n"
    assert (first.text, second.text) == ("", "second\n")


def test_no_handler_is_said_to_the_viewer(page: Page) -> None:
    page.run("%chat_session")
    assert "has not defined `@on_message` yet" in page.run("%%chat_session\nHello?").shown


def test_a_cell_that_keeps_the_loop_does_not_keep_a_chat_in_a_thread(page: Page) -> None:
    page.run(
        """\
import threading
heard = threading.Event()
@cl.on_message
async def reply(message):
    heard.set()
    await cl.Message("heard").send()
"""
    )
    page.run("%chat_session --run-on thread")
    kept = page.run(
        """\
session = cl.context.session
from jupyter_chat_sessions.host.current import current_runtime
current_runtime().say(session, "while a cell keeps the loop")
print(heard.wait(10))
"""
    )
    assert kept.text == "True\n"


def test_a_cell_that_cannot_await_says_so_or_waits_for_a_chat_in_a_thread(page: Page) -> None:
    page.run(ECHO)
    page.run("%chat_session")
    page.run("%autoawait False")
    refused = page.run("%%chat_session\nHello", may_fail=True)
    assert "Run `%autoawait asyncio`, or open the chat with `--run-on thread`" in refused.stderr
    page.run("%chat_session threaded --run-on thread")
    assert page.run("%%chat_session threaded\nHello").shown == "one: Hello"


def test_a_message_that_is_refused_is_said_under_its_cell(page: Page) -> None:
    page.run(ECHO)
    page.run("%chat_session")
    refused = page.run("%%chat_session\n" + "x" * 40_000, may_fail=True)
    assert "UsageError" in refused.stderr
    assert page.run("%%chat_session\nshort").shown == "one: short"


def test_a_question_in_a_cell_is_asked_under_the_cell(page: Page) -> None:
    page.run("%chat_session")
    request = page.start("print((await cl.AskUserMessage('Which colour?').send())['output'])", allow_stdin=True)
    assert page.answer_input("blue") == "Which colour? "
    assert page.finish(request).text == "blue\n"


def test_a_question_in_a_cell_where_nobody_sits_is_a_clear_error(page: Page) -> None:
    page.run("%chat_session")
    asked = page.run("await cl.AskUserMessage('Which colour?').send()", may_fail=True)
    assert "Nobody can answer this question" in asked.errors[0]


def test_the_chat_works_where_the_hub_that_was_told_of_does_not_answer() -> None:
    gone = {
        "JUPYTER_CHAT_SESSIONS_URL": "http://127.0.0.1:9/",
        "JUPYTER_CHAT_SESSIONS_HOST_TOKEN": "of no use",
    }
    with RealKernel(gone) as kernel:
        page = kernel.page()
        page.run("%load_ext jupyter_chat_sessions\nimport jupyter_chat_sessions as cl")
        page.run(ECHO)
        shown = page.run("%chat_session")
        assert "No Jupyter server with Jupyter Chat Sessions is in reach" in shown.text
        assert page.run("%%chat_session\nHello").shown == "one: Hello"
        scripted = page.run(
            """\
from jupyter_chat_sessions.testing import Stage, Viewer
async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
    print(await alice.say("a"), "|", await bob.say("b"))
"""
        )
        assert scripted.text == "one: a | one: b\n"


def test_required_variables_of_the_notebooks_own_session_come_from_its_environment(page: Page) -> None:
    page.run("@cl.on_message\nasync def reply(m):\n    await cl.Message(cl.user_session.get('env')['A_KEY']).send()")
    page.run("%chat_session tutor --env A_KEY")
    assert "set it in os.environ" in page.run("%%chat_session\nHi", may_fail=True).stderr
    page.run("import os; os.environ['A_KEY'] = 'sesame'")
    assert page.run("%%chat_session\nHi").shown == "sesame"
