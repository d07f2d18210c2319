"""Messages: sent, streamed, changed, removed; never sent twice, never seen by another."""

from __future__ import annotations

import asyncio
import datetime
import re
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.chat.message import MAX_CONTENT
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.protocol.frames import AppendText, Event, FinishStep, Numbered, PutStep, RemoveStep
from jupyter_chat_sessions.protocol.steps import Step, is_id
from jupyter_chat_sessions.testing import Stage, Viewer

from .answering import Body, answering


def events(viewer: Viewer) -> list[Event]:
    """Return the events about the bot's messages, as they came over the wire."""
    found = []
    for frame in viewer.frames:
        if isinstance(frame, Numbered):
            match frame.event:
                case PutStep(step=step) if step.type != "user_message":
                    found.append(frame.event)
                case AppendText() | FinishStep() | RemoveStep():
                    found.append(frame.event)
    return found


def answers(viewer: Viewer) -> list[Step]:
    """Return the bot's messages as the viewer sees them."""
    return [step for step in viewer.steps if step.type != "user_message"]


async def seen(body: Body) -> tuple[list[Step], list[Event]]:
    """Run a body as a handler; return what the viewer sees in the end, and how it came."""
    answering(body)
    async with Stage(), Viewer("Alice", is_owner=True) as alice:
        await alice.say("go")
        assert [step.status for step in alice.steps if step.type == "user_message"] == ["done"], answers(alice)
        return answers(alice), events(alice)


# ---- send -----------------------------------------------------------------------------------------------------------


async def test_a_message_is_sent_once_with_chainlits_fields() -> None:
    sent = []

    async def body() -> None:
        message = cl.Message("**Hi**", author="Bot", metadata={"k": [1]}, tags=["t"], language="python")
        assert await message.send() is message
        sent.append(message)

    [step], [event] = await seen(body)
    assert isinstance(event, PutStep)
    assert (step.output, step.name, step.metadata, step.tags, step.language) == (
        "**Hi**",
        "Bot",
        {"k": [1]},
        ["t"],
        "python",
    )
    assert step.type == "assistant_message"
    assert not step.streaming
    assert step.id == sent[0].id
    assert is_id(step.id)
    assert step.thread_id == sent[0].thread_id
    assert step.created_at is not None
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", step.created_at), "section D: ISO UTC with Z"
    age = datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(step.created_at)
    assert abs(age.total_seconds()) < 60


async def test_messages_of_a_run_have_the_run_as_their_parent() -> None:
    """Section D: the parent of a message in a handler is the run step; its id is the user's message's here."""
    own_parent = "00000000-0000-4000-8000-000000000001"
    runs = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        runs.append((cl.context.current_run.id, message.id))
        await cl.Message("child").send()
        await cl.Message("of another", parent_id=own_parent).send()

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        assert [step.parent_id for step in answers(alice)] == [alice.steps[0].id, own_parent]
        assert runs == [(alice.steps[0].id, alice.steps[0].id)]


@pytest.mark.parametrize(
    ("content", "output", "language"),
    [
        ("text", "text", None),
        ("", "", None),
        ({"name": "Zoë", "n": [1, 2]}, '{\n    "name": "Zoë",\n    "n": [\n        1,\n        2\n    ]\n}', "json"),
        ([1, "a"], '[\n    1,\n    "a"\n]', "json"),
        ({"when": datetime.date(2026, 1, 2)}, "{'when': datetime.date(2026, 1, 2)}", "text"),
        (42, "42", "text"),
        (None, "None", "text"),
        (ValueError("bad"), "bad", "text"),
        ("half \ud83d a pair", "half ? a pair", None),
        ("👨‍👩‍👧 \0 \u2028", "👨‍👩‍👧 \0 \u2028", None),
    ],
)
async def test_content_of_any_kind_becomes_text(content: Any, output: str, language: str | None) -> None:
    """Section A: a dict becomes pretty JSON, other objects their `str`."""
    message = cl.Message(content)
    assert message.content == output

    async def body() -> None:
        await message.send()

    [step], _ = await seen(body)
    assert (step.output, step.language) == (output, language)


