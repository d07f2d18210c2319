"""`context` and `chat_context`: which session this is, what goes on in it, and its messages for a model."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.chat.context import get_context
from jupyter_chat_sessions.protocol.errors import ChatSessionsError, NoSessionError
from jupyter_chat_sessions.protocol.frames import AppendText
from jupyter_chat_sessions.testing import Stage, Viewer

ID = "00000000-0000-4000-8000-000000000001"


async def in_a_session(body: Any, *, text: str = "go") -> Viewer:
    """Run an async function as a handler; an assertion that fails in it fails the test."""
    failures: list[BaseException] = []

    @cl.on_message
    async def reply() -> None:
        try:
            await body()
        except BaseException as error:
            failures.append(error)
            raise

    async with Stage(), Viewer("Alice") as alice:
        await alice.say(text)
        if failures:
            raise failures[0]
    return alice


async def test_the_session_tells_about_itself() -> None:
    seen = []

    @cl.on_message
    async def reply() -> None:
        seen.append(cl.context.session)

    async with Stage(channel="demo"), Viewer("Alice", language="de-DE") as alice:
        await alice.say("hi")
        [session] = seen
        assert session.id == alice.session_id
        assert alice.viewing.welcome is not None
        assert session.thread_id == alice.viewing.welcome.thread_id
        assert session.user == cl.User("Alice", display_name="Alice")
        assert (session.language, session.client_type, session.channel) == ("de-DE", "webapp", "demo")
        assert session.environ == {}, "no header of a request comes here"
        assert session.mcp_sessions == {}
        with pytest.raises(cl.UnsupportedError, match=r"chainlit\.config\.config"):
            session.config
        assert (session.user_env, session.chat_settings, session.chat_profile) == ({}, {}, None)
        assert isinstance(session, cl.WebsocketSession), "section D: `isinstance(context.session, WebsocketSession)`"
        assert not isinstance(session, cl.HTTPSession)


async def test_the_run_is_named_after_its_handler() -> None:
    runs = []

    def note() -> None:
        run, step = cl.context.current_run, cl.context.current_step
        assert run == step
        assert run is not None
        runs.append((run.name, run.type))

    for decorator in (cl.on_chat_start, cl.on_message, cl.on_chat_end):
        decorator(note)
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("hi")
    assert runs == [("on_chat_start", "run"), ("on_message", "run"), ("on_chat_end", "run")]


async def test_the_context_follows_tasks_and_threads_that_a_handler_starts() -> None:
    async def body() -> None:
        own = cl.context.session

        async def task() -> object:
            return cl.context.session

        assert await asyncio.create_task(task()) is own
        assert await asyncio.to_thread(lambda: cl.context.session) is own
        assert await cl.make_async(lambda: cl.context.session)() is own
        assert get_context().session is own
        assert cl.context.loop is asyncio.get_running_loop()

    await in_a_session(body)


async def test_a_bare_thread_has_no_session() -> None:
    found = []

    async def body() -> None:
        def work() -> None:
            try:
                found.append(cl.context.session)
            except NoSessionError as error:
                found.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        await asyncio.to_thread(thread.join, 10)

    await in_a_session(body)
    assert isinstance(found[0], NoSessionError)


async def test_a_handlers_session_does_not_leak_into_the_code_around() -> None:
    cl.on_message(lambda: None)
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("hi")
        with pytest.raises(NoSessionError):
            get_context()


async def test_interleaved_handlers_keep_their_own_sessions() -> None:
    mixed = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        own = cl.context.session
        for _ in range(20):
            await asyncio.to_thread(threading.current_thread)
            if cl.context.session is not own or cl.user_session.get("id") != own.id:
                mixed.append(own.id)
        await cl.Message(own.user.identifier if own.user else "").send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob, Viewer("Carol") as carol:
        replies = await asyncio.gather(*(viewer.say("go") for viewer in (alice, bob, carol)))
        assert [reply.content for reply in replies] == ["Alice", "Bob", "Carol"]
    assert mixed == []


# ---- emitter --------------------------------------------------------------------------------------------------------


async def test_the_emitter_sends_steps_as_they_are_given() -> None:
    step = {"id": ID, "type": "tool", "name": "search", "input": "q", "output": ""}

    async def body() -> None:
        await cl.context.emitter.send_step(step)
        await cl.context.emitter.send_token(ID, "lost", is_sequence=True)
        await cl.context.emitter.send_token(ID, "fou", is_sequence=True)
        await cl.context.emitter.send_token(ID, "nd")
        await cl.context.emitter.send_token(ID, "uery", is_input=True)

    alice = await in_a_session(body)
    shown = alice.steps[-1]
    assert (shown.type, shown.name, shown.input, shown.output) == ("tool", "search", "query", "found")


async def test_the_emitter_changes_and_removes_steps() -> None:
    async def body() -> None:
        step = {"id": ID, "type": "llm", "name": "model", "output": "a"}
        await cl.context.emitter.send_step(step)
        await cl.context.emitter.update_step({**step, "output": "b"})
        await cl.Message("after").send()
        await cl.context.emitter.delete_step(step)
        with pytest.raises(ValueError, match="no step"):
            await cl.context.emitter.send_step({"id": "x"})
        for unknown in ("x", ID):
            with pytest.raises(ChatSessionsError, match="shown no step"):
                await cl.context.emitter.send_token(unknown, "token")

    alice = await in_a_session(body)
    assert [step.output for step in alice.steps] == ["go", "after"]


async def test_text_at_a_wrong_offset_is_dropped_by_the_hub_and_the_rest_goes_on() -> None:
    async def body() -> None:
        await cl.context.emitter.send_step({"id": ID, "type": "tool", "name": "t"})
        cl.context.session.emit(AppendText(step_id=ID, offset=7, text="lost"))
        await cl.context.emitter.send_token(ID, "kept")

    alice = await in_a_session(body)
    assert alice.steps[-1].output == "kept"


# ---- chat_context ---------------------------------------------------------------------------------------------------


async def test_the_messages_of_both_sides_are_noted_for_a_model() -> None:
    contexts = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(f"echo {message.content}").send()
        await cl.Message("note", type="system_message").send()
        contexts.append(cl.chat_context.to_openai())

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.say("one")
        await bob.say("other")
        await alice.say("two")
    one = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "echo one"},
        {"role": "system", "content": "note"},
    ]
    assert contexts[0] == one
    assert contexts[1][0] == {"role": "user", "content": "other"}
    assert contexts[2][:4] == [*one, {"role": "user", "content": "two"}]


async def test_a_message_is_noted_for_a_handler_without_parameters_too() -> None:
    async def body() -> None:
        assert cl.chat_context.to_openai() == [{"role": "user", "content": "go"}]

    await in_a_session(body)


async def test_that_a_run_was_stopped_is_no_message() -> None:
    """Section C, stop message in history: "Task manually stopped." pollutes to_openai() in Chainlit."""
    contexts = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        contexts.append(cl.chat_context.to_openai())
        if message.content == "hang":
            await asyncio.Event().wait()

    async with Stage(), Viewer("Alice") as alice:
        alice.send("hang")
        await alice.wait_for(lambda: [step.status for step in alice.steps] == ["running"])
        alice.stop()
        await alice.say("next")
    assert contexts[-1] == [{"role": "user", "content": "hang"}, {"role": "user", "content": "next"}]


async def test_what_is_streamed_is_noted_once_when_it_is_sent() -> None:
    async def body() -> None:
        message = cl.Message()
        await message.stream_token("a")
        await message.stream_token("b")
        assert len(cl.chat_context.get()) == 1
        await message.send()
        await message.update()
        assert cl.chat_context.to_openai()[1:] == [{"role": "assistant", "content": "ab"}]

    await in_a_session(body)


async def test_messages_are_added_and_removed_by_identity() -> None:
    async def body() -> None:
        one, twin = cl.Message("x"), cl.Message("x")
        assert cl.chat_context.add(one) is one
        cl.chat_context.add(one)
        cl.chat_context.add(twin)
        assert [message for message in cl.chat_context.get() if message in (one, twin)] == [one, twin]
        assert cl.chat_context.remove(one) is True
        assert cl.chat_context.remove(one) is False
        assert one not in cl.chat_context.get()
        assert twin in cl.chat_context.get()
        listed = cl.chat_context.get()
        listed.clear()
        assert cl.chat_context.get() != [], "the list is the caller's own"
        cl.chat_context.clear()
        assert cl.chat_context.get() == []

    await in_a_session(body)
