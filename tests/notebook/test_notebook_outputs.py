"""Where a handler's output goes: to the cell that defined it, whichever cell runs."""

from __future__ import annotations

import pytest
from real_kernel import Page, RealKernel

PRINTER = """\
from IPython.display import Markdown, display
@cl.on_message
{kind} reply(message):
    print("printed", message.content)
    display(Markdown("displayed " + message.content))
    if message.content == "boom":
        raise LookupError("nothing there")
"""


@pytest.mark.parametrize("kind", ["async def", "def"])
@pytest.mark.parametrize("run_on", ["notebook", "thread"])
def test_prints_displays_and_tracebacks_go_to_the_cell_that_defined_the_handler(
    page: Page, kind: str, run_on: str
) -> None:
    defining = page.run(PRINTER.format(kind=kind))
    page.run(f"%chat_session --run-on {run_on}")
    talking = page.run("%%chat_session\nboom")
    page.wait_for(lambda: "LookupError: nothing there" in defining.stderr)
    assert defining.text == "printed boom\n"
    assert [bundle["text/markdown"] for bundle in defining.displays] == ["displayed boom"]
    assert (talking.text, talking.stderr) == ("", "")
    assert "LookupError" in talking.shown


def test_a_traceback_begins_and_ends_in_the_authors_code(page: Page) -> None:
    defining = page.run("@cl.on_message\nasync def reply(message):\n    input('Name? ')\n")
    page.run("%chat_session")
    page.run("%%chat_session\nHello")
    page.wait_for(lambda: "ChatSessionsError:" in defining.stderr)
    assert "in reply(message)" in defining.stderr
    assert "dispatcher.py" not in defining.stderr
    assert "guards.py" not in defining.stderr


def test_a_viewers_handler_prints_there_while_another_cell_runs(page: Page) -> None:
    defining = page.run(PRINTER.format(kind="async def"))
    page.run("%chat_session")
    other = page.run(
        """\
from jupyter_chat_sessions.testing import Stage, Viewer
async with Stage(), Viewer("Alice") as alice:
    print("before")
    await alice.say("hi")
    print("after")
"""
    )
    page.wait_for(lambda: bool(defining.displays))
    assert defining.text == "printed hi\n"
    assert other.text == "before\nafter\n"


@pytest.mark.parametrize("kind", ["async def", "def"])
def test_input_in_a_handler_is_refused_and_cells_still_have_it(kernel: RealKernel, kind: str) -> None:
    page = kernel.page()
    page.run("%load_ext jupyter_chat_sessions\nimport jupyter_chat_sessions as cl")
    defining = page.run(
        f"@cl.on_message\n{kind} reply(message):\n    import getpass\n    getpass.getpass()\n    input()\n"
    )
    page.run("%chat_session")
    talking = page.run("%%chat_session\nHello")
    assert "A handler cannot use input()" in talking.shown
    page.wait_for(lambda: "ChatSessionsError" in defining.stderr)
    request = page.start("print(input('Name? '))", allow_stdin=True)
    assert page.answer_input("Ada") == "Name? "
    assert page.finish(request).text == "Ada\n"
    page.run("%unload_ext jupyter_chat_sessions")
    request = page.start("print(input('Name? '))", allow_stdin=True)
    assert page.answer_input("Ben") == "Name? "
    assert page.finish(request).text == "Ben\n"


def test_what_a_restart_has_cost_is_told_in_the_cell_of_the_handlers(page: Page) -> None:
    defining = page.run(
        """\
@cl.on_message
async def reply(message):
    cl.user_session.set("client", object())

@cl.on_chat_resume
async def resume(thread):
    await cl.Message("back").send()
"""
    )
    page.run("%chat_session")
    other = page.run(
        """\
import asyncio
from jupyter_chat_sessions.testing import Stage, Viewer
warned, loop = asyncio.Event(), asyncio.get_running_loop()
async with Stage() as stage, Viewer("Alice") as alice:
    await alice.say("hi")
    show = stage.runtime.show_warning
    stage.runtime.show_warning = lambda text: (show(text), loop.call_soon_threadsafe(warned.set))
    await stage.restart_host()
    await asyncio.wait_for(warned.wait(), 10)
    await alice.wait_for(lambda: alice.steps[-1].output == "back")
    print(alice.transcript)
"""
    )
    page.wait_for(lambda: "'client'" in defining.stderr)
    assert "After the restart these values of user_session could not be restored: 'client' (session" in defining.stderr
    assert "Set them again in @cl.on_chat_resume." in defining.stderr
    assert other.text == "[('Alice', 'hi'), ('Assistant', 'back')]\n"
    assert other.stderr == ""


def test_what_a_cell_sets_in_its_own_session_is_kept_for_the_next_kernel(page: Page) -> None:
    page.run("cl.on_message(lambda: None)\n%chat_session")
    page.run(
        """\
import asyncio
from jupyter_chat_sessions.host.current import current_runtime
from jupyter_chat_sessions.protocol.frames import SaveValues
outbox, saved = current_runtime().link.outbox, []
put = outbox.put
outbox.put = lambda frame: (isinstance(frame, SaveValues) and saved.append(frame), put(frame))
cl.user_session.set("name", "Alice")
cl.user_session.set("turns", 3);
"""
    )
    seen = page.run("await asyncio.sleep(0)\nprint([sorted(frame.values) for frame in saved], saved[0].lost)")
    assert seen.text == "[['name', 'turns']] []\n"
