"""A session as the notebook's cells know it: what was said in it, and what came of that."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..host.session import BaseSession
from ..protocol.conversation import Conversation
from ..protocol.frames import ClearQuestion, Event, HostRefused
from ..protocol.steps import Element, Question, Step


class Following:
    """Follows one session from when a cell first spoke in it.

    The link's thread writes and cells read, under one lock.

    Args:
        session: The session.
    """

    def __init__(self, session: BaseSession) -> None:
        self.session = session
        self.on_change: Callable[[], None] | None = None
        """Called on the link's thread after each change."""
        self._lock = threading.Lock()
        self._conversation = Conversation()
        self._closed_questions: set[str] = set()
        self._refusals: list[HostRefused] = []
        self._shown: dict[str, Step] = {}
        self._ended = False

    # ---- what came of it ---------------------------------------------------------------------------------------------

    @property
    def is_ended(self) -> bool:
        """Whether the session is over."""
        return self._ended or self.session.is_ended

    def said(self, client_id: str) -> bool:
        """Return whether a message of a cell has its place in the conversation."""
        with self._lock:
            return any(step.client_id == client_id for step in self._conversation.steps)

    def is_closed(self, question_id: str) -> bool:
        """Return whether a question was answered, withdrawn, or is over."""
        with self._lock:
            return question_id in self._closed_questions

    @property
    def is_quiet(self) -> bool:
        """Whether nothing runs or waits, or a question waits for an answer."""
        with self._lock:
            if self._conversation.questions:
                return True
            steps = self._conversation.steps
            return "run" not in self._conversation.state and all(
                step.status not in ("queued", "running") for step in steps
            )

    @property
    def question(self) -> Question | None:
        """The question that has waited longest, or None."""
        with self._lock:
            return next(iter(self._conversation.questions), None)

    @property
    def waiting(self) -> int:
        """How many messages wait for their turn."""
        with self._lock:
            return sum(step.status == "queued" for step in self._conversation.steps)

    def unshown(self) -> list[Step]:
        """Return what was said to the user, or has changed, since `mark_shown`."""
        with self._lock:
            return [
                step
                for step in self._conversation.steps
                if step.is_message and step.type != "user_message" and _look(self._shown.get(step.id)) != _look(step)
            ]

    def is_shown(self, step_id: str) -> bool:
        """Return whether a cell has shown a step."""
        return step_id in self._shown

    def mark_shown(self, steps: list[Step]) -> None:
        """Note that a cell has shown these steps."""
        self._shown.update({step.id: step for step in steps})

    def refusal(self, client_id: str | None) -> HostRefused | None:
        """Return and forget why something was turned down.

        Args:
            client_id: The message's; None for an answer, whose id is the hub's.
        """
        with self._lock:
            for refusal in self._refusals:
                if client_id is None or refusal.client_id == client_id:
                    self._refusals.remove(refusal)
                    return refusal
        return None

    # ---- from the link's thread --------------------------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        """See `Follower`."""
        with self._lock:
            if isinstance(event, ClearQuestion):
                self._closed_questions.add(event.question_id)
            self._conversation.apply(event)
        self._changed()

    def on_refused(self, refusal: HostRefused) -> None:
        """See `Follower`."""
        with self._lock:
            self._refusals.append(refusal)
        self._changed()

    def on_ended(self) -> None:
        """See `Follower`."""
        self._ended = True
        self._changed()

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()


def _look(step: Step | None) -> tuple[str, bool, list[Element]] | None:
    return None if step is None else (step.output, step.is_error, step.elements)
