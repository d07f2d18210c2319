"""The runtime: one for a process, replaceable, and clear about what it cannot do."""

from __future__ import annotations

import asyncio
import threading

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.embedded import EmbeddedHub
from jupyter_chat_sessions.host.app import RunOn
from jupyter_chat_sessions.host.busy import BusyWatch
from jupyter_chat_sessions.host.current import current_runtime, use_runtime
from jupyter_chat_sessions.host.runtime import Runtime
from jupyter_chat_sessions.host.session import BaseSession
from jupyter_chat_sessions.protocol.errors import HubUnreachableError, NoSessionError, RefusedError
from jupyter_chat_sessions.protocol.frames import MAX_TEXT, ChannelSettings, Event, HostRefused, Published
from jupyter_chat_sessions.testing import Stage, Viewer

DEMO = ChannelSettings(name="demo", title="Demo")


def test_a_runtime_is_replaced_for_the_length_of_a_body_only(runtime: Runtime) -> None:
    assert current_runtime() is runtime
    other = Runtime()
    with use_runtime(other):
        assert current_runtime() is other
    assert current_runtime() is runtime
    with pytest.raises(ZeroDivisionError), use_runtime(other):
        1 / 0
    assert current_runtime() is runtime


async def test_without_a_hub_the_error_says_what_to_do(runtime: Runtime) -> None:
    with pytest.raises(HubUnreachableError, match="%load_ext jupyter_chat_sessions"):
        runtime.publish(DEMO, loop=asyncio.get_running_loop())
    with pytest.raises(HubUnreachableError, match="%load_ext jupyter_chat_sessions"):
        runtime.open_notebook_session("demo")


def test_without_a_session_the_error_says_what_to_do() -> None:
    for use in (
        lambda: cl.user_session.get("name"),
        lambda: cl.user_session.set("name", 1),
        lambda: cl.context.session,
        lambda: cl.context.emitter,
        lambda: cl.chat_context.get(),
        lambda: cl.run_sync(cl.Message("x").send()),
        lambda: cl.run_sync(cl.AskUserMessage("x").send()),
    ):
        with pytest.raises(NoSessionError, match="%chat_session"):
            use()


async def test_a_thread_of_its_own_answers_while_a_cell_keeps_the_notebooks_loop() -> None:
    """A cell with `time.sleep(20)` runs while Bob writes: with `run_on="thread"` the answer comes at once."""
    answered, on_thread = threading.Event(), []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        on_thread.append(threading.current_thread())
        await cl.Message("at once").send()
        answered.set()

    async with Stage(run_on="thread"), Viewer("Bob") as bob:
        bob.send("hi")
        assert answered.wait(10), "this thread, the cell's, is kept all the time"
        await bob.wait_for(lambda: bob.viewing.is_quiet)
        assert bob.steps[-1].output == "at once"
    assert threading.main_thread() not in on_thread


async def test_while_a_cell_keeps_the_loop_the_message_is_accepted_and_answered_once_afterwards() -> None:
    """A cell with `time.sleep(20)` runs while Bob writes: he reads that the notebook is running a cell."""
    runs = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        runs.append(message.content)
        await cl.Message("after the cell").send()

    async with Stage() as stage, Viewer("Bob") as bob:
        busy = threading.Event()
        put = stage.link.outbox.put

        def watching(frame: object) -> None:
            put(frame)  # type: ignore[arg-type]
            if type(frame).__name__ == "HostBusy":
                busy.set()

        stage.link.outbox.put = watching  # type: ignore[method-assign]  # says when the host tells that a cell runs
        bob.send("hi")
        assert busy.wait(10), "this thread, the cell's, is kept all the time"
        assert runs == []
        await bob.wait_for(lambda: bob.viewing.is_quiet and bob.state.get("host") == "connected")
        assert [step.output for step in bob.steps] == ["hi", "after the cell"]
        states = [frame.event.state["host"] for frame in bob.frames if _is_host_state(frame)]
        assert states == ["busy", "connected"]
    assert runs == ["hi"]


