"""LangChain: what a chain does, shown as steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.messages import BaseMessage

from ..chat.message import Message
from ..chat.step import StepKind
from ..host.scope import Scope, enter, leave
from ..protocol.errors import NoSessionError
from .trace import Trace, TracedRun, TracedStep, plain, usage_of

IGNORED = ["RunnableSequence", "RunnableParallel", "RunnableAssign", "RunnableLambda", "<lambda>"]
"""Names of what is not shown: how a chain is put together."""

KEPT = ["retriever", "llm", "agent", "chain", "tool"]
"""Types of what is shown within what is not."""

_STEP_TYPES: dict[str, StepKind] = {"llm": "llm", "tool": "tool", "retriever": "retrieval"}
_ROLES = {"human": "user", "ai": "assistant"}


class LangchainCallbackHandler(BaseCallbackHandler):  # type: ignore[misc]  # LangChain is optional, and not read by mypy
    """Shows what a LangChain chain does as steps (Chainlit: the same name), for `invoke`, `ainvoke` and streams alike.

    Models, tools and retrievers are steps of their types, nested as they call each other, with what went in, what came
    out as it comes, and what went wrong. How many tokens a model took stands in its step's `metadata["usage"]`.
    One handler may serve many sessions: each sees its own.

    Args:
        answer_prefix_tokens: After these tokens of a model the final answer begins: `Final`, `Answer`, `:` by default.
        stream_final_answer: Send the final answer as a message, as it comes.
        force_stream_final_answer: All that a model says is the final answer.
        to_ignore: What is not shown: a run in whose name one of these stands, and what is in it.
        to_keep: Types of runs that are shown even there: `llm`, `tool`, `retriever`, `chain` by default; there are
            `prompt` and `parser`, too.

    Attributes:
        final_stream: The message that the final answer went to last, or None.
        has_streamed_final_answer: There was one.

    Example:
        >>> answer = await chain.ainvoke(question, config={"callbacks": [cl.LangchainCallbackHandler()]})
    """

    run_inline = True  # in order, and on the loop: nothing here waits

    def __init__(
        self,
        answer_prefix_tokens: list[str] | None = None,
        stream_final_answer: bool = False,
        force_stream_final_answer: bool = False,
        to_ignore: list[str] | None = None,
        to_keep: list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.stream_final_answer = stream_final_answer
        self.answer_reached = force_stream_final_answer
        self.to_ignore = IGNORED if to_ignore is None else to_ignore
        self.to_keep = KEPT if to_keep is None else to_keep
        self.final_stream: Message | None = None
        self._prefix = ["Final", "Answer", ":"] if answer_prefix_tokens is None else answer_prefix_tokens
        self._trace = Trace()
        self._answers: dict[int, _FinalAnswer] = {}
        """Of the outermost runs that go on, by their identity."""

    @property
    def has_streamed_final_answer(self) -> bool:
        """Whether the final answer went out as a message."""
        return self.final_stream is not None

    # ---- models ------------------------------------------------------------------------------------------------------

    def on_chat_model_start(
        self, serialized: dict[str, Any] | None, messages: list[list[Any]], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        told = [_message(each) for each in messages[0]] if messages else []
        self._begin("llm", serialized, told, run_id=run_id, **kwargs)

    def on_llm_start(
        self, serialized: dict[str, Any] | None, prompts: list[str], *, run_id: UUID, **kwargs: Any
    ) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        self._begin("llm", serialized, "\n".join(prompts), run_id=run_id, **kwargs)

    def on_llm_new_token(self, token: Any, *, run_id: UUID, **_: Any) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        run = self._trace.get(str(run_id))
        if run is None:
            return
        text = token if isinstance(token, str) else "".join(_text_of(part) for part in token or ())
        if run.step is not None:
            run.step.append(text)
        if self.stream_final_answer and text:
            self._answer_of(run).hear(text, run)

    def on_llm_end(self, response: Any, *, run_id: UUID, **_: Any) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        generation = next((each for batch in response.generations for each in batch), None)
        message = getattr(generation, "message", None)
        usage = usage_of(getattr(message, "usage_metadata", None) or (response.llm_output or {}).get("token_usage"))
        calls = getattr(message, "tool_calls", None)
        run = self._trace.get(str(run_id))
        if run is not None and id(run.root) in self._answers:
            self._answers[id(run.root)].finish(run)
        output: Any = getattr(generation, "text", "")
        if calls:
            output = [{"name": call["name"], "args": call["args"]} for call in calls]
        self._end(run_id, output, metadata={"usage": usage} if usage else None)

    # ---- chains, tools, retrievers -----------------------------------------------------------------------------------

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        run_type: str | None = None,
        **kwargs: Any,
    ) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        # A prompt and a parser come as chains as well, and only this tells them from what an author made.
        self._begin(run_type or "chain", serialized, _plain(inputs), run_id=run_id, **kwargs)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **_: Any) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        self._end(run_id, _plain(outputs))

    def on_tool_start(
        self, serialized: dict[str, Any] | None, input_str: str, *, run_id: UUID, inputs: Any = None, **kwargs: Any
    ) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        self._begin("tool", serialized, _plain(inputs) if inputs else input_str, run_id=run_id, **kwargs)

    def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        self._end(run_id, getattr(output, "content", None) or _plain(output))

    def on_retriever_start(self, serialized: dict[str, Any] | None, query: str, *, run_id: UUID, **kwargs: Any) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        self._begin("retriever", serialized, query, run_id=run_id, **kwargs)

    def on_retriever_end(self, documents: Sequence[Any], *, run_id: UUID, **_: Any) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        self._end(run_id, [_plain(document) for document in documents])

    # ---- what went wrong ---------------------------------------------------------------------------------------------

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """See LangChain's `BaseCallbackHandler`."""
        self._end(run_id, error=error)

    on_chain_error = on_tool_error = on_retriever_error = on_llm_error

    # ---- private -----------------------------------------------------------------------------------------------------

    def _begin(
        self,
        kind: str,
        serialized: dict[str, Any] | None,
        given: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        name: str | None = None,
        tags: list[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        run = self._trace.begin(str(run_id), None if parent_run_id is None else str(parent_run_id))
        if run is None:
            return
        name = name or (serialized or {}).get("name") or ((serialized or {}).get("id") or [kind])[-1]
        is_named = any(each in name for each in self.to_ignore)
        is_inside = run.parent is not None and run.parent.is_ignored
        run.is_ignored = is_named or (is_inside and kind not in self.to_keep)
        if run.is_ignored:
            return
        is_outermost = run.parent is None or run.shown_id == run.above
        above = run.above if run.parent is None else run.parent.shown_id
        about = metadata or {}
        notes = {"model": about.get("ls_model_name"), "provider": about.get("ls_provider")} if kind == "llm" else {}
        run.step = TracedStep(
            run.scope,
            name=name,
            type=_STEP_TYPES.get(kind) or ("run" if is_outermost else "undefined"),
            parent_id=above,
            input=given,
            metadata={key: value for key, value in notes.items() if value},
            tags=[tag for tag in tags or () if not tag.startswith("seq:step")] or None,
        )

    def _end(
        self,
        run_id: UUID,
        output: Any = None,
        *,
        error: BaseException | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        run = self._trace.end(str(run_id))
        if run is None:
            return
        if run.step is not None:
            run.step.finish(output, error=error, metadata=metadata)
        answer = self._answers.pop(id(run), None)
        if answer is not None:
            answer.finish(run)

    def _answer_of(self, run: TracedRun) -> _FinalAnswer:
        answer = self._answers.get(id(run.root))
        if answer is None:
            answer = _FinalAnswer(self, prefix=self._prefix, is_reached=self.answer_reached)
            self._answers[id(run.root)] = answer
        return answer


AsyncLangchainCallbackHandler = LangchainCallbackHandler
"""The same: it never waits, so one serves both (Chainlit: the same name)."""


class _FinalAnswer:
    """Sends what a chain's models say after the prefix as a message."""

    def __init__(self, handler: LangchainCallbackHandler, *, prefix: list[str], is_reached: bool) -> None:
        self._handler = handler
        self._prefix = [token.strip() for token in prefix]
        self._is_reached = is_reached
        self._heard: deque[str] = deque(maxlen=max(1, len(prefix)))
        self._message: Message | None = None

    def hear(self, token: str, run: TracedRun) -> None:
        """Take a token; what comes after the prefix is sent."""
        if not self._is_reached:
            self._heard.append(token.strip())
            whole = any(all(part in heard for part in self._prefix) for heard in self._heard)
            self._is_reached = whole or list(self._heard) == self._prefix
            return
        with _within(run.scope):
            if self._message is None:
                self._message = self._handler.final_stream = Message(content="")
            self._message.append(token)

    def finish(self, run: TracedRun) -> None:
        """No more comes of this model."""
        if self._message is not None:
            with _within(run.scope):
                self._message.finish()


@contextmanager
def _within(scope: Scope) -> Iterator[None]:
    """Run the body in a session; what it says of a run that was stopped is not heard."""
    token = enter(scope)
    try:
        with suppress(NoSessionError):
            yield
    finally:
        leave(token)


def _message(message: Any) -> dict[str, Any]:
    """Return a message of LangChain's as models are told it."""
    kind = str(getattr(message, "type", "user"))
    told = {"role": _ROLES.get(kind, kind), "content": getattr(message, "content", str(message))}
    calls = getattr(message, "tool_calls", None)
    return {**told, "tool_calls": calls} if calls else told


def _plain(value: Any) -> Any:
    """Return what goes through a chain, with messages and documents in few words."""
    if isinstance(value, BaseMessage):
        return _message(value)
    if isinstance(value, Document):
        return {"content": value.page_content, "metadata": value.metadata}
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return plain(value)


def _text_of(part: Any) -> str:
    return str(part.get("text") or "") if isinstance(part, Mapping) else str(part)
