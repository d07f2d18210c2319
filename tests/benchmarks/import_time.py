"""Prints how long `import jupyter_chat_sessions` takes beside a bare interpreter: medians of processes, in turn."""

import statistics
import subprocess
import sys
import time

RUNS = 15
COMMANDS = {"bare interpreter": "pass", "import jupyter_chat_sessions": "import jupyter_chat_sessions"}


def seconds(code: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - started


def main() -> None:
    for code in COMMANDS.values():
        seconds(code)
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, code in COMMANDS.items():
            times[name].append(seconds(code))
    medians = {name: statistics.median(values) * 1000 for name, values in times.items()}
    for name, median in medians.items():
        print(f"{median:8.1f} ms  {name}")
    bare, ours = medians.values()
    print(f"{ours - bare:8.1f} ms  added by the import (median of {RUNS} runs)")


if __name__ == "__main__":
    main()
