"""A real Jupyter server on folders of its own, which can be killed and started again on the same folders and port."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from .seeded import VARIABLE

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-for-tests"
LIMIT_S = 120.0
OURS = ("jupyter_chat_sessions", "tests.chaos.troubled")
_LAB = ("jupyterlab", "notebook", "notebook_shim", "jupyter_lsp", "jupyter_server_terminals")
_NO_LAB = dict.fromkeys(_LAB, False)
UNLIMITED = {"messages_per_minute": 0, "max_sessions_per_user": 20_000, "max_sessions": 20_000}
"""A test says more in a second than a person in an hour; one about these limits sets its own."""


class ChaosServer:
    """A Jupyter server with the extension, in a process of its own.

    Args:
        home: Where everything that it writes goes.
        settings: The extension's settings by their names, e.g. `{"window_events": 32}`.
        env: More environment variables.
        options: More words for the command line, e.g. `["--KernelManager.autorestart=False"]`.
        has_lab: With JupyterLab and what comes with it, which take most of the time of a start.
        bugs: The folder in which bugs are armed (`seeded.py`); None for a server without any.
        extensions: What it loads in the place of ours, by the names of modules.
    """

    def __init__(
        self,
        home: Path,
        *,
        settings: Mapping[str, object] | None = None,
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
        has_lab: bool = False,
        bugs: Path | None = None,
        extensions: Sequence[str] | None = None,
    ) -> None:
        self.home = home
        self.log = home / "server.log"
        self.data = home / "data"
        self.port = _free_port()
        self.bugs = bugs
        self._extensions = dict.fromkeys(OURS, extensions is None) | dict.fromkeys(extensions or (), True)
        self._answers = "api/chat-sessions/" if extensions is None else "api/status"
        self._settings = {} if extensions is not None else {**UNLIMITED, **(settings or {})}
        self._env = dict(env or {})
        self._options = options
        self._has_lab = has_lab
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address, with a trailing slash."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self.home.mkdir(parents=True, exist_ok=True)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it answers. Starting again goes on with the same folders and port."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY_"))}
        folders = {
            "JUPYTER_CONFIG_DIR": str(self.home / "config"),
            "JUPYTER_DATA_DIR": str(self.data),
            "JUPYTER_RUNTIME_DIR": str(self.home / "runtime"),
            "IPYTHONDIR": str(self.home / "ipython"),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        }
        if self.bugs is not None:
            folders[VARIABLE] = str(self.bugs)
        settings = [f"--ChatSessions.{name}={value}" for name, value in self._settings.items()]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.chaos.launch"),
                    f"--IdentityProvider.token={TOKEN}",
                    "--ServerApp.ip=127.0.0.1",
                    f"--ServerApp.port={self.port}",
                    "--ServerApp.port_retries=0",
                    "--ServerApp.open_browser=False",
                    "--ServerApp.allow_root=True",
                    f"--ServerApp.root_dir={self.home}",
                    f"--ServerApp.jpserver_extensions={self._extensions | ({} if self._has_lab else _NO_LAB)}",
                    *settings,
                    *self._options,
                ],
                cwd=self.home,
                env={**inherited, **folders, **self._env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_until_up()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Stop it with SIGTERM, and wait until it is gone; that it is gone already is fine."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._process = None

    def kill(self) -> None:
        """Kill it with SIGKILL, and wait until it is gone. Its kernels follow by themselves within about a second."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it stand still."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    def request(self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """Call its REST API, and wait for the answer."""
        return request(self.port, method, path, body, headers=headers)

    def _log_in_short(self) -> str:
        """Return the log without the requests in it."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([line for line in lines if "@127.0.0.1" not in line][-60:])

    def _wait_until_up(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + LIMIT_S
        while True:
            try:
                self.request("GET", self._answers)
                return
            except (urllib.error.URLError, ConnectionError) as reason:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the Jupyter server did not start:\n{self._log_in_short()}") from reason
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)  # a server that ends at once is told at once


def request(port: int, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Any:
    """Call the REST API of the server on a port, and wait for the answer."""
    call = urllib.request.Request(
        f"http://127.0.0.1:{port}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json", **(headers or {})},
    )
    with urllib.request.urlopen(call, timeout=LIMIT_S) as response:
        return json.loads(response.read() or b"null")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
