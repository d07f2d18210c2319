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
