"""`chainlit.session` and its neighbours: the sessions that live here, and what is kept of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..host.scope import current_session, sessions_here
from ..host.session import BaseSession
from ..host.session_kinds import WebsocketSession


class Sessions(Mapping[str, BaseSession]):
    """The sessions that live in this process, by id (Chainlit: `chainlit.session.ws_sessions_id`). Only to be read."""

    def __getitem__(self, session_id: str) -> BaseSession:
        session = WebsocketSession.get_by_id(session_id)
        if session is None:
            raise KeyError(session_id)
        return session

    def __iter__(self) -> Iterator[str]:
        return iter([session.id for session in sessions_here()])

    def __len__(self) -> int:
        return len(sessions_here())


class UserSessions(Mapping[str, dict[str, Any]]):
    """What `user_session` holds in each session, by id (Chainlit: `chainlit.user_session.user_sessions`)."""

    def __getitem__(self, session_id: str) -> dict[str, Any]:
        return sessions[session_id].values

    def __iter__(self) -> Iterator[str]:
        return iter(sessions)

    def __len__(self) -> int:
        return len(sessions)


sessions = Sessions()
"""The sessions that live in this process."""

user_sessions = UserSessions()
"""What `user_session` holds in each of them."""


def clean_metadata(metadata: dict[str, Any], max_size: int = 1_048_576) -> dict[str, Any]:
    """Return what of a dict can be stored (Chainlit: `chainlit.session.clean_metadata`).

    Args:
        metadata: Anything by name.
        max_size: Bytes of JSON; of what is more, only a message is left.

    Returns:
        A new dict: what is no JSON is None in it.

    Example:
        >>> clean_metadata({"a": 1, "b": object()})
        {'a': 1, 'b': None}
    """
    written = json.dumps(metadata, default=lambda _: None, ensure_ascii=False)
    size = len(written.encode(errors="replace"))
    if size > max_size:
        return {"message": f"The metadata has {size:,} bytes; more than {max_size:,} are not kept."}
    cleaned: dict[str, Any] = json.loads(written)
    return cleaned


async def persist_user_session(thread_id: str, metadata: dict[str, Any]) -> None:
    """Keep now what `user_session` holds (Chainlit: `chainlit.socket.persist_user_session`).

    It is kept by itself at the end of each handler; an app need not call this.

    Args:
        thread_id: For compatibility: it is the session's own.
        metadata: For compatibility: what `user_session` holds is kept.

    Raises:
        NoSessionError: There is no session here.
    """
    current_session().kept.save()
