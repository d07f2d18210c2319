"""What is done once a turn of the loop is over: one entry in the loop's queue for all who ask.

The one rule: what one of them raises keeps none of the others from its turn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class TurnEnd:
    """Calls back everybody who asked during a turn of the running loop, in that order."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[], None]] = []

    def call(self, callback: Callable[[], None]) -> None:
        """Call back once this turn is over."""
        if not self._callbacks:
            asyncio.get_running_loop().call_soon(self._call_all)
        self._callbacks.append(callback)

    def _call_all(self) -> None:
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            try:
                callback()
            except Exception:
                logger.exception("what was put off to the end of a turn has failed")
