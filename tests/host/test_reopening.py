"""A link that was cut for longer than the hub waits: both go on, nothing runs twice, nothing ends that goes on."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from hub.core.doubles import LastingStore

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.embedded import LocalWire
from jupyter_chat_sessions.host.current import use_runtime
from jupyter_chat_sessions.hub.hub import Hub
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.frames import EndSession, SessionEnded, SetState
from jupyter_chat_sessions.testing import Stage, Viewer

from .cutting import AwayHub, cut_off
from .saves import Saves


class UnreachableHub(AwayHub):
    """A hub that cannot be dialled while it is `away`, and waits for no host that was cut off."""

    def __init__(self) -> None:
        super().__init__(options=HubOptions(host_grace_s=0.0))


def status(viewer: Viewer, text: str) -> str | None:
    """Return what became of a message."""
    return next((step.status for step in viewer.steps if step.output == text), None)  # None: not seen yet


async def test_a_session_goes_on_while_a_cell_keeps_the_loop() -> None:
    began, ended, hold, holds = [], [], threading.Event(), threading.Event()

    @cl.on_chat_start
    async def start() -> None:
        began.append(cl.context.session.id)
        cl.user_session.set("name", "Alice")

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "first":
            holds.set()
            hold.wait(10)  # keeps the loop, as a cell would
        await cl.Message(f"{cl.user_session.get('name')} said {message.content}").send()

    @cl.on_chat_end
    async def end() -> None:
        ended.append(cl.context.session.id)

    stage = Stage(run_on="thread")
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        alice.send("first")
        assert await asyncio.to_thread(holds.wait, 10)
        await cut_off(stage, hub)
        await alice.wait_for(lambda: status(alice, "first") == "interrupted")
        hub.is_away = False
        await alice.wait_for(lambda: alice.state.get("host") == "connected")
        alice.send("second")
        hold.set()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert [(step.output, step.status) for step in alice.steps if step.type == "user_message"] == [
            ("first", "interrupted"),
            ("second", "done"),
        ]
        assert alice.steps[-1].output == "Alice said second"
        assert ended == []
    assert began == ended == [alice.session_id]


async def test_a_message_that_was_answered_behind_the_hubs_back_is_not_answered_again() -> None:
    runs, hold, holds, is_done = [], threading.Event(), threading.Event(), threading.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        runs.append(message.content)
        if message.content == "first":
            holds.set()
            await asyncio.to_thread(hold.wait, 10)
            is_done.set()

    stage = Stage(run_on="thread")
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        alice.send("first")
        alice.send("second")
        assert await asyncio.to_thread(holds.wait, 10)
        await alice.wait_for(lambda: status(alice, "second") == "queued")
        await cut_off(stage, hub)
        hold.set()
        assert await asyncio.to_thread(is_done.wait, 10)
        await alice.wait_for(lambda: status(alice, "first") == "interrupted")
        hub.is_away = False
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert (status(alice, "first"), status(alice, "second")) == ("interrupted", "done")
    assert runs == ["first", "second"]


async def test_a_session_that_ended_meanwhile_has_its_on_chat_end() -> None:
    ended = threading.Event()
    cl.on_chat_end(ended.set)

    stage = Stage(run_on="thread")
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        await cut_off(stage, hub)
        await alice.wait_for(lambda: alice.state.get("host") == "gone")
        alice._open_line.send(EndSession())
        await alice._until(lambda: alice.viewing.bye is not None, "the goodbye")
        assert not ended.is_set()
        hub.is_away = False
        assert await asyncio.to_thread(ended.wait, 10)


async def test_a_message_that_only_waited_is_answered_once_afterwards() -> None:
    """RELIABILITY 2.5: what was not started is delivered again; what was started never runs again by itself."""
    runs, hold, holds = [], threading.Event(), threading.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        runs.append(message.content)
        if message.content == "first":
            holds.set()
            hold.wait(10)  # keeps the loop, as a cell would
        await cl.Message(f"echo {message.content}").send()

    stage = Stage(run_on="thread")
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        alice.send("first")
        alice.send("second")
        assert await asyncio.to_thread(holds.wait, 10)
        await alice.wait_for(lambda: status(alice, "second") == "queued")
        await cut_off(stage, hub)
        await alice.wait_for(lambda: status(alice, "first") == "interrupted")
        hub.is_away = False
        await alice.wait_for(lambda: alice.state.get("host") == "connected")
        hold.set()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert status(alice, "second") == "done"
        assert alice.steps[-1].output == "echo second"
    assert runs == ["first", "second"]


async def test_retry_runs_an_interrupted_message_again_at_the_host_that_had_begun_it() -> None:
    runs, hold, holds = [], threading.Event(), threading.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        runs.append(message.content)
        holds.set()
        await asyncio.to_thread(hold.wait, 10)
        await cl.Message(f"echo {message.content}").send()

    stage = Stage(run_on="thread")
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        alice.send("first")
        assert await asyncio.to_thread(holds.wait, 10)
        await cut_off(stage, hub)
        await alice.wait_for(lambda: status(alice, "first") == "interrupted")
        hub.is_away = False
        await alice.wait_for(lambda: alice.state.get("host") == "connected")
        hold.set()
        alice.retry(alice.steps[0])
        await alice.wait_for(lambda: alice.viewing.is_quiet and status(alice, "first") == "done")
        assert [step.output for step in alice.steps] == ["first", "echo first"]
    assert runs == ["first", "first"]


async def test_after_a_long_cut_it_is_no_resumption_and_values_are_saved_again() -> None:
    """The process has lived on: values that no JSON can write are there, and `on_chat_resume` is not due."""
    calls, value = [], object()
    cl.on_chat_resume(lambda: calls.append("resume"))

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "set":
            cl.user_session.set("object", value)
            cl.user_session.set("name", "Alice")
        known = [each.content for each in cl.chat_context.get()]
        await cl.Message(f"{cl.user_session.get('object') is value} {known}").send()

    stage = Stage(run_on="thread")
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        await alice.say("set")
        await cut_off(stage, hub)
        await alice.wait_for(lambda: alice.state.get("host") == "gone")
        hub.is_away = False
        await alice.wait_for(lambda: alice.state.get("host") == "connected")
        assert (await alice.say("get")).content == "True ['set', \"True ['set']\", 'get']"
        assert calls == []
        await stage.restart_host()
        assert (await alice.say("get")).content.startswith("False ['set',")
    assert calls == ["resume"]


async def test_what_was_set_while_the_hub_was_away_outlives_the_kernel_too() -> None:
    """What is said to a hub that has forgotten this host is dropped: the values are told to it again."""
    stage = Stage()
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        saves = Saves(stage)
        [session] = stage.runtime.sessions
        stage.runtime.find_cell_session = lambda: session
        await cut_off(stage, hub)
        await alice.wait_for(lambda: alice.state.get("host") == "gone")
        with use_runtime(stage.runtime):
            cl.user_session.set("name", "Alice")
        await saves.next()
        hub.is_away = False
        await saves.next()
        await stage.restart_host()
        assert stage.runtime.sessions[0].values == {"name": "Alice"}


@pytest.mark.parametrize(("reason", "ends"), [("closed", 1), ("timeout", 1), ("unpublished", 1), ("moved", 0)])
async def test_on_chat_end_runs_once_at_the_real_end_only(reason: Any, ends: int) -> None:
    calls, ended = [], asyncio.Event()
    cl.on_chat_end(lambda: calls.append("end"))
    loop = asyncio.get_running_loop()

    async with Stage() as stage:
        viewer = await Viewer("Alice", stage=stage).__aenter__()
        stage.runtime.on_session_ended = lambda _: loop.call_soon_threadsafe(ended.set)
        frame = SessionEnded(session=viewer.session_id, reason=reason)

        async def deliver() -> None:
            stage.runtime.on_frames([frame, frame])

        await asyncio.wrap_future(stage.link.call(deliver()))
        await asyncio.wait_for(ended.wait(), 10)
        assert stage.runtime.sessions == []
        assert calls == ["end"] * ends
    assert calls == ["end"] * ends


async def test_an_end_that_a_cell_wanted_while_the_link_was_cut_is_an_end() -> None:
    stage = Stage(run_on="thread")
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        await cut_off(stage, hub)
        await alice.wait_for(lambda: alice.state.get("host") == "gone")
        (session,) = stage.runtime.sessions
        stage.runtime.end(session)
        hub.is_away = False
        await alice._until(lambda: alice.viewing.bye is not None, "the goodbye")


class RestartedHub(UnreachableHub):
    """A hub that can be restarted: the next one reads back what its store has kept."""

    def __init__(self) -> None:
        super().__init__()
        self._store = LastingStore()
        self._is_back = threading.Event()

    async def dial(self) -> LocalWire:
        if self._hub is None and not self.is_away:
            self._hub = Hub(options=HubOptions(), store=self._store, clock=asyncio.get_running_loop())
            self._hub.restore()
            self._is_back.set()
        return await super().dial()

    async def restart(self, stage: Stage) -> None:
        await cut_off(stage, self)
        self._is_back.clear()
        self._hub, self.is_away = None, False
        assert await asyncio.to_thread(self._is_back.wait, 10)


async def test_a_hub_that_is_restarted_is_told_again_what_the_host_had_set() -> None:
    """Settings, commands, tasks and the like are not stored: the host that lives on is the one who knows them."""
    shown = {"commands": [{"id": "Search"}], "tasks": {"name": "Work", "tasks": []}}

    @cl.on_chat_start
    async def start() -> None:
        cl.context.session.emit(SetState(state={**shown, "sidebar": {"title": "Notes"}}))
        cl.context.session.emit(SetState(state={"sidebar": None}))

    stage = Stage()
    hub = stage.embedded = RestartedHub()
    async with stage, Viewer("Alice") as alice:
        await alice.disconnect()
        await hub.restart(stage)
        await alice.reconnect()
        assert alice.viewing.welcome is not None
        assert not alice.viewing.welcome.resumed
        await alice.wait_for(lambda: alice.state.get("commands") is not None)
        assert {key: alice.state.get(key) for key in (*shown, "sidebar")} == {**shown, "sidebar": None}
