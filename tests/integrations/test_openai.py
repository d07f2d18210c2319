"""Calls of OpenAI's client are shown as steps, in the chats of the app that wants it and nowhere else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import openai
import pytest
from openai.resources.chat import AsyncCompletions, Completions
from openai.resources.responses import Responses

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.protocol.frames import AppendText, Numbered
from jupyter_chat_sessions.protocol.steps import Step
from jupyter_chat_sessions.testing import Stage, Viewer
from tests.integrations.heard import app_of, named, told
from tests.integrations.model_server import model_server

USAGE = {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """What a test patches is as it was after it."""
    before = (Completions.create, AsyncCompletions.create, Responses.create)
    yield
    assert (Completions.create, AsyncCompletions.create, Responses.create) == before


def client(address: str) -> Any:
    return openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)


@asynccontextmanager
async def async_client(address: str) -> AsyncIterator[Any]:
    async with openai.AsyncOpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as models:
        yield models


def ask(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "tiny", "messages": [{"role": "user", "content": text}], **more}


async def shown(make: Callable[[str], Any]) -> tuple[list[Step], list[str]]:
    """Return the steps of a handler that is made with the server's address, and the pieces that text came in."""
    async with model_server() as address:
        app = app_of(make(address))
        with use_app(app):
            instrumented = cl.instrument_openai()
        try:
            async with Stage(app), Viewer("Alice", is_owner=True) as alice:
                steps = (await alice.say("Hi")).steps
                events = [frame.event for frame in alice.frames if isinstance(frame, Numbered)]
        finally:
            instrumented.undo()
    return steps, [event.text for event in events if isinstance(event, AppendText)]


def check(step: Step, said: str = "You said: Hello") -> None:
    assert (step.type, step.output, step.is_error, step.streaming) == ("llm", said, False, False)
    assert step.metadata == {"model": "tiny", "usage": USAGE}
    assert step.start is not None
    assert step.end is not None


async def test_an_awaited_call_is_a_step_of_what_is_around_it() -> None:
    def make(address: str) -> Any:
        async def handler() -> None:
            async with async_client(address) as models, cl.Step("around"):
                answer = await models.chat.completions.create(**ask("Hello"))
            await cl.Message(answer.choices[0].message.content).send()

        return handler

    steps, _ = await shown(make)
    model = named(steps, "tiny")
    check(model)
    assert told(model) == [{"role": "user", "content": "Hello"}]
    assert model.parent_id == named(steps, "around").id
    assert steps[-1].output == "You said: Hello"


async def test_a_call_in_a_thread_is_shown() -> None:
    def make(address: str) -> Any:
        def handler() -> None:
            with client(address) as models:
                assert models.chat.completions.create(**ask("Hello")).choices[0].message.content

        return handler

    steps, _ = await shown(make)
    check(named(steps, "tiny"))


async def test_an_awaited_stream_is_shown_as_it_comes_and_given_whole() -> None:
    def make(address: str) -> Any:
        async def handler() -> None:
            async with async_client(address) as models:
                stream = await models.chat.completions.create(**ask("Hello", stream=True))
                assert isinstance(stream, openai.AsyncStream)
                said = [chunk.choices[0].delta.content async for chunk in stream if chunk.choices]
            assert said == ["You ", "said: ", "Hello"]

        return handler

    steps, pieces = await shown(make)
    check(named(steps, "tiny"))
    assert "".join(pieces) == "You said: Hello"


async def test_a_stream_in_a_thread_is_shown_as_it_comes_and_given_whole() -> None:
    def make(address: str) -> Any:
        def handler() -> None:
            with client(address) as models, models.chat.completions.create(**ask("Hello", stream=True)) as stream:
                assert "".join(chunk.choices[0].delta.content for chunk in stream if chunk.choices) == "You said: Hello"

        return handler

    steps, pieces = await shown(make)
    check(named(steps, "tiny"))
    assert "".join(pieces) == "You said: Hello"


