"""What is done once a turn of the loop is over: one entry in the loop's queue for all who ask.

The one rule: what one of them raises keeps none of the others from its turn.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

logger = logging.getLogger(__name__)


class TurnEnd:
    """Calls back everybody who asked during a turn of the running loop, in that order.

    Hosts come before viewers: while viewers are told that their messages are there, the handlers can run.
    """

    def __init__(self) -> None:
        self._first: list[Callable[[], None]] = []
        self._then: list[Callable[[], None]] = []

    def call_first(self, callback: Callable[[], None]) -> None:
        """Call back once this turn is over, before those who asked by `call`."""
        self._arm()
        self._first.append(callback)

    def call(self, callback: Callable[[], None]) -> None:
        """Call back once this turn is over."""
        self._arm()
        self._then.append(callback)

    def _arm(self) -> None:
        if not (self._first or self._then):
            asyncio.get_running_loop().call_soon(self._call_all)

    def _call_all(self) -> None:
        callbacks, self._first, self._then = self._first + self._then, [], []
        for callback in callbacks:
            try:
                callback()
            except Exception:
                logger.exception("what was put off to the end of a turn has failed")
