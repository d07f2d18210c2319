"""Everything beside everything, in one run on one machine; prints a table and writes `docs/benchmarks.md`.

    python -m tests.benchmarks.bench
    python -m tests.benchmarks.bench --only echo stream --repeats 1
    python -m tests.benchmarks.bench --contestants ours --before HEAD~1
    python -m tests.benchmarks.bench --only connect --contestants ours chainlit jupyter

Each repeat starts each contestant anew and lets the same load client do the same work with it. The figures are medians
over the repeats; the ratios, too, are those of each repeat.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import statistics
import tempfile
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from ..report import circumstances, command_line, commit, write_section
from .contestants import CONTESTANTS, USUAL, Contestant, checkout, ours
from .load import Figures, Plan, measure

REPEATS = 3


class Work(NamedTuple):
    """A piece of work, and what is asked of it.

    Attributes:
        title: What the table calls it.
        name: The load client's method.
        given: Its arguments.
        figure: What of its figures counts.
        unit: That figure's.
        goals: For each other contestant the ratio to it that is wanted: ours to theirs.
        is_more_better: Whether a large figure is a good one.
        only: Who does it; None for everybody.
    """

    title: str
    name: str
    given: dict[str, float]
    figure: str
    unit: str
    goals: dict[str, float]
    is_more_better: bool = False
    only: tuple[str, ...] | None = None


WORK = {
    "memory": Work("memory per idle session", "memory", {"viewers": 500}, "kib_per_session", "KiB", {"chainlit": 1.0}),
    "echo": Work(
        "echo messages/s, 100 sessions",
        "echo",
        {"viewers": 100, "seconds": 5},
        "per_second",
        "/s",
        {"chainlit": 20, "relay": 1 / 3},
        is_more_better=True,
    ),
    "echo-1": Work("echo p50, one session", "echo", {"viewers": 1, "seconds": 3}, "p50_ms", "ms", {"chainlit": 1 / 3}),
    "echo-300": Work(
        "echo p99, 300 sessions", "echo", {"viewers": 300, "seconds": 5}, "p99_ms", "ms", {"chainlit": 1 / 15}
    ),
    "stream": Work(
        "streamed tokens/s, 100 sessions",
        "stream",
        {"viewers": 100, "seconds": 5, "tokens": 200},
        "tokens_per_second",
        "/s",
        {"chainlit": 15, "relay": 1 / 3},
        is_more_better=True,
    ),
    "first-token": Work(
        "time to first token, one session", "first_token", {"times": 200}, "p50_ms", "ms", {"chainlit": 1 / 3}
    ),
    "paced": Work(
        "300 viewers, 30 tokens/s each, p95 of a token's age",
        "paced",
        {"viewers": 300, "rate": 30, "seconds": 8},
        "p95_ms",
        "ms",
        {},
    ),
    "connect": Work(
        "connecting 1,000 viewers, each to its greeting",
        "connect",
        {"viewers": 1000},
        "seconds",
        "s",
        {"chainlit": 1 / 5},
    ),
    "storm": Work("reconnect storm, 5,000 viewers", "storm", {"viewers": 5000}, "seconds", "s", {}, only=("ours",)),
}
_OTHERS = {"before": "before", "chainlit": "Chainlit", "relay": "the raw relay", "jupyter": "a bare Jupyter socket"}
Found = dict[str, dict[str, list[Figures]]]
"""By work and contestant, a figure set for each repeat."""


def run(names: Sequence[str], contestants: Mapping[str, Contestant], *, repeats: int) -> tuple[Found, dict[str, str]]:
    """Do everything; return the figures, and what each contestant is."""
    found: Found = defaultdict(lambda: defaultdict(list))
    versions: dict[str, str] = {}
    for repeat in range(repeats):
        # Who comes first changes: what the machine does meanwhile is not always the same one's.
        order = deque(contestants)
        order.rotate(-repeat)
        for contestant in order:
            for name in names:
                work = WORK[name]
                dialect = "ours" if contestant == "before" else contestant
                if work.only is not None and dialect not in work.only:
                    continue
                with tempfile.TemporaryDirectory() as folder, contestants[contestant](Path(folder) / "home") as running:
                    versions[contestant] = running.version
                    plan = Plan(
                        dialect=dialect, port=running.port, pids=running.pids, work=[(work.name, dict(work.given))]
                    )
                    figures = measure(plan)
                found[name][contestant].append(figures)
                print(f"{repeat + 1}/{repeats} {contestant:10}{work.title:50}{_shown(work, figures)}", flush=True)
    return found, versions


def _shown(work: Work, figures: Figures) -> str:
    value = figures[work.figure]
    return f"{value:,.0f}{work.unit}" if value >= 1000 else f"{value:.3g} {work.unit}"


def table(found: Found) -> list[str]:
    """Return the rows of the table, in Markdown."""
    others = {who: _OTHERS[who] for who in _OTHERS if any(who in by_contestant for by_contestant in found.values())}
    columns = ["work", "ours", *others.values(), *(f"ours to {other}" for other in others.values())]
    rows = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name, by_contestant in found.items():
        work = WORK[name]
        cells = [
            _shown(work, {work.figure: statistics.median(figures[work.figure] for figures in by_contestant[who])})
            if by_contestant.get(who)
            else "-"
            for who in ("ours", *others)
        ]
        rows.append(f"| {' | '.join([work.title, *cells, *_ratios(work, by_contestant, list(others))])} |")
    return rows


def _ratios(work: Work, by_contestant: dict[str, list[Figures]], others: Sequence[str]) -> list[str]:
    cells = []
    for other in others:
        pairs = list(zip(by_contestant["ours"], by_contestant.get(other, []), strict=False))
        if not pairs:
            cells.append("-")
            continue
        ratio = statistics.median(ours[work.figure] / theirs[work.figure] for ours, theirs in pairs)
        text = f"{ratio:.3g}"
        goal = work.goals.get(other)
        if goal is not None:
            is_met = ratio >= goal if work.is_more_better else ratio <= goal
            text += f" ({'at least' if work.is_more_better else 'at most'} {goal:.3g}: {'yes' if is_met else '**no**'})"
        cells.append(text)
    return cells


def write_report(
    path: Path, found: Found, versions: dict[str, str], *, repeats: int, before: str | None = None
) -> None:
    """Write the table with what it was measured with.

    Args:
        path: The document.
        found: The figures.
        versions: What each contestant is.
        repeats: How often each was measured.
        before: The commit beside which this one was measured, where it was.
    """
    is_alone = set(versions) <= {"ours", "before"}
    notes = [] if before is None else [f"Before: commit `{before}`."]
    if not is_alone:
        notes += ["The raw relay is the two hops alone, batched, without sessions, numbers or storage: the limit."]
    lines = [
        f"{command_line('tests.benchmarks.bench')}: {circumstances()}",
        f"{'; '.join(versions.values())}. The load client runs on the same cores.",
        f"Medians over {repeats} repeats; every contestant is started anew for each piece of work.",
        "Ours: a real Jupyter server, a real kernel, SQLite with `synchronous=FULL`.",
        *notes,
        "",
        *table(found),
        "",
    ]
    write_section(path, "Beside the commit before" if is_alone else "Through the server", lines)


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=WORK, default=list(WORK), metavar="WORK")
    parser.add_argument("--contestants", nargs="+", choices=CONTESTANTS, default=list(USUAL))
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--report", type=Path, help="The document to write.")
    parser.add_argument("--before", metavar="REVISION", help="Measure this package of another commit beside it.")
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # thousands of viewers have thousands of sockets
    contestants = {name: CONTESTANTS[name] for name in given.contestants}
    before = None if given.before is None else commit(given.before)
    with contextlib.ExitStack() as stack:
        if before is not None:
            contestants["before"] = partial(ours, tree=stack.enter_context(checkout(before)))
        found, versions = run(given.only, contestants, repeats=given.repeats)
    print("\n".join(table(found)))
    if given.report is not None:
        write_report(given.report, found, versions, repeats=given.repeats, before=before)


if __name__ == "__main__":
    main()
