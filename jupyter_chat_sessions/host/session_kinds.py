"""The kinds of sessions that apps ask for with `isinstance`: all that differs is how their viewers are there."""

from __future__ import annotations

from ..protocol.frames import OpenSession
from .session import BaseSession


class WebsocketSession(BaseSession):
    """A session whose viewer looks on: in a browser, or in the notebook itself (Chainlit: the same name).

    Example:
        >>> isinstance(cl.context.session, cl.WebsocketSession)
        True
    """

    @classmethod
    def get_by_id(cls, session_id: str) -> BaseSession | None:
        """Return the session with an id that lives in this process, or None."""
        from .scope import sessions_here

        return next((session for session in sessions_here() if session.id == session_id), None)

    @classmethod
    def require(cls, session_id: str) -> BaseSession:
        """Return the session with an id.

        Raises:
            ValueError: None with that id lives in this process.
        """
        session = cls.get_by_id(session_id)
        if session is None:
            raise ValueError(f"No session {session_id!r} lives in this process.")
        return session

    get = get_by_id
    """Chainlit's `get` takes the id of a socket; here a session has one id."""


class HTTPSession(BaseSession):
    """A session that is driven through the HTTP interface.

    Example:
        >>> isinstance(cl.context.session, cl.HTTPSession)
        False
    """


def session_class(opened: OpenSession) -> type[BaseSession]:
    """Return the class for a session's kind of client."""
    return HTTPSession if opened.client_type == "http" else WebsocketSession
