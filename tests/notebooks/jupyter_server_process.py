"""A real Jupyter server with the extension, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Self

EXTENSION = "jupyter_chat_sessions"
LIMIT_S = 30.0


class JupyterServerProcess:
    """A Jupyter server on a free port, with folders of its own.

    Attributes:
        kernel_environment: What its kernels inherit, and find the hub by.
    """

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory()
        runtime = Path(self._folder.name) / "runtime"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--log-level=DEBUG"),
                "--IdentityProvider.token=a-token-for-tests",
                "--ServerApp.ip=127.0.0.1",
                "--ServerApp.port=0",
                "--ServerApp.open_browser=False",
                "--ServerApp.allow_root=True",
                f"--ServerApp.root_dir={self._folder.name}",
                f"--ServerApp.jpserver_extensions={{'{EXTENSION}': True}}",
            ],
            env={**os.environ, "JUPYTER_RUNTIME_DIR": str(runtime), "JUPYTER_NO_CONFIG": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started = threading.Event()
        threading.Thread(target=self._read_log, args=(self._process.stderr,), daemon=True).start()
        try:
            if not self._started.wait(LIMIT_S):
                raise RuntimeError("the Jupyter server did not start")
            address = json.loads((runtime / f"jpchat-{self._process.pid}.json").read_text())
        except BaseException:
            self.__exit__()
            raise
        self.kernel_environment = {
            "JUPYTER_CHAT_SESSIONS_URL": address["url"],
            "JUPYTER_CHAT_SESSIONS_HOST_TOKEN": address["token"],
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(LIMIT_S)
        self._folder.cleanup()

    def _read_log(self, log: IO[str]) -> None:
        """Read to the end: a server whose log nobody reads stands still."""
        for line in log:
            if EXTENSION in line and "successfully started" in line:
                self._started.set()
