"""The way to a viewer that reads slowly, or not at all, or has gone without a word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from hub.core.doubles import FakeClock, FakeTimer
from jupyter_chat_sessions.hub.handlers.outlet import CUT_AFTER_S, DEAD_AFTER_S, SOFT_BYTES, ViewerOutlet
from jupyter_chat_sessions.protocol.event_log import EventLog
from jupyter_chat_sessions.protocol.frames import (
    MAX_HOST_BYTES,
    AppendText,
    Decoder,
    Heartbeat,
    HubFrame,
    Numbered,
    PutStep,
)
from jupyter_chat_sessions.protocol.steps import Step

STEP = "00000000-0000-4000-8000-000000000001"
HEARTBEAT_S = 25.0
LIMIT = 256 * 1024


class Loop:
    """A loop whose time passes when the test says so, and whose turns come at once."""

    def __init__(self) -> None:
        self.clock = FakeClock()

    def time(self) -> float:
        return self.clock.time()

    def call_later(self, delay: float, callback: Callable[..., object], *args: Any) -> FakeTimer:
        return self.clock.call_later(delay, callback, *args)

    def call_soon(self, callback: Callable[..., object], *args: Any) -> FakeTimer:
        return self.clock.call_later(0, callback, *args)


class SlowLine:
    """A socket whose other end reads when the test says so."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.is_cut = False
        self.pings = 0
        self._unread: list[asyncio.Future[None]] = []

    def write(self, message: bytes) -> asyncio.Future[None]:
        self.messages.append(message)
        self._unread.append(asyncio.get_running_loop().create_future())
        return self._unread[-1]

    def read_all(self) -> None:
        for future in self._unread:
            future.set_result(None)
        self._unread.clear()

    def ping(self) -> None:
        self.pings += 1

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def cut(self) -> None:
        self.is_cut = True

    @property
    def frames(self) -> list[Any]:
        read = Decoder(HubFrame, max_bytes=MAX_HOST_BYTES)
        return [frame for message in self.messages for frame in read.frames(message)]


class Scene:
    """An outlet between a loop and a line of the test's."""

    def __init__(self) -> None:
        self.loop, self.line = Loop(), SlowLine()
        self.outlet = ViewerOutlet(
            self.line,
            self.loop,  # type: ignore[arg-type]
            soon=self.loop.call_soon,
            heartbeat_s=HEARTBEAT_S,
            max_unread_bytes=LIMIT,
        )
        self.log = EventLog("epoch")
        self.length = 0
        self.put("")

    def put(self, text: str) -> None:
        step = Step(id=STEP, type="assistant_message", name="Bot", output=text)
        self.send(self.log.append(PutStep(step=step)))

    def token(self, text: str) -> None:
        self.send(self.log.append(AppendText(step_id=STEP, offset=self.length, text=text)))
        self.length += len(text)

    def send(self, frame: bytes) -> None:
        self.outlet.send(frame)
        self.turn()

    def turn(self) -> None:
        self.loop.clock.advance(0)


async def settle() -> None:
    """Let callbacks of futures run."""
    for _ in range(3):
        await asyncio.sleep(0)


async def test_while_a_viewer_reads_slowly_text_is_merged_and_nothing_is_lost() -> None:
    scene = Scene()
    scene.put("x" * (SOFT_BYTES + 1))
    written = len(scene.line.messages)
    scene.put("")
    for _ in range(500):
        scene.token("word ")
    assert len(scene.line.messages) == written, "nothing is added to what it does not read"
    scene.line.read_all()
    await settle()
    scene.turn()
    first, put, text = scene.line.frames[-3:]
    assert isinstance(text, Numbered)
    assert isinstance(text.event, AppendText)
    assert (text.first, text.seq) == (put.seq + 1, scene.log.last)
    assert text.event.text == "word " * 500
    assert first.seq == put.seq - 1


async def test_a_viewer_that_does_not_read_is_told_why_and_cut_if_it_does_not_listen() -> None:
    scene = Scene()
    scene.put("x" * (SOFT_BYTES + 1))
    while scene.line.closed is None:
        scene.put("y" * 10_000)
    assert scene.line.closed[0] == 4008
    sent = len(scene.line.messages)
    scene.put("more")
    assert len(scene.line.messages) == sent
    scene.loop.clock.advance(CUT_AFTER_S)
    assert scene.line.is_cut


async def test_much_text_for_one_message_is_no_reason_to_let_a_viewer_go() -> None:
    scene = Scene()
    scene.put("x" * (SOFT_BYTES + 1))
    scene.put("")
    for _ in range(20_000):  # as frames they would be far over the limit, merged they are not
        scene.token("word ")
    assert scene.line.closed is None


async def test_a_line_on_which_nothing_is_heard_is_closed() -> None:
    scene = Scene()
    for _ in range(10):
        scene.loop.clock.advance(DEAD_AFTER_S)
        scene.outlet.heard()
    assert (scene.line.closed, scene.line.pings > 0) == (None, True)
    scene.loop.clock.advance(HEARTBEAT_S + 2 * DEAD_AFTER_S)
    assert scene.line.closed is not None
    assert scene.line.closed[0] == 4012


@pytest.mark.parametrize("spoke_after_s", [0.0, 0.3, 20.0, 24.9, 25.1, 44.9])
async def test_after_a_silence_of_25_s_a_heartbeat_is_sent(spoke_after_s: float) -> None:
    """A viewer that has heard nothing for 40 s takes the line for dead."""
    scene = Scene()
    scene.outlet.heard()
    scene.loop.clock.advance(spoke_after_s)
    scene.outlet.heard()
    scene.token("word ")
    said, silence_s = len(scene.line.frames), 0.0
    for _ in range(1000):
        scene.loop.clock.advance(0.1)
        scene.outlet.heard()
        silence_s += 0.1
        if len(scene.line.frames) > said:
            assert silence_s == pytest.approx(HEARTBEAT_S, abs=0.15)
            said, silence_s = len(scene.line.frames), 0.0
    assert [type(frame) for frame in scene.line.frames[-3:]] == [Heartbeat] * 3
