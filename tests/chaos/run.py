"""The long run: a load under random faults, and the checker over all of it.

    python -m tests.chaos.run --messages 100000 --sessions 500 --seed 1 --kill-server 20 --kill-kernel 20

The same seed makes the same plan: who says what, whose line breaks when, and after how many messages what is killed. A
run that fails leaves its plan and its journals in `test-results/chaos/`.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import os
import platform
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from ..report import command_line, commit, write_section
from .checker import Rule, Violation, check
from .journal import read_journals
from .kernel import KEEP_DEAD
from .scene import Stage, read_transcripts
from .server import ROOT, ChaosServer
from .soak import Outcome, Plan

RESULTS = ROOT / "test-results" / "chaos"
CLIENTS = 2
LIMIT_S = 7200.0
PART = 50
"""Sessions that are checked at a time: so a million messages need no more memory than the machine has."""
SETTINGS = {"max_waiting": 64}
IN_MEMORY = Path("/dev/shm")
"""Where copies are made, if it is there: on the disk they would keep the database from being written."""
PACKAGES = ("jupyter_server", "tornado", "msgspec", "ipykernel", "SQLAlchemy")


class Options(Struct, frozen=True, kw_only=True):
    """What is asked for."""

    messages: int
    sessions: int
    seed: int
    kill_server: int
    kill_kernel: int
    tokens: int
    is_faultless: bool


class Figures(Struct, kw_only=True):
    """What came of it."""

    messages: int = 0
    tokens: int = 0
    seconds: float = 0.0
    reconnects: int = 0
    snapshots: int = 0
    server_kills: int = 0
    kernel_kills: int = 0
    interrupted: int = 0
    retries: int = 0
    integrity_checks: int = 0
    violations: list[Violation] = []

    @property
    def rate(self) -> float:
        """Messages a second, each with its answer."""
        return self.messages / self.seconds if self.seconds else 0.0


class Soak:
    """One run.

    Args:
        options: What is asked for.
        home: Where everything is written.
    """

    def __init__(self, options: Options, home: Path) -> None:
        self.figures = Figures()
        self._options = options
        self._home = home
        self._server = ChaosServer(home / "server", settings=SETTINGS, options=KEEP_DEAD)
        self._rng = random.Random(options.seed)
        self._said = 0
        self._faults = sorted(self._schedule(), key=lambda fault: fault[0], reverse=True)
        self._progress = asyncio.Event()
        self._is_over = False

    async def play(self) -> Figures:
        """Do it, and check it."""
        with self._server:
            self._stage = Stage(self._server, self._home)
            await self._stage.open_chat()
            outcomes = await self._load()
            self._check(outcomes)
        return self.figures

    async def _load(self) -> list[Outcome]:
        async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as tasks:
            clients = [tasks.create_task(self._client(plan)) for plan in self._plans()]
            tasks.create_task(self._cause_faults(tasks))
            outcomes = await asyncio.gather(*clients)
            self._is_over = True
            self._progress.set()
        for outcome in outcomes:
            self.figures.messages += outcome.said
            self.figures.tokens += outcome.tokens
            self.figures.reconnects += outcome.reconnects
            self.figures.snapshots += outcome.snapshots
            self.figures.interrupted += outcome.interrupted
            self.figures.retries += outcome.retries
            self.figures.seconds = max(self.figures.seconds, outcome.seconds)
        return outcomes

    def _plans(self) -> Iterator[Plan]:
        options = self._options
        clients = min(CLIENTS, options.sessions)
        for number in range(clients):
            yield Plan(
                port=self._server.port,
                home=str(self._home),
                name=f"client{number}",
                seed=self._rng.randrange(1 << 32),
                sessions=options.sessions // clients + (number < options.sessions % clients),
                messages=options.messages // options.sessions,
                tokens=options.tokens,
                break_every=0 if options.is_faultless else 400,
            )

    def _schedule(self) -> Iterator[tuple[int, str]]:
        """Return what is killed after how many messages."""
        for _ in range(self._options.kill_server):
            yield int(self._options.messages * self._rng.uniform(0.02, 0.95)), "server"
        for _ in range(self._options.kill_kernel):
            yield int(self._options.messages * self._rng.uniform(0.02, 0.95)), "kernel"

    async def _client(self, plan: Plan) -> Outcome:
        path = self._home / f"{plan.name}.plan"
        path.write_bytes(msgspec.json.encode(plan))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.chaos.soak", str(path)), cwd=ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                word, _, count = line.decode().partition(" ")
                if word == "said":
                    self._said += int(count)
                    self._progress.set()
            if await process.wait():
                raise RuntimeError(f"{plan.name} failed")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return msgspec.json.decode((self._home / f"{plan.name}.outcome").read_bytes(), type=Outcome)

    async def _cause_faults(self, tasks: asyncio.TaskGroup) -> None:
        while self._faults:
            after, what = self._faults[-1]
            while self._said < after:
                if self._is_over:
                    return  # the rest was planned for after the last message
                self._progress.clear()
                await self._progress.wait()
            self._faults.pop()
            if what == "server":
                await self._kill_server(tasks)
            else:
                await self._kill_kernel()

    async def _kill_server(self, tasks: asyncio.TaskGroup) -> None:
        self._server.kill()
        # A copy, as the killed server left it: reading itself would begin to mend it.
        copy = Path(tempfile.mkdtemp(prefix="killed-", dir=IN_MEMORY if IN_MEMORY.is_dir() else self._home))
        shutil.copytree(self._server.data, copy, dirs_exist_ok=True)
        tasks.create_task(asyncio.to_thread(self._check_integrity, copy))
        await asyncio.to_thread(self._server.start)
        await self._stage.new_kernel()
        self.figures.server_kills += 1

    async def _kill_kernel(self) -> None:
        self._stage.kernel.kill()
        await self._stage.replace(self._stage.kernel)
        self.figures.kernel_kills += 1

    def _check_integrity(self, copy: Path) -> None:
        for path in copy.rglob("chats*.sqlite"):
            with closing(sqlite3.connect(path)) as database:
                [[answer]] = database.execute("PRAGMA integrity_check").fetchall()
            self.figures.integrity_checks += 1
            if answer != "ok":
                self.figures.violations.append(Violation("T", "-", f"{path.name}: {answer}"))
        shutil.rmtree(copy)

    def _check(self, outcomes: Sequence[Outcome]) -> None:
        secrets = [item for outcome in outcomes for item in outcome.secrets.items()]
        journals = sorted(self._home.glob("*.journal"))
        parts = iter(secrets)
        while part := dict(islice(parts, PART)):
            transcripts = read_transcripts(self._server, part)
            self.figures.violations += check(read_journals(journals), transcripts)


def write_report(path: Path, title: str, options: Options, figures: Figures) -> None:
    """Write what was done, with what, and what came of it, into a section of a document."""
    counts = Counter(violation.rule for violation in figures.violations)
    rows: list[tuple[str, object]] = [
        ("commit", f"`{commit()}`"),
        ("seed", options.seed),
        ("machine", f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"),
        (
            "versions",
            ", ".join([f"Python {platform.python_version()}", f"SQLite {sqlite3.sqlite_version}", *_versions()]),
        ),
        ("sessions", f"{options.sessions:,}"),
        ("user messages, each answered", f"{figures.messages:,}"),
        ("tokens streamed", f"{figures.tokens:,}"),
        ("messages a second", f"{figures.rate:,.0f}"),
        ("connections of viewers that broke and came back", f"{figures.reconnects:,}"),
        ("of these, whole again from a snapshot", f"{figures.snapshots:,}"),
        ("SIGKILLs of the server", figures.server_kills),
        ("databases found whole after them", figures.integrity_checks),
        ("SIGKILLs of the kernel", figures.kernel_kills),
        ("runs interrupted by them", f"{figures.interrupted:,}"),
        ("of these, run again by their viewers", f"{figures.retries:,}"),
        *((name, counts[rule]) for rule, name in _RULES.items()),
    ]
    lines = [
        command_line("tests.chaos.run"),
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows),
        "",
    ]
    write_section(path, title, lines)


_RULES: dict[Rule, str] = {
    "L": "**lost**",
    "D": "**doubled**",
    "R": "**reordered**",
    "X": "**crossed**",
    "P": "**phantom**",
    "T": "**torn**",
    "A": "**questions not resolved exactly once**",
    "M": "**numbers skipped**",
}


def _versions() -> Iterator[str]:
    for package in PACKAGES:
        try:
            yield f"{package} {importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError:
            continue


def _save(home: Path, options: Options) -> Path:
    """Keep what is needed to look into a run that failed, and to do it again."""
    place = RESULTS / f"seed-{options.seed}-{time.strftime('%Y%m%d-%H%M%S')}"
    shutil.copytree(home, place, ignore=lambda folder, names: [name for name in names if _is_special(folder, name)])
    (place / "options.json").write_bytes(msgspec.json.encode(options))
    return place


def _is_special(folder: str, name: str) -> bool:
    path = Path(folder, name)
    return not (path.is_file() or path.is_dir())


def main(arguments: Sequence[str], *, say: Callable[[str], object] = print) -> int:
    """Run what the command line asks for; return 0 if the checker found nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000, help="User messages in all.")
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--kill-server", type=int, default=0, metavar="K", help="SIGKILLs of the server.")
    parser.add_argument("--kill-kernel", type=int, default=0, metavar="K", help="SIGKILLs of the kernel.")
    parser.add_argument("--tokens", type=int, default=30, help="Tokens in a stream, on average; 0 for no streams.")
    parser.add_argument("--faultless", action="store_true", help="No line breaks: for measuring the rate.")
    parser.add_argument("--report", type=Path, help="The document into which the figures are written.")
    parser.add_argument("--title", default="A run", help="Its section for them.")
    given = parser.parse_args(arguments)
    options = Options(
        messages=given.messages,
        sessions=given.sessions,
        seed=given.seed,
        kill_server=given.kill_server,
        kill_kernel=given.kill_kernel,
        tokens=given.tokens,
        is_faultless=given.faultless,
    )
    say(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        home = Path(folder)
        soak = Soak(options, home)
        try:
            figures = asyncio.run(soak.play())
        except BaseException:
            say(f"failed; what is left of it is in {_save(home, options)}")
            raise
        if figures.violations:
            say(f"kept in {_save(home, options)}")
    for rule, session, text in figures.violations[:20]:
        say(f"{rule} in {session}: {text}")
    counts = dict(Counter(violation.rule for violation in figures.violations))
    say(
        f"{figures.messages:,} messages and {figures.tokens:,} tokens in {figures.seconds:.1f} s "
        f"({figures.rate:,.0f} a second), {figures.reconnects:,} reconnects ({figures.snapshots:,} from a snapshot), "
        f"{figures.server_kills} kills of the server, {figures.kernel_kills} of the kernel, "
        f"{figures.interrupted:,} runs interrupted, {figures.retries:,} retried; violations: {counts or 'none'}"
    )
    if given.report is not None:
        write_report(given.report, given.title, options, figures)
    return 1 if figures.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
