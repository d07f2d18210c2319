"""Questions: answered by id, by whoever of the session's viewers comes first, across reconnects."""

from __future__ import annotations

import asyncio
import sys
import threading
import types

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.errors import AskTimeoutError, ChatSessionsError, NoSessionError
from jupyter_chat_sessions.protocol.frames import ClearQuestion, Numbered, SendAnswer
from jupyter_chat_sessions.testing import Stage, Viewer

ID = "00000000-0000-4000-8000-000000000001"


def ask_name_at_start(**options: object) -> None:
    """The example of the quickstart."""

    @cl.on_chat_start
    async def start() -> None:
        answer = await cl.AskUserMessage("Your name?", **options).send()  # type: ignore[arg-type]
        if answer is None:
            await cl.Message("Nobody there.").send()
        else:
            cl.user_session.set("name", answer["output"])
            await cl.Message(f"Nice to meet you, {answer['output']}!").send()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(f"{cl.user_session.get('name')}: {message.content}").send()


def closed(viewer: Viewer) -> list[str]:
    """Return why each question was closed."""
    return [
        frame.event.reason
        for frame in viewer.frames
        if isinstance(frame, Numbered) and isinstance(frame.event, ClearQuestion)
    ]


async def test_a_question_is_answered_and_the_chat_goes_on() -> None:
    ask_name_at_start()
    async with Stage(), Viewer("A") as alice, Viewer("B") as bob:
        assert alice.question is not None
        assert (await alice.say("Alice")).content == "Nice to meet you, Alice!"
        assert bob.question is not None, "Bob's question is his own"
        assert (await bob.say("Bob")).content == "Nice to meet you, Bob!"
        assert (await alice.say("hi")).content == "Alice: hi"
        assert (await bob.say("ho")).content == "Bob: ho"
        assert closed(alice) == ["answered"]


async def test_the_answer_is_a_step_dict() -> None:
    """Section A: the reply's text is in `res["output"]`."""
    answers = []

    @cl.on_message
    async def reply() -> None:
        answers.append(await cl.AskUserMessage("Q?").send())

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        await alice.say("an answer 👍")
        [answer] = answers
        step = alice.steps[-1]
        assert answer is not None
        assert (answer["output"], answer["type"], answer["name"]) == ("an answer 👍", "user_message", "Alice")
        assert answer["id"] == step.id
        assert answer["threadId"] == step.thread_id
        assert step.output == "an answer 👍"
        assert step.status is None, "an answer is no message to on_message"


async def test_a_question_is_part_of_the_conversation_and_of_chat_context() -> None:
    contexts = []

    @cl.on_message
    async def reply() -> None:
        await cl.AskUserMessage("Q?").send()
        contexts.append(cl.chat_context.to_openai())

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        assert alice.steps[-1].wait_for_answer
        await alice.say("A")
        assert [step.output for step in alice.steps] == ["go", "Q?", "A"]
        assert not any(step.wait_for_answer for step in alice.steps)
    assert contexts == [
        [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": "Q?"},
            {"role": "user", "content": "A"},
        ]
    ]


@pytest.mark.parametrize("times", [1, 4])
async def test_a_question_survives_reconnects(times: int) -> None:
    """Section C, reconnect during Ask: Chainlit erases it; here it is there again, and is answered by its id."""
    ask_name_at_start()
    async with Stage(), Viewer("A") as alice:
        question = alice.question
        for _ in range(times):
            await alice.disconnect()
            await alice.reconnect()
        assert alice.question == question
        assert (await alice.say("Alice")).content == "Nice to meet you, Alice!"
        assert [step.output for step in alice.steps] == ["Your name?", "Alice", "Nice to meet you, Alice!"]


async def test_a_question_survives_a_reload() -> None:
    """A page that begins with nothing gets the question with its snapshot, and the seconds that are left."""
    ask_name_at_start(timeout=30)
    async with Stage(), Viewer("A") as alice:
        question = alice.question
        await alice.disconnect()
        alice.viewing._forget()
        await alice.reconnect()
        assert alice.question == question
        assert question is not None
        assert alice.viewing.welcome is not None
        assert 0 < alice.viewing.welcome.remaining_s[question.id] <= 30
        assert (await alice.say("Alice")).content == "Nice to meet you, Alice!"


async def test_what_is_answered_while_away_counts_on_return() -> None:
    ask_name_at_start()
    async with Stage(), Viewer("A") as alice:
        assert alice.question is not None
        await alice.disconnect()
        answer = SendAnswer(client_id=ID, question_id=alice.question.id, text="Alice")
        assert alice.viewing.command(answer) == []
        await alice.reconnect()
        await alice.wait_for(lambda: alice.question is None and alice.viewing.is_quiet)
        assert alice.steps[-1].output == "Nice to meet you, Alice!"


async def test_of_two_answers_the_first_wins_and_the_other_is_told() -> None:
    """Two tabs on one session answer at once; so does one that repeats itself under another id."""
    answers = []

    @cl.on_message
    async def reply() -> None:
        answers.append((await cl.AskUserMessage("Q?").send() or {}).get("output"))

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        assert alice.question is not None
        for number, text in enumerate(("first", "second"), start=1):
            client_id = f"00000000-0000-4000-8000-{number:012d}"
            [frame] = alice.viewing.command(SendAnswer(client_id=client_id, question_id=alice.question.id, text=text))
            alice._open_line.send(frame)
        with pytest.raises(ChatSessionsError, match="This question is closed"):
            await alice.wait_for(lambda: False)
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert [step.output for step in alice.steps] == ["go", "Q?", "first"]
    assert answers == ["first"]


