"""LlamaIndex: what a query or a chat engine does, shown as steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from llama_index.core.callbacks.base_handler import BaseCallbackHandler
from llama_index.core.callbacks.schema import CBEventType, EventPayload

from ..chat.step import StepKind
from .trace import Trace, TracedStep, plain, usage_of

IGNORED = [
    CBEventType.CHUNKING,
    CBEventType.SYNTHESIZE,
    CBEventType.EMBEDDING,
    CBEventType.NODE_PARSING,
    CBEventType.TREE,
]
"""What is not shown unless somebody wants it to be."""

_STEP_TYPES: dict[Any, StepKind] = {
    CBEventType.AGENT_STEP: "run",
    CBEventType.EMBEDDING: "embedding",
    CBEventType.FUNCTION_CALL: "tool",
    CBEventType.LLM: "llm",
    CBEventType.QUERY: "tool",
    CBEventType.RERANKING: "rerank",
    CBEventType.RETRIEVE: "retrieval",
}


class LlamaIndexCallbackHandler(BaseCallbackHandler):  # type: ignore[misc]  # LlamaIndex is optional
    """Shows what LlamaIndex does as steps (Chainlit: the same name): queries, retrievals, models and tools.

    They are nested as they call each other. How many tokens a model took stands in its step's `metadata["usage"]`,
    where the model says so. LlamaIndex tells its handlers of no tokens: what a model says is shown when it is said.

    Args:
        event_starts_to_ignore: Types of events that are not shown.
        event_ends_to_ignore: For compatibility: what is not begun is not ended.

    Example:
        >>> Settings.callback_manager = CallbackManager([cl.LlamaIndexCallbackHandler()])
    """

    def __init__(
        self,
        event_starts_to_ignore: list[CBEventType] = IGNORED,
        event_ends_to_ignore: list[CBEventType] = IGNORED,
    ) -> None:
        super().__init__(event_starts_to_ignore=[], event_ends_to_ignore=[])  # so that what is within keeps its place
        self._ignored = frozenset(event_starts_to_ignore)
        self._trace = Trace()

    def on_event_start(
        self,
        event_type: CBEventType,
        payload: dict[str, Any] | None = None,
        event_id: str = "",
        parent_id: str = "",
        **_: Any,
    ) -> str:
        """See LlamaIndex's `BaseCallbackHandler`."""
        given = payload or {}
        if event_type == CBEventType.EXCEPTION:
            failed = self._trace.get(parent_id)
            if failed is not None and failed.step is not None:
                failed.step.finish(error=given.get(EventPayload.EXCEPTION))
            return event_id
        run = self._trace.begin(event_id, parent_id)
        if run is None or event_type in self._ignored or event_type not in _STEP_TYPES:
            return event_id
        run.step = TracedStep(
            run.scope,
            name=_name(event_type, given),
            type=_STEP_TYPES[event_type],
            parent_id=run.above if run.parent is None else run.parent.shown_id,
            input=_input(event_type, given),
        )
        return event_id

    def on_event_end(
        self, event_type: CBEventType, payload: dict[str, Any] | None = None, event_id: str = "", **_: Any
    ) -> None:
        """See LlamaIndex's `BaseCallbackHandler`."""
        run = self._trace.end(event_id)
        if run is None or run.step is None:
            return
        given = payload or {}
        response = given.get(EventPayload.RESPONSE) or given.get(EventPayload.COMPLETION)
        raw = getattr(response, "raw", None)
        usage = usage_of(raw.get("usage") if isinstance(raw, Mapping) else getattr(raw, "usage", None))
        model = raw.get("model") if isinstance(raw, Mapping) else getattr(raw, "model", None)
        notes = {"usage": usage, "model": model}
        error = given.get(EventPayload.EXCEPTION)
        output = _output(event_type, given, response)
        run.step.finish(output, error=error, metadata={key: note for key, note in notes.items() if note})

    def start_trace(self, trace_id: str | None = None) -> None:
        """See LlamaIndex's `BaseCallbackHandler`: events say all that is needed."""

    def end_trace(self, trace_id: str | None = None, trace_map: dict[str, list[str]] | None = None) -> None:
        """See LlamaIndex's `BaseCallbackHandler`: events say all that is needed."""


def _name(event_type: CBEventType, payload: Mapping[Any, Any]) -> str:
    if event_type == CBEventType.FUNCTION_CALL:
        return str(getattr(payload.get(EventPayload.TOOL), "name", None) or event_type.value)
    if event_type == CBEventType.LLM:
        serialized = payload.get(EventPayload.SERIALIZED) or {}
        return str(serialized.get("model") or serialized.get("class_name") or event_type.value)
    return str(event_type.value)


def _input(event_type: CBEventType, payload: Mapping[Any, Any]) -> Any:
    if EventPayload.MESSAGES in payload:
        return [{"role": each.role.value, "content": each.content or ""} for each in payload[EventPayload.MESSAGES]]
    for key in (EventPayload.PROMPT, EventPayload.FUNCTION_CALL, EventPayload.QUERY_STR):
        if key in payload:
            return payload[key] if isinstance(payload[key], str) else plain(payload[key])
    shown = {key: value for key, value in payload.items() if key != EventPayload.SERIALIZED}
    return {str(getattr(key, "value", key)): plain(value) for key, value in shown.items()}


def _output(event_type: CBEventType, payload: Mapping[Any, Any], response: Any) -> Any:
    if event_type == CBEventType.FUNCTION_CALL:
        return str(payload.get(EventPayload.FUNCTION_OUTPUT, ""))
    if event_type in (CBEventType.RETRIEVE, CBEventType.RERANKING):
        return _sources(payload.get(EventPayload.NODES) or [])
    if event_type == CBEventType.EMBEDDING:
        return f"{len(payload.get(EventPayload.EMBEDDINGS) or []):,} embeddings"
    message = getattr(response, "message", None)
    if message is not None:
        return message.content or ""
    return getattr(response, "text", None) or ("" if response is None else str(response))


def _sources(nodes: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"content": each.node.get_content(), "score": each.score, "metadata": each.node.metadata} for each in nodes]
