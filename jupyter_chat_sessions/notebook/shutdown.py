"""The orderly end of a kernel: apps have their `on_app_shutdown` before it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

KERNEL_LIMIT_S = 4.0
"""How long all apps may take together, in seconds: Jupyter waits 5 for a kernel, then kills it."""


class ShutdownWatch:
    """Lets something be done when the kernel is asked to shut down or to restart, before it answers.

    ipykernel hears the request on a thread of its own and takes an awaitable for an answer, so that the notebook's loop
    goes on meanwhile.

    Args:
        kernel: The kernel, or None in a terminal, which has no such request.
        end_apps: Blocks until the apps have ended, or the seconds are over that it is given.
    """

    def __init__(self, kernel: Any, *, end_apps: Callable[[float], None]) -> None:
        self._kernel = kernel
        self._end_apps = end_apps

    def start(self) -> None:
        """Watch."""
        if self._kernel is not None:
            self._kernel.do_shutdown = self._do_shutdown

    def stop(self) -> None:
        """Watch no more."""
        if self._kernel is not None:
            vars(self._kernel).pop("do_shutdown", None)

    async def _do_shutdown(self, restart: bool) -> Any:
        self.stop()
        await asyncio.to_thread(self._end_apps, KERNEL_LIMIT_S)
        answer = self._kernel.do_shutdown(restart)
        return await answer if inspect.isawaitable(answer) else answer
