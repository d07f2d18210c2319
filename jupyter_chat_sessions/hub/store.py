"""Where threads are kept. The interface, and the store in memory.

The one rule: what `commit` has called back for is as safe as this store can make it; nothing is confirmed to a viewer
before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from ..protocol.frames import ChannelSettings, ClientType, UserInfo
from ..protocol.steps import Step

StorageCode = Literal["ok", "memory", "full", "failed"]


class StorageStatus(NamedTuple):
    """How the store is.

    Attributes:
        code: `ok`; `memory`: nothing outlives the server; `full`, `failed`: nothing can be written now.
        text: One sentence for viewers: what is the matter, and what it means for them. Empty where all is well.
    """

    code: StorageCode
    text: str = ""


OK = StorageStatus("ok")


class Values(Struct, frozen=True, kw_only=True, gc=False):
    """What `user_session` held when a handler was last done."""

    values: dict[str, Any] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    """Keys whose values cannot be written as JSON."""
    settings: dict[str, Any] = field(default_factory=dict)
    """The form of the chat's settings and what they were, as the state has them."""


class ThreadRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A stored conversation, without its steps."""

    id: str
    channel: str
    owner_key: str
    created_at: str
    """ISO 8601 in UTC with a trailing Z."""
    name: str | None = None
    """The beginning of the first message."""
    values: Values = Values()
    """What `user_session` and `chat_settings` held when its last session ended."""


class SessionRecord(Struct, frozen=True, kw_only=True, gc=False):
    """What is kept of a session. Never its variables (`user_env`), and of its secret only the hash."""

    id: str
    thread_id: str
    owner_key: str
    secret_hash: str
    user: UserInfo
    client_type: ClientType
    language: str
    settings: ChannelSettings
    """Of its channel, for the time until a host publishes that again."""
    chat_profile: str | None = None
    is_owner: bool = False
    has_begun: bool = False
    """`on_chat_start` has had its turn, in this session or in an earlier one of its thread."""


class CommandRecord(Struct, frozen=True, kw_only=True, gc=False):
    """Something a viewer said, so that it is recognised when it comes again."""

    client_id: str
    fingerprint: bytes | None
    """Of what it said; None where the database could not keep it, and the client id is enough."""
    step_id: str | None = None


class PutThread(Struct, frozen=True, gc=False):
    """A thread is new, or got its name."""

    record: ThreadRecord

    @property
    def thread_id(self) -> str:
        """The thread."""
        return self.record.id


class PutSession(Struct, frozen=True, gc=False):
    """A session is new, or its record changed."""

    record: SessionRecord

    @property
    def thread_id(self) -> str:
        """The thread that it goes on with."""
        return self.record.thread_id


class DropSession(Struct, frozen=True, gc=False):
    """A session ended: its commands and values go, its thread stays."""

    record: SessionRecord

    @property
    def thread_id(self) -> str:
        """The thread that stays."""
        return self.record.thread_id


class PutStep(Struct, frozen=True, gc=False):
    """A step is new, or changed."""

    thread_id: str
    position: int
    """Its place in the thread's order; the same each time."""
    step: Step
    fingerprint: bytes | None = None
    """Of the command that a viewer said it as, the first time that it is put."""


class ReplaceStep(Struct, frozen=True, gc=False):
    """A step has changed that the hub no longer has in memory: it keeps its place, and what a viewer said it as."""

    thread_id: str
    step: Step


class RemoveStep(Struct, frozen=True, gc=False):
    """A step was taken out."""

    thread_id: str
    step_id: str


class PutCommand(Struct, frozen=True, gc=False):
    """A viewer said something that was accepted, and no step has its client id."""

    session_id: str
    command: CommandRecord
    thread_id: ClassVar[None] = None
    """It is known by its session alone."""


class PutValues(Struct, frozen=True, gc=False):
    """What `user_session` holds has changed."""

    session_id: str
    values: Values
    thread_id: ClassVar[None] = None
    """They are known by their session alone."""


Write = PutThread | PutSession | DropSession | PutStep | ReplaceStep | RemoveStep | PutCommand | PutValues


MAX_COUNTED = 10_000
"""Earlier steps that are counted: counting costs more the more there are."""


class StoredThread(Struct, frozen=True, kw_only=True, gc=False):
    """A thread, as far as a session needs it to go on with it."""

    record: ThreadRecord
    steps: list[Step]
    """The newest steps, oldest first; at least back to the oldest that is queued or running."""
    positions: list[int]
    """The place of each of them."""
    next_position: int
    """The place of the next new step."""
    earlier: int
    """How many steps stand before these; of many, at least `MAX_COUNTED`."""


class StoredSession(Struct, frozen=True, kw_only=True, gc=False):
    """A session that had not ended when the server went away."""

    record: SessionRecord
    thread: StoredThread
    commands: list[CommandRecord]
    """What was said last: the newest of those that were stored, and of those that steps tell of."""
    values: Values


class ThreadSummary(Struct, frozen=True, kw_only=True, gc=False):
    """A thread in a list of them."""

    record: ThreadRecord
    updated_at: str
    """When a step of it was last written; ISO 8601 in UTC with a trailing Z."""
    steps: int
    """How many steps it has."""


class Store(Protocol):
    """What the hub asks of a store. Every method is called on the hub's loop, and none of them keeps it."""

    @property
    def keeps_threads(self) -> bool:
        """Whether a thread is there after its session has ended."""

    @property
    def status(self) -> StorageStatus:
        """How the store is now."""

    def watch(self, on_status: Callable[[StorageStatus], None]) -> None:
        """Call back on the hub's loop whenever the status has changed."""

    def commit(
        self,
        writes: Sequence[Write],
        *,
        then: Callable[[], None] | None = None,
        otherwise: Callable[[], None] | None = None,
    ) -> None:
        """Write all or nothing.

        Args:
            writes: In order.
            then: Called on the hub's loop once the writes are safe, in the order of the commits.
            otherwise: Called instead if they cannot be written now; nothing of them is kept. Without it, the store
                keeps them and writes them as soon as it can.
        """

    def sessions(self, *, newest_steps: int, newest_commands: int) -> list[StoredSession]:
        """Return the sessions that have not ended, oldest first. Waits: called once, before the hub serves anybody."""

    async def steps_before(self, thread_id: str, *, before: str | None, limit: int) -> tuple[list[Step], int]:
        """Return steps of a thread that stand before one of them, oldest first, and how many there are before those.

        Of many, at least `MAX_COUNTED` are counted.

        Args:
            thread_id: The thread.
            before: A step's id; None for the end of the thread. An unknown one has nothing before it.
            limit: The most steps to return.
        """

    async def thread(self, thread_id: str, *, newest_steps: int) -> StoredThread | None:
        """Return a thread, or None where there is none."""

    async def threads_of(self, owner_key: str, *, channel: str | None, limit: int) -> list[ThreadSummary]:
        """Return somebody's threads that have steps, the one last written to first."""

    async def drop_thread(self, thread_id: str) -> None:
        """Remove a thread with all its steps, for good."""

    async def purge(self, *, older_than_days: float, channel: str | None = None) -> list[str]:
        """Remove threads that nobody has written to for a time and no session lives in; return the ids of those."""

    async def aclose(self) -> None:
        """Finish what is under way and let go of everything."""


def as_said(step: Step, known: Step | None) -> Step:
    """Return a step of the host's with what only the hub knows of it: what its viewer said it as, what became of it."""
    if known is None:
        return replace(step, client_id=None, status=None, attempt=1, feedback=None)
    return replace(step, client_id=known.client_id, status=known.status, attempt=known.attempt, feedback=known.feedback)
