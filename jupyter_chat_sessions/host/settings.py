"""The settings of a session's chat: the form that its viewers fill in, and the values that hold.

The one rule: a value is checked against the form before it is a setting, whoever gives it. The form is kept with the
values, so that it is there, too, when the kernel is started anew.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..protocol.errors import ChatSessionsError
from ..protocol.frames import SetState
from .setting_values import FIELD_TYPES, Field, check_value

if TYPE_CHECKING:
    from .run import Run
    from .session import BaseSession

NO_SETTINGS = "This chat has no settings now."


class SettingsForm:
    """A form: fields, or tabs of fields, as the wire has them.

    Args:
        inputs: The fields and tabs.

    Attributes:
        fields: Every field by its id, in the order in which they are shown.
    """

    def __init__(self, inputs: list[dict[str, Any]]) -> None:
        self.inputs = inputs
        self.fields: dict[str, Field] = {field["id"]: field for field in _fields(inputs)}

    @classmethod
    def restored(cls, kept: Mapping[str, Any]) -> SettingsForm | None:
        """Return the form that was kept, or None where there was none, or none that this version knows."""
        try:
            form = cls(list(kept["inputs"]))
        except (KeyError, TypeError):
            return None
        known = all(field.get("type") in FIELD_TYPES for field in form.fields.values())
        return form if form.fields and known else None

    def initial_values(self) -> dict[str, Any]:
        """Return what each field is at first."""
        return {key: copy.deepcopy(field["initial"]) for key, field in self.fields.items()}

    def still_valid(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return those values that are of a field, and that it may hold."""
        valid: dict[str, Any] = {}
        for key, field in self.fields.items():
            if key in values:
                try:
                    valid[key] = check_value(field, values[key])
                except (TypeError, ValueError):
                    continue
        return valid

    def checked(self, values: object) -> dict[str, Any]:
        """Return what a viewer has chosen, checked.

        Fields that the form does not have (any more) are left out, and those that are disabled.

        Raises:
            ChatSessionsError: A value cannot be. The sentence is for the viewer.
        """
        if not isinstance(values, dict):
            raise ChatSessionsError("Settings are values by the ids of their fields.")
        checked: dict[str, Any] = {}
        for key, value in values.items():
            field = self.fields.get(key)
            if field is None or field.get("disabled"):
                continue
            try:
                checked[key] = check_value(field, value)
            except (TypeError, ValueError) as reason:
                raise ChatSessionsError(
                    f"The settings are as they were: “{field['label']}” {reason}, and something else was chosen."
                ) from None
        return checked


def show_settings(session: BaseSession, *, run: Run | None = None) -> None:
    """Show the form to everybody who looks at a session, with the values that hold."""
    state = settings_state(session)
    session.emit(SetState(state={"settings": state or None}), run=run)


def settings_state(session: BaseSession) -> dict[str, Any]:
    """Return what the state says of a session's settings; empty where there is no form."""
    form = session.settings_form
    if form is None:
        return {}
    values = {**form.initial_values(), **form.still_valid(session.chat_settings)}
    is_live = session.app.handler("on_settings_edit") is not None
    return {"inputs": form.inputs, "values": values, "isLive": is_live}


def take_settings(session: BaseSession, run: Run) -> str | None:
    """Take what a run for settings is about, before its handler has its turn.

    What was saved holds from now on; what is edited does not.

    Returns:
        Why it cannot be, for the viewer; None where it can, and for runs that are about something else.
    """
    if run.slot not in ("on_settings_update", "on_settings_edit"):
        return None
    if run.step is not None:  # else a cell has set them already
        form = session.settings_form
        if form is None:
            return NO_SETTINGS
        try:
            chosen = form.checked(run.given)
        except ChatSessionsError as reason:
            return str(reason)
        if run.slot == "on_settings_edit":
            run.settings = {**settings_state(session)["values"], **chosen}
            return None
        apply_settings(session, chosen)
    run.settings = copy.deepcopy(session.chat_settings)
    return None


def apply_settings(session: BaseSession, chosen: Mapping[str, Any], *, run: Run | None = None) -> None:
    """Let checked values hold: in the session, on every screen, and after a restart."""
    session.chat_settings.update(chosen)
    show_settings(session, run=run)
    session.kept.save_soon()


def _fields(inputs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in inputs:
        if "inputs" in each:
            yield from each["inputs"]
        else:
            yield each