def _is_host_state(frame: object) -> bool:
    event = getattr(frame, "event", None)
    return "host" in getattr(event, "state", {})


async def test_the_watch_tells_once_that_a_loop_is_kept_and_once_that_it_is_free() -> None:
    own = asyncio.new_event_loop()
    thread = threading.Thread(target=own.run_forever)
    thread.start()
    told: list[bool] = []
    is_busy, is_free, order = threading.Event(), asyncio.Event(), []
    here = asyncio.get_running_loop()

    def on_change(busy: bool) -> None:
        told.append(busy)
        if busy:
            is_busy.set()
        else:
            here.call_soon_threadsafe(is_free.set)

    watch = BusyWatch(here, own, on_change=on_change)
    for number in range(3):
        own.call_soon_threadsafe(watch.hand_over, lambda number=number: order.append(number))
    assert is_busy.wait(10)
    assert order == []
    await asyncio.wait_for(is_free.wait(), 10)
    assert order == [0, 1, 2]
    assert told == [True, False]
    own.call_soon_threadsafe(own.stop)
    await asyncio.to_thread(thread.join, 10)
    own.close()


async def test_a_cell_that_keeps_the_loop_while_a_handler_goes_on_is_noticed_without_new_work() -> None:
    own = asyncio.new_event_loop()
    thread = threading.Thread(target=own.run_forever)
    thread.start()
    is_busy, began = threading.Event(), threading.Event()

    def on_change(busy: bool) -> None:
        if busy:
            is_busy.set()

    watch = BusyWatch(asyncio.get_running_loop(), own, on_change=on_change, is_working=lambda: True)
    own.call_soon_threadsafe(watch.hand_over, began.set)
    await asyncio.to_thread(began.wait, 10)
    assert is_busy.wait(10), "this thread, the cell's, is kept meanwhile"
    own.call_soon_threadsafe(own.stop)
    await asyncio.to_thread(thread.join, 10)
    own.close()


class Following:
    """A cell that follows a session."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.refused: list[str] = []
        self.changed = threading.Event()
        self.ended = threading.Event()

    def on_event(self, event: Event) -> None:
        self.events.append(event)
        self.changed.set()

    def on_refused(self, refusal: HostRefused) -> None:
        self.refused.append(refusal.text)
        self.changed.set()

    def on_ended(self) -> None:
        self.ended.set()


async def test_a_notebooks_own_session_needs_no_browser() -> None:
    """A cell speaks as its user and is shown what comes of it; user_session in cells is that session's."""

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        cl.user_session.set("said", message.content)
        await cl.Message(f"echo {message.content}").send()

    async with Stage(channel="demo") as stage:
        session = await asyncio.wait_for(asyncio.wrap_future(stage.runtime.open_notebook_session("demo")), 10)
        assert session.client_type == "notebook"
        assert session.is_owner
        follower = session.follower = Following()
        stage.runtime.say(session, "hello")
        while not _texts(follower, "echo hello"):
            follower.changed.clear()
            if not _texts(follower, "echo hello"):
                await asyncio.to_thread(follower.changed.wait, 10)
        with use_runtime(stage.runtime):
            assert cl.user_session.get("said") == "hello"
            assert cl.context.session is session
            assert cl.context.current_run is None
        stage.runtime.end(session)
        await asyncio.to_thread(follower.ended.wait, 10)
        assert session.is_ended
        with use_runtime(stage.runtime), pytest.raises(NoSessionError):
            cl.user_session.get("said")


