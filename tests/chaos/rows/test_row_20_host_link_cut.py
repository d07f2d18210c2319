"""Row 20: the link between kernel and server breaks while the kernel lives. Work goes on, and what was said meanwhile
is sent again: every token once, in order."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from ..journal import stream_text
from ..scene import Scene


async def test_work_goes_on_while_the_link_is_cut(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        link = await on.link()
        viewer = await on.viewer()
        gate = on.gate()
        key = viewer.say(f"stream 200 0 {gate.name}")
        await viewer.until_reply_has(key, "99 ")
        link.refuse()
        link.cut()
        await viewer.until(lambda: viewer.viewing.conversation.state["host"] == "gone")
        gate.let_pass()
        waiting = viewer.say("echo")
        await viewer.until_status(waiting, "queued")
        await link.wait_for_refused()
        link.heal()
        await viewer.until_status(key, "done")
        reply = viewer.reply(key)
        assert reply is not None
        assert reply.output == stream_text(key, 200)
        await viewer.until_status(waiting, "done")
        await on.check()


@pytest.mark.parametrize("seed", range(2))
async def test_cut_again_and_again_under_load(scene: Callable[[], Scene], seed: int) -> None:
    rng = random.Random(seed)
    async with scene() as on:
        link = await on.link()
        viewers = [await on.viewer() for _ in range(4)]

        def fail(line: object) -> None:
            direction = rng.choice(["to_client", "to_server"])
            getattr(line, direction).cut_after(rng.randrange(2000, 12000), how=rng.choice(["rst", "fin"]))

        link.on_line = fail
        link.cut()
        for _ in range(6):
            keys = [(viewer, viewer.say(rng.choice(["echo", "stream 100"]))) for viewer in viewers for _ in range(4)]
            for viewer, key in keys:
                await viewer.until_status(key, "done")
        link.heal()
        await on.check()
