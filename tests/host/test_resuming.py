"""After a kernel restart each session goes on: its values, its `chat_context`, `on_chat_resume` once."""

from __future__ import annotations

import asyncio
import threading

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host import lost_values
from jupyter_chat_sessions.host.app import RunOn
from jupyter_chat_sessions.host.current import use_runtime
from jupyter_chat_sessions.protocol.frames import Numbered, SetRun
from jupyter_chat_sessions.testing import Stage, Viewer

from .saves import Saves


@pytest.fixture
def calls() -> list[str]:
    """What was called, in order; an echo that knows its user's name."""
    calls: list[str] = []

    @cl.on_chat_start
    async def start() -> None:
        calls.append("start")

    @cl.on_chat_resume
    async def resume(thread: cl.ThreadDict) -> None:
        calls.append("resume")

    @cl.on_chat_end
    async def end() -> None:
        calls.append("end")

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        calls.append(message.content)
        if message.content.startswith("I am "):
            cl.user_session.set("name", message.content.removeprefix("I am "))
        await cl.Message(f"{cl.user_session.get('name')}: {message.content}").send()

    return calls


@pytest.mark.parametrize("run_on", ["notebook", "thread"])
async def test_after_a_restart_two_sessions_go_on_with_their_names(calls: list[str], run_on: RunOn) -> None:
    async with Stage(run_on=run_on) as stage, Viewer("Alice") as alice, Viewer("Bob") as bob:
        await asyncio.gather(alice.say("I am Alice"), bob.say("I am Bob"))
        await stage.restart_host()
        replies = await asyncio.gather(alice.say("hi"), bob.say("ho"))
        assert [reply.content for reply in replies] == ["Alice: hi", "Bob: ho"]
        assert calls.count("start") == calls.count("resume") == 2
        assert "end" not in calls
        await stage.restart_host()
        assert (await alice.say("again")).content == "Alice: again"
    assert calls.count("resume") == 4
    assert calls.count("end") == 2
    assert calls.count("start") == 2


async def test_on_chat_resume_is_given_the_thread_first_of_all() -> None:
    """Section B.4: instead of `on_chat_start`, and before what waits is delivered."""
    order: list[str] = []
    threads: list[cl.ThreadDict] = []
    gate, begun = asyncio.Event(), asyncio.Event()

    @cl.on_chat_resume
    async def resume(thread: cl.ThreadDict) -> None:
        order.append(f"resume {cl.user_session.get('turns')}")
        threads.append(thread)
        await asyncio.sleep(0)
        await cl.Message("Welcome back").send()
        order.append("resumed")

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        cl.user_session.set("turns", cl.user_session.get("turns", 0) + 1)
        order.append(message.content)
        if message.content == "hold":
            begun.set()
            await gate.wait()
        await cl.Message(f"echo {message.content}").send()

    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("one")
        alice.send("hold")
        alice.send("waits")
        await begun.wait()
        await alice.wait_for(lambda: not alice.viewing.unconfirmed)
        await stage.restart_host()
        await alice.wait_for(lambda: alice.viewing.is_quiet and alice.steps[-1].output == "echo waits")
        assert order == ["one", "hold", "resume 1", "resumed", "waits"]
        assert [(step.output, step.status) for step in alice.steps if step.type == "user_message"] == [
            ("one", "done"),
            ("hold", "interrupted"),
            ("waits", "done"),
        ]
        thread = threads[0]
        assert thread["id"] == alice.steps[0].thread_id
        assert (thread["name"], thread["userId"], thread["userIdentifier"]) == ("one", "Alice", "Alice")
        assert (thread["tags"], thread["metadata"], thread["elements"]) == ([], {}, [])
        assert thread["createdAt"].endswith("Z")
        steps = [(step["type"], step["output"], step["parentId"]) for step in thread["steps"]]
        said = alice.steps[0].id
        assert steps[:2] == [("user_message", "one", None), ("assistant_message", "echo one", said)]
        assert {"id", "threadId", "parentId", "createdAt", "name", "input", "metadata", "isError"} <= set(
            thread["steps"][0]
        )


async def test_chat_context_goes_on_and_names_nothing_twice() -> None:
    contexts: list[list[dict[str, str]]] = []
    hold, begun = asyncio.Event(), asyncio.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        contexts.append(cl.chat_context.to_openai())
        if message.content == "fail":
            raise ValueError("no")
        if message.content == "hold" and not hold.is_set():
            begun.set()
            await hold.wait()
        await cl.Message(f"echo {message.content}").send()

    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("one")
        await alice.say("fail")
        alice.send("hold")
        await begun.wait()
        await alice.wait_for(lambda: not alice.viewing.unconfirmed)
        alice.send("waits")
        await alice.wait_for(lambda: not alice.viewing.unconfirmed)
        await stage.restart_host()
        await alice.wait_for(lambda: alice.viewing.is_quiet and alice.steps[-1].output == "echo waits")
        said = [(entry["role"], entry["content"]) for entry in contexts[-1]]
        known = [("user", "one"), ("assistant", "echo one"), ("user", "fail")]
        assert said == [*known, ("user", "hold"), ("user", "waits")]
        hold.set()
        alice.retry(next(step for step in alice.steps if step.output == "hold"))
        await alice.wait_for(lambda: alice.viewing.is_quiet and alice.steps[-1].output == "echo hold")
        said = [(entry["role"], entry["content"]) for entry in contexts[-1]]
        assert said == [*known, ("user", "waits"), ("assistant", "echo waits"), ("user", "hold")]


