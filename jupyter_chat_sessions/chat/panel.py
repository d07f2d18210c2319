"""What the panel beside the conversation shows, as the session's state has it."""

from __future__ import annotations

from typing import Any

from ..host.scope import Scope
from ..protocol.frames import SetState


def shown_panel(scope: Scope) -> dict[str, Any]:
    """Return what the panel shows now: its `title`, `key` and `elements`."""
    return {"title": "", "key": None, "elements": [], **scope.session.said_state.get("sidebar", {})}


def show_panel(scope: Scope, panel: dict[str, Any] | None) -> None:
    """Show something else in the panel; None closes it. Whoever awaits should wait for `session.room()` afterwards."""
    scope.session.emit(SetState(state={"sidebar": panel}), run=scope.run)


def take_from_panel(scope: Scope, element_id: str) -> bool:
    """Take an element out of the panel, and close it where that was the last; return whether it was there."""
    panel = shown_panel(scope)
    others = [each for each in panel["elements"] if each["id"] != element_id]
    if len(others) == len(panel["elements"]):
        return False
    show_panel(scope, {**panel, "elements": others} if others else None)
    return True
