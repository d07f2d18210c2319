"""The open questions of a session: how long each has, what may be given for it, and what goes when it is closed.

What is asked stands in the conversation; here is what belongs to it and is not shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from ..protocol.errors import RefusedError
from ..protocol.frames import ClearQuestion, DeliverAnswer, PutStep
from ..protocol.steps import Uploads
from .clock import Clock, QuestionClocks

if TYPE_CHECKING:
    from .session import Session

ClosedBecause = Literal["answered", "expired", "withdrawn"]


class Questions:
    """The open questions of one session.

    Args:
        session: Whose they are; it shows that one is closed.
        clock: Where time comes from.
    """

    __slots__ = ("_session", "clocks")

    def __init__(self, session: Session, clock: Clock) -> None:
        self._session = session
        self.clocks = QuestionClocks(clock, on_expired=self._on_expired)
        """The time that each has left."""

    def close(self, question_id: str, reason: ClosedBecause) -> None:
        """Close a question, and show that it is."""
        self.settle(question_id, reason)
        self._session.publish(ClearQuestion(question_id=question_id, reason=reason))

    def settle(self, question_id: str, reason: ClosedBecause) -> None:
        """A question is about to be shown as closed: its clock stops, and what is there for it alone goes."""
        self.clocks.clear(question_id)
        self._session.files.close_question(question_id)
        if reason == "withdrawn":
            self._take_buttons(question_id)

    def uploads(self, question_id: str) -> Uploads:
        """Return which files may be given for a question.

        Raises:
            RefusedError: It is closed, or takes no files.
        """
        question = self._session.conversation.question(question_id)
        if question is None or question.kind != "file":
            raise RefusedError("question_closed", "This question is closed: it takes no files any more.")
        return question.uploads or Uploads()

    def _on_expired(self, question_id: str) -> None:
        self.close(question_id, "expired")
        self._session.to_host(DeliverAnswer(session=self._session.id, question_id=question_id))

    def _take_buttons(self, question_id: str) -> None:
        """Whoever asked is gone: the buttons of the question would do nothing."""
        question = self._session.conversation.question(question_id)
        step = None if question is None else self._session.conversation.step(question.step_id)
        if question is not None and question.kind == "action" and step is not None:
            self._session.publish(PutStep(step=replace(step, actions=[], wait_for_answer=False)))