async def test_a_stream_that_is_left_is_over() -> None:
    def make(address: str) -> Any:
        async def handler() -> None:
            async with (
                async_client(address) as models,
                await models.chat.completions.create(**ask("Hello", stream=True)) as stream,
            ):
                async for _ in stream:
                    break
                await stream._iterator.aclose()

        return handler

    steps, _ = await shown(make)
    model = named(steps, "tiny")
    assert (model.output, model.streaming, model.is_error) == ("You ", False, False)


async def test_responses_are_shown_whole_and_streamed() -> None:
    def make(address: str) -> Any:
        async def handler() -> None:
            async with async_client(address) as models:
                answer = await models.responses.create(model="tiny", input="Hello")
                assert answer.output_text == "You said: Hello"
                async for _ in await models.responses.create(model="tiny", input="Hello", stream=True):
                    pass

        return handler

    steps, pieces = await shown(make)
    whole, streamed = (step for step in steps if step.type == "llm")
    for step in (whole, streamed):
        check(step)
        assert step.input == "Hello"
    assert "".join(pieces) == "You said: Hello"


async def test_a_plain_completion_is_shown() -> None:
    def make(address: str) -> Any:
        async def handler() -> None:
            async with async_client(address) as models:
                await models.completions.create(model="tiny", prompt="Once")

        return handler

    steps, _ = await shown(make)
    check(named(steps, "tiny"), "Once upon a time")


async def test_a_call_of_a_tool_is_what_the_model_said() -> None:
    def make(address: str) -> Any:
        async def handler() -> None:
            async with async_client(address) as models:
                await models.chat.completions.create(**ask("use a tool"))

        return handler

    steps, _ = await shown(make)
    [call] = json.loads(named(steps, "tiny").output)
    assert call["function"] == {"name": "add", "arguments": '{"a": 1}'}


async def test_what_went_wrong_is_said_and_goes_on() -> None:
    def make(address: str) -> Any:
        async def handler() -> None:
            async with async_client(address) as models:
                with pytest.raises(openai.BadRequestError):
                    await models.chat.completions.create(**ask("fail"))
            await cl.Message("on we go").send()

        return handler

    steps, _ = await shown(make)
    model = named(steps, "tiny")
    assert model.is_error
    assert "the model broke" in model.output
    assert steps[-1].output == "on we go"


async def test_two_viewers_see_their_own() -> None:
    async with model_server() as address, async_client(address) as models:
        both_are_here = asyncio.Barrier(2)

        async def handler(message: cl.Message) -> None:
            await both_are_here.wait()
            async for _ in await models.chat.completions.create(**ask(message.content, stream=True)):
                pass

        app = app_of(handler)
        with use_app(app):
            instrumented = cl.instrument_openai()
        async with Stage(app), Viewer("Alice") as alice, Viewer("Bob") as bob:
            replies = await asyncio.gather(alice.say("Alice"), bob.say("Bob"))
        instrumented.undo()
    assert [[step.output for step in reply.steps] for reply in replies] == [["You said: Alice"], ["You said: Bob"]]


async def test_another_apps_chats_and_no_chat_at_all_are_left_alone() -> None:
    async with model_server() as address, async_client(address) as models:

        async def handler() -> None:
            await models.chat.completions.create(**ask("Hello"))

        with use_app(App()):
            instrumented = cl.instrument_openai()
        async with Stage(app_of(handler)), Viewer("Alice") as alice:
            assert (await alice.say("Hi")).steps == []
        assert (await models.chat.completions.create(**ask("Hello"))).choices[0].message.content == "You said: Hello"
        instrumented.undo()


def test_it_is_patched_once_and_taken_back_when_nobody_wants_it() -> None:
    before = Completions.create
    with use_app(App()):
        first = cl.instrument_openai()
        patched = Completions.create
        again = cl.instrument_openai()
        assert Completions.create is patched is not before
        assert patched.__doc__ == before.__doc__
    with use_app(App()):
        other = cl.instrument_openai()
        assert Completions.create is patched
    first.undo()
    assert Completions.create is patched, "another app still wants it"
    other.undo()
    assert Completions.create is before
    again.undo()
    assert Completions.create is before
