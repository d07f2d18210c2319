"""Calls of Mistral's client are shown as steps."""

from __future__ import annotations

from typing import Any

import pytest
from mistralai.client import Mistral
from mistralai.client.chat import Chat

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.testing import Stage, Viewer
from tests.integrations.heard import app_of, told
from tests.integrations.model_server import model_server


async def test_calls_and_streams_are_shown_and_taken_back() -> None:
    before = Chat.stream_async
    async with model_server() as address:
        asked: Any = {"model": "tiny", "messages": [{"role": "user", "content": "Hello"}]}

        async def handler() -> None:
            async with Mistral(api_key="none", server_url=address) as client:
                await client.chat.complete_async(**asked)
                async for _ in await client.chat.stream_async(**asked):
                    pass
                failing = {"model": "tiny", "messages": [{"role": "user", "content": "fail"}]}
                with pytest.raises(Exception, match="the model broke"):
                    await client.chat.complete_async(**failing)

        app = app_of(handler)
        with use_app(app):
            instrumented = cl.instrument_mistralai()
            cl.instrument_mistralai()
        async with Stage(app), Viewer("Alice", is_owner=True) as alice:
            whole, streamed, failed = (await alice.say("Hi")).steps
        instrumented.undo()
    assert Chat.stream_async is before
    for step in (whole, streamed):
        assert (step.name, step.type, step.output, step.streaming) == ("tiny", "llm", "You said: Hello", False)
        assert step.metadata["usage"] == {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}
        assert told(step) == [{"role": "user", "content": "Hello"}]
    assert failed.is_error


async def test_what_is_filled_in_the_middle_is_shown() -> None:
    async with model_server() as address:

        async def handler() -> None:
            async with Mistral(api_key="none", server_url=address) as client:
                await client.fim.complete_async(model="tiny", prompt="Once", suffix="The end.")

        app = app_of(handler)
        with use_app(app):
            instrumented = cl.instrument_mistralai()
        async with Stage(app), Viewer("Alice", is_owner=True) as alice:
            [step] = (await alice.say("Hi")).steps
        instrumented.undo()
    assert (step.name, step.type, step.input, step.output) == ("tiny", "llm", "Once", "You said: Once")


async def test_calls_in_a_thread_are_shown() -> None:
    async with model_server() as address:
        asked: Any = {"model": "tiny", "messages": [{"role": "user", "content": "Hello"}]}

        def handler() -> None:
            with Mistral(api_key="none", server_url=address) as client:
                client.chat.complete(**asked)
                for _ in client.chat.stream(**asked):
                    pass

        app = app_of(handler)
        with use_app(app):
            instrumented = cl.instrument_mistralai()
        async with Stage(app), Viewer("Alice", is_owner=True) as alice:
            steps = (await alice.say("Hi")).steps
        instrumented.undo()
    assert [step.output for step in steps] == ["You said: Hello"] * 2
