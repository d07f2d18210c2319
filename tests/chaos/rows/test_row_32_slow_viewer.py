"""Row 32: a viewer's line carries 1 KB/s. What continues a text is merged for it, so that it loses nothing; past 1 MiB
that cannot be merged it is let go with 4008, comes back, and is given a snapshot. Others do not notice.

With `CHAOS=full` that happens to ten viewers, one after the other.
"""

from __future__ import annotations

import asyncio
import os
import statistics
from collections.abc import Callable

from jupyter_chat_sessions.protocol.frames import AppendText, Frame, Numbered

from ..journal import stream_text
from ..scene import Scene
from ..viewer import ChaosViewer

BYTES_PER_S = 1000
RECEIVE_BYTES = 4096
TOKENS = 6000
PACE_S = 0.0002
ECHOES = 100
TIMES = 10 if os.environ.get("CHAOS") == "full" else 1
LONG = "echo " + "x" * 30_000
UNNOTICED_S = 0.025
"""An answer within this time does not count as late: twice a few milliseconds is what another process costs."""


async def test_what_continues_a_text_is_merged(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        on.proxy.receive_bytes = RECEIVE_BYTES
        slow = await on.viewer()
        there = await on.viewer(of=slow, direct=True)
        events = {viewer: _events(viewer) for viewer in (slow, there)}
        on.proxy.lines[0].to_client.limit(BYTES_PER_S)
        key = there.say(f"stream {TOKENS} {PACE_S}")
        await there.until_status(key, "done")
        assert slow.status(key) != "done", "it is behind"
        on.proxy.lines[0].to_client.limit(None)
        await slow.until_status(key, "done")
        assert len(slow.welcomes) == 1
        merged = [event for event in events[slow] if event.first is not None]
        assert merged
        assert all(isinstance(event.event, AppendText) for event in merged)
        assert len(events[slow]) < len(events[there]) / 2
        for viewer in (slow, there):
            reply = viewer.reply(key)
            assert reply is not None
            assert reply.output == stream_text(key, TOKENS)
        await on.check()


async def test_let_go_past_1_mib_and_others_do_not_notice(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        other = await on.viewer(direct=True)
        on.proxy.receive_bytes = RECEIVE_BYTES
        found: dict[int | None, list[float]] = {None: [], BYTES_PER_S: []}
        for _ in range(TIMES):
            slow = await on.viewer()
            there = await on.viewer(of=slow, direct=True)
            line = on.proxy.lines[-1].to_client
            for bytes_per_s, latencies_s in found.items():
                line.limit(bytes_per_s)
                talking = asyncio.create_task(other.latencies_s(ECHOES))
                await _say_much(there)
                line.limit(None)  # soon after it is let go: it has a few seconds to read why
                latencies_s += await talking
            await slow.until_welcome(2)
            assert slow.close_codes == [4008]
            assert len(there.welcomes) == 1
        quick, beside_slow = (statistics.quantiles(latencies_s, n=20)[-1] for latencies_s in found.values())
        assert beside_slow <= max(2 * quick, UNNOTICED_S)
        await on.check()


def _events(viewer: ChaosViewer) -> list[Numbered]:
    """Return a list that grows with each event that a viewer is given."""
    found: list[Numbered] = []

    def note(frame: Frame) -> None:
        if isinstance(frame, Numbered):
            found.append(frame)

    viewer.on_frame = note
    return found


async def _say_much(viewer: ChaosViewer) -> None:
    """Let more come than the systems on the way keep, and 1 MiB on top of it."""
    for _ in range(100):
        key = viewer.say(LONG)
        await viewer.until_status(key, "done", limit_s=5)
