"""Row 21: two kernels claim one chat. The second is refused with a sentence, and the first does not notice; with
`--force` the second has it, and what the first had not finished is the second's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from ..journal import Began, read_journals
from ..kernel import ChaosKernel
from ..scene import CHANNEL, Scene

OWN_STAGE = True


async def test_the_second_is_refused(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        gate = on.gate()
        running = viewer.say(f"wait {gate.name}")
        await viewer.until_status(running, "running")
        second = await _second(on)
        with pytest.raises(AssertionError, match="open in another live notebook"):
            await _open(on, second, CHANNEL)
        assert CHANNEL not in await second.run("%chat_session status")
        await _open(on, second, "of its own")
        gate.let_pass()
        await viewer.until_status(running, "done")
        assert _took(on, running) == on.stage.kernel.pid
        assert len(viewer.welcomes) == 1
        await asyncio.to_thread(second.shut_down)
        await on.check()


async def test_of_two_at_once_one_is_refused(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        kernels = [await _second(on), await _second(on)]
        opened = await asyncio.gather(*(_open(on, kernel, "claimed") for kernel in kernels), return_exceptions=True)
        [refused] = [result for result in opened if result is not None]
        assert "open in another live notebook" in str(refused)
        for kernel in kernels:
            await asyncio.to_thread(kernel.shut_down)


async def test_taken_over_by_force(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        gate = on.gate()
        running = viewer.say(f"wait {gate.name}")
        await viewer.until_status(running, "running")
        waiting = viewer.say("echo")
        await viewer.until_status(waiting, "queued")
        second = await _second(on)
        await _open(on, second, CHANNEL, options="--force")
        await viewer.until_status(running, "interrupted")
        await viewer.until_status(waiting, "done")
        viewer.retry(running)
        gate.let_pass()
        await viewer.until_status(running, "done")
        assert _took(on, running) == _took(on, waiting) == second.pid
        assert CHANNEL not in await on.stage.kernel.run("%chat_session status")
        await on.check()
        await asyncio.to_thread(second.shut_down)


async def _second(on: Scene) -> ChaosKernel:
    return await asyncio.to_thread(ChaosKernel.start, on.stage.server)


async def _open(on: Scene, kernel: ChaosKernel, channel: str, options: str = "") -> None:
    name = f"open '{channel}'"
    await kernel.open_chat(name, journal=on.stage.bot_journal, gates=on.stage.gates, options=options)


def _took(on: Scene, key: str) -> int:
    """Return the process whose handler took a message last."""
    records = read_journals([on.stage.bot_journal])
    return [record.kernel for record in records if isinstance(record, Began) and record.key == key][-1]
