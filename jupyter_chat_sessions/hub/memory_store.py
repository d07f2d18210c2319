"""The store in memory: for scripted viewers, for kernels without a server, and where no database can be had."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..protocol.steps import Step
from ..times import utc_now
from .store import (
    OK,
    DropSession,
    PutStep,
    PutThread,
    RemoveStep,
    ReplaceStep,
    StorageStatus,
    StoredSession,
    StoredThread,
    ThreadRecord,
    ThreadSummary,
    Write,
    as_said,
)


class MemoryStore:
    """Keeps threads as long as the process lives. A thread goes when its session ends.

    Args:
        status: How it counts: for a server that has no better one, a status that says so.
    """

    keeps_threads = False

    def __init__(self, *, status: StorageStatus = OK) -> None:
        self.status = status
        self._threads: dict[str, _Thread] = {}

    def watch(self, on_status: Callable[[StorageStatus], None]) -> None:
        """Its status never changes."""

    def commit(
        self,
        writes: Sequence[Write],
        *,
        then: Callable[[], None] | None = None,
        otherwise: Callable[[], None] | None = None,
    ) -> None:
        """Write and call back at once."""
        for write in writes:
            match write:
                case PutThread(record):
                    self._threads.setdefault(record.id, _Thread(record)).record = record
                case DropSession(record):
                    self._threads.pop(record.thread_id, None)
                case PutStep(thread_id, position, step):
                    self._threads[thread_id].put(position, step)
                case ReplaceStep(thread_id, step):
                    self._threads[thread_id].replace(step)
                case RemoveStep(thread_id, step_id):
                    self._threads[thread_id].remove(step_id)
                case _:
                    pass  # Nobody asks for these again: no session outlives this store.
        if then is not None:
            then()

    def sessions(self, *, newest_steps: int, newest_commands: int) -> list[StoredSession]:
        """Return none: no session outlives this store."""
        return []

    async def steps_before(self, thread_id: str, *, before: str | None, limit: int) -> tuple[list[Step], int]:
        """See `Store.steps_before`."""
        thread = self._threads.get(thread_id)
        steps = [] if thread is None else list(thread.step_by_id.values())
        ids = [step.id for step in steps]
        if before is not None:
            steps = steps[: ids.index(before)] if before in ids else []
        start = max(0, len(steps) - limit)
        return steps[start:], start

    async def thread(self, thread_id: str, *, newest_steps: int) -> StoredThread | None:
        """See `Store.thread`."""
        thread = self._threads.get(thread_id)
        if thread is None:
            return None
        return thread.stored(newest_steps)

    async def threads_of(self, owner_key: str, *, channel: str | None, limit: int) -> list[ThreadSummary]:
        """See `Store.threads_of`."""
        found = [
            ThreadSummary(record=thread.record, updated_at=thread.updated_at, steps=len(thread.step_by_id))
            for thread in self._threads.values()
            if thread.record.owner_key == owner_key and channel in (None, thread.record.channel) and thread.step_by_id
        ]
        return sorted(found, key=lambda summary: summary.updated_at, reverse=True)[:limit]

    async def drop_thread(self, thread_id: str) -> None:
        """See `Store.drop_thread`."""
        self._threads.pop(thread_id, None)

    async def purge(self, *, older_than_days: float, channel: str | None = None) -> list[str]:
        """Remove nothing: a thread is here only as long as its session."""
        return []

    async def aclose(self) -> None:
        """Forget everything."""
        self._threads.clear()


class _Thread:
    def __init__(self, record: ThreadRecord) -> None:
        self.record = record
        self.updated_at = record.created_at
        self.step_by_id: dict[str, Step] = {}
        """In their order: a new step has a higher position than all before it."""
        self.position_by_id: dict[str, int] = {}

    def remove(self, step_id: str) -> None:
        self.step_by_id.pop(step_id, None)
        self.position_by_id.pop(step_id, None)

    def replace(self, step: Step) -> None:
        known = self.step_by_id.get(step.id)
        if known is not None:
            self.step_by_id[step.id] = as_said(step, known)

    def stored(self, newest_steps: int) -> StoredThread:
        steps = list(self.step_by_id.values())[-newest_steps:]
        return StoredThread(
            record=self.record,
            steps=steps,
            positions=[self.position_by_id[step.id] for step in steps],
            next_position=1 + max(self.position_by_id.values(), default=-1),
            earlier=len(self.step_by_id) - len(steps),
        )

    def put(self, position: int, step: Step) -> None:
        self.step_by_id[step.id] = step
        self.position_by_id[step.id] = position
        self.updated_at = utc_now()
