"""What of a session outlives its kernel: `user_session` and the settings, as far as JSON gives them back exactly.

The one rule: only what has changed is sent; the hub keeps it for the next host.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ..protocol.frames import OpenSession, SaveValues, encode
from .line import Line
from .settings import settings_state
from .snapshot import keep

if TYPE_CHECKING:
    import asyncio

    from .session import BaseSession


class KeptValues:
    """The values of one session, as the hub has them.

    Args:
        session: Whose they are.
        line: The way to the hub.
        opened: What the hub has kept so far; None: nothing.
    """

    __slots__ = ("_is_save_due", "_line", "_lock", "_saved", "_saving", "_session")

    def __init__(self, session: BaseSession, line: Line, opened: OpenSession | None = None) -> None:
        self._session = session
        self._line = line
        self._lock = threading.Lock()
        self._saved = encode(
            SaveValues(session=session.id, values={})
            if opened is None
            else SaveValues(session=session.id, values=opened.values, lost=opened.lost, settings=opened.settings)
        )
        self._is_save_due = False
        self._saving: asyncio.Task[None] | None = None

    def save(self) -> None:
        """Let the hub keep what `user_session` holds, if that has changed. From any thread."""
        session = self._session
        with self._lock:
            self._is_save_due = False
            if session.is_ended:
                return
            kept = keep(session.values, secrets=session.user_env.values())
            frame = SaveValues(session=session.id, values=dict(kept.values), lost=kept.lost, settings=self._settings())
            encoded = encode(frame)
            if encoded != self._saved:
                self._saved = encoded
                self._line.put(frame)

    def save_soon(self) -> None:
        """Save once the loop gets round to it: of all that a cell sets, once. From any thread."""
        loop = self._session.loop
        with self._lock:
            if self._is_save_due or loop.is_closed():
                return
            self._is_save_due = True
        loop.call_soon_threadsafe(self._begin_save)

    def free(self) -> None:
        """Let go of a save that is due; the session is over."""
        if self._saving is not None:
            self._saving.cancel()

    def _settings(self) -> dict[str, Any]:
        """Return what of the settings is kept: as the state has them, and of the values only what JSON gives back."""
        session = self._session
        if not session.chat_settings and session.settings_form is None:
            return {}
        values = keep(session.chat_settings, secrets=session.user_env.values()).values
        form = keep(settings_state(session), secrets=session.user_env.values()).values
        return {**form, "values": values} if values or form else {}

    def _begin_save(self) -> None:
        async def save() -> None:
            await self._line.room()  # Whoever sets a value does not wait: while the link is gone, one save does.
            self.save()

        self._saving = self._session.loop.create_task(save(), name="chat values")
