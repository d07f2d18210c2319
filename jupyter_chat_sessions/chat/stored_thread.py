"""A stored conversation as `on_chat_resume` is given it."""

from __future__ import annotations

from typing import Any, TypedDict

import msgspec

from ..host.user import User
from ..protocol.steps import Step, Thread
from .element import ElementDict, element_dict


class ThreadDict(TypedDict):
    """A stored conversation (Chainlit: `chainlit.types.ThreadDict`).

    Attributes:
        id: Its id.
        createdAt: When it began, ISO 8601 in UTC.
        name: The beginning of the first message, or None.
        userId: Whose it is; the same as `userIdentifier`.
        userIdentifier: Jupyter's user name.
        tags: Labels.
        metadata: Notes.
        steps: The newest steps as `StepDict`, oldest first; each has every key.
        elements: What stands with those steps, as `ElementDict`.

    Example:
        >>> @cl.on_chat_resume
        ... async def resume(thread: cl.ThreadDict):
        ...     print(thread["name"], len(thread["steps"]))
    """

    id: str
    createdAt: str
    name: str | None
    userId: str | None
    userIdentifier: str | None
    tags: list[str]
    metadata: dict[str, Any]
    steps: list[dict[str, Any]]
    elements: list[ElementDict]


def thread_dict(thread: Thread, *, user: User | None) -> ThreadDict:
    """Return a thread with Chainlit's keys."""
    identifier = None if user is None else user.identifier
    return ThreadDict(
        id=thread.id,
        createdAt=thread.created_at,
        name=thread.name,
        userId=identifier,
        userIdentifier=identifier,
        tags=list(thread.tags),
        metadata=dict(thread.metadata),
        steps=[_step_dict(step) for step in thread.steps],
        elements=[
            element_dict(element, for_id=step.id, thread_id=thread.id)
            for step in thread.steps
            for element in step.elements
        ],
    )


def _step_dict(step: Step) -> dict[str, Any]:
    """Return a step with every key there: Chainlit's apps read `step["parentId"]` of each."""
    return {field.encode_name: msgspec.to_builtins(getattr(step, field.name)) for field in msgspec.structs.fields(Step)}
