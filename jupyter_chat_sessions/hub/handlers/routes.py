"""Every route of the extension, in one table that the server, the OpenAPI description and the tests read."""

from __future__ import annotations

from typing import Any, NamedTuple

from .files import FileHandler, FilesHandler
from .host import HostSocket
from .messages import MessagesHandler
from .page import PageHandler
from .rest import (
    ChannelHandler,
    ChannelsHandler,
    ExportHandler,
    OpenApiHandler,
    SessionHandler,
    SessionsHandler,
    StatusHandler,
    StepsHandler,
    ThreadHandler,
    ThreadsHandler,
)
from .viewer import ViewerSocket

API = r"api/chat-sessions"
_SESSION = r"(?P<session_id>[0-9a-f-]{36})"
_THREAD = r"(?P<thread_id>[0-9a-f-]{36})"
_FILE = r"(?P<file_id>[0-9a-f-]{36})"
_CHANNEL = r"(?P<channel>[^/]+)"


class Route(NamedTuple):
    """A route.

    Attributes:
        pattern: The regular expression below the server's base URL.
        handler: The handler's class.
        path: The path as the description of the interface writes it; None for what is not part of the REST interface.
    """

    pattern: str
    handler: type[Any]
    path: str | None = None


def routes() -> list[Route]:
    """Return every route."""
    return [
        Route(rf"{API}/?", StatusHandler, "/"),
        Route(rf"{API}/openapi\.json", OpenApiHandler, "/openapi.json"),
        Route(rf"{API}/channels", ChannelsHandler, "/channels"),
        Route(rf"{API}/channels/{_CHANNEL}", ChannelHandler, "/channels/{channel}"),
        Route(rf"{API}/sessions", SessionsHandler, "/sessions"),
        Route(rf"{API}/sessions/{_SESSION}", SessionHandler, "/sessions/{session_id}"),
        Route(rf"{API}/sessions/{_SESSION}/steps", StepsHandler, "/sessions/{session_id}/steps"),
        Route(rf"{API}/sessions/{_SESSION}/messages", MessagesHandler, "/sessions/{session_id}/messages"),
        Route(rf"{API}/sessions/{_SESSION}/files", FilesHandler, "/sessions/{session_id}/files"),
        Route(rf"{API}/sessions/{_SESSION}/files/{_FILE}", FileHandler, "/sessions/{session_id}/files/{file_id}"),
        Route(rf"{API}/threads", ThreadsHandler, "/threads"),
        Route(rf"{API}/threads/{_THREAD}", ThreadHandler, "/threads/{thread_id}"),
        Route(rf"{API}/threads/{_THREAD}/export", ExportHandler, "/threads/{thread_id}/export"),
        Route(rf"{API}/viewer", ViewerSocket),
        Route(rf"{API}/host", HostSocket),
        Route(rf"chat-sessions/{_CHANNEL}", PageHandler),
    ]
