"""Types that Chainlit's apps name in annotations."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

MessageStepType = Literal["user_message", "assistant_message", "system_message"]
TrueStepType = Literal["run", "tool", "llm", "embedding", "retrieval", "rerank", "undefined"]
StepType = TrueStepType | MessageStepType
ClientType = Literal["webapp", "copilot", "http", "notebook"]
"""Chainlit's are `webapp`, `copilot`, `teams`, `slack` and `discord`."""


class StepDict(TypedDict, total=False):
    """A step as a dict (Chainlit: `chainlit.step.StepDict`); the keys stand in `docs/protocol.md`."""

    id: str
    threadId: str
    parentId: str | None
    type: StepType
    name: str
    input: str
    output: str
    createdAt: str | None
    start: str | None
    end: str | None
    isError: bool | None
    streaming: bool
    waitForAnswer: bool | None
    command: str | None
    modes: dict[str, str] | None
    language: str | None
    showInput: bool | str | None
    defaultOpen: bool | None
    autoCollapse: bool | None
    metadata: dict[str, Any]
    tags: list[str] | None
    feedback: dict[str, Any] | None
