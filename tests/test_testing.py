"""Scripted viewers: what an author's own tests can rely on."""

from __future__ import annotations

import asyncio

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.testing import Reply, Stage, Viewer


@pytest.fixture
def echo() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(f"You said: {message.content}").send()


async def test_the_example_of_the_docs(echo: None) -> None:
    """Section C, unit test a handler: real sessions in process, no server, no mocks."""
    async with Viewer("Alice") as alice:
        reply = await alice.say("Hello")
        assert reply.content == "You said: Hello"
        assert str(reply) == "You said: Hello"
        assert reply.question is None


async def test_viewers_in_one_stage_share_a_hub_and_see_their_own_only(echo: None) -> None:
    async with Stage() as stage, Viewer("Alice") as alice, Viewer("Bob") as bob:
        assert len(stage.runtime.sessions) == 2
        await alice.say("a")
        await bob.say("b")
        assert alice.transcript == [("Alice", "a"), ("Assistant", "You said: a")]
        assert bob.transcript == [("Bob", "b"), ("Assistant", "You said: b")]
        assert alice.session_id != bob.session_id


async def test_a_viewer_without_a_stage_has_one_of_its_own(echo: None) -> None:
    async with Viewer("Alice") as alice, Viewer("Bob") as bob:
        assert (await alice.say("a")).content == "You said: a"
        assert (await bob.say("b")).content == "You said: b"


async def test_a_stage_may_be_given(echo: None) -> None:
    async with Stage() as one, Stage() as two, Viewer("Alice", stage=one), Viewer("Bob", stage=two):
        assert [len(stage.runtime.sessions) for stage in (one, two)] == [1, 1]


async def test_an_app_of_its_own_may_be_given(echo: None) -> None:
    app = App()

    async def reply() -> None:
        await cl.Message("another app").send()

    app.register("on_message", reply)
    async with Stage(app), Viewer("Alice") as alice:
        assert (await alice.say("x")).content == "another app"


async def test_a_reply_has_every_step_that_came() -> None:
    @cl.on_message
    async def reply() -> None:
        await cl.Message("one").send()
        await cl.Message("two").send()

    async with Viewer("Alice") as alice:
        heard = await alice.say("x")
        assert [step.output for step in heard.steps] == ["one", "two"]
        assert heard.content == "two"
        second = await alice.say("y")
        assert len(second.steps) == 2, "only what came since"


async def test_a_changed_message_is_part_of_the_reply() -> None:
    messages = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if messages:
            messages[0].content = f"now {message.content}"
            await messages[0].update()
        else:
            messages.append(await cl.Message("first").send())

    async with Viewer("Alice") as alice:
        await alice.say("x")
        assert (await alice.say("y")).content == "now y"


async def test_no_answer_is_an_empty_reply() -> None:
    cl.on_message(lambda: None)
    async with Viewer("Alice") as alice:
        assert await alice.say("x") == Reply(steps=[], question=None)
        assert (await alice.say("x")).content == ""


async def test_entering_waits_for_on_chat_start_or_its_question() -> None:
    @cl.on_chat_start
    async def start() -> None:
        await asyncio.to_thread(sorted, [])
        await cl.Message("Welcome").send()

    async with Viewer("Alice") as alice:
        assert [step.output for step in alice.steps] == ["Welcome"]
        assert alice.state["started"] is True


async def test_what_is_said_answers_a_question_that_waits() -> None:
    @cl.on_chat_start
    async def start() -> None:
        answer = await cl.AskUserMessage("Name?").send()
        again = await cl.AskUserMessage("And your city?").send()
        assert answer is not None
        assert again is not None
        await cl.Message(f"{answer['output']} of {again['output']}").send()

    async with Viewer() as viewer:
        reply = await viewer.say("Alice")
        assert reply.question is not None
        assert reply.content == "And your city?"
        reply = await viewer.say("Athens")
        assert reply.question is None
        assert reply.content == "Alice of Athens"


async def test_waiting_in_vain_says_who_waited_and_for_how_long() -> None:
    @cl.on_message
    async def reply() -> None:
        await asyncio.Event().wait()

    async with Viewer("Alice") as alice:
        with pytest.raises(TimeoutError, match=r"Alice waited 0\.05 s in vain"):
            await alice.say("x", timeout_s=0.05)


async def test_a_refusal_is_raised_with_its_sentence(echo: None) -> None:
    async with Stage(required_env=["KEY"]), Viewer("Alice") as alice:
        with pytest.raises(ChatSessionsError, match="first needs: KEY"):
            await alice.say("hi")


async def test_a_refusal_that_nobody_waited_for_does_not_keep_the_viewer_from_leaving(echo: None) -> None:
    async with Stage(required_env=["KEY"]), Viewer("Alice") as alice:
        alice.send("refused")
    assert alice.viewing.bye is not None


async def test_too_long_a_text_is_an_error_at_once_and_not_a_message(echo: None) -> None:
    async with Viewer("Alice") as alice:
        with pytest.raises(ChatSessionsError):
            await alice.say("x" * 32_769)
        assert alice.steps == []
        assert alice.viewing.unconfirmed == [], "what cannot be read is not kept to be said again"
        assert (await alice.say("short")).content == "You said: short"


