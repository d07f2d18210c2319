"""Which button somebody means who writes it, as in a notebook's cell, instead of pressing it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ..protocol.errors import RefusedError
from ..protocol.steps import Action, Step


def chosen(actions: Sequence[Action], written: str) -> Action | None:
    """Return the button of a question that an answer means: what stands on it, or its number; None where it is none."""
    meant = _plain(written)
    if meant.isdecimal() and 0 < int(meant) <= len(actions):
        return actions[int(meant) - 1]
    return next((action for action in actions if _label(action) == meant), None)


def newest(steps: Sequence[Step], written: str) -> tuple[Step, Action]:
    """Return the newest button that is meant, and what it stands under.

    Args:
        steps: The conversation, the oldest first.
        written: What stands on the button; its name does where that is only one button's.

    Raises:
        RefusedError: No button is meant, or several of one message are.
    """
    meant = _plain(written)
    for step in reversed(steps):
        found = [action for action in step.actions if _label(action) == meant]
        found = found or [action for action in step.actions if _plain(action.name) == meant]
        if len(found) > 1:
            text = f"{len(found)} buttons of this message are called {written!r}. Write what stands on one alone."
            raise RefusedError("conflict", text)
        if found:
            return step, found[0]
    last = next((step for step in reversed(steps) if step.actions), None)
    if last is None:
        raise RefusedError("conflict", "No message has a button that could be pressed.")
    labels = ", ".join(repr(action.label or action.name) for action in last.actions)
    raise RefusedError("conflict", f"No button is called {written!r}. The last message that has some has: {labels}.")


def _label(action: Action) -> str:
    return _plain(action.label or action.name)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
