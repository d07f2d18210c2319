"""A session as the notebook's cells know it: what was said in it, and what came of that."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..host.session import BaseSession
from ..protocol.conversation import Conversation
from ..protocol.frames import Event, HostRefused
from ..protocol.steps import Element, Question, Step

logger = logging.getLogger(__name__)


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
        self._lock = threading.Condition()
        self._conversation = Conversation()
        self._refusals: dict[str, HostRefused] = {}
        """Why what cells said was turned down, by its id."""
        self._shown: dict[str, Step] = {}
        self._ended = False

    # ---- what came of it ---------------------------------------------------------------------------------------------

    @property
    def is_ended(self) -> bool:
        """Whether the session is over."""
        return self._ended or self.session.is_ended

    def said(self, client_id: str) -> bool:
        """Return whether what a cell said has its place in the conversation; an answer, once its question is closed."""
        with self._lock:
            asked = {question.step_id for question in self._conversation.questions}
            return any(step.client_id == client_id and step.parent_id not in asked for step in self._conversation.steps)

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
    def asked_with_buttons(self) -> set[str]:
        """The ids of the messages whose buttons answer an open question."""
        with self._lock:
            return {question.step_id for question in self._conversation.questions if question.kind == "action"}

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

    def refusal(self, client_id: str) -> HostRefused | None:
        """Return and forget why what a cell said was turned down, or None."""
        with self._lock:
            return self._refusals.pop(client_id, None)

    def verdict(self, client_id: str, *, limit_s: float) -> HostRefused | None:
        """Wait, in a cell that keeps its loop, for what becomes of what it said.

        Args:
            client_id: The cell's id for it.
            limit_s: The longest wait, in seconds.

        Returns:
            Why it was turned down; None where it was taken, or nothing was heard.
        """
        with self._lock:
            self._lock.wait_for(lambda: client_id in self._refusals or self.said(client_id), timeout=limit_s)
            return self.refusal(client_id)

    # ---- from the link's thread --------------------------------------------------------------------------------------

    def on_event(self, event: Event) -> None:
        """See `Follower`."""
        with self._lock:
            self._conversation.apply(event)
        self._changed()

    def on_refused(self, refusal: HostRefused) -> None:
        """See `Follower`."""
        if refusal.client_id is None:  # of something that a handler did: no cell waits to hear of it
            logger.warning("session %s: %s", refusal.session, refusal.text)
            return
        with self._lock:
            self._refusals[refusal.client_id] = refusal
        self._changed()

    def on_ended(self) -> None:
        """See `Follower`."""
        self._ended = True
        self._changed()

    def _changed(self) -> None:
        with self._lock:
            self._lock.notify_all()
        if self.on_change is not None:
            self.on_change()


def _look(step: Step | None) -> tuple[str, bool, list[Element]] | None:
    return None if step is None else (step.output, step.is_error, step.elements)
