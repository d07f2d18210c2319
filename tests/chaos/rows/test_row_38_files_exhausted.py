"""Row 38: the server may open no more files. Nobody new gets in, those who are there go on, and once there is room
again the next one is let in. The limit is put on the running server, a little above what it has open."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psutil

from ..scene import Scene

OWN_STAGE = True
ROOM = 12
CALLERS = 60


async def test_old_ones_go_on_and_new_ones_come_later(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        old = await on.viewer(direct=True)
        gate = on.gate()
        running = old.say(f"stream 60 0 {gate.name}")
        await old.until(lambda: old.reply(running) is not None)
        with _few_files(on.stage.server.pid), ExitStack() as callers:
            for _ in range(CALLERS):
                caller = callers.enter_context(socket.create_connection(("127.0.0.1", on.stage.server.port), timeout=5))
                caller.setblocking(False)
            await asyncio.to_thread(_until_full, on.stage.server.pid)
            gate.let_pass()
            key = old.say("echo")
            await old.until_status(key, "done", limit_s=20)
        new = await on.viewer(direct=True)
        key = new.say("echo")
        await new.until_status(key, "done")
        assert len(old.welcomes) == 1
        await on.check()


@contextmanager
def _few_files(pid: int) -> Iterator[None]:
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    limit = max(int(name) for name in os.listdir(f"/proc/{pid}/fd")) + ROOM
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def _until_full(pid: int) -> None:
    limit, _ = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while process.num_fds() < limit:
            pass
