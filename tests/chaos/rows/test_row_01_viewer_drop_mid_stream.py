"""Row 1: a viewer's line breaks in the middle of a stream. The same text, no gap, nothing twice, resumed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from ..journal import stream_text
from ..scene import Scene

TOKENS = 60
PACE_S = 1 / 100


@pytest.mark.parametrize("seed", range(3))
async def test_a_stream_goes_on_where_it_was(scene: Callable[[], Scene], seed: int) -> None:
    rng = random.Random(seed)
    async with scene() as on:
        viewer = await on.viewer()
        other = await on.viewer(of=viewer, direct=True)
        on.proxy.lines[-1].to_client.cut_after(rng.randrange(400, 3000), how=rng.choice(["rst", "fin"]))
        key = viewer.say(f"stream {TOKENS} {PACE_S}")
        await viewer.until(lambda: not viewer.is_connected)
        async with asyncio.timeout(1.5):
            welcome = await viewer.until_welcome(2)
        assert welcome.resumed
        await viewer.until_status(key, "done")
        await other.until_status(key, "done")
        for tab in (viewer, other):
            reply = tab.reply(key)
            assert reply is not None
            assert reply.output == stream_text(key, TOKENS)
        await on.check()


async def test_an_outage_of_a_second(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        gate = on.gate()
        key = viewer.say(f"stream {TOKENS} 0 {gate.name}")
        await viewer.until(lambda: viewer.reply(key) is not None)
        outage = asyncio.create_task(on.proxy.outage(1.0))
        await on.proxy.wait_for_refused()
        gate.let_pass()
        await outage
        async with asyncio.timeout(1.5):
            assert (await viewer.until_welcome(2)).resumed
        await viewer.until_status(key, "done")
        await on.check()
