"""Intermediate steps: what happens between a question and its answer, as a trace that viewers may unfold."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, get_args

import msgspec

from ..host.scope import Scope, current_scope
from ..host.session import BaseSession
from ..ids import new_id
from ..protocol.errors import ChatSessionsError
from ..protocol.frames import AppendText, FinishStep, PutStep, RemoveStep, encode
from ..protocol.steps import Step as StepStruct
from ..times import utc_now
from .author_rename import learn_name, shown_name
from .standing import Captured, WithElements
from .texts import GrowingText, said, well_formed

StepKind = Literal["run", "tool", "llm", "embedding", "retrieval", "rerank", "undefined"]

MAX_TEXT = 1_000_000
"""Code points in a step's input or output."""

F = TypeVar("F", bound=Callable[..., Any])

_open_steps: ContextVar[tuple[Step, ...]] = ContextVar("chat_open_steps", default=())


def current_steps() -> tuple[Step, ...]:
    """Return the steps that are going on here, outermost first."""
    return _open_steps.get()


def set_current_steps(steps: tuple[Step, ...]) -> None:
    """Let what follows in this context belong to other steps."""
    _open_steps.set(steps)


def current_step() -> Step | None:
    """Return the innermost step that is going on here, or None."""
    steps = _open_steps.get()
    return steps[-1] if steps else None


def parent_of_what_is_said(scope: Scope) -> str | None:
    """Return what a message or step that is sent here belongs to: the innermost step, else the run."""
    step = current_step()
    if step is not None and step.is_in(scope.session):
        return step.id
    return None if scope.run is None else scope.run.id


