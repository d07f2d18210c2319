"""Objects that show themselves: as what a message or step says, and as elements; without IPython."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import MagicMock

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.chat.rich_display import display_of
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.protocol.steps import Element
from jupyter_chat_sessions.testing import Stage, Viewer

from .answering import answering, said


class Formula:
    def __init__(self, name: str = "x") -> None:
        self.name = name

    def _repr_html_(self) -> str:
        return f"<b>{self.name}</b>"

    def _repr_latex_(self) -> str:
        return f"${self.name}$"

    def _repr_svg_(self) -> None:
        return None

    def __str__(self) -> str:
        return self.name


class Picture:
    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return {"image/png": b"\x89PNG", "application/json": {"n": float("nan")}}, {"image/png": {"width": 3}}


class Broken:
    def _repr_html_(self) -> str:
        raise ZeroDivisionError("no way")

    def __str__(self) -> str:
        return "broken"


async def bundle_of(viewer: Viewer, element: Element) -> dict[str, Any]:
    assert element.type == "display"
    return dict(json.loads(await viewer.read(element)))


async def test_it_is_what_a_message_says() -> None:
    async def body() -> None:
        message = await cl.Message(Formula("a")).send()
        assert message.content == ""

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert alice.steps[-1].output == ""
        [element] = alice.elements
        assert element.name == "Formula"
        assert await bundle_of(alice, element) == {
            "data": {"text/html": "<b>a</b>", "text/latex": "$a$", "text/plain": "a"},
            "metadata": {},
        }


async def test_another_that_a_message_says_takes_its_place() -> None:
    async def body() -> None:
        message = await cl.Message(Formula("a"), elements=[cl.Text(name="note", content="n")]).send()
        message.content = Formula("b")  # type: ignore[assignment]
        await message.update()
        assert (await cl.AskUserMessage("Seen?").send()) is not None
        message.content = "text again"
        await message.update()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        display, note = alice.elements
        assert (await bundle_of(alice, display))["data"]["text/plain"] == "b"
        assert note.name == "note"
        await said(alice, "yes")
        assert [element.name for element in alice.elements] == ["note"]
        assert alice.steps[1].output == "text again"


async def test_it_is_an_element_among_others() -> None:
    async def body() -> None:
        message = cl.Message("Look", elements=[Formula("a"), cl.Text(name="t", content="x")])
        await message.send()
        message.elements.append(Formula("b"))  # type: ignore[arg-type]
        await message.update()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert [element.type for element in alice.elements] == ["display", "text", "display"]
        assert (await bundle_of(alice, alice.elements[2]))["data"]["text/plain"] == "b"


async def test_it_is_what_came_of_a_step() -> None:
    @cl.step
    async def solve(what: str) -> Formula:
        return Formula(what)

    async def body() -> None:
        async with cl.Step("by hand") as step:
            step.output = Formula("a")
        await solve("b")

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        by_hand, solved = alice.steps[1:]
        for step, text in ((by_hand, "a"), (solved, "b")):
            assert step.output == ""
            assert (await bundle_of(alice, step.elements[0]))["data"]["text/plain"] == text


async def test_pictures_are_base64_and_what_json_has_not_is_null() -> None:
    answering(lambda: cl.Message(Picture()).send())  # type: ignore[arg-type, return-value]
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        bundle = await bundle_of(alice, alice.elements[0])
    assert bundle["data"]["image/png"] == "iVBORw=="
    assert bundle["data"]["application/json"] == {"n": None}
    assert bundle["metadata"] == {"image/png": {"width": 3}}


@pytest.mark.parametrize(
    "value", ["text", {"a": 1}, [1], 7, 2.5, None, True, (1, 2), b"x", Formula, MagicMock(), object()]
)
def test_what_is_plain_stays_text(value: Any) -> None:
    assert display_of(value) is None
    assert cl.Message(value).elements == []


async def test_what_an_object_raises_is_told_to_its_author_and_the_session_goes_on() -> None:
    sentence = "An object of type 'Broken' cannot be shown: its _repr_html_ raised ZeroDivisionError: no way"

    @cl.step
    def work() -> Broken:
        return Broken()

    async def body() -> None:
        for attempt in (lambda: cl.Message(Broken()), lambda: cl.Message("x", elements=[Broken()])):
            with pytest.raises(ChatSessionsError) as error:
                attempt()
            assert str(error.value) == sentence
        step = cl.Step("s")
        with pytest.raises(ChatSessionsError):
            step.output = Broken()
        work()  # a step's result that cannot show itself does not keep the work from being done
        await cl.Message("went on").send()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert [step.output for step in alice.steps[1:]] == ["broken", "went on"]


async def test_a_figure_of_matplotlibs_is_a_picture() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    answering(lambda: cl.Message(Figure(figsize=(1, 1))).send())  # type: ignore[arg-type, return-value]
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        bundle = await bundle_of(alice, alice.elements[0])
    assert bundle["data"].keys() == {"image/png", "text/plain"}


async def test_a_figure_of_plotlys_is_its_own_kind_wherever_it_is_made() -> None:
    objects = pytest.importorskip("plotly.graph_objects")
    answering(lambda: cl.Message(objects.Figure(data=[objects.Bar(y=[1, 2])])).send())  # type: ignore[arg-type, return-value]
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        bundle = await bundle_of(alice, alice.elements[0])
    assert bundle["data"]["application/vnd.plotly.v1+json"]["data"][0]["type"] == "bar"
    assert "text/html" not in bundle["data"], "HTML of plotly's loads scripts from elsewhere"


async def test_a_table_is_html_and_text() -> None:
    pandas = pytest.importorskip("pandas")
    answering(lambda: cl.Message(pandas.DataFrame({"a": [1]})).send())  # type: ignore[arg-type, return-value]
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        bundle = await bundle_of(alice, alice.elements[0])
    assert "<table" in bundle["data"]["text/html"]
    assert "a" in bundle["data"]["text/plain"]


async def test_after_a_restart_it_is_still_there() -> None:
    answering(lambda: cl.Message(Formula("a")).send())  # type: ignore[arg-type, return-value]
    async with Stage() as stage, Viewer("Alice") as alice:
        await said(alice)
        await stage.restart_host()
        [element] = alice.elements
        assert (await bundle_of(alice, element))["data"]["text/plain"] == "a"
