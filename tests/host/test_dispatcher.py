"""Handlers: for each session one at a time and in order, sessions beside each other, and nothing gets past the run."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.dispatcher import MAX_ERROR_TEXT, Dispatcher
from jupyter_chat_sessions.host.run import Run
from jupyter_chat_sessions.host.session import MAX_TAKEN, BaseSession
from jupyter_chat_sessions.protocol.frames import Emit, HostFrame, OpenSession, RunChanged, UserInfo
from jupyter_chat_sessions.protocol.steps import Step
from jupyter_chat_sessions.testing import Stage, Viewer

ID = "00000000-0000-4000-8000-000000000001"


def asked(viewer: Viewer) -> list[tuple[str, str | None]]:
    """Return what the viewer wrote, with what became of it."""
    return [(step.output, step.status) for step in viewer.steps if step.type == "user_message"]


def heard(viewer: Viewer) -> list[str]:
    """Return what was said to the viewer."""
    return [step.output for step in viewer.steps if step.type != "user_message"]


class Sink:
    """A line that keeps what was put."""

    def __init__(self) -> None:
        self.frames: list[HostFrame] = []

    def put(self, frame: HostFrame) -> None:
        self.frames.append(frame)

    def hold(self) -> None:
        """Nothing waits."""

    hurry = hold

    has_room = True

    async def room(self) -> None:
        """There always is."""

    async def room_for_files(self) -> None:
        """There always is."""


def a_session(app: App, line: Sink) -> BaseSession:
    opened = OpenSession(session=ID, channel="test", thread_id=ID, user=UserInfo(identifier="alice"))
    return BaseSession(opened, app=app, line=line, loop=asyncio.get_running_loop())


# ---- order ----------------------------------------------------------------------------------------------------------


async def test_a_second_message_waits_for_the_first() -> None:
    """Section C, two sends while busy: one FIFO queue for each session."""
    gate, running, order = asyncio.Event(), asyncio.Event(), []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        order.append(f"{message.content} begins")
        running.set()
        await gate.wait()
        order.append(f"{message.content} ends")

    async with Stage(), Viewer("Alice") as alice:
        for text in ("one", "two", "three"):
            alice.send(text)
        await running.wait()
        await alice.wait_for(lambda: asked(alice) == [("one", "running"), ("two", "queued"), ("three", "queued")])
        gate.set()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert asked(alice) == [("one", "done"), ("two", "done"), ("three", "done")]
    assert order == [f"{text} {move}" for text in ("one", "two", "three") for move in ("begins", "ends")]


async def test_on_chat_start_ends_before_the_first_message_begins() -> None:
    gate, order = asyncio.Event(), []

    @cl.on_chat_start
    async def start() -> None:
        await cl.AskUserMessage("Name?").send()
        await gate.wait()
        order.append("start ends")

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        order.append(message.content)

    async with Stage(), Viewer("Alice") as alice:
        alice.send("Alice")
        await alice.wait_for(lambda: alice.question is None)
        alice.send("first")
        await alice.wait_for(lambda: asked(alice)[-1:] == [("first", "queued")])
        gate.set()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
    assert order == ["start ends", "first"]


async def test_sessions_run_beside_each_other() -> None:
    bob_spoke = asyncio.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "wait":
            await bob_spoke.wait()
        else:
            bob_spoke.set()
        await cl.Message(f"done: {message.content}").send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        alice.send("wait")
        assert (await bob.say("go")).content == "done: go"
        await alice.wait_for(lambda: heard(alice) == ["done: wait"])


@pytest.mark.parametrize("kind", ["async", "def"])
async def test_a_handler_that_never_returns_holds_up_nobody_else(kind: str) -> None:
    """Bad input: other sessions go on, and the session can still be stopped and ended."""
    ever = threading.Event()

    async def never_async() -> None:
        await asyncio.Event().wait()

    def never_plain() -> None:
        ever.wait()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content != "hang":
            await cl.Message("here").send()
        elif kind == "async":
            await never_async()
        else:
            await cl.make_async(never_plain)()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        alice.send("hang")
        await alice.wait_for(lambda: asked(alice) == [("hang", "running")])
        assert (await bob.say("hi")).content == "here"
        alice.stop()
        await alice.wait_for(lambda: asked(alice) == [("hang", "cancelled")])
        assert (await alice.say("again")).content == "here"
        alice.send("hang")
        await alice.wait_for(lambda: asked(alice)[-1:] == [("hang", "running")])
    ever.set()


# ---- stop -----------------------------------------------------------------------------------------------------------


async def test_stop_cancels_what_runs_and_what_waits_and_then_calls_on_stop() -> None:
    cleaned_up = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned_up.append(message.content)

    @cl.on_stop
    async def stopped() -> None:
        await cl.Message("Stopped.").send()

    async with Stage(), Viewer("Alice") as alice:
        alice.send("one")
        alice.send("two")
        await alice.wait_for(lambda: asked(alice) == [("one", "running"), ("two", "queued")])
        alice.stop()
        await alice.wait_for(lambda: heard(alice) == ["Stopped."])
        assert asked(alice) == [("one", "cancelled"), ("two", "cancelled")]
    assert cleaned_up == ["one"]


async def test_stop_finishes_the_message_that_streams() -> None:
    """Section C, edit then Stop: the same slot holds whatever runs. What was streamed stays, finished."""

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        answer = cl.Message()
        await answer.stream_token("half of ")
        await asyncio.Event().wait()

    async with Stage(), Viewer("Alice") as alice:
        alice.send("go")
        await alice.wait_for(lambda: heard(alice) == ["half of "])
        assert alice.steps[-1].streaming
        alice.stop()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert heard(alice) == ["half of "]
        assert not alice.steps[-1].streaming


async def test_stop_when_nothing_runs_does_nothing() -> None:
    stops = []
    cl.on_stop(lambda: stops.append("stop"))
    cl.on_message(lambda: None)
    async with Stage(), Viewer("Alice") as alice:
        alice.stop()
        await alice.say("still here")
        assert asked(alice) == [("still here", "done")]
    assert stops == []


async def test_a_run_that_is_stopped_before_it_could_begin_is_cancelled_and_said_to_be() -> None:
    app, line, called, stopped = App(), Sink(), [], asyncio.Event()

    async def on_stop() -> None:
        stopped.set()

    app.register("on_message", lambda: called.append("message"))
    app.register("on_stop", on_stop)
    dispatcher = Dispatcher(a_session(app, line), line=line, show_error=lambda *_: None)
    run = Run("on_message", step=Step(id=ID, type="user_message", name="Alice"))
    dispatcher.submit(run)
    dispatcher.stop()
    await asyncio.wait_for(stopped.wait(), 10)
    assert next(frame.status for frame in line.frames if isinstance(frame, RunChanged)) == "cancelled"
    assert called == []


# ---- a message is given to a handler once ----------------------------------------------------------------------------


async def test_a_message_that_comes_again_while_it_waits_runs_or_is_done_runs_once() -> None:
    app, line, called, gate, done = App(), Sink(), [], asyncio.Event(), asyncio.Event()

    async def on_message() -> None:
        called.append("message")
        await gate.wait()
        if len(called) == 2:
            done.set()

    app.register("on_message", on_message)
    session = a_session(app, line)
    dispatcher = Dispatcher(session, line=line, show_error=lambda *_: None)
    steps = [Step(id=f"{ID[:-1]}{number}", type="user_message", name="Alice") for number in (1, 2)]
    for _ in range(3):
        for step in steps:
            dispatcher.submit(Run("on_message", step=step))
    assert len(session.waiting) == 1
    gate.set()
    await asyncio.wait_for(done.wait(), 10)
    while session.current_run is not None:
        await asyncio.sleep(0)
    dispatcher.submit(Run("on_message", step=steps[0]))
    assert session.current_run is None
    assert len(called) == 2
    again = Step(id=steps[0].id, type="user_message", name="Alice", attempt=2)
    dispatcher.submit(Run("on_message", step=again))
    while session.current_run is not None:
        await asyncio.sleep(0)
    assert len(called) == 3, "Retry is another attempt"


async def test_what_was_given_is_remembered_within_a_bound() -> None:
    session = a_session(App(), Sink())
    for number in range(MAX_TAKEN + 10):
        session.take((str(number), 1))
    assert len(session.taken) == MAX_TAKEN
    assert (str(MAX_TAKEN + 9), 1) in session.taken


# ---- the author's interrupt, and viewers that come and go ------------------------------------------------------------


async def test_an_interrupt_is_shown_to_the_viewer_and_what_waits_goes_on() -> None:
    """RELIABILITY 2.5: it cancels what runs, visibly, and not the link; `on_stop` is the viewer's."""
    stops, begun = [], asyncio.Event()
    cl.on_stop(lambda: stops.append("stop"))

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "hang":
            begun.set()
            await asyncio.Event().wait()
        await cl.Message(f"echo {message.content}").send()

    async with Stage() as stage, Viewer("Alice") as alice, Viewer("Bob") as bob:
        wire = stage.link._wire
        alice.send("hang")
        alice.send("next")
        await begun.wait()
        await alice.wait_for(lambda: not alice.viewing.unconfirmed)
        for session in stage.runtime.sessions:
            stage.runtime.interrupt(session)
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert asked(alice) == [("hang", "cancelled"), ("next", "done")]
        assert heard(alice) == ["Stopped by the author of this notebook.", "echo next"]
        assert heard(bob) == []
        assert stage.link._wire is wire
        assert stage.runtime.link_status == "connected"
    assert stops == []


