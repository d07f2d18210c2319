"""Prints how long a message takes until it is acknowledged, which is after its commit, beside bare SQLite commits.

    python -m tests.benchmarks.acknowledgement --rate 200

Viewers in this process send to a real server and a real kernel, evenly spread; the bot answers each message. In turn
with that, rows of the size that a message takes are committed one by one to a database of their own with the settings
of ours (WAL, `synchronous=FULL`), on the same disk and at the same rate.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from jupyter_chat_sessions.protocol.frames import Accepted, Frame

from ..chaos.scene import Scene, Stage
from ..chaos.server import ChaosServer
from ..chaos.viewer import ChaosViewer

ROUNDS = 5
VIEWERS = 40
ROW = b"x" * 700
"""As long as a message and its command together, encoded."""


async def measure(home: Path, *, rate: float, seconds: float) -> tuple[list[list[float]], list[list[float]]]:
    """Return what each acknowledgement and each bare commit took, in seconds, by rounds."""
    acknowledgements: list[list[float]] = []
    commits: list[list[float]] = []
    count = int(rate * seconds)
    with ChaosServer(home / "server") as server:
        stage = Stage(server, home)
        await stage.open_chat()
        async with Scene(stage, home) as on:
            waits = [_Waits(await on.viewer(direct=True)) for _ in range(VIEWERS)]
            await _evenly(lambda index: waits[index % VIEWERS].say(), rate=rate, count=count // 4)  # to warm up
            for _ in range(ROUNDS):
                for wait in waits:
                    await wait.viewer.until_quiet()
                    wait.took_s.clear()
                await _evenly(lambda index: waits[index % VIEWERS].say(), rate=rate, count=count)
                for wait in waits:
                    await wait.viewer.until_quiet()
                acknowledgements.append([took for wait in waits for took in wait.took_s])
                commits.append(await _bare_commits(home / "bare.sqlite", rate=rate, count=count))
            await on.check()
    return acknowledgements, commits


class _Waits:
    """Says things, and notes how long each took to be acknowledged."""

    def __init__(self, viewer: ChaosViewer) -> None:
        self.viewer = viewer
        self.took_s: list[float] = []
        self._said_at: dict[str, float] = {}
        viewer.on_frame = self._on_frame

    def say(self) -> None:
        began = time.perf_counter()
        self.viewer.say("echo")
        self._said_at[self.viewer.viewing.unconfirmed[-1].client_id] = began

    def _on_frame(self, frame: Frame) -> None:
        if isinstance(frame, Accepted):
            self.took_s.append(time.perf_counter() - self._said_at.pop(frame.client_id))


async def _bare_commits(path: Path, *, rate: float, count: int) -> list[float]:
    took_s: list[float] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE IF NOT EXISTS rows (id INTEGER PRIMARY KEY, value BLOB)")

        def commit(_: int) -> None:
            began = time.perf_counter()
            database.execute("INSERT INTO rows (value) VALUES (?)", (ROW,))
            took_s.append(time.perf_counter() - began)

        await _evenly(commit, rate=rate, count=count)
    return took_s


async def _evenly(work: Callable[[int], None], *, rate: float, count: int) -> None:
    """Do something so many times a second; what comes late does not put off what follows."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for index in range(count):
        await asyncio.sleep(max(0.0, began + index / rate - loop.time()))
        work(index)


def _quantile(values: list[float], share: float) -> float:
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def main() -> None:
    """Measure and print: the median over the rounds of each figure, and of the ratio within each round."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.acknowledgement", description=__doc__)
    parser.add_argument("--rate", type=float, default=200.0, help="Messages a second.")
    parser.add_argument("--seconds", type=float, default=10.0, help="How long a round lasts.")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rounds = list(zip(*asyncio.run(measure(Path(folder), rate=given.rate, seconds=given.seconds)), strict=True))
    print(f"{given.rate:.0f} messages a second, {ROUNDS} rounds of {given.seconds:.0f} s, {VIEWERS} viewers")
    print(f"{'':8}{'acknowledged':>14}{'bare commit':>14}{'ratio':>8}")
    for name, share in {"median": 0.5, "p95": 0.95, "p99": 0.99}.items():
        figures = [(_quantile(ours, share), _quantile(bare, share)) for ours, bare in rounds]
        ours, bare = (statistics.median(column) * 1000 for column in zip(*figures, strict=True))
        ratio = statistics.median(ours / bare for ours, bare in figures)
        print(f"{name:8}{ours:>11.2f} ms{bare:>11.2f} ms{ratio:>8.1f}")


if __name__ == "__main__":
    main()
