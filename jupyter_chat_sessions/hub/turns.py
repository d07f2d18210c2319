"""What the host says of one session, in its order: at once, or behind what has to be safe first.

The one rule: a place is a place. What comes behind something that waits, waits.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import ParamSpec

P = ParamSpec("P")


class Turns:
    """Who waits for whom in one session.

    What viewers say is waited for by all that has not had its turn, because it has its place in the thread already. A
    file is waited for by what comes behind it.
    """

    __slots__ = ("_waiting", "storing")

    def __init__(self) -> None:
        self.storing = 0
        """Things that viewers have said and that the store has not confirmed yet."""
        self._waiting: deque[Callable[[], None] | _Gate] | None = None
        """Oldest first. None while nothing waits: an empty one takes 760 bytes, in each session."""

    def take(self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Do something in its turn."""
        if self.storing or self._waiting:
            self._append(partial(work, *args, **kwargs))
            self._go_on()
        else:
            work(*args, **kwargs)

    def stored(self) -> None:
        """One of the things that are stored is, or cannot be: go on when it was the last."""
        self.storing -= 1
        self._go_on()

    def hold(self) -> Callable[[], None]:
        """Let what comes from now on wait until what this returns is called."""
        gate = _Gate()
        self._append(gate)

        def open_gate() -> None:
            gate.is_open = True
            self._go_on()

        return open_gate

    def catch_up(self) -> None:
        """Let what has come have its turn now, without its files: what is about to happen came after it."""
        for each in self._waiting or ():
            if isinstance(each, _Gate):
                each.is_open = True
        self._go_on()

    def _append(self, what: Callable[[], None] | _Gate) -> None:
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(what)

    def _go_on(self) -> None:
        while self._waiting and not self.storing:
            if isinstance(self._waiting[0], _Gate) and not self._waiting[0].is_open:
                return
            each = self._waiting.popleft()
            if not isinstance(each, _Gate):
                each()
        if not self._waiting:
            self._waiting = None


class _Gate:
    __slots__ = ("is_open",)

    def __init__(self) -> None:
        self.is_open = False
