"""Steps: a trace of what is done, nested as the code is, streamed as messages are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.protocol.errors import ChatSessionsError, NoSessionError
from jupyter_chat_sessions.protocol.frames import AppendText, Numbered
from jupyter_chat_sessions.protocol.steps import Step
from jupyter_chat_sessions.testing import Stage, Viewer


def app_of(handler: Any) -> App:
    with use_app(App()) as app:
        cl.on_message(handler)
    return app


async def heard(handler: Any, text: str = "Hi") -> tuple[Viewer, list[Step]]:
    """Return a viewer who has said something, and what came of it."""
    async with Stage(app_of(handler)), Viewer("Alice", is_owner=True) as alice:
        reply = await alice.say(text)
        return alice, reply.steps


def named(steps: list[Step], name: str) -> Step:
    [found] = [step for step in steps if step.name == name]
    return found


async def test_a_step_is_shown_with_what_went_in_and_came_out_and_when() -> None:
    async def handler() -> None:
        async with cl.Step("Search", type="tool", metadata={"a": 1}, tags=["t"]) as step:
            step.input = {"query": "monads"}
            step.output = ["one", "two"]

    alice, [step] = await heard(handler)
    assert (step.name, step.type, step.metadata, step.tags) == ("Search", "tool", {"a": 1}, ["t"])
    assert (step.input, step.show_input) == ('{\n    "query": "monads"\n}', "json")
    assert (step.output, step.language) == ('[\n    "one",\n    "two"\n]', "json")
    assert step.start is not None
    assert step.end is not None
    assert step.parent_id == alice.steps[0].id
    assert not step.is_error


async def test_steps_and_messages_belong_to_the_step_around_them() -> None:
    async def handler() -> None:
        async with cl.Step("outer") as outer:
            assert cl.context.current_step is outer
            with cl.Step("inner") as inner:
                assert cl.context.current_step is inner
                await cl.Message("from inside").send()
            assert cl.context.current_step is outer
        assert cl.context.current_step == cl.context.current_run
        await cl.Message("from outside").send()

    alice, steps = await heard(handler)
    outer, inner = named(steps, "outer"), named(steps, "inner")
    inside, outside = (step for step in steps if step.type == "assistant_message")
    run = alice.steps[0].id
    assert (outer.parent_id, inner.parent_id) == (run, outer.id)
    assert (inside.parent_id, outside.parent_id) == (inner.id, run)


async def test_steps_beside_each_other_keep_to_their_own() -> None:
    @cl.step
    async def leaf(name: str) -> str:
        await cl.sleep(0)
        return name

    @cl.step
    async def branch(name: str) -> str:
        return await leaf(f"{name} leaf")

    async def handler() -> None:
        await asyncio.gather(*(branch(name) for name in ("a", "b", "c")))

    _, steps = await heard(handler)
    branches = {step.output: step.id for step in steps if step.name == "branch"}
    leaves = {step.output: step.parent_id for step in steps if step.name == "leaf"}
    assert leaves == branches
    assert set(leaves) == {"a leaf", "b leaf", "c leaf"}


async def test_a_plain_function_in_a_thread_nests_too() -> None:
    @cl.step(type="tool", name="Add up")
    def add(a: int, b: int = 2) -> int:
        return a + b

    def handler() -> None:
        with cl.Step("around"):
            assert add(1) == 3

    _, steps = await heard(handler)
    step = named(steps, "Add up")
    assert (step.type, step.input, step.output) == ("tool", '{\n    "a": 1,\n    "b": 2\n}', "3")
    assert step.parent_id == named(steps, "around").id


async def test_arguments_are_shown_as_they_were_and_whatever_they_are() -> None:
    class Odd:
        def __deepcopy__(self, memo: Any) -> Any:
            raise RuntimeError("no copies")

        def __repr__(self) -> str:
            return "<odd>"

    @cl.step
    async def change(items: list[int], odd: Odd, data: bytes) -> None:
        items.append(2)

    async def handler() -> None:
        await change([1], Odd(), b"abc")

    _, [step] = await heard(handler)
    assert '"items": [\n        1\n    ]' in step.input
    assert '"odd": "<odd>"' in step.input
    assert '"data": "(3 bytes)"' in step.input
    assert step.output == ""


async def test_a_message_that_goes_in_brings_its_session_along_and_not_a_copy() -> None:
    copies: list[Any] = []

    class Bag:
        def __deepcopy__(self, memo: dict[int, Any]) -> None:
            copies.append(self)

    @cl.step
    async def answer(message: cl.Message) -> str:
        return message.content.upper()

    async def handler(message: cl.Message) -> None:
        cl.user_session.set("bag", Bag())
        await answer(message)

    _, steps = await heard(handler)
    assert (named(steps, "answer").output, copies) == ("HI", [])


async def test_an_exception_is_the_output_and_goes_on() -> None:
    @cl.step
    async def broken() -> None:
        raise ZeroDivisionError("on purpose")

    async def handler() -> None:
        await broken()

    _, [step, error] = await heard(handler)
    assert (step.name, step.output, step.is_error) == ("broken", "on purpose", True)
    assert step.end is not None
    assert error.is_error
    assert "ZeroDivisionError" in error.output


async def test_text_is_streamed_into_output_and_input() -> None:
    async def handler() -> None:
        async with cl.Step("Think", type="llm") as step:
            for token in ("Hm", ", 👩‍🚀", " well"):
                await step.stream_token(token)
            await step.stream_token("ask", is_input=True)
            await step.stream_token("ed", is_input=True)

    alice, [step] = await heard(handler)
    assert (step.output, step.input, step.streaming) == ("Hm, 👩‍🚀 well", "asked", False)
    assert step.end is not None
    appended = [
        frame.event.text
        for frame in alice.frames
        if isinstance(frame, Numbered) and isinstance(frame.event, AppendText)
    ]
    assert "".join(appended) == "Hm, 👩‍🚀 wellasked", "nothing is said twice"


async def test_a_sequence_takes_the_place_of_what_was_there() -> None:
    async def handler() -> None:
        async with cl.Step("Think") as step:
            await step.stream_token("first")
            await step.stream_token("second", is_sequence=True)
            await step.stream_token("!")

    _, [step] = await heard(handler)
    assert step.output == "second!"


async def test_what_is_stopped_has_ended_and_not_failed() -> None:
    began = asyncio.Event()

    async def handler() -> None:
        async with cl.Step("Wait") as step:
            await step.stream_token("so far")
            began.set()
            await asyncio.Event().wait()

    async with Stage(app_of(handler)), Viewer("Alice") as alice:
        alice.send("Hi")
        await began.wait()
        alice.stop()
        await alice.wait_for(lambda: alice.steps[0].status == "cancelled")
        step = alice.steps[1]
        assert (step.output, step.is_error, step.streaming) == ("so far", False, False)
        assert step.end is not None


async def test_what_ran_when_the_kernel_died_is_interrupted() -> None:
    began = asyncio.Event()

    async def handler() -> None:
        async with cl.Step("Wait"):
            began.set()
            await asyncio.Event().wait()

    async with Stage(app_of(handler)) as stage, Viewer("Alice") as alice:
        alice.send("Hi")
        await began.wait()
        await stage.restart_host()
        await alice.wait_for(lambda: alice.steps[1].status == "interrupted")


async def test_a_reply_is_what_was_said_and_not_what_was_done() -> None:
    async def handler() -> None:
        await cl.Message("the answer").send()
        async with cl.Step("Tidy up") as step:
            step.output = "tidy"

    async with Stage(app_of(handler)), Viewer("Alice") as alice:
        reply = await alice.say("Hi")
        assert reply.content == "the answer"
        assert [step.name for step in reply.steps] == ["Assistant", "Tidy up"]


async def test_a_step_can_be_sent_changed_and_removed_by_hand() -> None:
    async def handler() -> None:
        step = await cl.Step("By hand", type="retrieval").send()
        step.output = "changed"
        await step.update()
        gone = await cl.Step("Gone").send()
        await gone.remove()

    _, [step] = await heard(handler)
    assert (step.name, step.output) == ("By hand", "changed")


async def test_a_step_of_a_plain_handler_that_is_stopped_has_ended() -> None:
    began, may_end = threading.Event(), threading.Event()

    def handler() -> None:
        with cl.Step("Wait"):
            began.set()
            may_end.wait(10)

    async with Stage(app_of(handler)), Viewer("Alice") as alice:
        alice.send("Hi")
        await asyncio.to_thread(began.wait, 10)
        alice.stop()
        await alice.wait_for(lambda: alice.steps[0].status == "cancelled")
        assert alice.steps[1].end is not None
        may_end.set()


async def test_a_step_that_was_removed_stays_away() -> None:
    async def handler() -> None:
        async with cl.Step("Gone") as step:
            await step.remove()
        await cl.Message("the end").send()

    _, steps = await heard(handler)
    assert [step.name for step in steps] == ["Assistant"]


async def test_what_changes_while_it_streams_is_shown() -> None:
    async def handler() -> None:
        async with cl.Step("Before", metadata={}) as step:
            await step.stream_token("text")
            step.name = "After"
            step.metadata["a"] = 1

    _, [step] = await heard(handler)
    assert (step.name, step.metadata, step.output) == ("After", {"a": 1}, "text")


async def test_whatever_goes_in_or_comes_out_the_work_is_done() -> None:
    class Silent:
        def __repr__(self) -> str:
            raise RuntimeError("says nothing")

        def __deepcopy__(self, memo: Any) -> Any:
            raise RuntimeError("no copies")

    results = []

    @cl.step
    async def work(given: Silent) -> Silent:
        return given

    async def handler() -> None:
        results.append(await work(Silent()))

    _, [step] = await heard(handler)
    assert len(results) == 1
    assert (step.is_error, step.output) == (False, "<Silent>")


async def test_an_exception_is_not_hidden_by_what_cannot_be_shown() -> None:
    async def handler() -> None:
        async with cl.Step("Break") as step:
            step.input = "x" * 1_000_001
            raise KeyError("the one that counts")

    _, [step, error] = await heard(handler)
    assert step.end is not None
    assert "KeyError" in error.output


async def test_a_step_in_a_generator_may_be_closed_elsewhere() -> None:
    async def handler() -> None:
        async def tokens() -> AsyncIterator[str]:
            with cl.Step("Generate"):
                yield "one"
                yield "two"

        generator = tokens()
        await anext(generator)
        await asyncio.create_task(close(generator))

    async def close(generator: Any) -> None:
        await generator.aclose()

    _, [step] = await heard(handler)
    assert (step.name, step.is_error) == ("Generate", False)
    assert step.end is not None


async def test_a_token_that_is_no_text_is_refused() -> None:
    async def handler() -> None:
        for streamed in (cl.Step("x"), cl.Message("")):
            with pytest.raises(TypeError, match="takes text; it was given 'int'"):
                await streamed.stream_token(5)  # type: ignore[arg-type]

    _, steps = await heard(handler)
    assert steps == []


async def test_it_knows_nothing_of_messages() -> None:
    async def handler() -> None:
        async with cl.Step("Done"):
            pass
        await cl.Message(str(len(cl.chat_context.get()))).send()

    _, steps = await heard(handler)
    assert steps[-1].output == "1"


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: cl.Step("x", type="work"), ValueError, "is one of run, tool"),  # type: ignore[arg-type]
        (lambda: cl.Step(3), TypeError, r"Step\(name=…\) is a text; it was given 'int'"),  # type: ignore[arg-type]
        (lambda: cl.Step("x", elements=[1]), TypeError, "in it was 'int'"),
        (lambda: cl.step(3), TypeError, "decorates a function"),  # type: ignore[call-overload]
        (lambda: cl.step(type="work")(print), ValueError, "is one of run, tool"),  # type: ignore[arg-type]
        (lambda: cl.step(colour="red")(print), TypeError, "colour"),  # type: ignore[call-overload]
    ],
)
def test_a_wrong_value_is_said_at_the_call(make: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        make()


async def test_a_step_needs_a_session_and_its_own() -> None:
    with pytest.raises(NoSessionError):
        await cl.Step("nowhere").send()
    with pytest.raises((ChatSessionsError, NoSessionError)):
        await cl.Step("never sent").update()


def test_a_decorated_function_keeps_its_name() -> None:
    @cl.step(name="Look up")
    def search(query: str) -> None:
        """Search."""

    assert (search.__name__, search.__doc__) == ("search", "Search.")


async def test_a_message_belongs_to_where_it_is_made_and_not_to_where_it_is_sent() -> None:
    """As in Chainlit: an answer that a step streams into stands in the conversation."""

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        answer = cl.Message("")
        async with cl.Step("Write") as step:
            inside = cl.Message("inside")
            await answer.stream_token("outside")
        await inside.send()
        await answer.send()
        parents["inside"], parents["outside"] = step.id, message.id

    parents: dict[str, str] = {}
    async with Viewer("Alice") as alice:
        await alice.say("Hello")
        assert {step.output: step.parent_id for step in alice.steps if step.type == "assistant_message"} == parents