async def test_the_queue_has_a_bound_and_says_so() -> None:
    """Section C, policy queue: bounded, with a clear refusal, and what was taken runs."""
    gate, runs = asyncio.Event(), []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await gate.wait()
        runs.append(message.content)

    async with Stage(options=HubOptions(max_waiting=2)), Viewer("Alice") as alice:
        for number in range(4):
            alice.send(str(number))
        with pytest.raises(ChatSessionsError, match="2 messages are waiting"):
            await alice.wait_for(lambda: False)
        gate.set()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
    assert runs == ["0", "1", "2"]


async def test_when_busy_reject() -> None:
    """Section C, two sends while busy: the policy `reject`."""
    gate = asyncio.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await gate.wait()
        await cl.Message(f"done {message.content}").send()

    async with Stage(when_busy="reject"), Viewer("Alice") as alice, Viewer("Bob") as bob:
        alice.send("one")
        alice.send("two")
        with pytest.raises(ChatSessionsError, match="still being answered"):
            await alice.wait_for(lambda: False)
        bob.send("three")
        gate.set()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        await bob.wait_for(lambda: bob.viewing.is_quiet)
        assert [step.output for step in alice.steps] == ["one", "done one"]
        assert [step.output for step in bob.steps] == ["three", "done three"]


async def test_when_busy_interrupt() -> None:
    """Section C, two sends while busy: the policy `interrupt`."""
    running = asyncio.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "one":
            running.set()
            await asyncio.Event().wait()
        await cl.Message(f"done {message.content}").send()

    async with Stage(when_busy="interrupt"), Viewer("Alice") as alice:
        alice.send("one")
        await running.wait()
        assert (await alice.say("two")).content == "done two"
        assert [(step.output, step.status) for step in alice.steps] == [
            ("one", "cancelled"),
            ("two", "done"),
            ("done two", None),
        ]


async def test_coming_back_after_missing_things_gives_the_same_transcript() -> None:
    gate = asyncio.Event()

    @cl.on_message
    async def reply() -> None:
        message = cl.Message()
        for number in range(100):
            if number == 50:
                await gate.wait()
            await message.stream_token(f"{number} ")
        await message.send()

    async with Viewer("Alice") as alice:
        alice.send("go")
        await alice.wait_for(lambda: [step.output[-3:] for step in alice.steps[1:]] == ["49 "])
        await alice.disconnect()
        gate.set()
        await alice.reconnect()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert alice.steps[-1].output == "".join(f"{number} " for number in range(100))
        assert alice.viewing.welcome is not None
        assert alice.viewing.welcome.resumed


async def test_a_viewer_that_is_away_keeps_what_it_says(echo: None) -> None:
    async with Viewer("Alice") as alice:
        await alice.disconnect()
        with pytest.raises(ChatSessionsError, match="not connected"):
            alice.stop()
        await alice.reconnect()
        assert (await alice.say("hi")).content == "You said: hi"


async def test_a_new_chat_is_a_new_session(echo: None) -> None:
    async with Viewer("Alice") as alice:
        await alice.say("a")
        first = alice.session_id
        await alice.new_chat()
        assert alice.session_id != first
        assert alice.steps == []
        assert (await alice.say("b")).content == "You said: b"


async def test_a_viewer_that_is_not_here_says_so() -> None:
    with pytest.raises(ChatSessionsError, match="async with"):
        _ = Stage().link
    with pytest.raises(ChatSessionsError, match="not connected"):
        Viewer("Alice").stop()


async def test_the_frames_of_one_viewer_never_name_another(echo: None) -> None:
    """Promise 4, on the wire: no frame of one session is seen on another's socket."""
    from jupyter_chat_sessions.protocol.frames import encode

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await asyncio.gather(*(alice.say(f"alices canary {n}") for n in range(5)))
        await asyncio.gather(*(bob.say(f"bobs canary {n}") for n in range(5)))
        for viewer, other in ((alice, bob), (bob, alice)):
            wire = b"".join(map(encode, viewer.frames))
            assert f"{viewer.name.lower()}s canary".encode() in wire
            assert f"{other.name.lower()}s canary".encode() not in wire
            assert other.session_id.encode() not in wire


async def test_a_restart_of_the_host_interrupts_what_runs_and_retry_runs_it_again() -> None:
    """What a kernel restart does, for authors' tests of `on_chat_resume`."""
    resumed: list[str | None] = []
    begun = asyncio.Event()

    @cl.on_chat_resume
    async def resume(thread: cl.ThreadDict) -> None:
        resumed.append(thread["name"])

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if not resumed:
            begun.set()
            await asyncio.Event().wait()
        await cl.Message(f"You said: {message.content}").send()

    async with Stage() as stage, Viewer("Alice") as alice:
        earlier = stage.runtime
        alice.send("Hello")
        await begun.wait()
        await stage.restart_host()
        await alice.wait_for(lambda: alice.steps[0].status == "interrupted")
        alice.retry(alice.steps[0])
        await alice.wait_for(lambda: alice.viewing.is_quiet and alice.steps[0].status == "done")
        assert alice.transcript == [("Alice", "Hello"), ("Assistant", "You said: Hello")]
        assert resumed == ["Hello"]
        assert stage.runtime is not earlier
        assert earlier.sessions == []
        alice.retry(alice.steps[0])
        with pytest.raises(ChatSessionsError, match="Only a message that was interrupted"):
            await alice.wait_for(lambda: False)
