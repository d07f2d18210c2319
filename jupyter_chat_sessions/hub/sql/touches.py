"""When threads were last written to: told to the database once a second, and before anybody asks it something.

Each time would cost a message a page of the disk. The one rule: while the database can be written, a crash costs no
more than a second of these times.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from sqlalchemy import Connection

from . import schema

EVERY_S = 1.0


class Touches:
    """Times that the database does not have yet."""

    def __init__(self) -> None:
        self._at_by_thread: dict[str, float] = {}
        self._due_at = 0.0

    @property
    def wait_s(self) -> float | None:
        """In how many seconds they are to be written; None where there are none."""
        return self._due_at - time.monotonic() if self._at_by_thread else None

    def note(self, at_by_thread: Mapping[str, float]) -> None:
        """Take times, in seconds since 1970."""
        if at_by_thread and not self._at_by_thread:
            self._due_at = time.monotonic() + EVERY_S
        self._at_by_thread.update(at_by_thread)

    def write(self, connection: Connection) -> None:
        """Write them. The caller commits, and then says so with `written`."""
        schema.touch(connection, self._at_by_thread)

    def written(self) -> None:
        """Forget what is in the database now."""
        self._at_by_thread.clear()
