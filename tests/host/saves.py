"""Notes when a host lets its hub keep the values of `user_session`."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from jupyter_chat_sessions.protocol.frames import SaveValues
from jupyter_chat_sessions.testing import Stage


class Saves:
    """The values that a stage's host has let its hub keep, with a way to wait for the next."""

    def __init__(self, stage: Stage) -> None:
        self.frames: list[SaveValues] = []
        self._came = threading.Event()
        put = stage.link.outbox.put

        def noting(frame: Any) -> None:
            put(frame)
            if isinstance(frame, SaveValues):
                self.frames.append(frame)
                self._came.set()

        stage.link.outbox.put = noting  # type: ignore[method-assign]  # says when the host saves

    async def next(self) -> SaveValues:
        assert await asyncio.to_thread(self._came.wait, 10)
        self._came.clear()
        return self.frames[-1]
