"""Feedback: what a viewer thinks of a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from ..host.current import current_app
from ..host.run import Run
from ..host.scope import current_session

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Feedback:
    """What a viewer thinks of a message (Chainlit: `chainlit.types.Feedback`).

    Attributes:
        forId: The message's id.
        value: 1 for thumbs up, 0 for thumbs down.
        threadId: The conversation's id.
        id: This rating's own id.
        comment: What the viewer says about it, if anything.
        strategy: Always `BINARY`.
    """

    forId: str  # noqa: N815  # Chainlit's name
    value: Literal[0, 1]
    threadId: str | None = None  # noqa: N815  # Chainlit's name
    id: str | None = None
    comment: str | None = None
    strategy: Literal["BINARY"] = "BINARY"


def on_feedback(function: F) -> F:
    """Run a function when a viewer rates a message; with it, thumbs are shown under messages.

    It has its turn among the session's messages. A rating that is taken back is no rating: nothing runs.

    Args:
        function: Takes the `Feedback`, or nothing; `async def` or `def`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_feedback
        ... def rated(feedback):
        ...     print(feedback.value, feedback.comment)

    Chainlit's needs a data layer, runs beside the messages, and its errors are not shown. Here the rating is kept with
    the message, and a rating that is sent twice runs once.
    """
    current_app().register("on_feedback", function, arguments=_given)
    return function


def _given(run: Run) -> tuple[Any, ...]:
    """Make the rating that a call carries."""
    if run.step is None:
        return ()
    rated, said = run.step.parent_id or "", run.given
    comment = said.get("comment")
    return (Feedback(rated, said["value"], threadId=current_session().thread_id, id=run.id, comment=comment),)
