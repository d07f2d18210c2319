"""What is displayed while a step goes on stands with that step alone; objects show themselves as in cells."""

from __future__ import annotations

import ast
from typing import Any

from real_kernel import Page

VIEWERS = """\
import json
from IPython.display import HTML, Markdown, clear_output, display, update_display
from jupyter_chat_sessions.testing import Stage, Viewer

async def shown(viewer):
    found = []
    for step in viewer.steps:
        for element in step.elements:
            data = json.loads(await viewer.read(element))["data"]
            found.append((step.name, sorted(data), data.get("text/markdown") or data.get("text/html") or ""))
    return found
"""
TALK = """\
async with Stage(), Viewer("Alice") as alice:
    await alice.say("go")
    print(([step.output for step in alice.steps if step.is_error], await shown(alice)))
"""


def after(page: Page, handler: str) -> tuple[Any, Any]:
    """Define a handler and talk to it; return the cell that defined it, and what the viewer sees."""
    page.run(VIEWERS)
    defining = page.run(handler)
    assert defining.stderr == ""
    talking = page.run(TALK)
    assert talking.stderr == ""
    errors, shown = ast.literal_eval(talking.text)
    assert errors == []
    return defining, shown


def test_a_step_takes_what_its_body_displays_and_prints_go_on_to_the_cell(page: Page) -> None:
    defining, shown = after(
        page,
        """\
@cl.on_message
async def reply(message):
    display(Markdown("before"))
    async with cl.Step("outer"):
        display(Markdown("in outer"))
        print("printed")
        with cl.Step("inner"):
            display(Markdown("in inner"))
    display(Markdown("after"))
""",
    )
    assert [(name, text) for name, _, text in shown] == [("outer", "in outer"), ("inner", "in inner")]
    assert [bundle["text/markdown"] for bundle in defining.displays] == ["before", "after"]
    assert defining.text == "printed\n"


def test_steps_in_threads_and_beside_each_other_take_their_own(page: Page) -> None:
    _, shown = after(
        page,
        """\
import asyncio

def in_thread():
    with cl.Step("thread"):
        display(Markdown("in thread"))

async def beside(name):
    async with cl.Step(name):
        await asyncio.sleep(0)
        display(Markdown("in " + name))

@cl.on_message
async def reply(message):
    await cl.make_async(in_thread)()
    await asyncio.gather(beside("a"), beside("b"))
""",
    )
    assert sorted((name, text) for name, _, text in shown) == [("a", "in a"), ("b", "in b"), ("thread", "in thread")]


def test_what_is_displayed_again_or_cleared_is_so_in_the_step(page: Page) -> None:
    defining, shown = after(
        page,
        """\
@cl.on_message
async def reply(message):
    async with cl.Step("updates"):
        handle = display(Markdown("1"), display_id=True)
        handle.update(Markdown("2"))
    async with cl.Step("animates"):
        for number in range(3):
            clear_output(wait=True)
            display(Markdown(str(number)))
    async with cl.Step("clears"):
        display(Markdown("gone"))
        clear_output()
""",
    )
    assert [(name, text) for name, _, text in shown] == [("updates", "2"), ("animates", "2")]
    assert defining.displays == []


def test_another_cell_that_runs_meanwhile_keeps_its_displays(page: Page) -> None:
    page.run(VIEWERS)
    defining = page.run(
        """\
import asyncio
inside, go_on = asyncio.Event(), asyncio.Event()
@cl.on_message
async def reply(message):
    async with cl.Step("slow"):
        inside.set()
        await go_on.wait()
        display(Markdown("in step"))
"""
    )
    other = page.run(
        """\
async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
    alice.send("go")
    await inside.wait()
    display(Markdown("in cell"))
    go_on.set()
    await alice.wait_for(lambda: alice.viewing.is_quiet)
    print(await shown(alice), await shown(bob))
"""
    )
    assert [bundle["text/markdown"] for bundle in other.displays] == ["in cell"]
    assert other.text == "[('slow', ['text/markdown', 'text/plain'], 'in step')] []\n"
    assert defining.displays == []


def test_a_step_in_a_cell_takes_what_the_cell_displays(page: Page) -> None:
    page.run("%chat_session")
    page.run(VIEWERS)
    cell = page.run('with cl.Step("work") as step:\n    display(Markdown("x"))\nprint(len(step.elements))')
    assert (cell.text, cell.displays) == ("1\n", [])


def test_plots_that_are_shown_in_a_step_stand_with_it(page: Page) -> None:
    defining, shown = after(
        page,
        """\
%matplotlib inline
import matplotlib.pyplot as plt
@cl.on_message
async def reply(message):
    async with cl.Step("draws"):
        plt.plot([1, 2])
        plt.show()
""",
    )
    assert [(name, mimes) for name, mimes, _ in shown] == [("draws", ["image/png", "text/plain"])]
    assert defining.displays == []


def test_objects_show_themselves_in_messages_as_in_cells(page: Page) -> None:
    _, shown = after(
        page,
        """\
import ipywidgets
class Registered: pass
get_ipython().display_formatter.formatters["text/html"].for_type(Registered, lambda each: "<i>registered</i>")
class Displays:
    def _ipython_display_(self):
        display(Markdown("by itself"))
class Fails:
    def _repr_html_(self):
        raise ZeroDivisionError("no way")
@cl.on_message
async def reply(message):
    await cl.Message(HTML("<b>x</b>"), author="html").send()
    await cl.Message(Registered(), author="registered").send()
    await cl.Message("Look", elements=[Displays()], author="itself").send()
    await cl.Message(ipywidgets.IntSlider(), author="widget").send()
    try:
        cl.Message(Fails())
    except cl.ChatSessionsError as error:
        await cl.Message(elements=[HTML(str(error))], author="fails").send()
""",
    )
    html, registered, itself, widget, fails = shown
    assert html == ("html", ["text/html", "text/plain"], "<b>x</b>")
    assert registered == ("registered", ["text/html", "text/plain"], "<i>registered</i>")
    assert itself == ("itself", ["text/markdown", "text/plain"], "by itself")
    assert widget[1] == ["application/vnd.jupyter.widget-view+json", "text/plain"]
    assert "its _repr_html_ raised ZeroDivisionError: no way" in fails[2]


def test_a_cell_that_talks_shows_what_stands_with_the_answer(page: Page) -> None:
    page.run(
        """\
from IPython.display import HTML
PNG = b"\\x89PNG" + bytes(8)
@cl.on_message
async def reply(message):
    await cl.Message(HTML("<b>x</b>"), elements=[
        cl.Image(name="cat", content=PNG, mime="image/png"),
        cl.Text(name="code", content="print(1)", language="python"),
        cl.File(name="table.csv", content="a,b"),
    ]).send()
"""
    )
    page.run("%chat_session")
    talking = page.run("%%chat_session\nShow me")
    html, image, text, file = talking.displays[-4:]
    assert html["text/html"] == "<b>x</b>"
    assert image["image/png"] == "iVBORwAAAAAAAAAA"
    assert text["text/markdown"] == "```python\nprint(1)\n```"
    assert file == {"text/plain": "[file: table.csv]"}


def test_after_unloading_displays_are_ipythons_again(page: Page) -> None:
    page.run("%unload_ext jupyter_chat_sessions")
    cell = page.run(
        'from IPython.display import Markdown, display, clear_output\ndisplay(Markdown("x"))\n'
        'pub = get_ipython().display_pub\nprint("publish" in vars(pub), "clear_output" in vars(pub))'
    )
    assert [bundle["text/markdown"] for bundle in cell.displays] == ["x"]
    assert cell.text == "False False\n"
