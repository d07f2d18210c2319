"""Steps for what a library does, by the library's own ids for it.

The one rule: nothing here waits or raises, whatever thread it is called on. What is shown goes to the session that the
outermost run began in; where no session is, nothing is shown.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec

from ..chat.step import StepKind, parent_of_what_is_said
from ..chat.texts import well_formed
from ..host.scope import Scope, current_scope, is_in_handler
from ..protocol.errors import NoSessionError
from ..protocol.frames import AppendText, FinishStep, HostEvent, PutStep
from ..protocol.steps import Step
from ..times import utc_now

MAX_SHOWN = 100_000
"""Code points of what a step shows; a library's inputs may be of any size."""


class TracedStep:
    """A step that a library's call is shown as.

    Args:
        scope: The session, and its run.
        name: What is done.
        type: The step's.
        parent_id: The step it belongs to.
        input: What it was given: text, or anything.
        metadata: Notes.
        tags: Labels.
    """

    def __init__(
        self,
        scope: Scope,
        *,
        name: str,
        type: StepKind,
        parent_id: str | None,
        input: Any = "",
        metadata: Mapping[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        self.scope = scope
        self.id = str(uuid4())
        self._length = 0
        self._is_over = False
        now = utc_now()
        self._step = Step(
            id=self.id,
            type=type,
            name=well_formed(name) or type,
            thread_id=scope.session.thread_id,
            parent_id=parent_id,
            input=as_text(input),
            show_input="json" if not isinstance(input, str) else "text",
            created_at=now,
            start=now,
            metadata=plain(metadata or {}),
            tags=tags,
        )
        if scope.run is not None:
            scope.run.streams.add(self.id)  # so that it ends with the run, should the library not end it
        self._emit(PutStep(step=self._step))

    def append(self, token: str) -> None:
        """Add text at the end of its output."""
        token = well_formed(token)[: MAX_SHOWN - self._length]
        if not token or self._is_over:
            return
        if not self._step.streaming:
            self._step = msgspec.structs.replace(self._step, streaming=True)
            self._emit(PutStep(step=self._step, replaces=True))
        self._emit(AppendText(step_id=self.id, offset=self._length, text=token, into="output"))
        self._step = msgspec.structs.replace(self._step, output=self._step.output + token)
        self._length += len(token)

    def finish(
        self,
        output: Any = None,
        *,
        error: BaseException | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        """End it; a second time does nothing.

        Args:
            output: What came of it; what was streamed by default.
            error: What went wrong.
            metadata: More notes.
        """
        if self._is_over:
            return
        self._is_over = True
        before = self._step
        text = before.output if output is None else as_text(output)
        language = before.language if output is None or isinstance(output, str) else "json"
        if isinstance(error, Exception):  # whoever is stopped has not failed
            text, language = as_text(str(error)) or type(error).__name__, None
        if self.scope.run is not None:
            self.scope.run.streams.discard(self.id)
        end = utc_now()
        notes = {**before.metadata, **plain(metadata or {})}
        if before.streaming and text == before.output and notes == before.metadata and error is None:
            self._emit(FinishStep(step_id=self.id, end=end))
            return
        self._step = msgspec.structs.replace(
            before,
            output=text,
            language=language,
            is_error=isinstance(error, Exception),
            metadata=notes,
            streaming=False,
            end=end,
        )
        self._emit(PutStep(step=self._step, replaces=True))

    def _emit(self, event: HostEvent) -> None:
        try:
            self.scope.session.emit(event, run=self.scope.run)
        except NoSessionError:  # the run was stopped while the library goes on: nobody hears it any more
            self._is_over = True


class TracedRun:
    """A run of a library's that goes on.

    Attributes:
        scope: The session, and its run.
        parent: The run that it is part of.
        step: What it is shown as, or None.
        is_ignored: It is not shown.
        above: The step that the outermost of these runs belongs to.
    """

    def __init__(self, scope: Scope, parent: TracedRun | None) -> None:
        self.scope = scope
        self.parent = parent
        self.step: TracedStep | None = None
        self.is_ignored = False
        self.above: str | None = parent_of_what_is_said(scope) if parent is None else parent.above

    @property
    def root(self) -> TracedRun:
        """The outermost run."""
        return self if self.parent is None else self.parent.root

    @property
    def shown_id(self) -> str | None:
        """The step that what is part of it belongs to."""
        if self.step is not None:
            return self.step.id
        return self.above if self.parent is None else self.parent.shown_id


class Trace:
    """A library's runs that go on, by the library's ids, of all sessions. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[str, TracedRun] = {}
        self._made_in = current_scope() if is_in_handler() else None

    def begin(self, run_id: str, parent_id: str | None) -> TracedRun | None:
        """Note that a run has begun; return it, or None where no session is."""
        with self._lock:
            parent = self._runs.get(parent_id or "")
            scope = self._scope() if parent is None else parent.scope
            if scope is None or scope.session.is_ended:
                return None
            run = self._runs[run_id] = TracedRun(scope, parent)
            return run

    def get(self, run_id: str) -> TracedRun | None:
        """Return a run that goes on."""
        with self._lock:
            return self._runs.get(run_id)

    def end(self, run_id: str) -> TracedRun | None:
        """Forget a run; return it."""
        with self._lock:
            run = self._runs.pop(run_id, None)
            if len(self._runs) > 1024:  # of those that their libraries never ended
                self._runs = {key: kept for key, kept in self._runs.items() if not kept.scope.session.is_ended}
            return run

    def _scope(self) -> Scope | None:
        if self._made_in is not None and not is_in_handler():  # a thread of the library's, without our context
            return self._made_in
        return scope_or_none()


def scope_or_none() -> Scope | None:
    """Return the session that this code runs for, or None."""
    try:
        return current_scope()
    except NoSessionError:
        return None


def plain(value: Any) -> Any:
    """Return what JSON can carry of a value, whatever it is."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, bytes | bytearray):
        return f"({len(value):,} bytes)"
    if isinstance(value, Mapping):
        return {well_formed(str(key)): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    dump = getattr(value, "model_dump", None)
    try:
        return plain(dump(exclude_none=True)) if callable(dump) else well_formed(str(value))
    except Exception:  # whatever an object's own writing raises
        return f"<{type(value).__name__}>"


def as_text(value: Any) -> str:
    """Return a value as the text that a step shows, not longer than `MAX_SHOWN`."""
    text = well_formed(value) if isinstance(value, str) else json.dumps(plain(value), indent=4, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 2] + " …"


def usage_of(given: Any) -> dict[str, int]:
    """Return how many tokens a call took, under one set of names, of whatever object or dict says so."""
    usage: dict[str, int] = {}
    for name, theirs in _USAGE.items():
        for each in theirs:
            count = given.get(each) if isinstance(given, Mapping) else getattr(given, each, None)
            if isinstance(count, int):
                usage.setdefault(name, count)
    return usage


_USAGE = {
    "inputTokens": ("input_tokens", "prompt_tokens"),
    "outputTokens": ("output_tokens", "completion_tokens"),
    "totalTokens": ("total_tokens",),
}
