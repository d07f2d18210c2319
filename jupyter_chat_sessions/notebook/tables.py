"""What `%chat_session list`, `settings` and `status` print. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from ..host.app import App, Slot
from ..host.session import BaseSession


def session_table(sessions: Sequence[BaseSession], *, seen: BaseSession | None) -> str:
    """Return a table of sessions; a star marks the one that cells see."""
    if not sessions:
        return "No sessions yet. They begin when somebody opens the chat, or with a %%chat_session cell."
    rows = [("", "session", "user", "client", "chat", "state", "messages")]
    rows += [
        (
            "*" if session is seen else "",
            session.id[:8],
            _user(session),
            session.client_type,
            session.channel,
            session_state(session),
            str(len(session.messages)),
        )
        for session in sessions
    ]
    return _table(rows)


def handlers_in_words(app: App) -> str:
    """Return which handlers an app has, as its author wrote them: those of buttons with the names of these."""
    slots: list[str] = [slot for slot in get_args(Slot) if app.handler(slot) is not None]
    callbacks = [f"action_callback({name!r})" for name in app.callbacks]
    return ", ".join(slots + callbacks) or "none yet"


def settings_table(fields: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> str:
    """Return a table of the settings of a chat, with what each is now."""
    rows = [("setting", "value", "shown as")]
    rows += [(key, _short(values[key]), field["label"]) for key, field in fields.items()]
    return _table(rows)


def session_state(session: BaseSession) -> str:
    """Return what goes on in a session, in few words."""
    if session.is_ending:
        return "ends"
    if session.questions.oldest is not None:
        return "asks"
    if session.current_run is not None:
        waiting = f", {len(session.waiting)} waiting" if session.waiting else ""
        return f"runs {session.current_run.slot}{waiting}"
    return "idle"


def _user(session: BaseSession) -> str:
    return "" if session.user is None else session.user.display_name or session.user.identifier


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