async def test_the_bots_name_is_the_authors_default() -> None:
    async def body() -> None:
        await cl.Message("Hi").send()

    [step], _ = await seen(body)
    assert step.name == "Assistant"


async def test_an_error_message_is_marked() -> None:
    async def body() -> None:
        await cl.ErrorMessage("The database is not there.").send()

    [step], _ = await seen(body)
    assert step.is_error
    assert step.type == "assistant_message"


@pytest.mark.parametrize("type_", ["user_message", "assistant_message", "system_message"])
async def test_whose_message_it_is_can_be_said(type_: Any) -> None:
    @cl.on_message
    async def reply() -> None:
        await cl.Message("Hi", type=type_).send()

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        assert (alice.steps[-1].type, alice.steps[-1].output) == (type_, "Hi")


@pytest.mark.parametrize("name", ["actions", "elements", "modes"])
def test_what_this_version_does_not_show_is_refused_and_not_dropped(name: str) -> None:
    with pytest.raises(TypeError, match=name):
        cl.Message("x", **{name: ["something"]})
    assert cl.Message("x", **{name: None}).content == "x"


async def test_a_message_that_is_too_long_is_refused_and_the_next_is_shown() -> None:
    async def body() -> None:
        with pytest.raises(ValueError, match="1,000,000"):
            await cl.Message("x" * (MAX_CONTENT + 1)).send()
        with pytest.raises((ValueError, TypeError)):
            await cl.Message("x", metadata={"object": object()}).send()
        with pytest.raises(ValueError, match="id"):
            await cl.Message("x", id="not a uuid").send()
        await cl.Message("x" * MAX_CONTENT).send()

    steps, _ = await seen(body)
    assert [len(step.output) for step in steps] == [MAX_CONTENT]


# ---- stream ---------------------------------------------------------------------------------------------------------


async def test_a_stream_is_shown_as_it_comes_and_not_sent_a_second_time() -> None:
    tokens = ["Hel", "lo ", "👩‍🚀", "!"]

    async def body() -> None:
        message = cl.Message()
        for token in tokens:
            await message.stream_token(token)
        assert message.content == "Hello 👩‍🚀!"
        assert message.streaming
        await message.send()
        assert not message.streaming

    [step], wire = await seen(body)
    assert step.output == "Hello 👩‍🚀!"
    assert not step.streaming
    first, *middle, last = wire
    assert isinstance(first, PutStep)
    assert first.step.streaming
    assert last == FinishStep(step_id=step.id)
    assert all(isinstance(event, AppendText) for event in middle)
    texts = [event.text for event in middle if isinstance(event, AppendText)]
    assert first.step.output + "".join(texts) == step.output, "each piece of text crosses the wire once"


async def test_a_stream_begun_with_content_goes_on_after_it() -> None:
    async def body() -> None:
        message = cl.Message("So far: ")
        await message.stream_token("more")
        await message.update()

    [step], wire = await seen(body)
    assert step.output == "So far: more"
    assert wire[-1] == FinishStep(step_id=step.id)


async def test_a_message_that_was_sent_can_be_streamed_into() -> None:
    """Chainlit's common pattern: `await msg.send()` first, then tokens, then `await msg.update()`."""

    async def body() -> None:
        message = cl.Message("")
        await message.send()
        await message.stream_token("a")
        await message.stream_token("b")
        await message.update()

    [step], wire = await seen(body)
    assert (step.output, step.streaming) == ("ab", False)
    assert wire[-1] == FinishStep(step_id=step.id)


async def test_an_empty_token_does_nothing() -> None:
    """Section A: `stream_token("")` is a no-op."""

    async def body() -> None:
        message = cl.Message()
        await message.stream_token("")
        assert not message.streaming

    assert await seen(body) == ([], [])


