"""A link that was cut for longer than the hub waits: both go on, nothing runs twice, nothing ends that goes on."""

from __future__ import annotations

import asyncio
import threading

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.embedded import EmbeddedHub, LocalWire
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.errors import HubUnreachableError
from jupyter_chat_sessions.protocol.frames import EndSession
from jupyter_chat_sessions.testing import Stage, Viewer


class UnreachableHub(EmbeddedHub):
    """A hub that cannot be dialled while it is `away`, and waits for no host that was cut off."""

    def __init__(self) -> None:
        super().__init__(options=HubOptions(host_grace_s=0.0))
        self.is_away = False

    async def dial(self) -> LocalWire:
        if self.is_away:
            raise HubUnreachableError("cut")
        return await super().dial()


async def cut(stage: Stage, hub: UnreachableHub) -> None:
    """Cut the link until `is_away` is taken back."""
    hub.is_away = True

    async def close() -> None:
        wire = stage.link._wire
        assert wire is not None
        wire.close()

    await asyncio.wrap_future(stage.link.call(close()))


def status(viewer: Viewer, text: str) -> str | None:
    """Return what became of a message."""
    return next(step.status for step in viewer.steps if step.output == text)


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
        await cut(stage, hub)
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
    runs, hold, holds, all_done = [], threading.Event(), threading.Event(), threading.Event()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        runs.append(message.content)
        if message.content == "first":
            holds.set()
            await asyncio.to_thread(hold.wait, 10)
        else:
            all_done.set()

    stage = Stage(run_on="thread")
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        alice.send("first")
        alice.send("second")
        assert await asyncio.to_thread(holds.wait, 10)
        await alice.wait_for(lambda: status(alice, "second") == "queued")
        await cut(stage, hub)
        hold.set()
        assert await asyncio.to_thread(all_done.wait, 10)
        await alice.wait_for(lambda: status(alice, "first") == "interrupted")
        hub.is_away = False
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert status(alice, "second") == "interrupted"
    assert runs == ["first", "second"]


async def test_a_session_that_ended_meanwhile_has_its_on_chat_end() -> None:
    ended = threading.Event()
    cl.on_chat_end(ended.set)

    stage = Stage(run_on="thread")
    hub = stage.embedded = UnreachableHub()
    async with stage, Viewer("Alice") as alice:
        await cut(stage, hub)
        await alice.wait_for(lambda: alice.state.get("host") == "gone")
        alice._open_line.send(EndSession())
        await alice._until(lambda: alice.viewing.bye is not None, "the goodbye")
        assert not ended.is_set()
        hub.is_away = False
        assert await asyncio.to_thread(ended.wait, 10)
