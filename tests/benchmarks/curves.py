"""How the cost of ours grows with the work: over sessions, messages in a thread, and tokens in a message.

    python -m tests.benchmarks.curves

Costs are processor time of server and kernel together, which other work on the machine changes little, or for opening a
thread the time until it is there. The exponent is the slope of a straight line through the logarithms: 0 is a cost that
does not grow, 1 one that grows as the work does.
"""

from __future__ import annotations

import argparse
import math
import resource
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..report import circumstances, command_line, write_section
from .contestants import ours
from .load import Plan, measure


class Curve(NamedTuple):
    """What is measured at each size.

    Attributes:
        title: What grows.
        name: The load client's method.
        argument: The argument of it that grows.
        sizes: How far.
        given: The other arguments.
        figure: The cost, of its figures.
        unit: Its unit.
    """

    title: str
    name: str
    argument: str
    sizes: Sequence[int]
    given: dict[str, float]
    figure: str
    unit: str


SESSIONS = (1, 10, 100, 500, 1000, 2000)
LENGTHS = (10, 100, 1000, 10_000, 100_000)
CURVES = (
    Curve("an echo, by sessions", "echo", "viewers", SESSIONS, {"seconds": 4}, "cpu_us", "µs"),
    Curve("one more echo, by messages in the thread", "thread", "messages", LENGTHS, {}, "cpu_us", "µs"),
    Curve("opening a thread, by messages in it", "thread", "messages", LENGTHS, {}, "open_ms", "ms"),
    Curve("a token, by tokens in the message", "tokens", "tokens", LENGTHS, {}, "cpu_us", "µs"),
)


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.curves", description=__doc__)
    parser.add_argument("--report", type=Path, help="The document to write.")
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rows = ["| | at | cost | exponent |", "|---|---|---|---|"]
    known: dict[tuple[str, int], dict[str, float]] = {}
    for curve in CURVES:
        costs = []
        for size in curve.sizes:
            if (curve.name, size) not in known:
                known[curve.name, size] = _figures(curve, size)
            costs.append(known[curve.name, size][curve.figure])
        sizes = ", ".join(f"{size:,}" for size in curve.sizes)
        shown = ", ".join(f"{cost:,.3g}" for cost in costs)
        rows.append(f"| {curve.title} | {sizes} | {shown} {curve.unit} | {exponent(curve.sizes, costs):+.2f} |")
        print(rows[-1], flush=True)
    if given.report is not None:
        lines = [
            f"{command_line('tests.benchmarks.curves')}: {circumstances()}",
            "Processor time of server and kernel for one piece of work, or the time until a thread is open.",
            "0 is a cost for each that does not grow; the whole then grows as the work does.",
            "",
            *rows,
            "",
        ]
        write_section(given.report, "As work grows", lines)


def exponent(sizes: Sequence[int], costs: Sequence[float]) -> float:
    """Return the slope of the costs over the sizes, both as logarithms."""
    return statistics.linear_regression([*map(math.log, sizes)], [*map(math.log, costs)]).slope


def _figures(curve: Curve, size: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, ours(Path(folder) / "home") as running:
        work = [(curve.name, {**curve.given, curve.argument: size})]
        return measure(Plan(dialect="ours", port=running.port, pids=running.pids, work=work))


if __name__ == "__main__":
    main()
