"""What a language model was asked and what it said, for those who note it in a step.

Chainlit takes these from a library of its own; here they are plain data.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, Self, TypedDict


class GenerationMessage(TypedDict, total=False):
    """A message to or from a model (Chainlit: `cl.GenerationMessage`): a dict.

    Attributes:
        role: `user`, `assistant`, `tool`, `function` or `system`.
        content: The text, or its parts.
        name: Who says it.
        function_call: The function that the model wants to be called, in the old form.
        tool_calls: The tools that the model wants to be called.
        tool_call_id: Of a tool's answer: the call.
        uuid: The message's id in a store of prompts.
        templated: It was made of a template.

    Example:
        >>> cl.GenerationMessage(role="user", content="Hello")
        {'role': 'user', 'content': 'Hello'}
    """

    uuid: str | None
    templated: bool | None
    name: str | None
    role: Literal["user", "assistant", "tool", "function", "system"] | None
    content: str | list[dict[str, Any]] | None
    function_call: dict[str, Any] | None
    tool_calls: list[dict[str, Any]] | None
    tool_call_id: str | None


_KEYS = {
    "prompt_id": "promptId",
    "token_count": "tokenCount",
    "input_token_count": "inputTokenCount",
    "output_token_count": "outputTokenCount",
    "tt_first_token": "ttFirstToken",
    "token_throughput_in_s": "tokenThroughputInSeconds",
    "message_completion": "messageCompletion",
}
"""Attributes whose keys in a dict are others."""


@dataclass
class BaseGeneration:
    """What is the same of every generation.

    Attributes:
        id: Its id.
        prompt_id: Of the stored prompt that it was made with.
        provider: Whose model.
        model: Which.
        error: What went wrong.
        settings: What the model was set to.
        variables: What the prompt was filled with.
        tags: Labels.
        metadata: Notes.
        tools: What the model might call.
        token_count: Tokens in all.
        input_token_count: Tokens read.
        output_token_count: Tokens written.
        tt_first_token: Until the first token, milliseconds.
        token_throughput_in_s: Tokens a second.
        duration: Seconds.
    """

    id: str | None = None
    prompt_id: str | None = None
    provider: str | None = None
    model: str | None = None
    error: str | None = None
    settings: dict[str, Any] | None = field(default_factory=dict)
    variables: dict[str, Any] | None = field(default_factory=dict)
    tags: list[str] | None = field(default_factory=list)
    metadata: dict[str, Any] | None = field(default_factory=dict)
    tools: list[dict[str, Any]] | None = None
    token_count: int | None = None
    input_token_count: int | None = None
    output_token_count: int | None = None
    tt_first_token: float | None = None
    token_throughput_in_s: float | None = None
    duration: float | None = None

    type: ClassVar[str] = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it with Chainlit's keys."""
        given = {_KEYS.get(name, name): value for name, value in vars(self).items()}
        if given["id"] is None:
            del given["id"]
        return {**given, "type": self.type}

    @classmethod
    def from_dict(cls, generation_dict: dict[str, Any]) -> Self:
        """Return what `to_dict` was made of.

        Raises:
            ValueError: It is a generation of another type.
        """
        kind = generation_dict.get("type", cls.type)
        if kind != cls.type:
            raise ValueError(f"{cls.__name__} is of the type {cls.type!r}; the dict says {kind!r}.")
        keys = {field.name: _KEYS.get(field.name, field.name) for field in fields(cls)}
        return cls(**{name: generation_dict[key] for name, key in keys.items() if key in generation_dict})


@dataclass
class CompletionGeneration(BaseGeneration):
    """What a model made of a text (Chainlit: `cl.CompletionGeneration`).

    Attributes:
        prompt: The text.
        completion: What the model wrote.

    Example:
        >>> cl.CompletionGeneration(model="tiny", prompt="Once", completion=" upon a time").completion
        ' upon a time'
    """

    prompt: str | None = None
    completion: str | None = None

    type: ClassVar[str] = "COMPLETION"


@dataclass
class ChatGeneration(BaseGeneration):
    """What a model said to some messages (Chainlit: `cl.ChatGeneration`).

    Attributes:
        messages: What it was told.
        message_completion: What it said.

    Example:
        >>> hello = cl.GenerationMessage(role="user", content="Hello")
        >>> cl.ChatGeneration(model="tiny", messages=[hello]).to_dict()["type"]
        'CHAT'
    """

    messages: list[GenerationMessage] | None = field(default_factory=list)
    message_completion: GenerationMessage | None = None

    type: ClassVar[str] = "CHAT"
