"""The port that an app's server listens at: one that was named is that one, or there is no server."""

from __future__ import annotations

import errno

from tornado.netutil import bind_sockets

from .protocol.errors import ChatSessionsError

USUAL_PORT = 8000
"""Where no port is named; the next free one where it is taken."""
MAX_PORT = 65535


def check_free(port: int, *, host: str) -> None:
    """See to it that a server can listen at a port that was named.

    Args:
        port: The port; 0 for any that is free.
        host: The address that the server listens at; `*` for all of this machine's.

    Raises:
        ChatSessionsError: It cannot; the sentence says what to do.

    Example:
        >>> check_free(8000, host="127.0.0.1")
    """
    if not 0 <= port <= MAX_PORT:
        raise ChatSessionsError(f"--port is a number from 0 to {MAX_PORT}, 0 for any that is free; it was {port}.")
    try:
        sockets = bind_sockets(port, "" if host == "*" else host)
    except OSError as reason:
        raise ChatSessionsError(_sentence(reason, port, host)) from None
    for each in sockets:
        each.close()


def _sentence(reason: OSError, port: int, host: str) -> str:
    match reason.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {port} is taken: something else listens there. Stop that, name another port with --port, or "
                "leave --port out, and a free one is found."
            )
        case errno.EACCES:
            return f"You may not listen at port {port}. Name one from 1024 up with --port."
        case _:
            return f"Nothing can listen at {host}, port {port} ({reason.strerror}). Name another with --host or --port."