async def test_a_follower_that_comes_with_the_session_misses_nothing() -> None:
    """With a loop of its own, `on_chat_start` greets before the cell that opened the session goes on."""
    cl.on_chat_start(lambda: cl.run_sync(cl.Message("greeting").send()))
    follower = Following()
    async with Stage(channel="demo", run_on="thread") as stage:

        def follow(session: BaseSession) -> None:
            assert stage.runtime.session(session.id) is None
            session.follower = follower

        stage.runtime.on_session_opened = follow
        await asyncio.wait_for(asyncio.wrap_future(stage.runtime.open_notebook_session("demo")), 10)
        while not _texts(follower, "greeting"):
            follower.changed.clear()
            if not _texts(follower, "greeting"):
                assert await asyncio.to_thread(follower.changed.wait, 10)


def _texts(follower: Following, text: str) -> bool:
    return any(getattr(getattr(event, "step", None), "output", "") == text for event in follower.events)


async def test_a_notebooks_own_session_needs_its_channel() -> None:
    async with Stage(channel="demo") as stage:
        opening = stage.runtime.open_notebook_session("another")
        with pytest.raises(RefusedError, match="publish its channel first") as raised:
            await asyncio.wait_for(asyncio.wrap_future(opening), 10)
        assert raised.value.code == "unknown_channel"


async def test_a_cell_that_says_too_much_is_told_at_once() -> None:
    async with Stage(channel="demo") as stage:
        session = await asyncio.wait_for(asyncio.wrap_future(stage.runtime.open_notebook_session("demo")), 10)
        with pytest.raises(RefusedError):
            stage.runtime.say(session, "x" * (MAX_TEXT + 1))
        with pytest.raises(RefusedError):
            stage.runtime.answer(session, session.id, "x" * (MAX_TEXT + 1))


async def test_a_frame_that_cannot_be_taken_does_not_cost_the_others(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Following):
        def on_event(self, event: Event) -> None:
            raise OSError("the cell is gone")

    cl.on_message(lambda: cl.run_sync(cl.Message("here").send()))
    async with Stage(channel="demo") as stage:
        session = await asyncio.wait_for(asyncio.wrap_future(stage.runtime.open_notebook_session("demo")), 10)
        session.follower = Broken()
        stage.runtime.say(session, "hello")
        async with Viewer("Alice", stage=stage) as alice:
            assert (await alice.say("hi")).content == "here"
    assert "could not be taken" in caplog.text


def test_connecting_twice_is_connecting_once(runtime: Runtime) -> None:
    embedded = EmbeddedHub()
    link = runtime.connect(embedded.dial)
    assert runtime.connect(embedded.dial) is link
    assert runtime.wait_connected(10)
    assert runtime.link_status == "connected"


def test_an_answer_that_nobody_waits_for_is_no_error(runtime: Runtime) -> None:
    runtime.on_frames([Published(channel="demo", path="chat-sessions/demo")])
    assert runtime.channels == []


@pytest.mark.parametrize("run_on", ["notebook", "thread"])
async def test_closing_the_stage_ends_its_sessions_and_its_link(run_on: RunOn) -> None:
    ends: list[BaseSession] = []

    @cl.on_chat_end
    async def end() -> None:
        ends.append(cl.context.session)

    stage = await Stage(run_on=run_on).__aenter__()
    alice = await Viewer("Alice", stage=stage).__aenter__()
    link = stage.link
    await stage.__aexit__(None, None, None)
    assert [session.id for session in ends] == [alice.session_id]
    assert ends[0].is_ended
    assert stage.runtime.sessions == []
    assert stage.runtime.link is None
    assert link.loop.is_closed()


async def test_closing_lets_on_chat_end_finish_on_a_loop_of_its_own(runtime: Runtime) -> None:
    ended = threading.Event()

    @cl.on_chat_end
    async def goodbye() -> None:
        await cl.sleep(0)
        ended.set()

    stage = Stage(run_on="thread")
    await stage.__aenter__()
    viewer = await Viewer("Alice", stage=stage).__aenter__()
    assert viewer.session_id
    stage.runtime.close()
    assert await asyncio.to_thread(ended.wait, 10)
