"""Row 31: the clock on the wall jumps by a day, forwards and back, in server and kernel. Nothing that lasts a while is
over because of it, and everything stays in its order.

Instead of libfaketime, which is not everywhere, both processes move the clock that their Python modules read. The
summer's end is such a jump, by an hour, and only in local time, which nothing here is kept in.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ..journal import stream_text
from ..scene import Scene

OWN_STAGE = True
DAY_S = 86_400


@pytest.mark.parametrize("ahead_s", [DAY_S, -DAY_S])
async def test_what_goes_on_goes_on_and_order_stays(scene: Callable[[], Scene], ahead_s: int) -> None:
    async with scene() as on:
        viewer, asked = await on.viewer(), await on.viewer()
        gate = on.gate()
        question = asked.say("ask")
        await asked.until(lambda: bool(asked.viewing.conversation.questions))
        before = [viewer.say("echo") for _ in range(3)]
        stream = viewer.say(f"stream 60 0 {gate.name}")
        await viewer.until_reply_has(stream, "29 ")
        await _move_clocks(on, ahead_s)
        gate.let_pass()
        after = [viewer.say("echo") for _ in range(3)]
        await viewer.until_status(after[-1], "done")
        reply = viewer.reply(stream)
        assert reply is not None
        assert reply.output == stream_text(stream, 60)
        assert asked.viewing.conversation.questions, "its ten minutes are not over"
        asked.answer()
        await asked.until_status(question, "done")
        again = await on.viewer(of=viewer)
        places = [
            again.viewing.conversation.steps.index(step)
            for key in [*before, stream, *after]
            if (step := again.step(key))
        ]
        assert places == sorted(places)
        assert len(places) == 7
        assert len(viewer.welcomes) == len(asked.welcomes) == 1
        await _move_clocks(on, 0)
        await on.check()


async def _move_clocks(on: Scene, ahead_s: int) -> None:
    await asyncio.to_thread(on.stage.server.request, "POST", f"trouble/clock?seconds={ahead_s}")
    await on.stage.kernel.run(f"from tests.chaos.troubled import move_clock; move_clock({ahead_s})")
