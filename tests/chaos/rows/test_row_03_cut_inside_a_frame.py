"""Row 3: the line breaks inside a frame, at every byte of an exchange. No frame is applied in part; all goes on.

The whole sweep with `CHAOS=full`; otherwise every few bytes of it, from a start that the day decides.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from typing import Literal

import pytest

from ..proxy import Direction, Line
from ..scene import Scene

EXCHANGE_BYTES = 2048
STRIDE = 1 if os.environ.get("CHAOS") == "full" else 61
START = date.today().toordinal() % STRIDE


@pytest.mark.timeout(900)
@pytest.mark.parametrize("way", ["to_client", "to_server"])
async def test_at_every_byte(scene: Callable[[], Scene], way: Literal["to_client", "to_server"]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        for count in range(START, EXCHANGE_BYTES, STRIDE):
            _direction(on.proxy.lines[-1], way).cut_after(count)
            keys = [viewer.say("echo"), viewer.say("stream 40")]
            for key in keys:
                await viewer.until_status(key, "done")
            # What was asked for beyond the end of this exchange cuts the next one; a new line has no fault.
            viewer.abort()
            welcomes = len(viewer.welcomes)
            await viewer.until_welcome(welcomes + 1)
        await on.check()


def _direction(line: Line, way: Literal["to_client", "to_server"]) -> Direction:
    return line.to_client if way == "to_client" else line.to_server
