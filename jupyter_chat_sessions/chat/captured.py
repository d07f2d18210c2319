"""What code displays while a step goes on stands with that step.

The innermost step that goes on where the code runs takes it: other sessions, and cells without a step, notice nothing.
Whoever has displays to give is the notebook layer; here it is decided whose they are.
"""

from __future__ import annotations

from typing import NamedTuple

from ..host.displays import Bundle
from ..host.scope import Scope, current_scope
from ..protocol.errors import ChatSessionsError
from ..protocol.frames import PutElement, RemoveElement
from .rich_display import Display, display_of_bundle, written
from .standing import Captured
from .step import Step, current_steps

MAX_CAPTURED = 100
"""Displays that one step takes; what comes after them goes where it would go without a step."""


class _Place(NamedTuple):
    """Where a display belongs."""

    step: Step
    scope: Scope


def take_display(bundle: Bundle, *, display_id: str | None = None, is_update: bool = False) -> bool:
    """Let what is displayed here stand with the step that goes on here.

    Args:
        bundle: What is displayed.
        display_id: By which it may be updated.
        is_update: It takes the place of what was displayed with that id.

    Returns:
        Whether a step has taken it.
    """
    for place in _places():
        try:
            if is_update:
                if _update(place, bundle, display_id or ""):
                    return True
                continue
            return _add(place, bundle, display_id)
        except (ChatSessionsError, TypeError, ValueError, OSError):  # no display keeps the work from being done
            return False
    return False


def take_clear(*, wait: bool) -> bool:
    """Let what the step that goes on here has taken go, at once or with the next display; return whether one does."""
    for place in _places():
        if wait:
            place.step.captured.is_to_be_cleared = True
        else:
            _clear(place)
        return True
    return False


def _places() -> list[_Place]:
    """Return the steps that go on here, the innermost first."""
    steps = [step for step in reversed(current_steps()) if step.end is None]
    if not steps:
        return []
    scope = current_scope()
    return [_Place(step, scope) for step in steps if step.is_in(scope.session)]


def _add(place: _Place, bundle: Bundle, display_id: str | None) -> bool:
    if place.step.captured.is_to_be_cleared:
        _clear(place)
    captured = place.step.captured
    if not bundle.data or len(captured.displays) >= MAX_CAPTURED:
        return False
    display = display_of_bundle(bundle)
    _put(place, display)
    captured.displays.append(display)
    place.step.elements.append(display)
    if display_id is not None:
        captured.by_display_id[display_id] = display
    return True


def _update(place: _Place, bundle: Bundle, display_id: str) -> bool:
    display = place.step.captured.by_display_id.get(display_id)
    if display is None:
        return False
    display.content = written(bundle)
    _put(place, display)
    return True


def _put(place: _Place, display: Display) -> None:
    session = place.scope.session
    display.bring_now(session)
    display.for_id = place.step.id
    session.emit(PutElement(step_id=place.step.id, element=display.as_struct(session)), run=place.scope.run)


def _clear(place: _Place) -> None:
    step, scope = place
    for display in step.captured.displays:
        scope.session.emit(RemoveElement(step_id=step.id, element_id=display.id), run=scope.run)
    step.elements = [each for each in step.elements if each not in step.captured.displays]
    step.captured = Captured()
