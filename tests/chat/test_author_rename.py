"""`author_rename`: viewers read the new name, the author's objects keep theirs, and a name is asked for once."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import RunOn
from jupyter_chat_sessions.testing import Stage, Viewer

NAMES = {"Assistant": "Ada", "Search": "Looking it up", "MathBot": "Albert Einstein"}


def names(viewer: Viewer) -> list[str]:
    """Return the author of each step that the viewer sees, its own left out."""
    return [step.name for step in viewer.steps if not step.is_from_viewer]


@pytest.mark.parametrize("is_async", [True, False])
async def test_every_way_to_show_something_shows_the_new_name(is_async: bool) -> None:
    asked: list[str] = []

    def rename(name: str) -> str:
        asked.append(name)
        return NAMES.get(name, name)

    async def rename_later(name: str) -> str:
        await asyncio.sleep(0)
        return rename(name)

    decorated: Any = rename_later if is_async else rename
    assert cl.author_rename(decorated) is decorated

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        assert message.author == "Alice"
        sent = await cl.Message("sent").send()
        sent.content = "updated"
        await sent.update()
        streamed = cl.Message("", author="MathBot")
        for token in ("1", "+1"):
            await streamed.stream_token(token)
        await streamed.send()
        async with cl.Step("Search") as step:
            await step.stream_token("…")
        with cl.Step("Sync"):
            pass
        await cl.ErrorMessage("failed", author="Other").send()
        assert (sent.author, streamed.author, step.name) == ("Assistant", "MathBot", "Search")
        assert sent.to_dict()["name"] == "Assistant"

    async with Viewer("Alice") as alice:
        await alice.say("Hi")
        assert names(alice) == ["Ada", "Albert Einstein", "Looking it up", "Sync", "Other"]
        await alice.say("Hi")
        assert names(alice)[5:] == names(alice)[:5]
        assert alice.steps[0].name == "Alice"
    assert sorted(asked) == sorted(["Assistant", "MathBot", "Search", "Sync", "Other"]), "each once a session"


@pytest.mark.parametrize("run_on", ["notebook", "thread"])
async def test_a_plain_with_in_a_thread_and_on_the_loop_waits_for_an_async_function(run_on: RunOn) -> None:
    @cl.author_rename
    async def rename(name: str) -> str:
        await asyncio.sleep(0)
        return name.upper()

    @cl.on_chat_start
    async def start() -> None:
        with cl.Step("on the loop"):
            pass

    @cl.on_message
    def reply() -> None:
        with cl.Step("in a thread") as step:
            step.name = "changed meanwhile"

    async with Stage(run_on=run_on), Viewer("Alice") as alice:
        assert names(alice) == ["ON THE LOOP"]
        await alice.say("Hi")
        assert names(alice) == ["ON THE LOOP", "CHANGED MEANWHILE"]


async def test_a_question_is_asked_under_the_new_name() -> None:
    cl.author_rename(lambda name: NAMES.get(name, name))

    @cl.on_message
    async def reply() -> None:
        await cl.AskUserMessage("Why?").send()

    async with Viewer("Alice") as alice:
        await alice.say("Hi")
        assert names(alice) == ["Ada"]


async def test_what_goes_wrong_in_it_is_said_where_the_message_is_sent() -> None:
    errors: list[str] = []

    @cl.author_rename
    async def rename(name: str) -> Any:
        if name == "Broken":
            raise LookupError("no such author")
        return None if name == "Nobody" else name

    @cl.on_message
    async def reply() -> None:
        for author in ("Broken", "Nobody"):
            with pytest.raises((LookupError, TypeError)) as caught:
                await cl.Message("lost", author=author).send()
            errors.append(str(caught.value))
        await cl.Message("goes on").send()

    async with Viewer("Alice") as alice:
        assert (await alice.say("Hi")).content == "goes on"
    assert errors == [
        "no such author",
        "@author_rename returns the name to show, a text; for 'Nobody' it returned 'NoneType'.",
    ]


async def test_a_cell_that_is_run_again_brings_its_new_function() -> None:
    cl.author_rename(lambda name: "first")

    @cl.on_message
    async def reply() -> None:
        await cl.Message("Hi").send()

    async with Viewer("Alice") as alice:
        await alice.say("Hi")
        cl.author_rename(lambda name: "second")
        await alice.say("Hi")
        assert names(alice) == ["first", "second"]


async def test_what_the_function_itself_says_does_not_ask_it_again() -> None:
    @cl.author_rename
    async def rename(name: str) -> str:
        await cl.Message("I was asked").send()
        return "Ada"

    @cl.on_message
    async def reply() -> None:
        await cl.Message("Hi").send()

    async with Viewer("Alice") as alice:
        await alice.say("Hi")
        assert names(alice) == ["Assistant", "Ada"]


async def test_an_error_of_a_handler_is_told_under_the_new_name() -> None:
    cl.author_rename(lambda name: NAMES.get(name, name))

    @cl.on_message
    async def reply() -> None:
        await cl.Message("Hi").send()
        raise ZeroDivisionError

    runtime_errors = threading.Event()
    async with Stage() as stage, Viewer("Alice") as alice:
        stage.runtime.show_error = lambda error, where: runtime_errors.set()
        await alice.say("Hi")
        assert names(alice) == ["Ada", "Ada"]
        assert alice.steps[-1].is_error


@pytest.mark.parametrize("thing", [None, "text", 3])
def test_what_is_no_function_is_refused(thing: object) -> None:
    with pytest.raises(TypeError, match="@author_rename"):
        cl.author_rename(thing)  # type: ignore[type-var]
