"""Row 37: all viewers lose their lines and come back at once. All are whole again, none waits for ever, and the server
has no more files open than before. 300 by default; 5,000 with `CHAOS=full`, where they have 15 s for it.

They are the benchmark's own load client, in a process of its own.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.benchmarks.contestants import ours
from tests.benchmarks.load import Figures, Plan, measure

from ..scene import CHANNEL
from ..server import request

IS_FULL = os.environ.get("CHAOS") == "full"
VIEWERS = 5_000 if IS_FULL else 300
LIMIT_S = 15.0
MAX_HUB_MIB = 400


def test_all_are_whole_again(tmp_path: Path) -> None:
    with _many_files(), ours(tmp_path / "server") as running:
        process = psutil.Process(running.pids[0])
        _storm(running.port, running.pids, viewers=20)  # what is opened the first time stays open
        _until_alone(running.port)
        before = process.num_fds()
        found = _storm(running.port, running.pids, viewers=VIEWERS)
        _until_alone(running.port)
        # The request that has just been answered may be on its way out.
        assert process.num_fds() <= before + 1
        if IS_FULL:
            print(found)
            assert found["seconds"] < LIMIT_S
            assert found["hub_mib"] < MAX_HUB_MIB


@contextmanager
def _many_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def _storm(port: int, pids: list[int], *, viewers: int) -> Figures:
    return measure(Plan(dialect="ours", port=port, pids=pids, work=[("storm", {"viewers": viewers})]))


def _until_alone(port: int) -> None:
    """Wait until nobody is attached; each answer of the server takes its time."""
    while request(port, "GET", f"api/chat-sessions/channels/{CHANNEL}")["viewers"]:
        pass
