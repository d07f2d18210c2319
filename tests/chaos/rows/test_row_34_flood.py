"""Row 34: a script writes a thousand messages a second. It is refused for now, with the time to wait, and cut off with
4013 when it does not listen; what others wait for an answer at most doubles.

The script floods from a process of its own, and comes back as soon as it is cut off. With `CHAOS=full` the others say
ten times as much meanwhile.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..scene import CHANNEL, Scene
from ..server import ROOT
from ..viewer import begin_session

SETTINGS = {"messages_per_minute": 100}
VIEWERS = 200 if os.environ.get("CHAOS") == "full" else 20
MESSAGES_EACH = 15
"""Fewer than may come at once."""
UNNOTICED_S = 0.025
"""An answer within this time does not count as late: twice a few milliseconds is what another process costs."""


async def test_a_flood_is_refused_and_others_do_not_wait(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        await _latencies_s(on)  # what is slow the first time only
        before = await _latencies_s(on)
        with _flood(on) as found:
            during = await _latencies_s(on)
        assert found["close_codes"].keys() == {"4013"}
        assert found["answers"]["too_fast"] >= 100 * found["close_codes"]["4013"]
        shortest_s, longest_s = found["waits_s"]
        assert 0 < shortest_s <= longest_s <= 1.0
        assert found["sent"] > 500
        assert _p95(during) <= max(2 * _p95(before), UNNOTICED_S)
        await on.check()


async def test_who_listens_says_it_all(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        for _ in range(4):
            keys = [viewer.say("echo") for _ in range(8)]
            for key in keys:
                await viewer.until_status(key, "done")
        assert {error.code for error in viewer.errors} == {"too_fast"}
        assert all(error.retry_after_s for error in viewer.errors)
        assert len(viewer.welcomes) == 1
        await on.check()


@contextmanager
def _flood(on: Scene) -> Iterator[dict[str, Any]]:
    """Flood a session of somebody else's; afterwards the dictionary has what that script saw."""
    found: dict[str, Any] = {}
    credentials = begin_session(on.stage.server, CHANNEL)
    command = [sys.executable, "-m", "tests.chaos.flood", str(on.stage.server.port), *credentials]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as script:
        assert script.stdout is not None
        try:
            assert script.stdout.readline() == "pouring\n"
            yield found
        finally:
            said, _ = script.communicate(timeout=20)
            found.update(json.loads(said))


async def _latencies_s(on: Scene) -> list[float]:
    """Return what each of many messages waited for its answer, one after the other."""
    found: list[float] = []
    for _ in range(VIEWERS):
        viewer = await on.viewer(direct=True)
        found += await viewer.latencies_s(MESSAGES_EACH)
    return found


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
