"""One Chainlit for all the apps, and one server and browser for all the pages."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .recording import APPS, IS_LARGE, NAMES

ROOT = Path(__file__).parents[2]
CHAINLIT = ROOT / (".venv-chainlit-semantic-kernel" if IS_LARGE else ".venv-chainlit")
PACKAGES = [
    "chainlit>=2.12",  # without it, what a library asks for may bring a Chainlit of years ago
    *(["semantic-kernel"] if IS_LARGE else []),
    "langchain-core",
    "llama-index-core",
    "matplotlib",
    "mistralai<2",  # the newest that Chainlit's own instrumentation knows
    "openai",
    "pandas",
    "plotly",
]
START_LIMIT_S = 60.0


@pytest.fixture(scope="session")
def chainlit_ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """Where each app is served by Chainlit itself, the newest there is, from an environment of its own."""
    python = _chainlit_python()
    home = tmp_path_factory.mktemp("chainlit")
    shutil.copytree(APPS, home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("scripts", "__pycache__"))
    ports = dict(zip(NAMES, _free_ports(len(NAMES)), strict=True))
    log = home / "log.txt"
    command = [str(python), str(Path(__file__).with_name("chainlit_server.py"))]
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, *(f"{name}={port}" for name, port in ports.items())],
            cwd=home,
            env={**os.environ, "CHAINLIT_AUTH_SECRET": "a secret for tests, long enough to sign with"},
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        for port in ports.values():
            _wait_for(port, process, log)
        yield ports
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _chainlit_python() -> Path:
    """Return the Python of an environment that holds the newest Chainlit, and what the apps use; made once."""
    python = CHAINLIT / "bin" / "python"
    ready, holds = CHAINLIT / ".ready", "\n".join(PACKAGES)
    if not ready.exists() or ready.read_text() != holds:
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "--quiet", "--clear", str(CHAINLIT)], check=True)
        install = [*uv, "pip", "install", "--quiet", "--python", str(python), *PACKAGES]
        installed = subprocess.run(install, capture_output=True, text=True, check=False)
        if installed.returncode != 0:
            pytest.fail(
                f"Chainlit could not be installed to compare with; is the package index in reach?\n{installed.stderr}"
            )
        ready.write_text(holds)
    return python


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"Chainlit did not start:\n{log.read_text()}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)


def _free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on. All are held while they are found, or one could come twice."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