async def test_a_viewer_that_comes_and_goes_while_a_handler_runs_costs_one_run_at_most() -> None:
    app, line, called, gate = App(), Sink(), [], asyncio.Event()
    app.register("on_message", gate.wait)
    app.register("on_disconnect", lambda: called.append("left"))
    app.register("on_reconnect", lambda: called.append("back"))
    session = a_session(app, line)
    dispatcher = Dispatcher(session, line=line, show_error=lambda *_: None)
    dispatcher.submit(Run("on_message", step=Step(id=ID, type="user_message", name="Alice")))
    for _ in range(50):
        dispatcher.watched(is_watched=False)
        dispatcher.watched(is_watched=True)
    assert len(session.waiting) == 0
    dispatcher.watched(is_watched=False)
    dispatcher.stop()
    assert [run.slot for run in session.waiting] == ["on_disconnect"], "a viewer's Stop is not for it"
    gate.set()
    async with asyncio.timeout(10):
        while session.current_run is not None:
            await asyncio.sleep(0)
    assert called == ["left"]


async def test_the_thread_of_a_stopped_handler_is_not_heard_any_more() -> None:
    """A thread cannot be stopped; what it says afterwards reaches nobody, and it learns so."""
    go_on, ended, learnt = threading.Event(), threading.Event(), []

    @cl.on_message
    def reply(message: cl.Message) -> None:
        try:
            go_on.wait(10)
            cl.run_sync(cl.Message("too late").send())
        except cl.NoSessionError as error:
            learnt.append(str(error))
        finally:
            ended.set()

    async with Stage(), Viewer("Alice") as alice:
        alice.send("go")
        await alice.wait_for(lambda: asked(alice) == [("go", "running")])
        alice.stop()
        await alice.wait_for(lambda: asked(alice) == [("go", "cancelled")])
        go_on.set()
        await asyncio.to_thread(ended.wait, 10)
        assert heard(alice) == []
    assert learnt == ["This run was stopped; what it says is no longer shown."]


