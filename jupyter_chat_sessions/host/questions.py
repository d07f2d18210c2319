"""What has been asked in a session and waits for its answer: in a handler, or in a cell.

From any thread: who asks may be on any loop, and answers come on the link's thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, NamedTuple

from ..protocol.errors import NoSessionError
from ..protocol.frames import ClearQuestion, PutQuestion
from ..protocol.steps import Answer, Question
from .run import Run

if TYPE_CHECKING:
    from .session import BaseSession


class _Asked(NamedTuple):
    """A question that waits, and the run that asks; None for a cell."""

    question: Question
    future: Future[Answer | None]
    run: Run | None


class OpenQuestions:
    """The open questions of one session, oldest first.

    Args:
        session: Whose viewer is asked.
    """

    __slots__ = ("_asked", "_lock", "_session")

    def __init__(self, session: BaseSession) -> None:
        self._session = session
        self._asked: dict[str, _Asked] = {}
        self._lock = threading.Lock()

    @property
    def oldest(self) -> Question | None:
        """The question that has waited longest, or None."""
        with self._lock:
            return next((asked.question for asked in self._asked.values()), None)

    async def ask(
        self, question: Question, *, run: Run | None = None, on_put: Callable[[], None] | None = None
    ) -> Answer | None:
        """Put a question and wait for its answer, on any loop.

        Args:
            question: The question.
            run: The run that asks; None for a cell.
            on_put: Called once the question is on its way. If it raises, the question is withdrawn.

        Returns:
            The answer, or None when its time is over.

        Raises:
            NoSessionError: The session has ended, or the run was stopped.
        """
        import asyncio  # here and not above: importing the author's API stays fast

        if self._session.is_ended:
            raise NoSessionError("This session has ended; nobody is there to answer.")
        future: Future[Answer | None] = Future()
        with self._lock:
            self._asked[question.id] = _Asked(question, future, run)
        try:
            self._session.keep_values()  # a question may wait for long
            self._session.emit(PutQuestion(question=question), run=run)
            try:
                if on_put is not None:
                    on_put()
                return await asyncio.wrap_future(future)
            except BaseException:  # cancelled, or interrupted in `on_put`
                self._session.emit(ClearQuestion(question_id=question.id, reason="withdrawn"))
                raise
        finally:
            with self._lock:
                self._asked.pop(question.id, None)

    def answered(self, question_id: str, answer: Answer | None) -> None:
        """Hand an answer to the code that waits for it; too late is no error."""
        with self._lock:
            asked = self._asked.get(question_id)
            if asked is None or asked.future.done():
                return
            if answer is not None and self._session.record is not None:
                self._session.record.on_answer(answer)
            asked.future.set_result(answer)

    def withdraw(self, run: Run) -> None:
        """Cancel what a run asks: nobody waits for the answer."""
        with self._lock:
            asked = [asked for asked in self._asked.values() if asked.run is run]
        for each in asked:
            each.future.cancel()

    def withdraw_all(self) -> None:
        """Cancel what everybody asks; the session is over."""
        with self._lock:
            asked = list(self._asked.values())
            self._asked.clear()
        for each in asked:
            each.future.cancel()
