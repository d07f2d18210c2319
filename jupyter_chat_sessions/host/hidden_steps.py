"""Which intermediate steps viewers see, where an app shows not all of them.

What is said within a step that is hidden is shown where that would stand.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from ..protocol.frames import AppendText, FinishStep, HostEvent, PutElement, PutStep, RemoveElement, RemoveStep

Trace = Literal["full", "tool_call", "hidden"]
"""All steps, those of tools, or none."""


class HiddenSteps:
    """The steps of one session that its viewers do not see."""

    __slots__ = ("_parent_by_id",)

    def __init__(self) -> None:
        self._parent_by_id: dict[str, str | None] = {}

    def shown(self, event: HostEvent, trace: Trace) -> HostEvent | None:
        """Return an event as viewers are to have it; None where it is about what they do not see."""
        match event:
            case PutStep(step=step):
                parent_id = self._shown_parent(step.parent_id)
                is_shown = step.is_message or (trace == "tool_call" and step.type == "tool")
                if not is_shown:
                    self._parent_by_id[step.id] = parent_id
                    return None
                return event if parent_id == step.parent_id else replace(event, step=replace(step, parent_id=parent_id))
            case (
                AppendText(step_id=step_id)
                | FinishStep(step_id=step_id)
                | PutElement(step_id=step_id)
                | RemoveElement(step_id=step_id)
            ):
                return None if step_id in self._parent_by_id else event
            case RemoveStep(step_id=step_id) if step_id in self._parent_by_id:
                return None
            case _:
                return event

    def _shown_parent(self, parent_id: str | None) -> str | None:
        return self._parent_by_id.get(parent_id, parent_id) if parent_id is not None else None