# ---- kinds of handlers ----------------------------------------------------------------------------------------------


async def test_a_plain_handler_runs_in_a_thread_with_its_session() -> None:
    """Section C, sync on_message: Chainlit raises TypeError; here it runs in a worker thread with the context."""
    threads = []

    @cl.on_message
    def reply(message: cl.Message) -> None:
        threads.append(threading.current_thread())
        cl.user_session.set("text", message.content)
        cl.run_sync(cl.Message(f"{cl.context.session.user.identifier}: {cl.user_session.get('text')}").send())

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        assert (await alice.say("hi")).content == "Alice: hi"
        assert (await bob.say("ho")).content == "Bob: ho"
    assert threading.main_thread() not in threads
    assert all(thread.daemon for thread in threads), "a handler that never returns must not keep the kernel alive"


async def test_an_async_handler_runs_on_the_notebooks_own_loop_and_thread() -> None:
    seen = []

    @cl.on_message
    async def reply() -> None:
        seen.append((asyncio.get_running_loop(), threading.current_thread()))

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("hi")
        assert seen == [(asyncio.get_running_loop(), threading.current_thread())]


class _Callable:
    async def __call__(self, message: cl.Message) -> None:
        await cl.Message(f"object: {message.content}").send()


def _kinds() -> dict[str, Callable[..., Any]]:
    async def say(text: str) -> None:
        await cl.Message(text).send()

    async def none() -> None:
        await say("none")

    async def one(message: cl.Message) -> None:
        await say(f"one: {message.content}")

    async def extra(message: cl.Message, times: int = 2) -> None:
        await say(f"extra: {message.content * times}")

    async def rest(*args: cl.Message) -> None:
        await say(f"rest: {len(args)} {args[0].content}")

    async def keywords(**options: Any) -> None:
        await say(f"keywords: {options}")

    async def only(message: cl.Message, /) -> None:
        await say(f"only: {message.content}")

    async def before(prefix: str, message: cl.Message) -> None:
        await say(f"{prefix}: {message.content}")

    def plain() -> None:
        cl.run_sync(say("plain"))

    def plain_rest(*args: Any) -> None:
        cl.run_sync(say(f"plain rest: {len(args)}"))

    return {
        "none": none,
        "one: hi": one,
        "extra: hihi": extra,
        "rest: 1 hi": rest,
        "keywords: {}": keywords,
        "only: hi": only,
        "partial: hi": functools.partial(before, "partial"),
        "object: hi": _Callable(),
        "lambda: hi": lambda message: say(f"lambda: {message.content}"),
        "plain": plain,
        "plain rest: 1": plain_rest,
    }


