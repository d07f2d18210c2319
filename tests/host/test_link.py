"""A link that is cut at any place loses nothing and doubles nothing; one that cannot be had says why."""

from __future__ import annotations

import asyncio
import random
import sys
import threading
import time
from concurrent.futures import Future

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.embedded import EmbeddedHub, LocalWire
from jupyter_chat_sessions.host import link
from jupyter_chat_sessions.host.link import Link, LinkStatus
from jupyter_chat_sessions.host.runtime import Runtime
from jupyter_chat_sessions.protocol.errors import HubUnreachableError, ProtocolError, RefusedError
from jupyter_chat_sessions.protocol.frames import (
    ChannelSettings,
    Decoder,
    Emit,
    HostBatch,
    HostLinkFrame,
    LinkAck,
    LinkRefused,
    PublishRefused,
    RunChanged,
    Unpublish,
    encode,
    join,
)
from jupyter_chat_sessions.testing import Stage, Viewer

from .cutting import cut


class CuttingWire:
    """A connection that is cut after a number of messages, with the last one lost on its way."""

    def __init__(self, wire: LocalWire, *, lives_for: int) -> None:
        self._wire = wire
        self._left = lives_for

    def send(self, message: bytes) -> None:
        if self._passes():
            self._wire.send(message)

    async def receive(self) -> bytes | None:
        message = await self._wire.receive()
        return message if self._passes() else None

    def close(self) -> None:
        self._wire.close()

    def _passes(self) -> bool:
        self._left -= 1
        if self._left == 0:
            self._wire.close()
        return self._left > 0


class NotingWire:
    """A connection that notes what the host says."""

    def __init__(self, wire: LocalWire, said: list[HostLinkFrame]) -> None:
        self._wire = wire
        self._said = said
        self._decoder = Decoder(HostLinkFrame, max_bytes=sys.maxsize)

    def send(self, message: bytes) -> None:
        for frame in self._decoder.frames(message):
            assert not isinstance(frame, ProtocolError)
            self._said.append(frame)
        self._wire.send(message)

    async def receive(self) -> bytes | None:
        return await self._wire.receive()

    def close(self) -> None:
        self._wire.close()


