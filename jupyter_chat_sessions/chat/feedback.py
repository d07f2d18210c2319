"""Feedback: what a viewer thinks of a message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar
from uuid import UUID, uuid5

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
        id: The rating's id, the same for each rating of a message: a changed one takes the place of the earlier one.
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
    return () if run.step is None else (rating_of(run, thread_id=current_session().thread_id),)


def rating_of(run: Run, *, thread_id: str) -> Feedback:
    """Return the rating that a call carries.

    Args:
        run: The call.
        thread_id: Whose conversation it is about.
    """
    rated, said = "" if run.step is None else run.step.parent_id or "", run.given
    rating_id = str(uuid5(UUID(rated), "feedback")) if rated else run.id
    return Feedback(rated, said["value"], threadId=thread_id, id=rating_id, comment=said.get("comment"))