@pytest.mark.parametrize("expected", _kinds())
async def test_handlers_of_every_shape(expected: str) -> None:
    """Section D, argument tolerance: Chainlit's breaks `*args` and `**kwargs`; here they work."""
    cl.on_message(_kinds()[expected])
    async with Stage(), Viewer("Alice") as alice:
        assert (await alice.say("hi")).content == expected
        assert asked(alice) == [("hi", "done")]


async def test_a_handler_that_wants_more_than_there_is_fails_visibly() -> None:
    @cl.on_message
    async def reply(message: cl.Message, other: str) -> None:
        raise AssertionError("never called")

    async with Stage(), Viewer("Alice", is_owner=True) as alice:
        reply_seen = await alice.say("hi")
        assert "TypeError" in reply_seen.content
        assert "other" in reply_seen.content
        assert asked(alice) == [("hi", "failed")]


async def test_a_handler_runs_in_the_context_of_the_cell_that_defined_it() -> None:
    """What it prints goes there: the notebook layer keeps the cell in a context variable."""
    cell: contextvars.ContextVar[str] = contextvars.ContextVar("cell", default="none")
    seen = []
    cell.set("the cell of the handlers")

    @cl.on_message
    async def reply() -> None:
        seen.append(cell.get())
        cell.set("changed by a run")

    cell.set("another cell")
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("one")
        await alice.say("two")
    assert seen == ["the cell of the handlers"] * 2
    assert cell.get() == "another cell"


async def test_running_the_cell_again_swaps_the_handler_in() -> None:
    """A handler that runs finishes as it was; the next message has the new one, in the old conversation."""
    gate = asyncio.Event()

    @cl.on_message
    async def old(message: cl.Message) -> None:
        await cl.Message("old begins").send()
        await gate.wait()
        await cl.Message("old ends").send()

    async with Stage(), Viewer("Alice") as alice:
        alice.send("one")
        await alice.wait_for(lambda: heard(alice) == ["old begins"])

        @cl.on_message
        async def new(message: cl.Message) -> None:
            await cl.Message("new").send()

        alice.send("two")
        gate.set()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert heard(alice) == ["old begins", "old ends", "new"]


async def test_without_a_handler_the_viewer_reads_why_nobody_answers() -> None:
    """Bad input: the notebook has not defined `@on_message` yet."""
    async with Stage(), Viewer("Alice") as alice:
        assert "has not defined `@on_message` yet" in (await alice.say("hello?")).content
        assert alice.steps[-1].is_error
        assert asked(alice) == [("hello?", "failed")]


# ---- errors ---------------------------------------------------------------------------------------------------------


async def test_an_exception_is_shown_with_its_traceback_to_the_owner_only(capsys: pytest.CaptureFixture[str]) -> None:
    """Section C, handler exception: Chainlit is silent. A guest sees an id, and nothing of path, code or text."""

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        raise LookupError("canary-text")

    async with Stage(), Viewer("Olga", is_owner=True) as owner, Viewer("Guy") as guest:
        shown = (await owner.say("x")).steps[-1]
        assert shown.is_error
        assert shown.output == "**LookupError** in `on_message`: canary-text"
        traceback = shown.metadata["traceback"]
        assert 'raise LookupError("canary-text")' in traceback
        assert "/dispatcher.py" not in traceback, "our own frames say nothing to the author"

        capsys.readouterr()
        told = (await guest.say("x")).steps[-1]
        assert told.is_error
        assert "LookupError" in told.output
        assert told.metadata == {}
        everything = b"".join(frame for frame in map(_encoded, guest.frames))
        assert b"canary" not in everything
        assert __file__.encode() not in everything
        error_id = told.output.split("error ")[1].split(")")[0]
        printed = capsys.readouterr().err
        assert error_id in printed
        assert guest.session_id in printed
        assert 'raise LookupError("canary-text")' in printed
        assert asked(owner) == asked(guest) == [("x", "failed")]


