"""Row 33: a viewer opens its connection and never reads. It is let go with 4008 once more than 1 MiB waits for it,
whoever reads in the same conversation notices nothing, and what was kept for it is freed.

The close frame stands behind what is not read, so that only one who reads at last can see the code; one who never does
is cut off after 5 s.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import psutil

from ..raw_client import RawClient
from ..scene import CHANNEL, Scene
from ..server import ChaosServer
from ..viewer import ChaosViewer

SETTINGS = {"snapshot_steps": 4}
"""So that what the conversation itself needs stays the same, however much is said in it."""
STALLED = 7
"""Beside the one tab that reads: all that one conversation has room for."""
ROUNDS = 30 if os.environ.get("CHAOS") == "full" else 3
RECEIVE_BYTES = 4096
WORDS = "echo " + "x" * 30_000
MESSAGES = 40
MIB = 1024 * 1024


async def test_let_go_with_4008(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        reader = await on.viewer()
        with _stalled(on, reader) as client:
            await _say_much(reader)
            async with asyncio.timeout(20):
                await asyncio.to_thread(lambda: list(client.frames()))
            assert client.close_code == 4008
        await on.check()


async def test_what_was_kept_for_it_is_freed(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        reader = await on.viewer()
        await _say_much(reader)
        process = psutil.Process(on.stage.server.pid)
        found: list[int] = []
        for _ in range(ROUNDS):
            clients = [_stalled(on, reader) for _ in range(STALLED)]
            files = process.num_fds()
            await _say_much(reader)
            await asyncio.to_thread(_until_alone, on.stage.server)
            # The request that has just been answered may be on its way out.
            assert process.num_fds() <= files - STALLED + 1
            found.append(process.memory_info().rss)
            for client in clients:
                client.close()
        assert len(reader.welcomes) == 1
        assert found[-1] - found[0] < STALLED * MIB
        await on.check()


def _stalled(on: Scene, of: ChaosViewer) -> RawClient:
    """Open another tab of a conversation that takes in no more than its system does."""
    client = RawClient(on.stage.server.port, (of.session, of.secret), receive_bytes=RECEIVE_BYTES)
    client.until_welcome()
    return client


async def _say_much(viewer: ChaosViewer) -> None:
    """Let more come than the systems on the way keep, and the server on top of it."""
    for _ in range(MESSAGES):
        key = viewer.say(WORDS)
        await viewer.until_status(key, "done", limit_s=5)


def _until_alone(server: ChaosServer) -> None:
    """Wait until no more than one viewer is attached; each answer of the server takes its time."""
    while server.request("GET", f"api/chat-sessions/channels/{CHANNEL}")["viewers"] > 1:
        pass
