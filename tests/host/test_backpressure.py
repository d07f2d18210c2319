"""While the link is gone, what handlers say is kept within bounds: they wait, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.chat import sync
from jupyter_chat_sessions.host.current import use_runtime
from jupyter_chat_sessions.host.outbox import MAX_WAITING_BYTES, MAX_WAITING_FRAMES, Outbox
from jupyter_chat_sessions.protocol.errors import HubUnreachableError
from jupyter_chat_sessions.testing import Stage, Viewer

from .cutting import AwayHub, cut_off
from .saves import Saves

TEXT = "0123456789" * 6_000


async def somebody_waits(outbox: Outbox) -> None:
    """Wait until code waits for room."""
    async with asyncio.timeout(10):
        while not outbox._waiting:
            await asyncio.sleep(0)


@pytest.mark.parametrize("texts", [[TEXT] * 120, ["x"] * (MAX_WAITING_FRAMES + 500)], ids=["bytes", "frames"])
async def test_a_handler_that_speaks_while_the_link_is_gone_waits_and_loses_nothing(texts: list[str]) -> None:
    said, begun, gate = [], asyncio.Event(), asyncio.Event()

    @cl.on_message
    async def reply() -> None:
        begun.set()
        await gate.wait()
        for text in texts:
            said.append(text)
            await cl.Message(text).send()

    stage = Stage()
    hub = stage.embedded = AwayHub()
    async with stage, Viewer("Alice") as alice:
        alice.send("go")
        await begun.wait()
        await cut_off(stage, hub)
        gate.set()
        outbox = stage.link.outbox
        await somebody_waits(outbox)
        assert len(said) < len(texts)
        assert outbox._bytes <= MAX_WAITING_BYTES + 2 * len(TEXT)
        assert len(outbox._frames) <= MAX_WAITING_FRAMES + 1
        hub.is_away = False
        await alice.wait_for(lambda: alice.viewing.is_quiet, timeout_s=30)
        assert [step.output for step in alice.steps if step.type == "assistant_message"] == texts
        async with asyncio.timeout(10):
            while outbox._bytes:  # what is on its way to be confirmed
                await asyncio.sleep(0)


async def test_values_that_change_while_the_link_is_gone_wait_as_one() -> None:
    stage = Stage()
    hub = stage.embedded = AwayHub()
    async with stage, Viewer("Alice"):
        saves = Saves(stage)
        [session] = stage.runtime.sessions
        stage.runtime.find_cell_session = lambda: session
        await cut_off(stage, hub)
        with use_runtime(stage.runtime):
            for number in range(400):  # 20 MB
                cl.user_session.set("value", f"{number} {TEXT[:50_000]}")
                for _ in range(3):
                    await asyncio.sleep(0)  # the loop gets round to it
        assert stage.link.outbox._bytes <= MAX_WAITING_BYTES + len(TEXT)
        assert len(saves.frames) < 100
        hub.is_away = False
        while not bytes(saves.frames[-1].values["value"]).startswith(b'"399 '):
            await saves.next()


def _emitters() -> dict[str, Any]:
    async def stream() -> None:
        message = cl.Message()
        while True:
            await message.stream_token(TEXT, is_sequence=True)

    async def update() -> None:
        message = await cl.Message(TEXT).send()
        while True:
            await message.update()

    async def emitter() -> None:
        step = cl.Message(TEXT).to_dict()
        while True:
            await cl.context.emitter.send_step(step)

    async def remove() -> None:
        message = cl.Message("x", metadata={"big": TEXT})
        while True:
            await message.send()
            await message.remove()

    return {call.__name__: call for call in (stream, update, emitter, remove)}


@pytest.mark.parametrize("name", _emitters())
async def test_everything_that_speaks_waits(name: str) -> None:
    begun, gate = asyncio.Event(), asyncio.Event()

    @cl.on_message
    async def reply() -> None:
        begun.set()
        await gate.wait()
        await _emitters()[name]()

    stage = Stage()
    hub = stage.embedded = AwayHub()
    async with stage, Viewer("Alice") as alice:
        alice.send("go")
        await begun.wait()
        await cut_off(stage, hub)
        gate.set()
        await somebody_waits(stage.link.outbox)
        assert stage.link.outbox._bytes <= MAX_WAITING_BYTES + 3 * len(TEXT)
        [session] = stage.runtime.sessions
        stage.runtime.interrupt(session)
        async with asyncio.timeout(10):
            while session.current_run is not None:
                await asyncio.sleep(0)
        assert stage.link.outbox._waiting == [], "one who has given up is forgotten"
        hub.is_away = False
        await alice.wait_for(lambda: alice.viewing.is_quiet and "Stopped by the author" in alice.steps[-1].output)


@pytest.mark.parametrize("kind", ["in a thread", "on the loop"])
async def test_plain_code_is_held_up_for_a_while_and_then_told(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "SYNC_LIMIT_S", 0.05)
    told: list[str] = []
    begun, gate, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def speak() -> None:
        while not told:
            try:
                cl.run_sync(cl.Message(TEXT).send())
            except HubUnreachableError as error:
                told.append(str(error))

    @cl.on_message
    async def reply() -> None:
        begun.set()
        await gate.wait()
        if kind == "on the loop":
            speak()
        else:
            await cl.make_async(speak)()
        done.set()

    stage = Stage()
    hub = stage.embedded = AwayHub()
    async with stage, Viewer("Alice") as alice:
        alice.send("go")
        await begun.wait()
        await cut_off(stage, hub)
        gate.set()
        await asyncio.wait_for(done.wait(), 10)
        assert "has not come through to the Jupyter server" in told[0]
        hub.is_away = False
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        outputs = {step.output for step in alice.steps if step.type == "assistant_message"}
        assert outputs == {TEXT}, "what was said is shown all the same"
