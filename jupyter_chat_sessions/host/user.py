"""Who a viewer is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypedDict

from ..protocol.frames import UserInfo


@dataclass
class User:
    """A person, as Jupyter's identity provider names them (Chainlit: `cl.User`).

    Attributes:
        identifier: Jupyter's user name. On a plain server, one for each browser; on JupyterHub, the visitor's own.
        display_name: The name for people, if there is one.
        metadata: What else the identity provider told.

    Example:
        >>> cl.user_session.get("user").identifier
        'alice'
    """

    identifier: str
    display_name: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_info(cls, info: UserInfo) -> User:
        """Return the user that a frame names."""
        return cls(identifier=info.identifier, display_name=info.display_name, metadata=dict(info.metadata))


class UserDict(TypedDict):
    """A user as a dict (Chainlit: `chainlit.user.UserDict`)."""

    id: str
    identifier: str
    display_name: str | None
    metadata: dict[str, Any]


@dataclass
class _Record:
    id: str
    createdAt: str  # noqa: N815  # Chainlit's name


@dataclass
class PersistedUser(User, _Record):
    """A person as a data layer keeps them (Chainlit: `cl.PersistedUser`): a `User` with a record of its own.

    Attributes:
        id: The record's id.
        createdAt: When it was made, ISO 8601 in UTC.

    Example:
        >>> cl.PersistedUser(id="1", createdAt="2026-01-01T00:00:00Z", identifier="alice").identifier
        'alice'
    """
