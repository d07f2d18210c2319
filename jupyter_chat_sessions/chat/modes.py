"""Modes: what a viewer chooses for a message beside its text, such as the model that answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..host.session import BaseSession
from . import arguments


@dataclass
class ModeOption:
    """One of the options of a mode (Chainlit: `cl.ModeOption`).

    Attributes:
        id: What `message.modes` holds.
        name: How viewers read it.
        description: A sentence about it.
        icon: The name of a sign, or the address of a picture.
        default: It is chosen until the viewer chooses; where no option says so, the first is.

    Raises:
        TypeError: Something is of the wrong type.
        ValueError: The id or the name is empty.

    Example:
        >>> cl.ModeOption(id="fast", name="Fast", default=True).name
        'Fast'
    """

    id: str
    name: str
    description: str | None = None
    icon: str | None = None
    default: bool = False

    def __post_init__(self) -> None:
        self.id = arguments.name("ModeOption(id=…)", self.id)
        self.name = arguments.name("ModeOption(name=…)", self.name)
        self.description = arguments.text_or_none("ModeOption(description=…)", self.description)
        self.icon = arguments.text_or_none("ModeOption(icon=…)", self.icon)
        self.default = arguments.flag("ModeOption(default=…)", self.default)

    def to_dict(self) -> dict[str, Any]:
        """Return the option with Chainlit's keys."""
        keys = ("id", "name", "description", "icon", "default")
        return {key: getattr(self, key) for key in keys}


@dataclass
class Mode:
    """Something of which a viewer chooses one option for each message (Chainlit: `cl.Mode`).

    Attributes:
        id: Its key in `message.modes`.
        name: How viewers read it.
        options: What there is to choose from.

    Raises:
        TypeError: Something is of the wrong type.
        ValueError: The id or the name is empty, or two options have one id.

    Example:
        >>> models = [cl.ModeOption("small", "Small"), cl.ModeOption("large", "Large", default=True)]
        >>> await cl.context.emitter.set_modes([cl.Mode("model", "Model", models)])
    """

    id: str
    name: str
    options: list[ModeOption] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = arguments.name("Mode(id=…)", self.id)
        self.name = arguments.name("Mode(name=…)", self.name)
        self.options = arguments.many("Mode(options=…)", self.options, ModeOption, "cl.ModeOption")
        arguments.distinct("Mode(options=…)", [each.id for each in self.options])

    def get_default_option(self) -> ModeOption | None:
        """Return what is chosen until the viewer chooses: the default, else the first; None where there is none."""
        return next((each for each in self.options if each.default), self.options[0] if self.options else None)

    def get_option_by_id(self, option_id: str) -> ModeOption | None:
        """Return the option with an id, or None."""
        return next((each for each in self.options if each.id == option_id), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the mode with Chainlit's keys."""
        return {"id": self.id, "name": self.name, "options": [each.to_dict() for each in self.options]}


def mode_list(given: Any) -> list[dict[str, Any]]:
    """Return modes as the wire has them.

    Raises:
        TypeError: It is no list of modes.
        ValueError: Two have one id, or one has no options.
    """
    modes = arguments.many("set_modes(modes)", given, Mode, "cl.Mode")
    arguments.distinct("set_modes(modes)", [each.id for each in modes])
    for mode in modes:
        if not mode.options:
            raise ValueError(f"The mode {mode.id!r} has no options; give it Mode(options=[cl.ModeOption(…), …]).")
    return [each.to_dict() for each in modes]


def chosen_modes(session: BaseSession, said: dict[str, str] | None) -> dict[str, str] | None:
    """Return what a message has chosen of what there is, and the default of what it has not; None where there is none.

    A client may say anything, and messages from cells and over HTTP say nothing.
    """
    offered = session.said_state.get("modes")
    if not offered:
        return None
    chosen: dict[str, str] = {}
    for mode in offered:
        options = mode["options"]
        ids = [option["id"] for option in options]
        default = next((option["id"] for option in options if option["default"]), ids[0])
        wanted = (said or {}).get(mode["id"], default)
        chosen[mode["id"]] = wanted if wanted in ids else default
    return chosen