async def test_what_was_said_before_can_be_looked_up_taken_out_and_cleared() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "look":
            first = cl.chat_context.get()[0]
            assert first.content == "one"
            first.content = "changed"
            await first.update()
            assert cl.chat_context.remove(first)
            await cl.Message(" ".join(each.content for each in cl.chat_context.get())).send()
        elif message.content == "clear":
            cl.chat_context.clear()
            await cl.Message(str(cl.chat_context.get())).send()

    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("one")
        await stage.restart_host()
        assert (await alice.say("look")).content == "look"
        assert alice.steps[0].output == "changed"
        await stage.restart_host()
        assert (await alice.say("clear")).content == "[]"


async def test_without_a_handler_values_are_restored_and_nothing_runs(calls: list[str]) -> None:
    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("I am Alice")
        app = stage.runtime.app
        del app._handlers["on_chat_resume"]
        await stage.restart_host()
        assert (await alice.say("hi")).content == "Alice: hi"
    assert calls == ["start", "I am Alice", "hi", "end"]


async def test_on_chat_resume_may_be_a_plain_function_without_parameters_and_may_fail(calls: list[str]) -> None:
    cl.on_chat_resume(lambda: calls.append("plain") or 1 / 0)  # type: ignore[func-returns-value]
    async with Stage() as stage, Viewer("Alice") as alice:
        await stage.restart_host()
        assert (await alice.say("hi")).content == "None: hi"
        assert any("ZeroDivisionError" in step.output for step in alice.steps)
    assert calls == ["start", "plain", "hi", "end"]


# ---- saving ----------------------------------------------------------------------------------------------------------


async def test_a_session_without_values_saves_nothing() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        assert cl.user_session.get("x", 1) == 1
        await cl.Message("echo").send()

    async with Stage() as stage, Viewer("Alice") as alice:
        saves = Saves(stage)
        await alice.say("one")
        await alice.say("two")
        assert saves.frames == []


async def test_values_are_saved_once_for_each_change_before_the_run_is_said_to_be_done(calls: list[str]) -> None:
    async with Stage() as stage:
        saves = Saves(stage)
        async with Viewer("Alice") as alice:
            await alice.say("I am Alice")
            await alice.say("hi")
            await alice.say("I am Alice")
            assert [(frame.values.keys(), frame.lost) for frame in saves.frames] == [({"name"}, [])]
            await alice.say("I am Al")
            assert len(saves.frames) == 2


async def test_what_was_changed_in_place_is_saved_too() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        texts = cl.user_session.get("texts")
        if texts is None:
            cl.user_session.set("texts", texts := [])
        texts.append(message.content)
        await cl.Message(" ".join(texts)).send()

    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("a")
        await alice.say("b")
        await stage.restart_host()
        assert (await alice.say("c")).content == "a b c"


async def test_values_are_saved_when_a_handler_asks() -> None:
    """A question may wait for hours; the kernel may not live so long."""

    @cl.on_chat_start
    async def start() -> None:
        answer = await cl.AskUserMessage("Name?").send()
        assert answer is not None
        cl.user_session.set("name", answer["output"])
        await cl.AskUserMessage("City?").send()

    @cl.on_message
    async def reply() -> None:
        await cl.Message(str(cl.user_session.get("name"))).send()

    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("Alice")
        await stage.restart_host()
        await alice.wait_for(lambda: alice.question is None)
        assert (await alice.say("who am I?")).content == "Alice"


async def test_what_a_cell_sets_is_saved_once_when_the_loop_is_free(calls: list[str]) -> None:
    async with Stage() as stage, Viewer("Alice"):
        saves = Saves(stage)
        [session] = stage.runtime.sessions
        stage.runtime.find_cell_session = lambda: session
        with use_runtime(stage.runtime):
            for number in range(100):  # this test is the cell: its loop is kept meanwhile
                cl.user_session.set("number", number)
        assert saves.frames == []
        frame = await saves.next()
        assert list(frame.values) == ["number"]
        await stage.restart_host()
        assert stage.runtime.sessions[0].values == {"number": 99}
        assert len(saves.frames) == 1


async def test_what_a_task_sets_that_outlives_its_run_is_saved() -> None:
    gate, tasks = asyncio.Event(), set()

    @cl.on_message
    async def reply() -> None:
        async def later() -> None:
            await gate.wait()
            cl.user_session.set("later", True)

        tasks.add(asyncio.create_task(later()))

    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("go")
        saves = Saves(stage)
        gate.set()
        assert list((await saves.next()).values) == ["later"]


