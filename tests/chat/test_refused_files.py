"""Of what a conversation has no room for its author learns, and its viewer reads why it is not there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.frames import FILE_PIECE_BYTES
from jupyter_chat_sessions.testing import Stage, Viewer

ROOM = HubOptions(max_session_bytes=FILE_PIECE_BYTES + 10, messages_per_minute=0)
LARGE = os.urandom(FILE_PIECE_BYTES)
"""What goes in one piece, and only once."""


def warnings_of(stage: Stage, warned: asyncio.Event) -> list[str]:
    """What the author is shown from now on; the event is set with each."""
    warnings: list[str] = []
    loop = asyncio.get_running_loop()

    def show(text: str) -> None:
        warnings.append(text)
        loop.call_soon_threadsafe(warned.set)

    stage.runtime.show_warning = show
    return warnings


async def test_where_the_call_is_over_its_author_is_warned_once_and_its_viewer_reads_it_in_its_place() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Here", elements=[cl.File(name=message.content, content=LARGE)]).send()

    warned = asyncio.Event()
    async with Stage(options=ROOM) as stage, Viewer("Alice") as alice:
        warnings = warnings_of(stage, warned)
        first = await alice.say("first.bin")
        assert await alice.read(first.elements[0]) == LARGE
        second = await alice.say("second.bin")
        await warned.wait()
        with pytest.raises(cl.RefusedError, match="too large together"):
            await alice.read(second.elements[0])
        await alice.say("third.bin")
    (warning,) = warnings
    assert warning.startswith("In session ")
    assert "did not keep 'second.bin'" in warning
    assert "max_session_bytes" in warning


async def test_what_is_told_while_it_is_still_sent_is_raised_and_what_fits_can_be_shown() -> None:
    raised: list[str] = []
    ways: list[Callable[[], object]] = [
        lambda: cl.File(name="huge.bin", content=os.urandom(30 * FILE_PIECE_BYTES)),
        lambda: cl.File(name="small.bin", content=b"fits"),
    ]

    @cl.on_message
    async def reply() -> None:
        for make in ways:
            element = make()
            assert isinstance(element, cl.File)
            try:
                await cl.Message("Here", elements=[element]).send()
            except cl.RefusedError as error:
                raised.append(str(error))

    async with Stage(options=ROOM) as stage, Viewer("Alice") as alice:
        warnings = warnings_of(stage, asyncio.Event())
        shown = await alice.say("go")
        assert await alice.read(shown.elements[0]) == b"fits"
    assert len(raised) == 1
    assert "did not keep 'huge.bin'" in raised[0]
    assert warnings == []


async def test_what_was_refused_is_sent_again_with_the_next_update_once_there_is_room() -> None:
    first, second = cl.File(name="first.bin", content=LARGE), cl.File(name="second.bin", content=LARGE)
    messages: list[cl.Message] = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "show":
            for element in (first, second):
                messages.append(await cl.Message(element.name, elements=[element]).send())
        else:
            await messages[0].remove()
            await messages[1].update()

    warned = asyncio.Event()
    async with Stage(options=ROOM) as stage, Viewer("Alice") as alice:
        warnings_of(stage, warned)
        await alice.say("show")
        await warned.wait()
        await alice.say("again")
        (shown,) = [step for step in alice.viewing.conversation.steps if step.elements]
        assert await alice.read(shown.elements[0]) == LARGE
