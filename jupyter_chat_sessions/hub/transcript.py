"""A session's conversation with its numbers, and what the store is told of it.

The one rule: every change goes through `publish`, which gives it its number and sees to it that it is kept.
"""

from __future__ import annotations

from msgspec.structs import replace

from ..protocol.conversation import Conversation
from ..protocol.errors import ProtocolError
from ..protocol.event_log import EventLog
from ..protocol.frames import (
    AppendText,
    ClearQuestion,
    Event,
    FinishStep,
    PutAction,
    PutElement,
    PutQuestion,
    PutStep,
    RemoveAction,
    RemoveElement,
    RemoveStep,
    SetRun,
    SetState,
)
from ..protocol.steps import FINAL_RUN_STATUSES, Snapshot, Step, Thread
from . import store as stored
from .clock import Clock, Timer
from .options import HubOptions
from .store import Store, StoredThread, ThreadRecord

CHECKPOINT_S = 0.25
"""Text on its way is written this often, in seconds: what a crash of the server may cost of it."""
MAX_NAME = 80
"""Code points of the first message that name a thread."""


class Transcript:
    """The conversation of one thread, as the hub keeps it.

    Args:
        thread: What the store calls it.
        epoch: A random text under which its events are numbered.
        options: The limits.
        clock: Where time comes from.
        store: Where it is kept.
        earlier: What was stored before this hub began, or before this session took the thread up.
    """

    def __init__(
        self,
        thread: ThreadRecord,
        *,
        epoch: str,
        options: HubOptions,
        clock: Clock,
        store: Store,
        earlier: StoredThread | None = None,
    ) -> None:
        self.thread = thread
        self.log = EventLog(epoch, max_events=options.window_events, max_bytes=options.window_bytes)
        self.unfinished: dict[str, Step] = {}
        """The user's messages and calls that are queued or running, oldest first."""
        self.at_host: str | None = None
        """The message that the host was given, or is about to be: stored as running, since nobody else can say later
        whether it had begun."""
        self._newest = options.snapshot_steps
        self._clock = clock
        self._store = store
        self._position_by_step: dict[str, int] = {}
        """The place of every step that is here."""
        self._next_position = 0 if earlier is None else earlier.next_position
        self._unwritten: set[str] = set()
        """Steps with text that the store does not have."""
        self._timer: Timer | None = None
        self.conversation = Conversation()
        if earlier is not None:
            self.conversation = Conversation(Snapshot(steps=earlier.steps, earlier=earlier.earlier))
            for step, position in zip(earlier.steps, earlier.positions, strict=True):
                self._position_by_step[step.id] = position
                self._count(step)

    def publish(self, event: Event, *, is_stored: bool = False) -> bytes:
        """Apply an event, give it its number, and keep it; return the encoded frame, the same for every viewer.

        Args:
            event: What changes.
            is_stored: What it makes of a step is stored already.

        Raises:
            ProtocolError: The event does not fit the conversation; nothing has changed.
        """
        if isinstance(event, PutStep):
            event = self._marked(event)
        self.conversation.apply(event)
        self._keep(event, is_stored=is_stored)
        if len(self.conversation) > 2 * self._newest:
            self._trim()
        return self.log.append(event)

    def write_of(self, step: Step) -> stored.PutStep:
        """Return the write of a step, which has its place in the thread from the first time on."""
        if step.id == self.at_host and step.status == "queued":
            step = replace(step, status="running")
        position = self._position_by_step.get(step.id)
        if position is None:
            position = self._position_by_step[step.id] = self._next_position
            self._next_position += 1
        return stored.PutStep(self.thread.id, position, step)

    def name_after(self, text: str) -> list[stored.PutThread]:
        """Name the thread after the first message in it; return what there is to write."""
        if self.thread.name is not None:
            return []
        self.thread = replace(self.thread, name=" ".join(text.split())[:MAX_NAME])
        return [stored.PutThread(self.thread)]

    def settled(self) -> list[stored.Write]:
        """Return what makes the thread whole in the store when its session ends: nothing in it is under way."""
        last = [replace(step, streaming=False) for step in self.conversation.steps if step.streaming]
        last += [replace(step, status="cancelled") for step in self.unfinished.values()]
        self._stop_timer()
        return [self.write_of(step) for step in last]

    def checkpoint(self) -> None:
        """Write the text that is on its way, as far as it has come."""
        self._stop_timer()
        steps = [self.conversation.step(step_id) for step_id in self._unwritten]
        self._unwritten.clear()
        writes = [self.write_of(step) for step in steps if step is not None]
        if writes:
            self._store.commit(writes)

    def rest(self) -> None:
        """Let go of what only somebody who looks on has a use for."""
        self.log.trim()
        self._trim()

    def as_thread(self) -> Thread:
        """Return the thread as the host is given it: its newest steps."""
        return Thread(
            id=self.thread.id,
            created_at=self.thread.created_at,
            name=self.thread.name,
            steps=self.conversation.steps[-self._newest :],
        )

    def _trim(self) -> None:
        for step_id in self.conversation.trim(self._newest):
            self._position_by_step.pop(step_id, None)

    def _marked(self, event: PutStep) -> PutStep:
        """Say of a step that is not new that it is not: a viewer may not have it. Of older ones the host says so."""
        step = event.step
        if step.id in self.conversation:
            return replace(event, replaces=True)
        if event.replaces and step.streaming:  # its text would have to be here, to be counted and kept
            raise ProtocolError("conflict", "This message is too old to be streamed to again. Send a new one.")
        return event

    def _count(self, step: Step) -> None:
        if step.is_for_handler:
            self.unfinished.pop(step.id, None)
            if step.status not in FINAL_RUN_STATUSES:
                self.unfinished[step.id] = step

    def _keep(self, event: Event, *, is_stored: bool) -> None:
        match event:  # first what comes most
            case AppendText(step_id=step_id):
                if step_id in self.conversation:
                    self._unwritten.add(step_id)
                    if self._timer is None:
                        self._timer = self._clock.call_later(CHECKPOINT_S, self.checkpoint)
            case PutStep(step=step) if step.id not in self.conversation:
                self._store.commit([stored.ReplaceStep(self.thread.id, step)])
            case PutStep(step=step):
                self._count(step)
                self._unwritten.discard(step.id)
                if not is_stored:
                    self._store.commit([self.write_of(step)])
            case SetRun(run=run):
                step_now = self.conversation.step(run) if run in self.unfinished else None
                if step_now is not None:
                    self._count(step_now)
                    if not is_stored:
                        self._store.commit([self.write_of(step_now)])
            case FinishStep(step_id=step_id):
                step_now = self.conversation.step(step_id)
                self._unwritten.discard(step_id)
                if step_now is not None:
                    self._store.commit([self.write_of(step_now)])
            case (
                PutAction(step_id=step_id)
                | RemoveAction(step_id=step_id)
                | PutElement(step_id=step_id)
                | RemoveElement(step_id=step_id)
            ):
                step_now = self.conversation.step(step_id)
                if step_now is not None:
                    self._store.commit([self.write_of(step_now)])
            case RemoveStep(step_id=step_id):
                self.unfinished.pop(step_id, None)
                self._unwritten.discard(step_id)
                self._position_by_step.pop(step_id, None)
                self._store.commit([stored.RemoveStep(self.thread.id, step_id)])
            case PutQuestion() | ClearQuestion() | SetState():
                pass

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
