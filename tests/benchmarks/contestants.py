"""Who is measured: how each is set up, started and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..chaos.kernel import ChaosKernel
from ..chaos.scene import CHANNEL
from ..chaos.server import ROOT, ChaosServer

APPS = Path(__file__).parent / "apps"
HANDLERS = (APPS / "handlers.py").read_text()
ENVIRONMENTS = ROOT / ".venv-bench"
START_LIMIT_S = 60.0
SETTINGS = {"max_waiting": 64}
_NO_ENV: Mapping[str, str] = {}


class Running(NamedTuple):
    """A contestant that has started.

    Attributes:
        port: Where it listens.
        pids: Its processes; first the one that viewers dial.
        version: What it is.
    """

    port: int
    pids: list[int]
    version: str


Contestant = Callable[[Path], contextlib.AbstractContextManager[Running]]


@contextmanager
def ours(home: Path, *, tree: Path = ROOT) -> Iterator[Running]:
    """Start a real Jupyter server, a real kernel, and the bot in a cell; SQLite with `synchronous=FULL`.

    Args:
        home: Where everything that it writes goes.
        tree: The checkout whose package is measured.
    """
    path = os.pathsep.join(map(str, dict.fromkeys((tree, ROOT))))
    with ChaosServer(home, settings=SETTINGS, env={"PYTHONPATH": path}) as server:
        kernel = ChaosKernel.start(server)
        cells = [
            "%load_ext jupyter_chat_sessions\nimport os\nprint(os.getpid())",
            f"import jupyter_chat_sessions as cl\n{HANDLERS}",
            f"%chat_session {CHANNEL}",
        ]
        printed = [asyncio.run(kernel.run(cell)) for cell in cells]
        version = _version_of(sys.executable, "jupyter_chat_sessions")
        yield Running(server.port, [server.pid, int(printed[0])], f"jupyter-chat-sessions {version}")


@contextmanager
def checkout(revision: str) -> Iterator[Path]:
    """Check a revision out beside this tree, for as long as it is measured."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=archive, check=True)
        static = Path("jupyter_chat_sessions") / "static"
        shutil.copytree(ROOT / static, folder / static)  # no figure of the load client's is about the page
        yield Path(folder)


@contextmanager
def chainlit(home: Path) -> Iterator[Running]:
    """Start `chainlit run` of the newest version, in an environment of its own."""
    python = environment("chainlit")
    home.mkdir(parents=True, exist_ok=True)
    (home / "app.py").write_text(f"import chainlit as cl\n{HANDLERS}")
    port = _free_port()
    command = [str(python.with_name("chainlit")), "run", "app.py", "--headless", "--port", str(port)]
    with _process(command, home, port) as pid:
        yield Running(port, [pid], f"chainlit {_version_of(str(python), 'chainlit')}")


@contextmanager
def panel(home: Path) -> Iterator[Running]:
    """Start `panel serve` of the newest version, in an environment of its own."""
    python = environment("panel")
    home.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    command = [str(python.with_name("panel")), "serve", str(APPS / "panel_app.py"), "--port", str(port)]
    with _process([*command, "--address", "127.0.0.1"], home, port, env={"HANDLERS": str(APPS / "handlers.py")}) as pid:
        yield Running(port, [pid], f"panel {_version_of(str(python), 'panel')}")


@contextmanager
def relay(home: Path) -> Iterator[Running]:
    """Start the raw relay: the two hops that ours has, and nothing else."""
    home.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    with _process([sys.executable, str(APPS / "relay_hub.py"), str(port)], home, port) as hub:
        host = subprocess.Popen([sys.executable, str(APPS / "relay_host.py"), str(port)], cwd=home)
        try:
            yield Running(port, [hub, host.pid], f"tornado {_version_of(sys.executable, 'tornado')}")
        finally:
            host.kill()
            host.wait()


@contextmanager
def jupyter(home: Path) -> Iterator[Running]:
    """Start a Jupyter server with a socket that greets and does nothing else: what its handshake alone takes."""
    with ChaosServer(home, extensions=["tests.benchmarks.apps.bare_jupyter"]) as server:
        yield Running(server.port, [server.pid], f"jupyter_server {_version_of(sys.executable, 'jupyter_server')}")


CONTESTANTS: dict[str, Contestant] = {"ours": ours, "chainlit": chainlit, "relay": relay, "jupyter": jupyter}
"""Those that the load client speaks with."""
USUAL = ("ours", "chainlit", "relay")
"""Those that can do all of the work."""
PAGES: dict[str, Contestant] = {"ours": ours, "chainlit": chainlit, "panel": panel}
"""Those that a browser visits."""


def environment(package: str) -> Path:
    """Return the Python of an environment that holds the newest version of a package; made once."""
    python = ENVIRONMENTS / package / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "uv", "venv", "--quiet", python.parent.parent], check=True)
        subprocess.run(
            [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, package], check=True
        )
    return python


@contextmanager
def _process(command: list[str], home: Path, port: int, *, env: Mapping[str, str] = _NO_ENV) -> Iterator[int]:
    log = (home / "log").open("wb")
    process = subprocess.Popen(
        command, cwd=home, env={**os.environ, **env}, stdout=log, stderr=log, start_new_session=True
    )
    try:
        _wait_for(port, process)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args!r} did not start")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)


def _version_of(python: str, package: str) -> str:
    code = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
