"""Row 6: a message is stored, and the line breaks before its viewer hears so. It is said again: one message."""

from __future__ import annotations

from collections.abc import Callable

from ..scene import Scene


async def test_said_again_and_accepted_as_the_same(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        other = await on.viewer(of=viewer, direct=True)
        on.proxy.lines[-1].to_client.cut_before(b'"accepted"')
        on.proxy.refuse()
        key = viewer.say("echo")
        await other.until_status(key, "done")  # so it is stored, and ran
        await on.proxy.wait_for_refused()
        assert viewer.viewing.unconfirmed
        on.proxy.heal()
        await viewer.until_status(key, "done")
        await viewer.until(lambda: not viewer.viewing.unconfirmed)
        await on.check()


async def test_lost_again_and_again(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        losses = 5

        def lose(line: object) -> None:
            nonlocal losses
            losses -= 1
            if losses > 0:
                line.to_client.cut_before(b'"accepted"')  # type: ignore[attr-defined]

        on.proxy.on_line = lose
        on.proxy.lines[-1].to_client.cut_before(b'"accepted"')
        keys = [viewer.say("echo") for _ in range(4)]
        for key in keys:
            await viewer.until_status(key, "done")
        await viewer.until(lambda: not viewer.viewing.unconfirmed)
        assert losses <= 0
        await on.check()
