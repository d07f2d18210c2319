"""Where threads are kept. The interface, and the store in memory.

The one rule: what `commit` has called back for is as safe as this store can make it; nothing is confirmed to a viewer
before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Protocol

from msgspec import Struct

from ..protocol.frames import ClientType, UserInfo
from ..protocol.steps import Step


class SessionRecord(Struct, frozen=True, kw_only=True):
    """What is kept of a session. Never its variables (`user_env`), and of its secret only the hash."""

    id: str
    thread_id: str
    channel: str
    owner_key: str
    secret_hash: str
    user: UserInfo
    client_type: ClientType
    language: str
    chat_profile: str | None = None
    is_owner: bool = False


class PutSession(Struct, frozen=True):
    """A session began."""

    record: SessionRecord


class DropSession(Struct, frozen=True):
    """A session ended."""

    record: SessionRecord


class PutStep(Struct, frozen=True):
    """A step is new, or changed."""

    thread_id: str
    step: Step


class RemoveStep(Struct, frozen=True):
    """A step was taken out."""

    thread_id: str
    step_id: str


Write = PutSession | DropSession | PutStep | RemoveStep


class Store(Protocol):
    """What the hub asks of a store."""

    def commit(self, writes: Sequence[Write], *, then: Callable[[], None] | None = None) -> None:
        """Write all or nothing.

        Args:
            writes: In order.
            then: Called on the hub's loop once the writes are safe, in the order of the commits.
        """

    def steps_before(self, thread_id: str, *, before: str | None, limit: int) -> tuple[list[Step], int]:
        """Return steps of a thread that stand before one of them, oldest first, and how many there are before those.

        Args:
            thread_id: The thread.
            before: A step's id; None for the end of the thread.
            limit: The most steps to return.
        """

    async def aclose(self) -> None:
        """Finish what is under way and let go of everything."""


class MemoryStore:
    """Keeps threads as long as the process lives. A thread goes when its session ends."""

    def __init__(self) -> None:
        self._threads: dict[str, dict[str, Step]] = {}

    def commit(self, writes: Sequence[Write], *, then: Callable[[], None] | None = None) -> None:
        """Write and call back at once."""
        for write in writes:
            match write:
                case PutSession(record):
                    self._threads.setdefault(record.thread_id, {})
                case DropSession(record):
                    self._threads.pop(record.thread_id, None)
                case PutStep(thread_id, step):
                    self._threads[thread_id][step.id] = step
                case RemoveStep(thread_id, step_id):
                    self._threads[thread_id].pop(step_id, None)
        if then is not None:
            then()

    def steps_before(self, thread_id: str, *, before: str | None, limit: int) -> tuple[list[Step], int]:
        """See `Store.steps_before`; an unknown thread or step has nothing before it."""
        steps = self._threads.get(thread_id, {})
        if before is None:
            end = len(steps)
        elif before in steps:
            end = next(index for index, step_id in enumerate(steps) if step_id == before)
        else:
            return [], 0
        start = max(0, end - limit)
        return list(islice(steps.values(), start, end)), start

    async def aclose(self) -> None:
        """Forget everything."""
        self._threads.clear()
