"""What waits to be written, and what of it goes into the next transaction.

The one rule: of one thread, what was said first is written first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..store import PutStep, RemoveStep, ReplaceStep, Write

PATIENCE_S = 0.02
"""How long what nobody waits for may wait for others to be written with, in seconds."""


class Commit(NamedTuple):
    """What `Store.commit` was given."""

    writes: Sequence[Write]
    then: Callable[[], None] | None
    otherwise: Callable[[], None] | None

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for it."""
        return self.then is not None or self.otherwise is not None


class Waiting:
    """Commits that wait. What somebody waits for goes at once; steps that nobody waits for, with more of their thread.

    A message and the answer to the one before it then change a thread's pages of the disk once. Each waits for
    `PATIENCE_S` at most.
    """

    def __init__(self) -> None:
        self.is_awaited = False
        """Somebody waits for one of them."""
        self._commits: list[tuple[float, Commit]] = []
        """Each with the time at which it is to be written at the latest."""

    def add(self, commits: Sequence[Commit]) -> bool:
        """Take commits, in order; return whether that changes when the next is due."""
        was_idle, was_awaited = not self._commits, self.is_awaited
        due_at = time.monotonic() + PATIENCE_S
        for commit in commits:
            self._commits.append((due_at, commit))
            if commit.is_awaited:
                self.is_awaited = True
        return was_idle or self.is_awaited is not was_awaited

    @property
    def wait_s(self) -> float | None:
        """In how many seconds the first is due, if nobody waits for it; None where nothing waits."""
        return self._commits[0][0] - time.monotonic() if self._commits else None

    def take_all(self) -> list[Commit]:
        """Take everything."""
        waiting, self._commits, self.is_awaited = self._commits, [], False
        return [commit for _, commit in waiting]

    def take(self) -> list[Commit]:
        """Take what is to be written now. Who waits for a commit without writes waits for all that came before."""
        if any(not commit.writes for _, commit in self._commits):
            return self.take_all()
        now = time.monotonic()
        going: set[str | None] = set()
        may_wait: list[bool] = []
        for due_at, commit in self._commits:
            waits = due_at > now and _can_wait(commit)
            may_wait.append(waits)
            if not waits:
                going.update([write.thread_id for write in commit.writes])
        taken, left = [], []
        for each, waits in zip(self._commits, may_wait, strict=True):
            if waits and each[1].writes[0].thread_id not in going:
                left.append(each)
            else:
                taken.append(each[1])
        self._commits, self.is_awaited = left, False
        return taken


_OF_STEPS = frozenset({PutStep, ReplaceStep, RemoveStep})


def _can_wait(commit: Commit) -> bool:
    """Return whether a commit is of steps of one thread, and nobody waits for it."""
    if commit.is_awaited:
        return False
    thread_id = commit.writes[0].thread_id
    return all(type(write) in _OF_STEPS and write.thread_id == thread_id for write in commit.writes)
