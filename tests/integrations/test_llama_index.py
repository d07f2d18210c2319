"""LlamaIndex's queries, retrievals, models and tools are shown as steps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from llama_index.core import MockEmbedding, Settings, VectorStoreIndex
from llama_index.core.callbacks import CallbackManager, CBEventType, EventPayload
from llama_index.core.llms import ChatMessage, MockLLM
from llama_index.core.schema import TextNode

import jupyter_chat_sessions as cl
from tests.integrations.heard import named, steps_of, told


def manager() -> CallbackManager:
    return CallbackManager([cl.LlamaIndexCallbackHandler()])


def index(callbacks: CallbackManager) -> Any:
    nodes = [TextNode(text="Monads are burritos.", metadata={"page": 3})]
    embedding = MockEmbedding(embed_dim=4, callback_manager=callbacks)
    return VectorStoreIndex(nodes, embed_model=embedding, callback_manager=callbacks)


async def test_a_model_is_a_step_with_what_it_was_told_and_said() -> None:
    async def handler(message: cl.Message) -> None:
        await MockLLM(callback_manager=manager()).achat([ChatMessage(role="user", content=message.content)])

    models = await steps_of(handler, "Hello")  # this one asks itself: a chat is a completion
    for model in models:
        assert (model.type, model.name, model.is_error) == ("llm", "MockLLM", False)
        assert "Hello" in model.output
        assert model.end is not None
    assert told(models[0]) == [{"role": "user", "content": "Hello"}]


async def test_a_query_holds_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(message: cl.Message) -> None:
        callbacks = manager()
        monkeypatch.setattr(Settings, "_callback_manager", callbacks)  # as authors do, for all that they make
        llm = MockLLM(callback_manager=callbacks)
        with cl.Step("around"):
            index(callbacks).as_query_engine(llm=llm).query("What are monads?")

    steps = await steps_of(handler)
    query, found, model = named(steps, "query"), named(steps, "retrieve"), named(steps, "MockLLM")
    assert query.parent_id == named(steps, "around").id
    assert (query.input, found.parent_id, found.type) == ("What are monads?", query.id, "retrieval")
    [source] = json.loads(found.output)
    assert (source["content"], source["metadata"]) == ("Monads are burritos.", {"page": 3})
    assert model.parent_id == query.id, "what is not shown between them does not part them"
    assert not any(step.type == "embedding" for step in steps)


async def test_what_is_shown_is_the_authors_to_say() -> None:
    def handler(message: cl.Message) -> None:
        callbacks = CallbackManager([cl.LlamaIndexCallbackHandler(event_starts_to_ignore=[CBEventType.RETRIEVE])])
        index(callbacks).as_retriever().retrieve("monads")

    steps = await steps_of(handler)
    assert {step.type for step in steps} == {"embedding"}


async def test_a_tool_and_what_went_wrong_are_said() -> None:
    def handler(message: cl.Message) -> None:
        callbacks = manager()

        class Tool:
            name = "add"

        given = {EventPayload.TOOL: Tool(), EventPayload.FUNCTION_CALL: {"a": 1}}
        with callbacks.as_trace("test"):
            with callbacks.event(CBEventType.FUNCTION_CALL, payload=given) as event:
                event.on_end(payload={EventPayload.FUNCTION_OUTPUT: 3})
            with (
                pytest.raises(ZeroDivisionError),
                callbacks.event(CBEventType.RETRIEVE, payload={EventPayload.QUERY_STR: "nothing"}),
            ):
                raise ZeroDivisionError("no documents")

    steps = await steps_of(handler)
    tool, broken = named(steps, "add"), named(steps, "retrieve")
    assert (tool.type, json.loads(tool.input), tool.output) == ("tool", {"a": 1}, "3")
    assert (broken.is_error, broken.output) == (True, "no documents")


def test_without_a_session_it_runs_and_shows_nothing() -> None:
    assert MockLLM(callback_manager=manager()).complete("alone").text == "alone"
