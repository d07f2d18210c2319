"""A server that starts reads its sessions back before its loop runs."""

from __future__ import annotations

import asyncio

from jupyter_chat_sessions.hub.late_loop import LateLoop


def test_what_was_asked_for_before_the_loop_ran_is_called_on_it_unless_it_was_cancelled() -> None:
    clock, called = LateLoop(), list[str]()
    clock.call_later(0, called.append, "waits for the loop")
    clock.call_later(0, called.append, "cancelled before").cancel()
    late = clock.call_later(0.001, called.append, "cancelled while armed")

    async def serve() -> None:
        clock.start()
        late.cancel()
        done = asyncio.Event()
        clock.call_later(0.002, done.set)
        await asyncio.wait_for(done.wait(), 10)

    asyncio.run(serve())
    assert called == ["waits for the loop"]


def test_its_time_is_that_of_the_loop() -> None:
    async def both() -> tuple[float, float]:
        return LateLoop().time(), asyncio.get_running_loop().time()

    ours, loops = asyncio.run(both())
    assert abs(ours - loops) < 1
