"""What is better here than in Chainlit: a test for each claim, which would fail with Chainlit's behaviour.

`docs/from-chainlit.md` lists them, with the tests elsewhere that show what needs more than a scripted viewer.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.testing import Stage, Viewer


async def test_what_is_said_while_the_line_is_cut_comes_with_the_reconnect_and_none_of_it_twice() -> None:
    """Chainlit: the tokens of the gap are gone."""
    is_cut, is_said = asyncio.Event(), asyncio.Event()

    @cl.on_message
    async def reply() -> None:
        message = cl.Message("")
        await message.stream_token("before, ")
        await is_cut.wait()
        await message.stream_token("meanwhile, ")
        is_said.set()
        await message.stream_token("after")
        await message.send()

    async with Stage(), Viewer("Alice") as alice:
        alice.send("go")
        await alice.wait_for(lambda: [step.output for step in alice.steps] == ["go", "before, "])
        await alice.disconnect()
        is_cut.set()
        await is_said.wait()
        await alice.reconnect()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert [step.output for step in alice.steps[1:]] == ["before, meanwhile, after"]


async def test_a_question_survives_a_reconnect() -> None:
    """Chainlit: it is erased, and the handler waits until its time is over."""

    @cl.on_message
    async def reply() -> None:
        answer = await cl.AskUserMessage("Your name?", timeout=60).send()
        assert answer is not None
        await cl.Message(f"Hello {answer['output']}").send()

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("hi")
        asked = alice.question
        await alice.disconnect()
        await alice.reconnect()
        assert alice.question == asked
        assert (await alice.say("Ada")).content == "Hello Ada"


async def test_a_session_begins_and_ends_once_however_often_its_line_is_cut() -> None:
    """Chainlit: `on_chat_end` runs at each cut."""
    calls: list[str] = []
    cl.on_chat_start(lambda: calls.append("start"))
    cl.on_chat_end(lambda: calls.append("end"))

    @cl.on_message
    async def reply() -> None:
        await cl.Message("still here").send()

    async with Stage(), Viewer("Alice") as alice:
        for _ in range(5):
            await alice.disconnect()
            await alice.reconnect()
        await alice.say("hi")
        assert calls == ["start"]
    assert calls == ["start", "end"]


async def test_what_runs_is_stopped_when_its_session_ends() -> None:
    """Chainlit: it goes on."""
    runs, stopped = asyncio.Event(), asyncio.Event()

    @cl.on_message
    async def reply() -> None:
        runs.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.set()
            raise

    async with Stage():
        async with Viewer("Alice") as alice:
            alice.send("go")
            await runs.wait()
        await asyncio.wait_for(stopped.wait(), 5)


async def test_two_messages_are_answered_one_after_the_other() -> None:
    """Chainlit: their handlers run beside each other."""
    order: list[str] = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        order.append(f"{message.content} begins")
        await asyncio.sleep(0)
        order.append(f"{message.content} ends")

    async with Stage(), Viewer("Alice") as alice:
        alice.send("first")
        await alice.say("second")
    assert order == ["first begins", "first ends", "second begins", "second ends"]


async def test_an_edited_message_can_be_stopped() -> None:
    """Chainlit: what answers an edited message is in no slot that Stop knows."""
    runs = asyncio.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "edited":
            runs.set()
            await asyncio.Event().wait()

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("first")
        editing = asyncio.ensure_future(alice.edit(alice.steps[0], "edited"))
        await runs.wait()
        alice.stop()
        await editing
        assert alice.steps[0].status == "cancelled"


async def test_who_waits_sees_that_a_handler_failed() -> None:
    """Chainlit: it is logged, and the viewer sees nothing of an error in a button's callback or at the end."""

    @cl.action_callback("break")
    async def broken() -> None:
        raise ValueError("the database is away")

    @cl.on_message
    async def reply() -> None:
        await cl.Message("Press", actions=[cl.Action("break", {}, label="Break")]).send()

    async with Stage(), Viewer("Alice", is_owner=True) as alice:
        await alice.say("hi")
        reply = await alice.press("Break")
        assert reply.steps[-1].is_error
        assert "the database is away" in reply.content


async def test_a_resumed_chat_that_reconnects_is_resumed_once_and_keeps_its_state() -> None:
    """Chainlit: the hook runs again, `user_session` is replaced, and `chat_context` has all of it twice."""
    resumed: list[str] = []
    thing = object()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(f"{len(cl.chat_context.get())} {cl.user_session.get('thing') is thing}").send()

    @cl.on_chat_resume
    async def resume(thread: cl.ThreadDict) -> None:
        resumed.append(thread["id"])
        cl.user_session.set("thing", thing)

    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("one")
        await stage.restart_host()
        for _ in range(2):
            await alice.disconnect()
            await alice.reconnect()
        assert (await alice.say("two")).content == "3 True"
    assert len(resumed) == 1


async def test_a_plain_function_answers_messages() -> None:
    """Chainlit: a `TypeError`."""

    @cl.on_message
    def reply(message: cl.Message) -> None:
        cl.run_sync(cl.Message(f"{message.content} for {cl.context.session.user.identifier}").send())  # type: ignore[union-attr]

    async with Stage(), Viewer("Alice") as alice:
        assert (await alice.say("A message")).content == "A message for Alice"


async def test_a_key_that_tells_about_the_session_cannot_be_set() -> None:
    """Chainlit: it is set, and the next `get` undoes it."""

    @cl.on_message
    async def reply() -> None:
        with pytest.raises(cl.ChatSessionsError, match="can only be read"):
            cl.user_session.set("id", "mine")
        await cl.Message(cl.user_session.get("id")).send()

    async with Stage(), Viewer("Alice") as alice:
        assert (await alice.say("hi")).content == alice.session_id


async def test_a_default_that_can_change_is_each_sessions_own() -> None:
    """Chainlit: all sessions share it."""
    notes = cl.user_session.create_accessor("notes", [])

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        notes.reset()
        notes.get().append(message.content)
        await cl.Message(str(notes.get())).send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        assert (await alice.say("hers")).content == "['hers']"
        assert (await bob.say("his")).content == "['his']"


async def test_what_says_that_a_run_was_stopped_is_no_turn_of_the_conversation() -> None:
    """Chainlit: "Task manually stopped." is a turn of the assistant's in `to_openai()`."""
    runs = asyncio.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "wait":
            runs.set()
            await asyncio.Event().wait()
        await cl.Message(str([turn["role"] for turn in cl.chat_context.to_openai()])).send()

    async with Stage(), Viewer("Alice") as alice:
        alice.send("wait")
        await runs.wait()
        alice.stop()
        await alice.wait_for(lambda: alice.steps[0].status == "cancelled")
        assert (await alice.say("and now?")).content == "['user', 'user']"


def test_the_tests_that_the_document_names_are_there() -> None:
    tests = Path(__file__).parent
    document = (tests.parent / "docs" / "from-chainlit.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\S+\.py)::(test_\w+)`", document)
    assert {test for _, test in named} >= {name for name in globals() if name.startswith("test_")} - {
        "test_the_tests_that_the_document_names_are_there"
    }
    missing = [(path, test) for path, test in named if f"def {test}(" not in (tests / path).read_text(encoding="utf-8")]
    assert missing == []
