"""A content goes when nothing shows it any more, and comes again when something does."""

from __future__ import annotations

import asyncio

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.hub.session_files import MAX_PARTING
from jupyter_chat_sessions.testing import Stage, Viewer

from .answering import said


async def kept(stage: Stage) -> int:
    """Return how many files the hub keeps, once all that was said has reached it."""

    async def count() -> int:
        return sum(1 for path in stage.embedded.hub.files._folder.rglob("*") if path.is_file())

    return await asyncio.wrap_future(stage.link.call(count()))


async def test_an_element_that_is_updated_a_thousand_times_leaves_a_few_contents() -> None:
    @cl.on_message
    async def reply() -> None:
        element = cl.Text(name="log", content="0")
        message = await cl.Message("x", elements=[element]).send()
        for number in range(1, 1001):
            element.content = str(number)
            await (message.update() if number % 2 else element.send(for_id=message.id))

    async with Stage() as stage, Viewer("Alice") as alice:
        await said(alice)
        assert await alice.read(alice.elements[0]) == b"1000"
        assert await kept(stage) <= 1 + MAX_PARTING


async def test_messages_and_a_panel_that_are_taken_away_take_their_contents_with_them() -> None:
    @cl.on_message
    async def reply() -> None:
        for number in range(50):
            message = await cl.Message("x", elements=[cl.Text(name="t", content=str(number))]).send()
            await message.remove()
            await cl.ElementSidebar.set_elements([cl.Text(name="p", content=str(number))])
        await cl.ElementSidebar.set_elements([])

    async with Stage() as stage, Viewer("Alice") as alice:
        await said(alice)
        assert await kept(stage) <= MAX_PARTING


async def test_an_element_that_was_taken_away_is_shown_again_with_its_content() -> None:
    @cl.on_message
    async def reply() -> None:
        element = cl.Text(name="t", content="again")
        message = await cl.Message("x", elements=[element]).send()
        await message.remove()
        for _ in range(2 * MAX_PARTING):
            await (await cl.Message("y", elements=[cl.Text(name="u", content="z")]).send()).remove()
        await cl.Message("x", elements=[element]).send()

    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert await alice.read(alice.elements[0]) == b"again"


async def test_a_content_that_two_messages_show_stays_with_the_second() -> None:
    @cl.on_message
    async def reply() -> None:
        element = cl.Text(name="t", content="both")
        first = await cl.Message("x", elements=[element]).send()
        await cl.Message("y", elements=[element]).send()
        await first.remove()
        for _ in range(2 * MAX_PARTING):
            await (await cl.Message("z", elements=[cl.Text(name="u", content="z")]).send()).remove()

    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert await alice.read(alice.elements[0]) == b"both"


async def test_what_an_edit_takes_away_goes_with_its_contents() -> None:
    @cl.on_message
    async def reply() -> None:
        for number in range(2 * MAX_PARTING):
            await cl.Message("x", elements=[cl.Text(name="t", content=str(number))]).send()

    async with Stage() as stage, Viewer("Alice") as alice:
        await said(alice)
        for _ in range(3):
            question = next(step for step in alice.steps if step.type == "user_message")
            await alice.edit(question, "anew")
        assert len(alice.elements) == 2 * MAX_PARTING
        assert await kept(stage) <= 3 * MAX_PARTING
