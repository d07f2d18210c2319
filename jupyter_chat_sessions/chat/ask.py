"""Questions to the viewer that a handler or a cell can await."""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4

from ..host.current import current_runtime
from ..host.scope import Scope, current_scope, is_in_handler
from ..protocol.errors import AskTimeoutError
from ..protocol.steps import Question
from .message import Message, MessageType


class AskUserMessage(Message):
    """A question that is answered with text (Chainlit: `cl.AskUserMessage`).

    It survives reloads and reconnects; its time stands still while nobody looks at the chat.

    Args:
        content: The question, as Markdown.
        author: Who asks; the channel's bot name by default.
        type: Whose message it is.
        timeout: Seconds to wait for the answer.
        raise_on_timeout: Raise when nobody answers in time.

    Example:
        >>> answer = await cl.AskUserMessage("What's your name?").send()
        >>> answer["output"]
        'Alice'
    """

    _waits_for_answer = True

    def __init__(
        self,
        content: Any,
        author: str | None = None,
        type: MessageType = "assistant_message",  # Chainlit's name
        timeout: float = 60,
        raise_on_timeout: bool = False,
    ) -> None:
        if timeout <= 0:
            raise ValueError(f"timeout is a number of seconds above 0; it was {timeout!r}.")
        super().__init__(content, author=author, type=type)
        self.timeout = timeout
        self.raise_on_timeout = raise_on_timeout

    async def send(self) -> dict[str, Any] | None:  # type: ignore[override]  # Chainlit's: a question returns its answer
        """Ask, and wait for the answer.

        Returns:
            The answer as a `StepDict` with its text in `output`; None when nobody answered in time.

        Raises:
            AskTimeoutError: Nobody answered in time, and `raise_on_timeout` is set. It is a `TimeoutError`.
            NoSessionError: There is no session here.
        """
        await super().send()
        scope = current_scope()
        question = Question(id=str(uuid4()), step_id=self.id, timeout_s=float(self.timeout))
        answer = await scope.session.ask(question, run=scope.run, on_put=lambda: self._tell_cell(scope, question.id))
        self._waits_for_answer = False
        self._emit_step(scope)
        if answer is None:
            if self.raise_on_timeout:
                raise _timeout_error()(f"Nobody answered within {self.timeout:g} s: {self.content[:80]!r}")
            return None
        reply = Message.from_step(answer.step)
        scope.session.messages[reply.id] = reply
        return reply.to_dict()

    def _tell_cell(self, scope: Scope, question_id: str) -> None:
        on_cell_asks = current_runtime().on_cell_asks
        if not is_in_handler() and on_cell_asks is not None:
            on_cell_asks(scope.session, question_id, self.content)


def _timeout_error() -> type[AskTimeoutError]:
    """Return the error to raise; where socket.io is loaded, one that Chainlit apps catch as its `TimeoutError` too."""
    exceptions = sys.modules.get("socketio.exceptions")
    if exceptions is None:
        return AskTimeoutError
    return type("AskTimeoutError", (AskTimeoutError, exceptions.TimeoutError), {})