async def test_a_sequence_takes_the_place_of_the_text() -> None:
    async def body() -> None:
        message = cl.Message()
        await message.stream_token("Thinking", is_sequence=True)
        await message.stream_token("Thinking…", is_sequence=True)
        await message.stream_token("Done")
        await message.stream_token("Done: 42 👍", is_sequence=True)
        await message.stream_token("!")
        await message.send()

    [step], _ = await seen(body)
    assert (step.output, step.streaming) == ("Done: 42 👍!", False)


async def test_a_stream_that_is_changed_besides_its_text_is_sent_whole() -> None:
    async def body() -> None:
        message = cl.Message()
        await message.stream_token("print()")
        message.language = "python"
        await message.send()

    [step], wire = await seen(body)
    assert (step.output, step.language, step.streaming) == ("print()", "python", False)
    assert isinstance(wire[-1], PutStep)


async def test_a_stream_whose_text_is_set_anew_is_sent_whole() -> None:
    async def body() -> None:
        message = cl.Message()
        await message.stream_token("raw")
        message.content = "polished"
        await message.update()

    [step], _ = await seen(body)
    assert (step.output, step.streaming) == ("polished", False)


async def test_a_stream_that_nobody_finished_is_finished_with_its_run() -> None:
    async def body() -> None:
        await cl.Message().stream_token("left open")

    [step], wire = await seen(body)
    assert (step.output, step.streaming) == ("left open", False)
    assert step.end is not None
    assert wire[-1] == FinishStep(step_id=step.id, end=step.end)


async def test_two_streams_may_take_turns() -> None:
    async def body() -> None:
        one, two = cl.Message(), cl.Message()
        for number in range(20):
            await one.stream_token(f"{number} ")
            await two.stream_token(f"{-number} ")
        await two.send()
        await one.send()

    [one, two], _ = await seen(body)
    assert one.output == "".join(f"{number} " for number in range(20))
    assert two.output == "".join(f"{-number} " for number in range(20))


async def test_tokens_that_gather_travel_together() -> None:
    """A thousand tokens in one turn of the loop are not a thousand frames."""

    async def body() -> None:
        message = cl.Message()
        for _ in range(1000):
            await message.stream_token("ab")
        await message.send()

    [step], wire = await seen(body)
    assert step.output == "ab" * 1000
    assert len(wire) < 500


async def test_half_a_surrogate_pair_in_a_stream_is_shown_as_a_question_mark() -> None:
    async def body() -> None:
        message = cl.Message()
        for token in ("😀", "\ud83d", "\ude00", "!"):
            await message.stream_token(token)
        await message.send()

    [step], _ = await seen(body)
    assert step.output == "😀??!"


async def test_a_stream_has_a_largest_length() -> None:
    async def body() -> None:
        message = cl.Message("x" * (MAX_CONTENT - 1))
        await message.stream_token("y")
        with pytest.raises(ValueError, match="1,000,000"):
            await message.stream_token("z")
        await message.send()

    [step], _ = await seen(body)
    assert len(step.output) == MAX_CONTENT


# ---- change, remove -------------------------------------------------------------------------------------------------


async def test_update_shows_the_message_where_it_stands() -> None:
    async def body() -> None:
        first = await cl.Message("first").send()
        await cl.Message("second").send()
        first.content = "first, changed"
        assert await first.update() is True

    steps, _ = await seen(body)
    assert [step.output for step in steps] == ["first, changed", "second"]


async def test_remove_takes_the_message_out_and_it_may_be_sent_again() -> None:
    async def body() -> None:
        first = await cl.Message("first").send()
        await cl.Message("second").send()
        assert await first.remove() is True
        assert [message.content for message in cl.chat_context.get()][1:] == ["second"]
        await first.send()

    steps, _ = await seen(body)
    assert [step.output for step in steps] == ["second", "first"]


async def test_what_was_never_sent_cannot_be_changed_or_removed() -> None:
    async def body() -> None:
        for change in (cl.Message("x").update, cl.Message("x").remove):
            with pytest.raises(ChatSessionsError, match=r"await message\.send\(\) first"):
                await change()

    assert (await seen(body))[0] == []


