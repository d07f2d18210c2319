"""The way to the hub, as a session sees it, and how long to wait for room on it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Protocol

from ..protocol.errors import HubUnreachableError
from ..protocol.frames import HostFrame

wait_limit_s: ContextVar[float | None] = ContextVar("chat_wait_limit_s", default=None)
"""How long `BaseSession.room` waits, seconds; None, the default, as long as it takes: it holds up only itself."""


class Line(Protocol):
    """The way to the hub, as a session sees it."""

    def put(self, frame: HostFrame) -> None:
        """Queue a frame; from any thread, never waits."""

    def hold(self) -> None:
        """Hold back what is put, but text, until `hurry` is called, or for a moment; from any thread, never waits."""

    def hurry(self) -> None:
        """Let what was held back leave; from any thread, never waits."""

    @property
    def has_room(self) -> bool:
        """Whether `room` would not wait."""

    async def room(self) -> None:
        """Wait while too much is on its way, files apart."""

    async def room_for_files(self) -> None:
        """Wait while too much of files is on its way, or of anything."""


async def wait_for_room(line: Line, limit_s: float) -> None:
    """Wait while too much is on its way, but not for ever.

    Raises:
        HubUnreachableError: The limit is over, seconds.
    """
    import asyncio  # here and not above: importing the author's API stays fast

    try:
        await asyncio.wait_for(line.room(), limit_s)
    except TimeoutError:
        raise HubUnreachableError(
            f"For {limit_s:g} s what was said has not come through to the Jupyter server. It is shown once the "
            "server is there again."
        ) from None
