"""`chainlit.context`: the session that code runs for, taken along and set by hand."""

from __future__ import annotations

from contextvars import Token
from typing import TYPE_CHECKING, Any, NoReturn

from ..chat.context import Context
from ..chat.emitter import Emitter
from ..chat.step import Step, current_steps, set_current_steps
from ..host.run import Run
from ..host.scope import Scope, current_scope, enter, leave
from ..host.session import BaseSession
from ..host.session_kinds import WebsocketSession
from ..protocol.errors import NoSessionError, UnsupportedError

if TYPE_CHECKING:
    import asyncio

_NOTHING: Any = object()


class ChainlitContext(Context):
    """The context of one session, wherever it is asked (Chainlit: `chainlit.context.ChainlitContext`).

    Args:
        session: The session.
        emitter: For compatibility; a session has one of its own.
        run: The run that is going on in it.

    Example:
        >>> ChainlitContext(session).session is session
        True
    """

    def __init__(self, session: BaseSession, emitter: Any = None, *, run: Run | None = None) -> None:
        self.scope = Scope(session, run)

    @property
    def session(self) -> BaseSession:
        """The session."""
        return self.scope.session

    @property
    def emitter(self) -> Emitter:
        """Sends steps to it as they are given."""
        return Emitter(self.scope.session)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that its handlers run on."""
        return self.scope.session.loop


class ContextVariable:
    """The context, to be taken into a thread or a task of one's own (Chainlit: `chainlit.context.context_var`).

    Example:
        >>> here = context_var.get()
        >>> threading.Thread(target=lambda: (context_var.set(here), work())).start()
    """

    name = "chainlit"

    def get(self, default: Any = _NOTHING) -> Any:
        """Return the context that this code runs in.

        Raises:
            NoSessionError: There is no session here, and no default.
        """
        try:
            scope = current_scope()
        except NoSessionError:
            if default is _NOTHING:
                raise
            return default
        return ChainlitContext(scope.session, run=scope.run)

    def set(self, value: ChainlitContext) -> Token[Scope | None]:
        """Let what follows run for the session of a context that `get` gave.

        Raises:
            TypeError: It is no such context.
        """
        if not isinstance(value, ChainlitContext):
            raise TypeError(f"context_var.set takes what context_var.get gave; it was given {type(value).__name__!r}.")
        return enter(value.scope)

    def reset(self, token: Token[Scope | None]) -> None:
        """Let it be as it was before a `set`."""
        leave(token)


class LocalSteps:
    """The steps that are going on here, outermost first (Chainlit: `chainlit.context.local_steps`)."""

    name = "local_steps"

    def get(self, default: Any = None) -> Any:
        """Return them in a list of the caller's own; the default where there are none."""
        return list(current_steps()) or default

    def set(self, value: list[Step] | None) -> None:
        """Let what follows belong to others."""
        set_current_steps(tuple(value or ()))


context_var = ContextVariable()
"""The context that this code runs in."""

local_steps = LocalSteps()
"""The steps that are going on here."""


def init_ws_context(session_or_sid: BaseSession | str) -> ChainlitContext:
    """Let what follows run for a session (Chainlit: `chainlit.context.init_ws_context`).

    Args:
        session_or_sid: The session, or its id.

    Raises:
        ValueError: No session with that id lives in this process.
    """
    context = ChainlitContext(
        WebsocketSession.require(session_or_sid) if isinstance(session_or_sid, str) else session_or_sid
    )
    enter(context.scope)
    return context


def init_http_context(*_: Any, **__: Any) -> NoReturn:
    """Say that there is no session without somebody who has it (Chainlit: `chainlit.context.init_http_context`).

    Raises:
        UnsupportedError: Always.
    """
    raise UnsupportedError(
        "init_http_context: a session here is always somebody's. In a test use jupyter_chat_sessions.testing.Viewer; "
        "a program talks to a chat over HTTP (POST api/chat-sessions/sessions)."
    )
