"""The side panel: what it shows stays until something else is shown, over reloads and restarts."""

from __future__ import annotations

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.testing import Stage, Viewer


def ordering() -> None:
    """Let a bot show what it is told."""

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        verb, _, rest = message.content.partition(" ")
        match verb:
            case "title":
                await cl.ElementSidebar.set_title(rest)
            case "show":
                await cl.ElementSidebar.set_elements([cl.Text(name="order", content=rest)])
            case "keep":
                await cl.ElementSidebar.set_elements([cl.Text(name="order", content=rest)], key="order")
            case "close":
                await cl.ElementSidebar.set_elements([])


async def shown(viewer: Viewer) -> list[bytes]:
    return [await viewer.read(element) for element in viewer.sidebar]


async def test_it_shows_a_title_and_elements_whose_contents_are_files() -> None:
    ordering()
    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.say("title Your order")
        assert alice.state["sidebar"] == {"title": "Your order", "key": None, "elements": []}
        await alice.say("show one tea")
        assert alice.state["sidebar"]["title"] == "Your order"
        assert await shown(alice) == [b"one tea"]
        await alice.say("show two teas")
        assert await shown(alice) == [b"two teas"]
        assert bob.sidebar == []


async def test_an_empty_list_closes_it() -> None:
    ordering()
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("show one tea")
        await alice.say("close")
        assert "sidebar" not in alice.state


async def test_what_has_the_same_key_stays_as_it_is_until_it_was_closed() -> None:
    ordering()
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("keep one tea")
        await alice.say("keep two teas")
        assert await shown(alice) == [b"one tea"]
        await alice.say("show three teas")
        assert await shown(alice) == [b"three teas"]
        await alice.say("keep four teas")
        assert await shown(alice) == [b"four teas"]
        await alice.say("close")
        await alice.say("keep five teas")
        assert await shown(alice) == [b"five teas"]


async def test_an_element_that_is_removed_leaves_it_and_it_closes_with_the_last() -> None:
    tea, cake = cl.Text(name="tea", content="one tea"), cl.Text(name="cake", content="no cake")

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        match message.content:
            case "show":
                await cl.ElementSidebar.set_title("Your order")
                await cl.ElementSidebar.set_elements([tea, cake])
            case "no tea":
                await tea.remove()
            case "no cake":
                await cake.remove()
                with pytest.raises(cl.ChatSessionsError, match="stands with no message"):
                    await cake.remove()

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("show")
        await alice.say("no tea")
        assert alice.state["sidebar"]["title"] == "Your order"
        assert [element.name for element in alice.sidebar] == ["cake"]
        await alice.say("no cake")
        assert "sidebar" not in alice.state


async def test_an_element_that_stands_with_a_message_too_is_removed_from_both() -> None:
    @cl.on_message
    async def reply() -> None:
        order = cl.Text(name="order", content="one tea")
        await cl.Message("Your order", elements=[order]).send()
        await cl.ElementSidebar.set_elements([order])
        await order.remove()

    async with Stage(), Viewer("Alice") as alice:
        assert (await alice.say("go")).elements == []
        assert "sidebar" not in alice.state


async def test_it_survives_reloads_and_restarts_with_its_key() -> None:
    ordering()
    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("keep one tea")
        await alice.disconnect()
        await alice.reconnect()
        assert await shown(alice) == [b"one tea"]
        await stage.restart_host()
        await alice.say("keep two teas")
        await alice.say("title Tea")
        assert await shown(alice) == [b"one tea"]


async def test_what_is_wrong_is_said_at_the_call() -> None:
    raised: list[str] = []

    @cl.on_message
    async def reply() -> None:
        for attempt in (
            lambda: cl.ElementSidebar.set_title(None),  # type: ignore[arg-type]
            lambda: cl.ElementSidebar.set_elements(cl.Text(content="x")),  # type: ignore[arg-type]
            lambda: cl.ElementSidebar.set_elements(["x"]),  # type: ignore[list-item]
            lambda: cl.ElementSidebar.set_elements([cl.Text(content="x")], key=3),  # type: ignore[arg-type]
        ):
            with pytest.raises(TypeError) as error:
                await attempt()
            raised.append(str(error.value))

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        assert "sidebar" not in alice.state
    assert [text.split(" is ")[0] for text in raised] == [
        "ElementSidebar.set_title(title)",
        "ElementSidebar.set_elements(elements=…)",
        "ElementSidebar.set_elements(elements=…)",
        "ElementSidebar.set_elements(key=…)",
    ]
