"""Sessions without end: the memory of server and kernel while thousands begin and end, and what is left of them.

    python -m tests.chaos.endurance --sessions 10000

It prints a line now and then, and at the end what the database, the server and the kernel still hold.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from .journal import Journal
from .scene import CHANNEL, SECRET_HEADER, Stage
from .server import ChaosServer
from .viewer import ChaosViewer, begin_session

AT_ONCE = 16
WARM_UP = 0.2
"""The share of the sessions after which memory counts: until then, caches fill."""
TABLES = ("chat_sessions", "chat_commands", "chat_values")
COUNT_HELD = """
import asyncio
runtime = get_ipython().magics_manager.registry["ChatMagics"].notebook.runtime
tasks = [task for task in asyncio.all_tasks() if task.get_name().startswith("chat")]
print(len(runtime.sessions), len(tasks))
"""


class Sample(Struct, frozen=True, kw_only=True):
    """What the two processes hold."""

    sessions: int
    server_kib: int
    kernel_kib: int
    server_files: int

    def __str__(self) -> str:
        """Return a line of the table."""
        return (
            f"{self.sessions:>8,} sessions   server {self.server_kib / 1024:7.1f} MiB   "
            f"kernel {self.kernel_kib / 1024:7.1f} MiB   {self.server_files} files open"
        )


async def endure(stage: Stage, home: Path, *, sessions: int) -> list[Sample]:
    """Begin and end sessions, each with a message and its answer; return samples."""
    journal = Journal(home / "viewers.journal")
    samples = [_sample(stage, 0)]
    print(samples[0])
    part = max(1, sessions // 10)
    for done in range(part, sessions + 1, part):
        room = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for number in range(part):
                tasks.create_task(_live(stage, journal, f"v{done}-{number}", room=room))
        samples.append(_sample(stage, done))
        print(samples[-1])
    journal.close()
    return samples


async def _live(stage: Stage, journal: Journal, name: str, *, room: asyncio.Semaphore) -> None:
    """One session: begin, say something, hear the answer, end."""
    async with room:
        await _talk(stage, journal, name)


async def _talk(stage: Stage, journal: Journal, name: str) -> None:
    credentials = await asyncio.to_thread(begin_session, stage.server, CHANNEL)
    viewer = ChaosViewer(name, credentials, port=stage.server.port, journal=journal)
    viewer.open()
    await viewer.until_status(viewer.say("echo"), "done")
    await viewer.vanish()
    session, secret = credentials
    await asyncio.to_thread(
        stage.server.request, "DELETE", f"api/chat-sessions/sessions/{session}", headers={SECRET_HEADER: secret}
    )


def _sample(stage: Stage, sessions: int) -> Sample:
    files = len(list(Path(f"/proc/{stage.server.pid}/fd").iterdir()))
    return Sample(
        sessions=sessions,
        server_kib=_resident_kib(stage.server.pid),
        kernel_kib=_resident_kib(stage.kernel.pid),
        server_files=files,
    )


def _resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def _rows(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(database)) as connection:
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


async def _run(sessions: int) -> int:
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        home = Path(folder)
        with ChaosServer(home / "server", settings={}) as server:
            stage = Stage(server, home)
            await stage.open_chat()
            samples = await endure(stage, home, sessions=sessions)
            warm = samples[max(1, round(WARM_UP * (len(samples) - 1)))]
            last = samples[-1]
            span = last.sessions - warm.sessions
            for name, before, after in (
                ("server", warm.server_kib, last.server_kib),
                ("kernel", warm.kernel_kib, last.kernel_kib),
            ):
                print(f"{name}: {(after - before) * 1024 / span:+,.0f} bytes a session since {warm.sessions:,}")
            status = await asyncio.to_thread(server.request, "GET", "api/chat-sessions/")
            print(f"the server holds {status['sessions']} sessions, {status['viewers']} viewers")
            held = await stage.kernel.run(COUNT_HELD)
            print(f"the kernel holds (sessions, tasks of chats): {held.strip()}")
            database = next((server.data / "chat_sessions").glob("chats.sqlite"))
        rows = _rows(database)
        print(f"rows left: {rows}")
    is_clean = not any(rows.values()) and status["sessions"] == 0 and held.split() == ["0", "0"]
    return 0 if is_clean else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    sys.exit(asyncio.run(_run(parser.parse_args().sessions)))
