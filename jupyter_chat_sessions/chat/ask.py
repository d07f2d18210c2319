"""Questions to the viewer that a handler or a cell can await."""

from __future__ import annotations

import sys
from typing import Any, Literal

from ..host.current import current_runtime
from ..host.scope import Scope, current_scope, is_in_handler
from ..ids import new_id
from ..protocol.errors import AskTimeoutError, UnsupportedError
from ..protocol.steps import Answer, Question, Uploads
from .action import Action
from .message import Message, MessageType


class AskMessage(Message):
    """What all questions have in common: a time, and an answer that is waited for."""

    _waits_for_answer = True
    _kind: Literal["text", "action", "file"]
    _uploads: Uploads | None = None

    def __init__(
        self,
        content: Any,
        author: str | None,
        type: MessageType,
        timeout: float,
        raise_on_timeout: bool,
        *,
        actions: list[Action] | None = None,
    ) -> None:
        if timeout <= 0:
            raise ValueError(f"timeout is a number of seconds above 0; it was {timeout!r}.")
        super().__init__(content, author=author, type=type, actions=actions)
        self.timeout = timeout
        self.raise_on_timeout = raise_on_timeout

    async def _ask(self) -> Answer | None:
        await Message.send(self)
        scope = current_scope()
        question = Question(
            id=new_id(),
            step_id=self.id,
            kind=self._kind,
            timeout_s=float(self.timeout),
            uploads=self._uploads,
        )
        answer = await scope.session.questions.ask(
            question, run=scope.run, on_put=lambda: self._tell_cell(scope, question)
        )
        self._waits_for_answer = False
        return answer

    def _in_time(self, answer: Answer | None) -> None:
        """Raise if nobody answered in time, and that is wanted."""
        if answer is None and self.raise_on_timeout:
            raise _timeout_error()(f"Nobody answered within {self.timeout:g} s: {self.content[:80]!r}")

    def _tell_cell(self, scope: Scope, question: Question) -> None:
        on_cell_asks = current_runtime().on_cell_asks
        if not is_in_handler() and on_cell_asks is not None:
            labels = " / ".join(action.label or action.name for action in self.actions)
            on_cell_asks(scope.session, question, f"{self.content} ({labels})" if labels else self.content)


class AskUserMessage(AskMessage):
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

    _kind = "text"

    def __init__(
        self,
        content: Any,
        author: str | None = None,
        type: MessageType = "assistant_message",  # Chainlit's name
        timeout: float = 60,
        raise_on_timeout: bool = False,
    ) -> None:
        super().__init__(content, author, type, timeout, raise_on_timeout)

    async def send(self) -> dict[str, Any] | None:  # type: ignore[override]  # Chainlit's: a question returns its answer
        """Ask, and wait for the answer.

        Returns:
            The answer as a `StepDict` with its text in `output`; None when nobody answered in time.

        Raises:
            AskTimeoutError: Nobody answered in time, and `raise_on_timeout` is set. It is a `TimeoutError`.
            NoSessionError: There is no session here.
        """
        answer = await self._ask()
        scope = current_scope()
        self._emit_step(scope)
        self._in_time(answer)
        if answer is None:
            return None
        reply = Message.from_step(answer.step)
        scope.session.messages[reply.id] = reply
        return reply.to_dict()


class AskActionMessage(AskMessage):
    """A question that is answered with a button (Chainlit: `cl.AskActionMessage`).

    It survives reloads and reconnects; its time stands still while nobody looks at the chat.

    Args:
        content: The question, as Markdown.
        actions: The buttons, at least one. Their callbacks are not called.
        author: Who asks; the channel's bot name by default.
        timeout: Seconds to wait for the answer.
        raise_on_timeout: Raise when nobody answers in time.

    Raises:
        ValueError: There is no button.

    Example:
        >>> yes = cl.Action(name="yes", payload={"value": True}, label="Yes")
        >>> answer = await cl.AskActionMessage("Shall we?", actions=[yes]).send()
        >>> answer["payload"]
        {'value': True}
    """

    _kind = "action"

    def __init__(
        self,
        content: Any,
        actions: list[Action],
        author: str | None = None,
        timeout: float = 90,
        raise_on_timeout: bool = False,
    ) -> None:
        if not actions:
            raise ValueError("AskActionMessage needs actions: the buttons to choose from.")
        super().__init__(content, author, "assistant_message", timeout, raise_on_timeout, actions=actions)

    async def send(self) -> dict[str, Any] | None:  # type: ignore[override]  # Chainlit's: a question returns its answer
        """Ask, and wait for the answer. Then the buttons go, and the message says which it was.

        Returns:
            The button with the keys `name`, `payload`, `label`, `tooltip`, `icon`, `forId` and `id`; None when nobody
            answered in time.

        Raises:
            AskTimeoutError: Nobody answered in time, and `raise_on_timeout` is set. It is a `TimeoutError`.
            NoSessionError: There is no session here.
        """
        answer = await self._ask()
        self.actions = []
        chosen = None if answer is None or answer.action is None else answer.action
        self.content = (
            "Timed out: no action was taken" if chosen is None else f"**Selected:** {chosen.label or chosen.name}"
        )
        self._emit_step(current_scope())
        self._in_time(answer)
        return None if chosen is None else Action.from_struct(chosen, for_id=self.id).to_dict()


class AskElementMessage(Message):
    """A question that is answered in a `CustomElement` (Chainlit: `cl.AskElementMessage`).

    It is not there yet in this version.

    Args:
        content: The question.
        element: The element.
        author: Who asks.
        timeout: Seconds to wait for the answer.
        raise_on_timeout: Raise when nobody answers in time.

    Raises:
        UnsupportedError: Always.

    Example:
        >>> cl.AskElementMessage("Which?", element=chooser)  # raises an UnsupportedError
    """

    def __init__(
        self,
        content: Any,
        element: Any,
        author: str | None = None,
        timeout: float = 90,
        raise_on_timeout: bool = False,
    ) -> None:
        raise UnsupportedError(
            "AskElementMessage(…) needs elements written in JSX, which are not there yet in this version. "
            "AskUserMessage, AskActionMessage and ChatSettings ask for text, a choice, and a form."
        )


def _timeout_error() -> type[AskTimeoutError]:
    """Return the error to raise; where socket.io is loaded, one that Chainlit apps catch as its `TimeoutError` too."""
    exceptions = sys.modules.get("socketio.exceptions")
    if exceptions is None:
        return AskTimeoutError
    return type("AskTimeoutError", (AskTimeoutError, exceptions.TimeoutError), {})