async def test_nobody_answers_anothers_question() -> None:
    ask_name_at_start()
    async with Stage(), Viewer("A") as alice, Viewer("B") as bob:
        await bob.say("Bob")
        assert alice.question is not None
        [frame] = bob.viewing.command(SendAnswer(client_id=ID, question_id=alice.question.id, text="Mallory"))
        bob._open_line.send(frame)
        with pytest.raises(ChatSessionsError, match="This question is closed"):
            await bob.wait_for(lambda: False)
        assert (await alice.say("Alice")).content == "Nice to meet you, Alice!"


async def test_two_questions_at_once_are_answered_each_by_its_id() -> None:
    answers = {}

    @cl.on_message
    async def reply() -> None:
        async def ask(text: str) -> None:
            answers[text] = (await cl.AskUserMessage(text).send() or {}).get("output")

        await asyncio.gather(ask("one?"), ask("two?"))

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        await alice.wait_for(lambda: len(alice.viewing.conversation.questions) == 2)
        step_of = {step.id: step.output for step in alice.steps}
        for question in reversed(alice.viewing.conversation.questions):
            text = f"to {step_of[question.step_id]}"
            client_id = question.id
            [frame] = alice.viewing.command(SendAnswer(client_id=client_id, question_id=question.id, text=text))
            alice._open_line.send(frame)
        await alice.wait_for(lambda: alice.viewing.is_quiet)
    assert answers == {"one?": "to one?", "two?": "to two?"}


# ---- time -----------------------------------------------------------------------------------------------------------


async def test_none_is_returned_when_nobody_answers_in_time() -> None:
    ask_name_at_start(timeout=0.01)
    async with Stage(), Viewer("A") as alice:
        await alice.wait_for(lambda: alice.viewing.is_quiet and alice.question is None and len(alice.steps) == 2)
        assert [step.output for step in alice.steps] == ["Your name?", "Nobody there."]
        assert closed(alice) == ["expired"]


async def test_an_error_is_raised_when_nobody_answers_in_time_and_the_author_wants_it() -> None:
    caught = []

    @cl.on_chat_start
    async def start() -> None:
        try:
            await cl.AskUserMessage("Q?", timeout=0.01, raise_on_timeout=True).send()
        except TimeoutError as error:
            caught.append(error)

    async with Stage(), Viewer("Alice") as alice:
        await alice.wait_for(lambda: bool(alice.state.get("started")))
    [error] = caught
    assert isinstance(error, AskTimeoutError)
    assert isinstance(error, ChatSessionsError)
    assert "0.01 s" in str(error)


async def test_the_error_is_socket_ios_too_where_that_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Section D: Chainlit raises `socketio.exceptions.TimeoutError`; apps that catch it go on working."""
    module = types.ModuleType("socketio.exceptions")
    module.TimeoutError = type("TimeoutError", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "socketio.exceptions", module)
    caught = []

    @cl.on_chat_start
    async def start() -> None:
        try:
            await cl.AskUserMessage("Q?", timeout=0.01, raise_on_timeout=True).send()
        except module.TimeoutError as error:
            caught.append(error)

    async with Stage(), Viewer("Alice") as alice:
        await alice.wait_for(lambda: bool(alice.state.get("started")))
    assert isinstance(caught[0], TimeoutError)
    assert isinstance(caught[0], AskTimeoutError)


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_time_that_is_none_is_refused(timeout: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        cl.AskUserMessage("Q?", timeout=timeout)


# ---- the end of a question ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["async", "def"])
async def test_stop_withdraws_the_question(kind: str) -> None:
    """The next thing the viewer says is a message again, not an answer to nobody."""
    ended = threading.Event()

    async def ask() -> None:
        await cl.AskUserMessage("Q?").send()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "ask":
            await ask()
        else:
            await cl.Message("here").send()

    if kind == "def":

        @cl.on_message
        def plain(message: cl.Message) -> None:
            try:
                cl.run_sync(reply(message))
            finally:
                ended.set()

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("ask")
        assert alice.question is not None
        alice.stop()
        await alice.wait_for(lambda: alice.question is None and alice.viewing.is_quiet)
        assert closed(alice) == ["withdrawn"]
        if kind == "def":
            assert await asyncio.to_thread(ended.wait, 10), "the thread that asked goes on, too"
        assert (await alice.say("hello")).content == "here"


async def test_the_end_of_the_session_ends_the_waiting() -> None:
    ends = []

    @cl.on_message
    async def reply() -> None:
        try:
            await cl.AskUserMessage("Q?", timeout=3600).send()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
    assert ends == ["cancelled"]


async def test_nobody_is_asked_once_the_session_has_ended() -> None:
    """A task that the author started lives on; its question must not wait for ever."""
    gate, results = asyncio.Event(), []
    tasks = []

    async def later() -> None:
        await gate.wait()
        try:
            await cl.AskUserMessage("Still there?").send()
        except NoSessionError as error:
            results.append(str(error))

    @cl.on_message
    async def reply() -> None:
        tasks.append(asyncio.create_task(later()))

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
    gate.set()
    await asyncio.wait_for(tasks[0], 10)
    assert results == ["This session has ended; nobody is there to answer."]


async def test_leaving_for_too_long_ends_the_session_and_its_question() -> None:
    ends = asyncio.Event()
    ask_name_at_start()

    @cl.on_chat_end
    async def end() -> None:
        ends.set()

    stage = Stage(options=HubOptions(session_timeout_s=0.05))
    async with stage:
        alice = await Viewer("A", stage=stage).__aenter__()
        await alice.disconnect()
        await asyncio.wait_for(ends.wait(), 10)
        with pytest.raises(ChatSessionsError, match="There is no such conversation"):
            await alice.reconnect()