async def test_the_users_own_message_can_be_changed_without_losing_what_became_of_it() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "remove me":
            await message.remove()
        else:
            message.content = message.content.upper()
            await message.update()

    async with Stage(), Viewer("Alice") as alice:
        for number in range(12):  # more than may wait: none counts as waiting
            await alice.say(f"hi {number}")
            await alice.say("remove me")
        assert [(step.output, step.status) for step in alice.steps] == [(f"HI {n}", "done") for n in range(12)]
        assert all(step.client_id for step in alice.steps)


# ---- sessions -------------------------------------------------------------------------------------------------------


async def test_a_message_of_one_session_shows_in_no_other() -> None:
    """Promise 4: no step of one session reaches another, also where the author keeps it in a global."""
    kept: dict[str, cl.Message] = {}
    refused = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "keep":
            kept["answer"] = await cl.Message("for Alice").send()
            kept["own"] = message
            return
        for change in (
            kept["answer"].update,
            kept["answer"].remove,
            lambda: kept["answer"].stream_token("x"),
            kept["own"].update,
            kept["own"].remove,
        ):
            try:
                await change()
            except ChatSessionsError as error:
                refused.append(str(error))

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.say("keep")
        before = alice.steps
        await bob.say("take")
        assert [step.output for step in bob.steps] == ["take"]
        await alice.say("keep")
        assert alice.steps[:2] == before
    assert refused == ["This message belongs to another session. Make a new Message for this one."] * 5


async def test_a_message_sent_in_a_second_session_is_a_new_message_there() -> None:
    greeting = cl.Message("Welcome!")

    @cl.on_message
    async def reply() -> None:
        await greeting.send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.say("hi")
        await bob.say("hi")
        mine, yours = answers(alice)[0], answers(bob)[0]
        assert (mine.output, yours.output) == ("Welcome!", "Welcome!")
        assert mine.id != yours.id
        assert mine.thread_id != yours.thread_id
        assert yours.parent_id == bob.steps[0].id, "its parent is the run in its own session"


async def test_messages_sent_again_in_the_same_session_stay_one() -> None:
    async def body() -> None:
        message = await cl.Message("once").send()
        await message.send()
        assert len(cl.chat_context.get()) == 2  # the user's and this one

    steps, _ = await seen(body)
    assert [step.output for step in steps] == ["once"]


# ---- dicts ----------------------------------------------------------------------------------------------------------


def test_a_dict_has_chainlits_keys() -> None:
    step = cl.Message("hi", author="Bot", metadata={"a": 1}).to_dict()
    assert {"id", "type", "name", "output", "input", "metadata", "streaming", "isError"} <= set(step)
    assert (step["output"], step["name"], step["metadata"], step["type"]) == (
        "hi",
        "Bot",
        {"a": 1},
        "assistant_message",
    )


def test_a_message_comes_back_from_its_dict() -> None:
    message = cl.Message("hi 😀", author="Bot", metadata={"a": 1}, tags=["t"], language="python", type="system_message")
    again = cl.Message.from_dict(message.to_dict())
    assert again.to_dict() == message.to_dict()
    with pytest.raises(ValueError, match="no message"):
        cl.Message.from_dict({"id": "x"})


async def test_concurrent_sends_of_one_run_all_arrive() -> None:
    async def body() -> None:
        await asyncio.gather(*(cl.Message(str(number)).send() for number in range(50)))

    steps, _ = await seen(body)
    assert sorted(int(step.output) for step in steps) == list(range(50))


async def test_a_librarys_own_kind_of_text_is_text() -> None:
    class Text(str):
        """Such as LangChain's, whose messages' `text` is one."""

    @cl.on_message
    async def reply() -> None:
        await cl.Message(Text("whole")).send()
        streamed = cl.Message("")
        await streamed.stream_token(Text("piece"))
        await streamed.send()

    async with Viewer("Alice") as alice:
        assert [step.output for step in (await alice.say("go")).steps] == ["whole", "piece"]
