"""A small disk that can be full: a file system of its own where that can be had, else a limit on the size of files."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .server import ChaosServer

SIZE_KIB = 6 * 1024


class SmallDisk:
    """Where a server keeps its conversations.

    Without a file system of its own, the kernel refuses to let files of the server grow: for SQLite that is a disk that
    fails, not one that is full.

    Args:
        server: The server, running.
        ballast: The file that fills the disk; None where there is no disk of its own.

    Attributes:
        code: What the store's state is called while the disk is full.
    """

    def __init__(self, server: ChaosServer, ballast: Path | None) -> None:
        self.code = "failed" if ballast is None else "full"
        self._server = server
        self._ballast = ballast

    def fill(self) -> None:
        """Let there be no room."""
        if self._ballast is None:
            resource.prlimit(self._server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
            return
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1024))

    def clear(self) -> None:
        """Let there be room again."""
        if self._ballast is None:
            resource.prlimit(self._server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        else:
            self._ballast.unlink()


@contextmanager
def small_disk(server: ChaosServer) -> Iterator[SmallDisk]:
    """Start a server whose conversations are kept on a small disk."""
    place = server.data / "chat_sessions"
    place.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_KIB}k,mode=0700", "tmpfs", str(place)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        with server:
            yield SmallDisk(server, place / "ballast" if is_mounted else None)
    finally:
        if is_mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