class NotingHub(EmbeddedHub):
    """A hub whose connections note what the host says."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[HostLinkFrame] = []

    async def dial(self) -> NotingWire:  # type: ignore[override]  # a wire all the same
        return NotingWire(await super().dial(), self.said)


class CuttingHub(EmbeddedHub):
    """A hub whose connections are cut as planned; the last one holds."""

    def __init__(self, plan: list[int]) -> None:
        super().__init__()
        self.plan = plan
        self.dialled = 0

    async def dial(self) -> CuttingWire:  # type: ignore[override]  # a wire all the same
        self.dialled += 1
        return CuttingWire(await super().dial(), lives_for=self.plan.pop(0) if self.plan else 10**9)


@pytest.mark.parametrize("seed", range(6))
async def test_a_link_that_is_cut_again_and_again_loses_nothing_and_doubles_nothing(seed: int) -> None:
    """Section C, kill the socket mid-stream: no gaps, no doubles, whoever speaks."""
    runs = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        runs.append(message.content)
        answer = cl.Message()
        for token in ("you ", "said 👩‍🚀 ", message.content):
            await answer.stream_token(token)
            await asyncio.to_thread(threading.current_thread)  # lets the link send each token by itself
        await answer.send()

    chance = random.Random(seed)
    stage = Stage()
    hub = CuttingHub([])
    stage.embedded = hub
    async with stage, Viewer("Alice") as alice:
        said = []
        hub.plan += [chance.randint(1, 9) for _ in range(8)]
        await cut(stage)
        while hub.plan:
            said.append(f"message {len(said)}")
            await alice.say(said[-1])
        assert runs == said
        users = [step.output for step in alice.steps if step.type == "user_message"]
        answers = [step.output for step in alice.steps if step.type == "assistant_message"]
        assert users == said
        assert answers == [f"you said 👩‍🚀 {text}" for text in said]
        assert not any(step.streaming for step in alice.steps)
    assert hub.dialled >= 9


async def test_what_came_is_acknowledged_with_what_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "ACK_AFTER_S", 60.0)

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(message.content).send()

    stage = Stage()
    stage.embedded = hub = NotingHub()
    async with stage, Viewer("Alice") as alice:
        for text in ("one", "two"):
            await alice.say(text)
        assert not [frame for frame in hub.said if isinstance(frame, LinkAck)]
        acks = [frame.ack for frame in hub.said if isinstance(frame, HostBatch)]
        assert acks == sorted(acks)
        assert acks[-1] >= 3, "the session, and two messages"


async def test_what_a_handler_says_before_it_waits_leaves_together_and_its_beginning_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link, "LOOK_S", 60.0)

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("one").send()
        # Keeps the loop until the link's thread has had its turn: what it could send, it has sent.
        stage.link.call(asyncio.sleep(0)).result(10)
        await cl.Message("two").send()
        if message.content == "wait":
            await asyncio.sleep(0.01)

    stage = Stage()
    stage.embedded = hub = NotingHub()
    async with stage, Viewer("Alice") as alice:
        for text, expected in (("go", ["emit", "emit", "done"]), ("wait", ["running", "emit", "emit"])):
            hub.said.clear()
            await alice.say(text)
            batches = [batch.frames for batch in hub.said if isinstance(batch, HostBatch)]
            first = next(frames for frames in batches if any(isinstance(frame, Emit) for frame in frames))
            assert [frame.status if isinstance(frame, RunChanged) else "emit" for frame in first] == expected


async def test_what_a_handler_says_before_it_works_without_waiting_is_seen_meanwhile() -> None:
    hub = NotingHub()
    seen: list[bool] = []

    def is_said() -> bool:
        batches = [each for each in list(hub.said) if isinstance(each, HostBatch)]
        return any(isinstance(frame, Emit) and b"Working" in encode(frame) for each in batches for frame in each.frames)

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Working").send()
        until = time.monotonic() + 10
        while not is_said() and time.monotonic() < until:
            time.sleep(0)  # keeps the loop
        seen.append(is_said())
        await cl.Message("Done").send()

    stage = Stage()
    stage.embedded = hub
    async with stage, Viewer("Alice") as alice:
        await alice.say("hi")
    assert seen == [True]


async def test_what_nothing_is_said_to_is_acknowledged_all_the_same() -> None:
    stage = Stage()
    stage.embedded = hub = NotingHub()
    async with stage, asyncio.timeout(10):  # the hub answers that the chat is open; to that there is nothing to say
        while LinkAck(ack=1) not in hub.said:
            await asyncio.sleep(0)


async def test_what_is_still_on_its_way_to_an_earlier_host_is_not_taken_for_the_next_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cl.on_message(lambda: None)
    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("one")

        async def restart() -> Runtime:
            wire = stage.link._wire
            assert isinstance(wire, LocalWire)
            wire._incoming.put_nowait(join([encode(LinkAck(ack=1000))]))
            return await stage.runtime.restarted()

        stage.runtime = await asyncio.wrap_future(stage.link.call(restart()))
        await stage._publish()
        await stage._publish()
        await alice.say("two")
    assert "out of step" not in caplog.text


async def test_while_the_link_is_gone_the_viewer_knows_and_nothing_is_lost() -> None:
    gate = threading.Event()

    class Slow(EmbeddedHub):
        async def dial(self) -> LocalWire:
            if self._hub is not None:
                await asyncio.to_thread(gate.wait, 10)
            return await super().dial()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(f"echo {message.content}").send()

    stage = Stage()
    stage.embedded = Slow()
    async with stage, Viewer("Alice") as alice:
        await cut(stage)
        await alice.wait_for(lambda: alice.state.get("host") == "gone")
        alice.send("are you there?")
        await alice.wait_for(lambda: not alice.viewing.unconfirmed)
        assert alice.steps[-1].status == "queued", "accepted and kept while the notebook is away"
        gate.set()
        await alice.wait_for(lambda: alice.viewing.is_quiet)
        assert alice.steps[-1].output == "echo are you there?"
        assert alice.state["host"] == "connected"


async def test_another_hub_is_told_of_the_channels_and_the_old_sessions_end() -> None:
    ends = asyncio.Event()
    cl.on_chat_end(_setter(ends))
    stage = Stage()
    first, second = EmbeddedHub(), EmbeddedHub()
    hubs = [first, second]

    class Replaced(EmbeddedHub):
        async def dial(self) -> LocalWire:
            return await hubs[0].dial()

        @property
        def hub(self):  # type: ignore[no-untyped-def]
            return hubs[0].hub

    stage.embedded = Replaced()
    async with stage:
        alice = await Viewer("Alice", stage=stage).__aenter__()
        hubs.pop(0)
        await cut(stage)
        await asyncio.wait_for(ends.wait(), 10)
        await asyncio.to_thread(stage.runtime.wait_connected, 10)
        async with Viewer("Bob", stage=stage) as bob:
            assert bob.state["host"] == "connected"
            assert alice.session_id != bob.session_id


def _setter(event: asyncio.Event):  # type: ignore[no-untyped-def]
    async def end() -> None:
        event.set()

    return end


class Refusing:
    """A hub that will not speak with this host."""

    def __init__(self) -> None:
        self._answers: asyncio.Queue[bytes | None] = asyncio.Queue()

    def send(self, message: bytes) -> None:
        self._answers.put_nowait(join([encode(LinkRefused(code="version", text="Install one and restart."))]))

    async def receive(self) -> bytes | None:
        return await self._answers.get()

    def close(self) -> None:
        self._answers.put_nowait(None)


class Told:
    """What a link told of itself."""

    def __init__(self, wanted: LinkStatus) -> None:
        self._wanted = wanted
        self.reason: Future[str | None] = Future()

    def on_frames(self, frames: object) -> None:
        """None come."""

    def on_new_hub(self) -> None:
        """There is none."""

    def on_status(self, status: LinkStatus, reason: str | None) -> None:
        if status == self._wanted and not self.reason.done():
            self.reason.set_result(reason)


def test_a_hub_that_refuses_is_not_dialled_again() -> None:
    dialled = []

    async def dial() -> Refusing:
        dialled.append(1)
        return Refusing()

    refused = Told("refused")
    link = Link(dial, refused)
    link.start()
    assert refused.reason.result(10) == "Install one and restart."
    link.close()
    assert dialled == [1]


def test_a_hub_that_cannot_be_reached_is_tried_again_and_the_reason_told() -> None:
    embedded = EmbeddedHub()
    dialled = []

    async def dial() -> LocalWire:
        dialled.append(1)
        if len(dialled) < 3:
            raise HubUnreachableError("nothing listens there")
        return await embedded.dial()

    class Both(Told):
        def __init__(self) -> None:
            super().__init__("connecting")
            self.connected = threading.Event()

        def on_status(self, status: LinkStatus, reason: str | None) -> None:
            super().on_status(status, reason)
            if status == "connected":
                self.connected.set()

    told = Both()
    link = Link(dial, told)
    link.start()
    assert told.connected.wait(10)
    assert told.reason.result(0) == "nothing listens there"
    link.close()


def test_closing_the_link_sends_what_waits_and_ends_its_thread(runtime: Runtime) -> None:
    heard: list[bytes] = []

    class Keeping:
        def __init__(self, wire: LocalWire) -> None:
            self._wire = wire

        def send(self, message: bytes) -> None:
            heard.append(message)
            self._wire.send(message)

        async def receive(self) -> bytes | None:
            return await self._wire.receive()

        def close(self) -> None:
            self._wire.close()

    embedded = EmbeddedHub()

    async def dial() -> Keeping:
        return Keeping(await embedded.dial())

    link = runtime.connect(dial)
    loop = asyncio.new_event_loop()
    runtime.publish(ChannelSettings(name="demo", title="Demo"), loop=loop).result(10)
    runtime.close()
    loop.close()
    assert b'"unpublish"' in heard[-1]
    assert not link._thread.is_alive()
    link.outbox.put(Unpublish(channel="demo"))
    assert runtime.link is None, "what is said later is let go without an error"


def test_a_name_that_another_live_notebook_has_is_refused(runtime: Runtime) -> None:
    """Bad input: the author reads why, and the host does not take the channel for its own."""

    async def dial() -> LocalWire:
        raise HubUnreachableError("nothing listens there")

    runtime.connect(dial)
    loop = asyncio.new_event_loop()
    refused = runtime.publish(ChannelSettings(name="demo", title="Demo"), loop=loop)
    runtime.on_frames([PublishRefused(channel="demo", code="channel_taken", text="Choose another name.")])
    with pytest.raises(RefusedError, match="Choose another name") as raised:
        refused.result(10)
    assert raised.value.code == "channel_taken"
    assert runtime.channels == []
    loop.close()
