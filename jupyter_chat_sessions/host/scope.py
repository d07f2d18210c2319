"""Which session code runs for: one way in (`session_scope`), one way out (`current_session`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import NamedTuple

from ..protocol.errors import NoSessionError
from .current import current_runtime
from .run import Run
from .session import BaseSession


class Scope(NamedTuple):
    """A session, and the run of it that is going on."""

    session: BaseSession
    run: Run | None


_scope: ContextVar[Scope | None] = ContextVar("chat_session_scope", default=None)


@contextmanager
def session_scope(session: BaseSession, *, run: Run | None = None) -> Iterator[Scope]:
    """Run the body for a session.

    Example:
        >>> with session_scope(session):
        ...     current_session() is session
        True
    """
    scope = Scope(session, run)
    token = enter(scope)
    try:
        yield scope
    finally:
        leave(token)


def enter(scope: Scope) -> Token[Scope | None]:
    """Run what follows for a session; `session_scope` is the way for all that has an end."""
    return _scope.set(scope)


def leave(token: Token[Scope | None]) -> None:
    """Undo an `enter`."""
    _scope.reset(token)


def current_scope() -> Scope:
    """Return the session that this code runs for, with its run.

    In a handler it is the handler's. In a cell it is the session of the viewer who ran the cell, else the one that
    `%chat_session use` picked, else the notebook's own.

    Raises:
        NoSessionError: None of these is there.
    """
    scope = _scope.get() or _cell_scope()
    if scope is None:
        raise NoSessionError(
            "There is no chat session here. Inside a handler there always is one; "
            "in a cell, open a chat first with %chat_session."
        )
    return scope


def find_scope() -> Scope | None:
    """Do as `current_scope` does, and return None where there is no session."""
    return _scope.get() or _cell_scope()


def current_session() -> BaseSession:
    """Return the session that this code runs for; see `current_scope`."""
    return current_scope().session


def sessions_here() -> list[BaseSession]:
    """Return the sessions that live in the host that this code belongs to, oldest first."""
    scope = _scope.get()
    if scope is None:
        return current_runtime().sessions
    neighbours = scope.session.neighbours
    return [scope.session] if neighbours is None else neighbours()


def handler_scope() -> Scope | None:
    """Return the session, and the run, of the handler that has started this code, directly or not; None in a cell."""
    return _scope.get()


def is_in_handler() -> bool:
    """Return whether this code was started by a handler, directly or not."""
    return _scope.get() is not None


def _cell_scope() -> Scope | None:
    session = current_runtime().cell_session()
    return None if session is None else Scope(session, None)
