"""Tells the author which values of `user_session` a restart has cost: each key once, however many sessions had it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

GATHER_S = 0.5
"""How long sessions are waited for that come back with this one, seconds: they come one after the other."""
MAX_NAMED = 1024
"""Keys remembered as told."""


class LostValues:
    """Gathers what was lost, and tells it in one sentence. Lives on the link's loop.

    Args:
        tell: Shows the sentence to the author.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._sessions_by_key: dict[str, list[str]] = {}
        self._told: set[str] = set()

    def note(self, session: str, keys: list[str], *, loop: asyncio.AbstractEventLoop) -> None:
        """Note what a session has lost; a key that was told before is not told again.

        Args:
            session: The session's id.
            keys: The keys whose values could not be kept.
            loop: The link's loop, which this is called on.
        """
        new = [key for key in keys if key not in self._told]
        if new and not self._sessions_by_key:
            loop.call_later(GATHER_S, self._tell_all)
        for key in new:
            self._sessions_by_key.setdefault(key, []).append(session)

    def _tell_all(self) -> None:
        sessions_by_key, self._sessions_by_key = self._sessions_by_key, {}
        if len(self._told) < MAX_NAMED:
            self._told.update(sessions_by_key)
        self._tell(sentence(sessions_by_key))


def sentence(sessions_by_key: dict[str, list[str]]) -> str:
    """Return what the author reads.

    Example:
        >>> sentence({"db": ["5f0c1d2e-…"], "client": ["5f0c1d2e-…", "7a3b4c5d-…"]})
        "After the restart these values of user_session could not be restored: 'client' (2 sessions), 'db' (session 5f0c1d2e). Set them again in @cl.on_chat_resume."
    """  # noqa: E501  # one sentence
    named = [
        f"{key!r} ({f'session {sessions[0][:8]}' if len(sessions) == 1 else f'{len(sessions)} sessions'})"
        for key, sessions in sorted(sessions_by_key.items())
    ]
    return (
        f"After the restart these values of user_session could not be restored: {', '.join(named)}. "
        "Set them again in @cl.on_chat_resume."
    )