def _encoded(frame: Any) -> bytes:
    from jupyter_chat_sessions.protocol.frames import encode

    return encode(frame)


class _UnreadableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def _raise(error: BaseException | type[BaseException]) -> None:
    raise error


RAISED = {
    "SystemExit": SystemExit,
    "exit code": SystemExit(3),
    "StopIteration": StopIteration,
    "StopAsyncIteration": StopAsyncIteration,
    "GeneratorExit": GeneratorExit,
    "group": ExceptionGroup("several", [ValueError("a"), KeyError("b")]),
    "without text": ValueError(),
    "whose text raises": _UnreadableError(),
    "half a surrogate pair": ValueError("\ud83d"),
    "a very long text": ValueError("x" * 3_000_000),
    "recursion": RecursionError("maximum recursion depth exceeded"),
}


@pytest.mark.parametrize("kind", ["async", "def"])
@pytest.mark.parametrize("name", RAISED)
async def test_whatever_a_handler_raises_ends_that_run_and_no_more(name: str, kind: str) -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "raise":
            _raise(RAISED[name])
        await cl.Message("fine").send()

    if kind == "def":
        asynchronous = reply

        @cl.on_message
        def plain(message: cl.Message) -> None:
            if message.content == "raise":
                _raise(RAISED[name])
            cl.run_sync(asynchronous(message))

    async with Stage(), Viewer("Alice", is_owner=True) as alice, Viewer("Bob") as bob:
        for viewer in (alice, bob):
            shown = (await viewer.say("raise")).steps[-1]
            assert shown.is_error
            assert len(shown.output) <= MAX_ERROR_TEXT + 10
            assert asked(viewer) == [("raise", "failed")]
            assert (await viewer.say("go on")).content == "fine"


async def test_a_keyboard_interrupt_is_the_authors_stop() -> None:
    @cl.on_message
    def reply(message: cl.Message) -> None:
        raise KeyboardInterrupt

    async with Stage(), Viewer("Alice") as alice:
        assert (await alice.say("x")).content == "Stopped by the author of this notebook."
        assert asked(alice) == [("x", "failed")]


async def test_what_an_exception_says_is_no_markdown() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        raise TypeError("Tea.__init__() takes *no* `cup`")

    async with Stage(), Viewer("Olga", is_owner=True) as owner:
        shown = (await owner.say("x")).steps[-1]
        assert shown.output == r"**TypeError** in `on_message`: Tea.\_\_init\_\_() takes \*no\* \`cup\`"


async def test_an_exception_in_on_chat_start_is_shown_and_the_chat_goes_on() -> None:
    @cl.on_chat_start
    async def start() -> None:
        raise ValueError("no model")

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("here").send()

    async with Stage(), Viewer("Alice", is_owner=True) as alice:
        assert heard(alice) == ["**ValueError** in `on_chat_start`: no model"]
        assert (await alice.say("hi")).content == "here"


async def test_what_shows_errors_may_fail_itself(caplog: pytest.LogCaptureFixture) -> None:
    app, line = App(), Sink()
    app.register("on_message", lambda: 1 / 0)

    def broken(error: BaseException, where: str) -> None:
        raise OSError("nowhere to show it")

    dispatcher = Dispatcher(a_session(app, line), line=line, show_error=broken)
    done = asyncio.Event()
    app.register("on_stop", done.set)
    dispatcher.submit(Run("on_message"))
    dispatcher.submit(Run("on_stop"))
    await asyncio.wait_for(done.wait(), 10)
    assert any(isinstance(frame, Emit) for frame in line.frames)
    assert "could not be shown" in caplog.text


# ---- the end --------------------------------------------------------------------------------------------------------


