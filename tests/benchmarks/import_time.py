"""How long `import jupyter_chat_sessions` takes beside `import chainlit` and a bare interpreter: medians of processes.

python -m tests.benchmarks.import_time
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from ..report import circumstances, command_line, write_section
from .contestants import environment

RUNS = 15
USED = "import jupyter_chat_sessions as cl; cl.on_chat_start, cl.on_message, cl.Message, cl.user_session"
"""What a small bot uses: names are loaded when they are first used."""


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.import_time", description=__doc__)
    parser.add_argument("--report", type=Path, help="The document to write.")
    given = parser.parse_args()
    python = str(environment("chainlit"))
    commands = {
        "bare interpreter": [sys.executable, "-c", "pass"],
        "import jupyter_chat_sessions": [sys.executable, "-c", "import jupyter_chat_sessions"],
        "used": [sys.executable, "-c", USED],
        "bare interpreter, theirs": [python, "-c", "pass"],
        "import chainlit": [python, "-c", "import chainlit"],
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS + 1):
        for name, command in commands.items():
            times[name].append(_seconds(command))
    medians = {name: statistics.median(values[1:]) * 1000 for name, values in times.items()}
    bare, ours, used, their_bare, their_import = medians.values()
    theirs_added = their_import - their_bare
    rows = [
        "| | whole process | added by the import |",
        "|---|---|---|",
        f"| `import jupyter_chat_sessions` | {ours:.0f} ms | {ours - bare:.0f} ms |",
        f"| the same, and the names that a small bot uses | {used:.0f} ms | {used - bare:.0f} ms |",
        f"| `import chainlit` | {their_import:.0f} ms | {theirs_added:.0f} ms |",
        f"| ratio of the first | | {_verdict((ours - bare) / theirs_added)} |",
        f"| ratio of the second | | {_verdict((used - bare) / theirs_added)} |",
    ]
    print("\n".join(rows))
    if given.report is not None:
        head = f"{command_line('tests.benchmarks.import_time')}: {circumstances()}"
        write_section(given.report, "Import", [head, f"Medians of {RUNS} processes each, in turn.", "", *rows, ""])


def _verdict(ratio: float) -> str:
    return f"{ratio:.3g} (at most 0.1: {'yes' if ratio <= 0.1 else '**no**'})"


def _seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, cwd=Path.home(), stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