async def test_a_viewers_variables_are_not_saved() -> None:
    """Promise 10: held in memory only."""

    @cl.on_message
    async def reply() -> None:
        cl.user_session.set("client", {"key": cl.user_session.get("env")["API_KEY"]})
        cl.user_session.set("name", "Alice")

    async with Stage(required_env=["API_KEY"]) as stage:
        saves = Saves(stage)
        async with Viewer("Alice", user_env={"API_KEY": "sk-1234567890"}) as alice:
            await alice.say("go")
            [frame] = saves.frames
            assert (list(frame.values), frame.lost) == (["name"], ["client"])


# ---- what was lost --------------------------------------------------------------------------------------------------


async def test_what_was_lost_is_told_to_the_author_once_for_all_sessions_and_never_to_a_viewer(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told, texts = threading.Event(), []
    monkeypatch.setattr(lost_values, "GATHER_S", 0.05)

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        cl.user_session.set("client", object())
        if message.content == "db":
            cl.user_session.set("db", object())

    async with Stage() as stage, Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.say("db")
        await bob.say("hi")

        def show(text: str) -> None:
            texts.append(text)
            told.set()

        stage.runtime.show_warning = show
        await stage.restart_host()
        assert await asyncio.to_thread(told.wait, 10)
        assert texts == [
            "After the restart these values of user_session could not be restored: 'client' (2 sessions), "
            f"'db' (session {alice.session_id[:8]}). Set them again in @cl.on_chat_resume."
        ]
        assert not any("restored" in step.output for viewer in (alice, bob) for step in viewer.steps)


async def test_the_warning_goes_to_the_cell_of_a_handler() -> None:
    import contextvars

    cell: contextvars.ContextVar[str] = contextvars.ContextVar("cell", default="none")
    told, seen = threading.Event(), []

    def define() -> None:
        cell.set("the handler's")

        @cl.on_message
        async def reply() -> None:
            cl.user_session.set("client", object())

    contextvars.copy_context().run(define)
    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("x")

        def show(text: str) -> None:
            seen.append(cell.get())
            told.set()

        stage.runtime.show_warning = show
        await stage.restart_host()
        assert await asyncio.to_thread(told.wait, 10)
    assert seen == ["the handler's"]


async def test_a_key_is_told_once_and_new_ones_later() -> None:
    told: asyncio.Queue[str] = asyncio.Queue()
    lost = lost_values.LostValues(told.put_nowait)
    loop = asyncio.get_running_loop()
    lost.note("5f0c1d2e-0", ["db"], loop=loop)
    lost.note("7a3b4c5d-0", ["db", "client"], loop=loop)
    assert "'client' (session 7a3b4c5d), 'db' (2 sessions)" in await asyncio.wait_for(told.get(), 10)
    lost.note("11111111-0", ["db"], loop=loop)
    lost.note("22222222-0", ["db", "other"], loop=loop)
    text = await asyncio.wait_for(told.get(), 10)
    assert "'other' (session 22222222)" in text
    assert "'db'" not in text
    assert told.empty()


async def test_what_is_no_longer_there_is_not_told_again_after_the_next_restart(calls: list[str]) -> None:
    cl.on_chat_start(lambda: cl.user_session.set("db", object()))
    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("hi")
        del stage.runtime.app._handlers["on_chat_resume"]
        await stage.restart_host()
        saves = Saves(stage)
        await alice.say("hi")
        assert [frame.lost for frame in saves.frames] == [[]]


# ---- coming and going -----------------------------------------------------------------------------------------------


async def test_leaving_and_coming_back_are_runs_of_the_session() -> None:
    order: asyncio.Queue[str] = asyncio.Queue()
    gate, begun = asyncio.Event(), asyncio.Event()

    @cl.on_disconnect
    async def left() -> None:
        order.put_nowait(f"left {cl.user_session.get('name')}")

    @cl.on_reconnect
    def back() -> None:
        asyncio.run_coroutine_threadsafe(order.put("back"), cl.context.loop).result()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        cl.user_session.set("name", message.content)
        begun.set()
        await gate.wait()
        order.put_nowait("answered")

    async with Stage(), Viewer("Alice") as alice:
        alice.send("Alice")
        await begun.wait()
        await alice.disconnect()
        gate.set()
        assert await asyncio.wait_for(order.get(), 10) == "answered"
        assert await asyncio.wait_for(order.get(), 10) == "left Alice"
        await alice.reconnect()
        assert await asyncio.wait_for(order.get(), 10) == "back"
        await alice.wait_for(lambda: alice.viewing.is_quiet)
    assert order.empty(), "leaving for good is on_chat_end's"


async def test_without_handlers_coming_and_going_is_no_run(calls: list[str]) -> None:
    async with Stage(), Viewer("Alice") as alice:
        await alice.disconnect()
        await alice.reconnect()
        await alice.say("hi")
        events = [frame.event for frame in alice.frames if isinstance(frame, Numbered)]
        assert {event.name for event in events if isinstance(event, SetRun)} <= {"on_chat_start", "on_message"}
    assert calls == ["start", "hi", "end"]
