"""How a host finds its hub: the names that both sides agree on."""

from __future__ import annotations

from msgspec import Struct

URL_VARIABLE = "JUPYTER_CHAT_SESSIONS_URL"
"""Environment variable with the server's base URL, which local kernels inherit."""
TOKEN_VARIABLE = "JUPYTER_CHAT_SESSIONS_HOST_TOKEN"
"""Environment variable with the host token."""


class HubAddress(Struct, frozen=True, kw_only=True):
    """Where a hub is, and the secret that lets a process host chats there; the content of the runtime file too.

    Attributes:
        url: The server's base URL, with a trailing slash.
        token: Good for hosting and nothing else.
    """

    url: str
    token: str


def runtime_file_name(server_pid: int) -> str:
    """Return the name of the file that a server leaves in Jupyter's runtime folder.

    Example:
        >>> runtime_file_name(4711)
        'jpchat-4711.json'
    """
    return f"jpchat-{server_pid}.json"