class Step(WithElements):
    """A step (Chainlit: `cl.Step`), to be used in `async with` or `with`.

    It is shown when the body begins, and finished when it ends; what is sent in between belongs to it. An exception
    becomes its output, marks it as failed, and goes on.

    Args:
        name: What is done, in a few words.
        type: `tool`, `llm`, `run`, `embedding`, `retrieval`, `rerank` or `undefined`.
        id: A UUID; a new one by default.
        parent_id: The step it belongs to; the one around it, else the run, by default.
        elements: What stands with its output; see `Element`.
        metadata: The author's own notes; must be JSON.
        tags: The author's own labels.
        language: Show the output as code in this language.
        icon: The name of a sign among Lucide's, such as `globe`; by default its type's.
        default_open: Show it unfolded.
        auto_collapse: Fold it when it is done.
        show_input: Show the input: as JSON, as code in the language that is named, or (False) not at all.
        thread_id: For compatibility; a step belongs to the conversation that it is sent in.

    Raises:
        TypeError: The name is no text, or an element is none.
        ValueError: There is no such type.

    Example:
        >>> async with cl.Step("Search", type="tool") as step:
        ...     step.input = {"query": "monads"}
        ...     step.output = await search("monads")
    """

    def __init__(
        self,
        name: str | None = "",
        type: StepKind = "undefined",  # Chainlit's name
        id: str | None = None,
        parent_id: str | None = None,
        elements: list[Any] | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
        language: str | None = None,
        icon: str | None = None,
        default_open: bool | None = False,
        auto_collapse: bool | None = False,
        show_input: bool | str = "json",
        thread_id: str | None = None,
    ) -> None:
        if not isinstance(name, str | None):
            raise TypeError(f"Step(name=…) is a text; it was given {name.__class__.__name__!r}.")
        if type not in get_args(StepKind):
            raise ValueError(f"Step(type=…) is one of {', '.join(get_args(StepKind))}; it was {type!r}.")
        self.name = name or ""
        self.type: StepKind = type
        self.id = id or new_id()
        self.parent_id = parent_id
        super().__init__(elements)
        self.captured = Captured()
        self.metadata = dict(metadata or {})
        self.tags = tags
        self.language = language
        self.icon = icon
        self.default_open = bool(default_open)
        self.auto_collapse = bool(auto_collapse)
        self.show_input = show_input
        self.is_error = False
        self.streaming = False
        self.created_at: str | None = None
        self.start: str | None = None
        self.end: str | None = None
        self._input = GrowingText()
        self._output = GrowingText()
        self._session: BaseSession | None = None
        self._is_shown = False
        self._looks = b""

    def __repr__(self) -> str:
        return f"<Step {self.type} {self.name[:60]!r}>"

    # ---- input and output --------------------------------------------------------------------------------------------

    @property
    def input(self) -> str:
        """What it was given, as text. What is no text becomes JSON, or its `str`."""
        return self._input.text

    @input.setter  # noqa: A003  # Chainlit's name
    def input(self, value: Any) -> None:
        self._input.text, _ = _as_text(value)

    @property
    def output(self) -> str:
        """What came of it, as text. What is no text becomes JSON, or its `str`.

        An object that shows itself, such as a figure, stands with the step as an element instead.
        """
        return self._output.text

    @output.setter
    def output(self, value: Any) -> None:
        self._output.text, language = ("", None) if self._take_content(value) else _as_text(value)
        self.language = self.language or language

    @property
    def thread_id(self) -> str | None:
        """The thread it was sent in, or None before it is sent."""
        return None if self._session is None else self._session.thread_id

    def is_in(self, session: BaseSession) -> bool:
        """Return whether it was sent in a session."""
        return self._session is session

    # ---- showing -----------------------------------------------------------------------------------------------------

    async def send(self) -> Self:
        """Show the step as it is now.

        Returns:
            The step itself.

        Raises:
            NoSessionError: There is no session here.
            TypeError: `metadata` is no JSON.
            ValueError: Input or output have more than a million code points, or an element is larger than is kept.
            OSError: The file of an element cannot be read.
        """
        await self._learn_name()
        await self._bring_elements(current_scope())
        await self._show().session.room()
        return self

    async def update(self) -> bool:
        """Show the step as it is now.

        Returns:
            True.

        Raises:
            ChatSessionsError: It was never sent, or belongs to another session.
            ValueError: As for `send`.
            OSError: As for `send`.
        """
        scope = self._own_scope()
        await self._learn_name()
        await self._bring_elements(scope)
        await self._show().session.room()
        return True

    async def remove(self) -> bool:
        """Take the step out of the conversation.

        Returns:
            True.

        Raises:
            ChatSessionsError: It was never sent, or belongs to another session.
        """
        scope = self._own_scope()
        scope.session.emit(RemoveStep(step_id=self.id), run=scope.run)
        self._is_shown = self.streaming = False
        await scope.session.room()
        return True

    async def stream_token(self, token: str, is_sequence: bool = False, is_input: bool = False) -> None:
        """Add a piece of text at the end of the output, and show it at once.

        Args:
            token: The text; an empty one does nothing.
            is_sequence: The token is the whole text so far, and takes the place of it.
            is_input: Add it to the input instead.

        Raises:
            NoSessionError: There is no session here.
            ChatSessionsError: It belongs to another session.
            ValueError: With it the text has more than a million code points.
        """
        if not token:
            return
        if not isinstance(token, str):
            raise TypeError(f"stream_token takes text; it was given {token.__class__.__name__!r}.")
        field = self._input if is_input else self._output
        token = well_formed(token)
        if not is_sequence and field.length + len(token) > MAX_TEXT:
            raise ValueError(f"A step may have {MAX_TEXT:,} characters; with this token it has more.")
        if is_sequence:
            field.text = token
        if is_sequence or not (self.streaming and field.is_shown):
            self.streaming = True
            await self._learn_name()
            self._show()
        scope = self._own_scope()
        if scope.run is not None:
            scope.run.streams.add(self.id)
        if not is_sequence:
            into: Literal["output", "input"] = "input" if is_input else "output"
            more = AppendText(step_id=self.id, offset=field.length, text=token, into=into)
            scope.session.emit(more, run=scope.run)
            field.append(token)
        await scope.session.room()

    def to_dict(self) -> dict[str, Any]:
        """Return the step with Chainlit's `StepDict` keys."""
        step: dict[str, Any] = msgspec.to_builtins(self._struct())
        return {"output": "", "input": "", "metadata": {}, "streaming": False, "isError": False, **step}

    # ---- as a context ------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self._learn_name()
        await self._bring_elements(current_scope())
        scope = self._begin()
        await scope.session.room()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish(error)

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish(error)

    def _begin(self) -> Scope:
        self.start = self.start or utc_now()
        scope = self._show()
        if scope.run is not None:
            scope.run.streams.add(self.id)  # so that it ends with the run, should it not end by itself
        _open_steps.set((*_open_steps.get(), self))
        return scope

    def _finish(self, error: BaseException | None) -> None:
        # Not by a token: a generator may be closed in another context than it began in.
        _open_steps.set(tuple(step for step in _open_steps.get() if step is not self))
        if isinstance(error, Exception):  # whoever is stopped has not failed
            self.is_error = True
            self.output = said(error)[:MAX_TEXT] or error.__class__.__name__
        self.end = utc_now()
        was_streaming, self.streaming = self.streaming, False
        scope = current_scope()
        if scope.run is not None:
            scope.run.streams.discard(self.id)
            if scope.run.is_abandoned:  # it was stopped, and nobody hears it any more; the error goes on
                return
        if not self._is_shown:  # its author took it out
            return
        try:
            self._bring_elements_now(scope)
            is_all_there = self._input.is_shown and self._output.is_shown and self._looks == self._look()
            if not (was_streaming and is_all_there):
                self._show()
                return
        except (TypeError, ValueError, OSError):
            scope.session.emit(FinishStep(step_id=self.id, end=self.end), run=scope.run)
            if error is None:  # else that is what went wrong, and goes on
                raise
            return
        scope.session.emit(FinishStep(step_id=self.id, end=self.end), run=scope.run)

    # ---- private -----------------------------------------------------------------------------------------------------

    def _own_scope(self) -> Scope:
        scope = current_scope()
        if self._session is None:
            raise ChatSessionsError("This step was not sent yet: use it in `async with`, or await step.send() first.")
        if self._session is not scope.session:
            raise ChatSessionsError("This step belongs to another session. Make a new Step for this one.")
        return scope

    async def _learn_name(self) -> None:
        await learn_name(current_scope().session, self.name)

    def _show(self) -> Scope:
        scope = current_scope()
        if self._session is not None and self._session is not scope.session:
            raise ChatSessionsError("This step belongs to another session. Make a new Step for this one.")
        if max(self._input.length, self._output.length) > MAX_TEXT:
            raise ValueError(f"A step may have {MAX_TEXT:,} characters; this one has more.")
        self._session = scope.session
        self.created_at = self.created_at or utc_now()
        if self.parent_id is None:
            self.parent_id = parent_of_what_is_said(scope)
        self._bring_elements_now(scope)
        scope.session.shown[self.id] = self
        step = msgspec.structs.replace(self._struct(), name=shown_name(scope.session, self.name))
        scope.session.emit(PutStep(step=step, replaces=self._is_shown), run=scope.run)
        self._is_shown = self._input.is_shown = self._output.is_shown = True
        self._looks = self._look()
        return scope

    def _look(self) -> bytes:
        """Return what it looks like but for its texts and its end, to tell whether that has changed."""
        bare = msgspec.structs.replace(self._struct(), input="", output="", streaming=False, end=None)
        return encode(bare)

    def _struct(self) -> StepStruct:
        return StepStruct(
            id=self.id,
            type=self.type,
            name=self.name,
            thread_id=self.thread_id or "",
            parent_id=self.parent_id,
            input=self.input,
            output=self.output,
            created_at=self.created_at,
            start=self.start,
            end=self.end,
            is_error=self.is_error,
            streaming=self.streaming,
            language=self.language,
            show_input=self.show_input,
            default_open=self.default_open,
            auto_collapse=self.auto_collapse,
            icon=self.icon,
            metadata=self.metadata,
            tags=self.tags,
            elements=[element.as_struct(self._session) for element in self.elements],
        )


def _as_text(value: Any) -> tuple[str, str | None]:
    """Return a value as text, and the language that it turns out to be in."""
    if isinstance(value, str):
        return well_formed(value), None
    if value is None:
        return "", None
    if isinstance(value, bytes | bytearray | memoryview):
        return f"({len(value):,} bytes)", None
    if isinstance(value, dict | list | tuple):
        try:
            return well_formed(json.dumps(value, indent=4, ensure_ascii=False, default=_written)), "json"
        except Exception:  # noqa: S110  # whatever is in it
            pass
    return well_formed(said(value)), "text"  # as it is: what an object says of itself is no Markdown


def _written(value: Any) -> str:
    return f"({len(value):,} bytes)" if isinstance(value, bytes | bytearray) else said(value)