async def test_on_chat_start_runs_once_however_often_the_viewer_comes_back() -> None:
    """Section C, kill the socket and reload: the session is the same."""
    starts = []

    @cl.on_chat_start
    async def start() -> None:
        starts.append(cl.context.session.id)
        await cl.Message("Welcome").send()

    async with Stage(), Viewer("Alice") as alice:
        for _ in range(5):
            await alice.disconnect()
            await alice.reconnect()
        assert heard(alice) == ["Welcome"]
        assert starts == [alice.session_id]


async def test_on_chat_end_runs_exactly_once_at_the_real_end() -> None:
    """Section C, on_chat_end over N drops: Chainlit's runs N times; here once, when the session is closed."""
    ends = []

    @cl.on_chat_end
    async def end() -> None:
        ends.append((cl.user_session.get("id"), cl.user_session.get("name")))

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        cl.user_session.set("name", message.content)

    async with Stage(), Viewer("Bob"):
        async with Viewer("Alice") as alice:
            await alice.say("Alice")
            for _ in range(5):
                await alice.disconnect()
                await alice.reconnect()
            assert ends == []
        alices = (alice.session_id, "Alice")
        async with Viewer("Carol"):
            pass
    assert ends[0] == alices, "values are still there at the end"
    assert len(ends) == 3
    assert len(set(ends)) == 3


async def test_on_chat_end_is_waited_for_and_runs_once_even_if_it_speaks() -> None:
    """What it says reaches nobody, but must neither end the session a second time nor cut it short."""
    steps = []

    @cl.on_chat_end
    async def end() -> None:
        steps.append("begins")
        await cl.Message("bye").send()
        for _ in range(50):
            await asyncio.to_thread(steps.__len__)
        steps.append("ends")

    async with Stage(), Viewer("Alice"):
        pass
    assert steps == ["begins", "ends"]


async def test_ending_cancels_the_handler_that_runs() -> None:
    """Section C, close session with running handler: Chainlit lets it run on."""
    cancelled = asyncio.Event()
    order = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            order.append("cancelled")
            cancelled.set()
            raise

    @cl.on_chat_end
    async def end() -> None:
        order.append("end")

    async with Stage():
        async with Viewer("Alice") as alice:
            alice.send("x")
            alice.send("never begins")
            await alice.wait_for(lambda: asked(alice)[:1] == [("x", "running")])
        await asyncio.wait_for(cancelled.wait(), 10)
    assert order == ["cancelled", "end"]


async def test_an_error_in_on_chat_end_reaches_the_author(capsys: pytest.CaptureFixture[str]) -> None:
    cl.on_chat_end(lambda: 1 / 0)
    async with Stage(), Viewer("Alice"):
        pass
    assert "ZeroDivisionError" in capsys.readouterr().err


async def test_all_of_a_session_is_freed_with_it() -> None:
    """Section C, sessions created and destroyed: all state hangs off one object, and that object goes."""
    kept: list[weakref.ref[Any]] = []

    class Value:
        pass

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        value = Value()
        cl.user_session.set("value", value)
        kept.extend([weakref.ref(value), weakref.ref(cl.context.session), weakref.ref(message)])
        await cl.Message("kept").send()

    async with Stage() as stage:
        ended = asyncio.Event()
        stage.runtime.on_session_ended = lambda session: ended.set()
        for _ in range(20):
            ended.clear()
            async with Viewer("Alice", stage=stage) as alice:
                await alice.say("x")
            await asyncio.wait_for(ended.wait(), 10)
        assert stage.runtime.sessions == []
        gc.collect()
        assert len(kept) == 60
        alive = [ref() for ref in kept if ref() is not None]
        assert len(alive) <= 3, f"only what the last run's frame holds may be left: {alive}"


async def test_a_run_that_ends_with_its_kernel_is_interrupted_and_not_cancelled() -> None:
    """A kernel that is shut down in an orderly way cancels every task: nobody has stopped this run."""
    app, line, began = App(), Sink(), asyncio.Event()

    async def wait() -> None:
        began.set()
        await asyncio.Event().wait()

    app.register("on_message", wait)
    dispatcher = Dispatcher(a_session(app, line), line=line, show_error=lambda error, where: None)
    before = asyncio.all_tasks()
    dispatcher.submit(Run("on_message", step=Step(id=ID, type="user_message", name="Alice")))
    await asyncio.wait_for(began.wait(), 10)
    tasks = asyncio.all_tasks() - before
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks, timeout=10)
    assert [frame.status for frame in line.frames if isinstance(frame, RunChanged)] == ["running", "interrupted"]
