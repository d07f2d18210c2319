"""A real JupyterLab server in a process of its own, and kernels that tests run cells in without a browser."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.error import URLError
from urllib.parse import quote

from jupyter_client.blocking.client import BlockingKernelClient

START_LIMIT_S = 40.0
CELL_LIMIT_S = 30.0
TOKEN = "a-token-for-tests"
TOLD_BOT = (Path(__file__).parent / "told_bot.py").read_text()

T = TypeVar("T")


class LabServer:
    """`jupyter lab` of the interpreter that runs the tests, with folders of its own.

    Args:
        home: Where everything that it writes goes.
    """

    def __init__(self, home: Path) -> None:
        self.notebooks = home / "notebooks"
        self.log = home / "server.log"
        self.data = home / "data"
        self.port = free_port()
        self._runtime = home / "runtime"
        self._home = home
        self._kernels: list[Kernel] = []

    @property
    def url(self) -> str:
        """Its address, with a trailing slash."""
        return f"http://127.0.0.1:{self.port}/"

    def __enter__(self) -> Self:
        self.notebooks.mkdir(parents=True)
        _keep_quiet(self._home / "config")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "JPY_"))}
        folders = {
            "JUPYTER_CONFIG_DIR": str(self._home / "config"),
            "JUPYTER_DATA_DIR": str(self.data),
            "JUPYTER_RUNTIME_DIR": str(self._runtime),
            "IPYTHONDIR": str(self._home / "ipython"),
        }
        options = ["--no-browser", "--allow-root", f"--port={self.port}", "--ServerApp.port_retries=0"]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options, f"--IdentityProvider.token={TOKEN}"],
            cwd=self.notebooks,
            env={**inherited, **folders},
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait_until_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for kernel in self._kernels:
            kernel.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def chat_url(self, channel: str, *, port: int | None = None) -> str:
        """Return the address of a channel's page, with the token that opens the server."""
        return f"http://127.0.0.1:{port or self.port}/chat-sessions/{quote(channel)}?token={TOKEN}"

    def write_notebook(self, name: str, cells: list[str]) -> str:
        """Put a notebook into the server's folder; return its path there."""
        kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
        blank: dict[str, Any] = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        notebook = {
            "cells": [{**blank, "id": f"cell-{index}", "source": cell} for index, cell in enumerate(cells)],
            "metadata": {"kernelspec": kernelspec, "language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (self.notebooks / name).write_text(json.dumps(notebook))
        return name

    def start_kernel(self, name: str) -> Kernel:
        """Start the kernel of a notebook of this name, without a browser."""
        notebook = {"path": f"{name}.ipynb", "name": name, "type": "notebook", "kernel": {"name": "python3"}}
        session = self.request("POST", "api/sessions", notebook)
        return self._connect(session["kernel"]["id"])

    def kernel_of(self, path: str) -> Kernel:
        """Connect to the kernel that a browser has started for a notebook."""
        sessions = self.request("GET", "api/sessions")
        return self._connect(next(session["kernel"]["id"] for session in sessions if session["path"] == path))

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Call the server's REST API."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.loads(response.read() or b"null")

    def _connect(self, kernel_id: str) -> Kernel:
        kernel = Kernel(self, kernel_id, self._runtime / f"kernel-{kernel_id}.json")
        self._kernels.append(kernel)
        return kernel

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                self.request("GET", "api/status")
            except URLError:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.1)
            else:
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()}")


class Kernel:
    """Runs cells in a kernel of the server.

    The client lives on a thread of its own: on the main thread, the browser's loop runs.
    """

    def __init__(self, server: LabServer, kernel_id: str, connection_file: Path) -> None:
        self.id = kernel_id
        self.server = server
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="kernel client")
        self._client = self._call(lambda: _client(connection_file))

    def run(self, code: str) -> str:
        """Run a cell; return what it printed.

        Raises:
            AssertionError: The cell failed.
        """
        printed: list[str] = []

        def on_output(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                printed.append(message["content"]["text"])

        reply = self._call(
            lambda: self._client.execute_interactive(
                code, timeout=CELL_LIMIT_S, output_hook=on_output, allow_stdin=False
            )
        )["content"]
        trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(reply.get("traceback", [])))
        assert reply["status"] == "ok", f"{''.join(printed)}\n{trace}"
        return "".join(printed)

    def start(self, code: str) -> None:
        """Run a cell and wait only until it has begun."""

        def begin() -> None:
            request = self._client.execute(code, allow_stdin=False)
            while True:
                message = self._client.get_iopub_msg(timeout=CELL_LIMIT_S)
                if message["msg_type"] == "execute_input" and message["parent_header"].get("msg_id") == request:
                    return

        self._call(begin)

    def shut_down(self) -> None:
        """Shut the kernel down, as *Shut Down Kernel* does."""
        self.server.request("DELETE", f"api/kernels/{self.id}")

    def close(self) -> None:
        """Let go of the kernel; the server ends it."""
        self._call(self._client.stop_channels)
        self._worker.shutdown()

    def _call(self, work: Callable[[], T]) -> T:
        return self._worker.submit(work).result()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _client(connection_file: Path) -> BlockingKernelClient:
    client = BlockingKernelClient()
    client.load_connection_file(str(connection_file))
    # Not by heartbeats: a kernel that misses one while it starts on a busy machine would be taken for dead.
    client.start_channels(hb=False)
    client.wait_for_ready(timeout=CELL_LIMIT_S)
    return client


def _keep_quiet(config: Path) -> None:
    """Answer beforehand what a first visit to JupyterLab asks."""
    settings = config / "lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    answers = {"fetchNews": "false", "checkForUpdates": False}
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(answers))
