"""Row 41: a proxy that gathers what it carries, one that cuts what is idle, one that lets no WebSocket through. The
first two are not noticed; of the third there is a clear word.

The page's word for it is in `labextension/tests/connection.test.ts` ("says so when something on the way …"). The idle
time is shortened from a minute to 1.5 s, and with it the heartbeat.
"""

from __future__ import annotations

import asyncio
import contextlib
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ..journal import stream_text
from ..proxy import FaultProxy
from ..scene import Scene
from ..server import TOKEN

SETTINGS = {"heartbeat": 0.5}
IDLE_S = 1.5


async def test_one_that_gathers(scene: Callable[[], Scene]) -> None:
    async with scene() as on, _gathering(on.proxy):
        viewer = await on.viewer()
        key = viewer.say("stream 200 0.01")
        await viewer.until_status(key, "done")
        reply = viewer.reply(key)
        assert reply is not None
        assert reply.output == stream_text(key, 200)
        assert len(viewer.welcomes) == 1
        await on.check()


async def test_one_that_cuts_what_is_idle(scene: Callable[[], Scene]) -> None:
    async with scene() as on, _cutting_idle(on.proxy) as watched:
        viewer = await on.viewer()
        async with asyncio.timeout(30):
            await watched.wait()
        key = viewer.say("echo")
        await viewer.until_status(key, "done")
        assert len(viewer.welcomes) == 1
        await on.check()


async def test_one_that_lets_no_websocket_through(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        address = f"http://127.0.0.1:{on.stage.server.port}/api/chat-sessions/viewer"
        # What is left of a handshake behind such a proxy.
        stripped = urllib.request.Request(address, headers={"Authorization": f"token {TOKEN}"})
        with pytest.raises(urllib.error.HTTPError, match="400") as refused:
            await asyncio.to_thread(urllib.request.urlopen, stripped, timeout=10)
        assert "WebSocket" in refused.value.read().decode()


@asynccontextmanager
async def _gathering(proxy: FaultProxy) -> AsyncIterator[None]:
    """Let things through only every 0.2 s."""

    async def gather() -> None:
        while True:
            for line in proxy.lines:
                line.stall()
            await asyncio.sleep(0.2)
            for line in proxy.lines:
                line.resume()
            await asyncio.sleep(0.01)

    async with _beside(gather()):
        yield


@asynccontextmanager
async def _cutting_idle(proxy: FaultProxy) -> AsyncIterator[asyncio.Event]:
    """Cut lines over which nothing has come for a while; the event is set when one has lived four times that long."""
    watched = asyncio.Event()

    async def watch() -> None:
        looks = 0
        while True:
            passed = {line: line.to_client.passed for line in proxy.lines}
            await asyncio.sleep(IDLE_S)
            for line, before in passed.items():
                if line.to_client.passed == before:
                    line.cut()
                else:
                    looks += 1
            if looks >= 4:
                watched.set()

    async with _beside(watch()):
        yield watched


@asynccontextmanager
async def _beside(work: object) -> AsyncIterator[None]:
    task = asyncio.create_task(work)  # type: ignore[arg-type]
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
