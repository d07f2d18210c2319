"""Row 2: a viewer is away for longer than the window of events reaches back. A snapshot, whole, and then live."""

from __future__ import annotations

from collections.abc import Callable

from ..scene import Scene

SETTINGS = {"window_events": 16}


async def test_a_snapshot_then_live(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        away = await on.viewer()
        there = await on.viewer(of=away, direct=True)
        first = away.say("echo")
        await away.until_status(first, "done")
        on.proxy.refuse()
        on.proxy.cut()
        await on.proxy.wait_for_refused()
        late = away.say("echo")
        for _ in range(8):
            key = there.say("echo")
            await there.until_status(key, "done")
        on.proxy.heal()
        welcome = await away.until_welcome(2)
        assert (welcome.resumed, welcome.reason) == (False, "window")
        assert away.status(key) == "done"
        await away.until_status(late, "done")
        await on.check()
