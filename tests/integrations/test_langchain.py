"""LangChain's chains are shown as steps: nested, streamed, in the session that they run for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.protocol.frames import AppendText, Numbered
from jupyter_chat_sessions.testing import Stage, Viewer
from tests.integrations.heard import app_of, named, steps_of, told

PROMPT = ChatPromptTemplate.from_messages([("system", "Be short."), ("human", "{question}")])


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def fail() -> str:
    """Fail."""
    raise ValueError("the tool broke")


class Library(BaseRetriever):
    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return [Document(page_content=f"about {query}", metadata={"page": 3})]


def config() -> Any:
    return {"callbacks": [cl.LangchainCallbackHandler()]}


def chain(*answers: str) -> Any:
    return PROMPT | FakeListChatModel(responses=list(answers)) | StrOutputParser()


async def test_a_model_in_a_chain_is_a_step_with_what_it_was_told_and_said() -> None:
    async def handler(message: cl.Message) -> None:
        answer = await chain("Forty-two.").ainvoke({"question": message.content}, config=config())
        await cl.Message(answer).send()

    steps = await steps_of(handler, "What is the answer?")
    model = named(steps, "FakeListChatModel")
    assert model.type == "llm"
    assert told(model) == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "What is the answer?"},
    ]
    assert (model.output, model.is_error, model.streaming) == ("Forty-two.", False, False)
    assert model.start is not None
    assert model.end is not None
    assert steps[-1].output == "Forty-two."
    assert [step.name for step in steps] == ["FakeListChatModel", "Assistant"], (
        "how a chain is put together is not shown"
    )


@pytest.mark.parametrize("is_async", [True, False])
async def test_a_models_words_come_as_they_are_said(is_async: bool) -> None:
    async def awaited(message: cl.Message) -> None:
        async for _ in chain("One two").astream({"question": "?"}, config=config()):
            pass

    def called(message: cl.Message) -> None:
        for _ in chain("One two").stream({"question": "?"}, config=config()):
            pass

    async with Stage(app_of(awaited if is_async else called)), Viewer("Alice") as alice:
        model = named((await alice.say("Hi")).steps, "FakeListChatModel")
        pieces = [
            frame.event.text
            for frame in alice.frames
            if isinstance(frame, Numbered) and isinstance(frame.event, AppendText) and frame.event.step_id == model.id
        ]
    assert (model.output, model.streaming) == ("One two", False)
    assert "".join(pieces) == "One two"


async def test_runs_are_nested_as_they_call_each_other_under_the_step_around() -> None:
    async def inner(question: str) -> str:
        documents = await Library().ainvoke(question)
        total = await add.ainvoke({"a": 1, "b": 2})
        answer = await chain("Done.").ainvoke({"question": question})
        return f"{documents[0].page_content}: {total}: {answer}"

    async def handler() -> None:
        async with cl.Step("around"):
            await RunnableLambda(inner, name="agent").ainvoke("monads", config=config())

    steps = await steps_of(handler)
    agent = named(steps, "agent")
    assert agent.parent_id == named(steps, "around").id
    assert (agent.type, agent.output) == ("run", "about monads: 3: Done.")
    books, adding, model = named(steps, "Library"), named(steps, "add"), named(steps, "FakeListChatModel")
    assert {books.parent_id, adding.parent_id} == {agent.id}
    assert (books.type, books.input) == ("retrieval", "monads")
    assert json.loads(books.output) == [{"content": "about monads", "metadata": {"page": 3}}]
    assert (adding.type, json.loads(adding.input), adding.output) == ("tool", {"a": 1, "b": 2}, "3")
    assert model.parent_id == agent.id, "what a chain that is not shown does belongs to what is around it"


async def test_what_is_to_be_ignored_and_kept_is_the_authors_to_say() -> None:
    async def handler() -> None:
        quiet = cl.LangchainCallbackHandler(to_ignore=["RunnableSequence"], to_keep=[])
        await chain("a").ainvoke({"question": "?"}, config={"callbacks": [quiet]})
        loud = cl.AsyncLangchainCallbackHandler(to_ignore=[])
        await chain("b").ainvoke({"question": "?"}, config={"callbacks": [loud]})

    steps = await steps_of(handler)
    assert [step.output for step in steps if step.type == "llm"] == ["b"]
    assert named(steps, "RunnableSequence").type == "run"


async def test_a_prompt_is_shown_where_somebody_wants_it() -> None:
    async def handler() -> None:
        shown = cl.LangchainCallbackHandler(to_keep=["prompt"])
        await chain("a").ainvoke({"question": "?"}, config={"callbacks": [shown]})

    [prompt] = await steps_of(handler)
    assert (prompt.name, json.loads(prompt.input)) == ("ChatPromptTemplate", {"question": "?"})


async def test_what_went_wrong_is_said_where_it_did() -> None:
    async def handler() -> None:
        with pytest.raises(ValueError, match="the tool broke"):
            await fail.ainvoke({}, config=config())
        await cl.Message("on we go").send()

    steps = await steps_of(handler)
    broken = named(steps, "fail")
    assert (broken.is_error, broken.output) == (True, "the tool broke")
    assert steps[-1].output == "on we go"


async def test_how_many_tokens_a_model_took_stands_in_its_metadata() -> None:
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    said = AIMessage("Hello", usage_metadata=usage)  # type: ignore[arg-type]

    async def handler() -> None:
        await GenericFakeChatModel(messages=iter([said])).ainvoke([HumanMessage("Hi")], config=config())

    model = named(await steps_of(handler), "GenericFakeChatModel")
    assert model.metadata["usage"] == {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}


async def test_a_call_of_a_tool_is_what_a_model_said() -> None:
    said = AIMessage("", tool_calls=[{"name": "add", "args": {"a": 1}, "id": "1"}])

    async def handler() -> None:
        await GenericFakeChatModel(messages=iter([said])).ainvoke("Add", config=config())

    model = named(await steps_of(handler), "GenericFakeChatModel")
    assert (json.loads(model.output), model.language) == ([{"name": "add", "args": {"a": 1}}], "json")


async def test_the_final_answer_is_a_message_that_comes_as_it_is_said() -> None:
    async def handler() -> None:
        shown = cl.LangchainCallbackHandler(stream_final_answer=True, answer_prefix_tokens=["F", "A", ":"])
        model = FakeListChatModel(responses=["thinkFA:the answer"])
        async for _ in model.astream("?", config={"callbacks": [shown]}):
            pass
        assert shown.has_streamed_final_answer
        assert shown.final_stream is not None
        assert shown.final_stream.content == "the answer"
        assert cl.chat_context.get()[-1] is shown.final_stream

    steps = await steps_of(handler)
    [answer] = [step for step in steps if step.is_message]
    assert (answer.output, answer.streaming) == ("the answer", False)
    assert named(steps, "FakeListChatModel").output == "thinkFA:the answer"


async def test_all_that_is_said_can_be_the_final_answer() -> None:
    def handler() -> None:
        shown = cl.LangchainCallbackHandler(stream_final_answer=True, force_stream_final_answer=True)
        for _ in chain("all of it").stream({"question": "?"}, config={"callbacks": [shown]}):
            pass

    steps = await steps_of(handler)
    assert [step.output for step in steps if step.is_message] == ["all of it"]


async def test_one_handler_shows_each_session_its_own() -> None:
    shown = cl.LangchainCallbackHandler(stream_final_answer=True, force_stream_final_answer=True)
    both_are_here = asyncio.Barrier(2)

    async def handler(message: cl.Message) -> None:
        await both_are_here.wait()
        await chain(f"to {message.content}").ainvoke({"question": message.content}, config={"callbacks": [shown]})
        async for _ in chain(f"to {message.content}").astream({"question": "?"}, config={"callbacks": [shown]}):
            await asyncio.sleep(0)

    async with Stage(app_of(handler)), Viewer("Alice") as alice, Viewer("Bob") as bob:
        replies = await asyncio.gather(alice.say("Alice"), bob.say("Bob"))
    for name, reply in zip(("Alice", "Bob"), replies, strict=True):
        assert {step.output for step in reply.steps if step.type == "llm"} == {f"to {name}"}
        assert {step.output for step in reply.steps if step.is_message} == {f"to {name}"}
    assert shown._trace._runs == {}, "nothing of what is over is kept"
    assert shown._answers == {}


async def test_a_batch_in_threads_of_the_librarys_keeps_to_its_session() -> None:
    def handler(message: cl.Message) -> None:
        RunnableLambda(lambda question: add.invoke({"a": question, "b": 1}), name="one").batch(
            [1, 2, 3], config=config()
        )

    steps = await steps_of(handler)
    above = {step.id: step.input for step in steps if step.name == "one"}
    assert sorted(step.output for step in steps if step.name == "add") == ["2", "3", "4"]
    assert {step.parent_id for step in steps if step.name == "add"} == set(above)


def test_without_a_session_a_chain_runs_and_shows_nothing() -> None:
    assert chain("alone").invoke({"question": "?"}, config=config()) == "alone"
