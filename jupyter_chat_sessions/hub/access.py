"""Who somebody is, as far as the hub must know."""

from __future__ import annotations

from typing import NamedTuple

from ..protocol.frames import UserInfo


class Principal(NamedTuple):
    """Somebody, as Jupyter's identity provider tells.

    Attributes:
        key: A stable identity; sessions belong to it.
        user: How they are named.
        is_owner: Jupyter lets them run code on this server.
    """

    key: str
    user: UserInfo
    is_owner: bool
