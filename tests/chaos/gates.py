"""Gates: named pipes that a handler in a kernel waits at until a test lets it pass. No process polls."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Self


class Gate:
    """A gate, as the test holds it.

    Args:
        path: Where the pipe is made.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        os.mkfifo(path, 0o600)
        # For reading and writing: so it keeps what was let through until somebody comes, and never waits for a reader.
        self._pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._pipe)

    def let_pass(self, count: int = 1) -> None:
        """Let so many handlers pass, those that wait now or come later."""
        os.write(self._pipe, b"." * count)


async def pass_gate(path: Path) -> None:
    """Wait at a gate until one is let pass."""
    loop = asyncio.get_running_loop()
    pipe = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        while True:
            is_readable = asyncio.Event()
            loop.add_reader(pipe, is_readable.set)
            try:
                await is_readable.wait()
            finally:
                loop.remove_reader(pipe)
            try:
                os.read(pipe, 1)
            except BlockingIOError:
                continue  # another one was faster
            return
    finally:
        os.close(pipe)
