"""The fields of a settings form (Chainlit: `chainlit.input_widget`), apart from those that choose and those for dates.

Each says what is wrong with it when it is made. What a value may be, `host/setting_values.py` knows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..host.setting_values import check_value
from .arguments import many, text, text_or_none


@dataclass
class InputWidget:
    """What all fields have in common.

    Args:
        id: The key of its value in the settings.
        label: What stands beside it.
        initial: Its value at first.
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.

    Raises:
        TypeError: Something is of another type than it says.
        ValueError: Something cannot be: an empty id or label, an initial value out of bounds.

    Example:
        >>> isinstance(cl.input_widget.Switch(id="loud", label="Loud"), cl.input_widget.InputWidget)
        True
    """

    id: str
    label: str
    initial: Any = None
    tooltip: str | None = None
    description: str | None = None
    disabled: bool | None = False

    def __post_init__(self) -> None:
        if type(self) is InputWidget:
            raise TypeError("InputWidget is what fields have in common: use one of them, such as Slider or Select.")
        for name in ("id", "label"):
            self._check_text(name)
        if not self.id or not self.label:
            raise ValueError(f"{self._name} needs an id and a label; id is {self.id!r}, label {self.label!r}.")
        for name in ("tooltip", "description"):
            self._check_text(name, or_none=True)
        if not isinstance(self.disabled, bool | None):
            raise TypeError(f"{self._name}(disabled=…) is true or false; it was given {self.disabled!r}.")
        self._check_parameters()
        given, kind = self.to_dict()["type"], vars(type(self))["type"]
        if given != kind:
            raise ValueError(f"The type of a {self._name} is {kind!r}; it was given {given!r}.")
        self._check_initial()

    def to_dict(self) -> dict[str, Any]:
        """Return the field with Chainlit's keys."""
        keys = ("type", "id", "label", "initial", *self._more_keys, "tooltip", "description", "disabled")
        return {key: getattr(self, key) for key in keys}

    _more_keys: ClassVar[tuple[str, ...]] = ()
    """What `to_dict` has beyond what all fields have."""

    @property
    def _name(self) -> str:
        return type(self).__name__

    def _check_parameters(self) -> None:
        """Raise if something of this kind of field's own cannot be."""

    def _check_initial(self) -> None:
        try:
            self.initial = check_value(self.to_dict(), self.initial)
        except (TypeError, ValueError) as reason:
            kind = TypeError if isinstance(reason, TypeError) else ValueError
            raise kind(f"{self._name}(initial=…) {reason}; it was {self.initial!r}.") from None

    def _check_text(self, name: str, *, or_none: bool = False) -> None:
        (text_or_none if or_none else text)(f"{self._name}({name}=…)", getattr(self, name))


@dataclass
class Switch(InputWidget):
    """Something that is on or off (Chainlit: `Switch`).

    Args:
        id: The key of its value in the settings.
        label: What stands beside it.
        initial: Whether it is on at first.
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.

    Example:
        >>> Switch(id="stream", label="Stream the answer", initial=True)
    """

    initial: bool = False
    type: str = "switch"


@dataclass
class Checkbox(InputWidget):
    """A box to tick (Chainlit: `Checkbox`).

    Args:
        id: The key of its value in the settings.
        label: What stands beside it.
        initial: Whether it is ticked at first.
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.

    Example:
        >>> Checkbox(id="sources", label="Name the sources")
    """

    initial: bool = False
    type: str = "checkbox"


@dataclass
class Slider(InputWidget):
    """A number between two bounds (Chainlit: `Slider`).

    Where `min`, `max` and `step` are whole numbers, its value is one, too; Chainlit's is a float until it is moved.

    Args:
        id: The key of its value in the settings.
        label: What stands beside it.
        initial: Where it is at first. Without it, at 0, or at the bound that is nearest to 0.
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.
        type: Always `slider`.
        min: The lowest value.
        max: The highest value.
        step: How far it moves.

    Raises:
        ValueError: `min` is not below `max`, `step` is not above 0, or `initial` is out of bounds.

    Example:
        >>> Slider(id="temperature", label="Temperature", initial=0.7, min=0, max=1, step=0.1)
    """

    initial: float = 0
    type: str = "slider"
    min: float = 0
    max: float = 10
    step: float = 1

    _more_keys: ClassVar[tuple[str, ...]] = ("min", "max", "step")

    def _check_parameters(self) -> None:
        for name in ("min", "max", "step"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise TypeError(f"Slider({name}=…) is a number; it was given {value!r}.")
        if self.min >= self.max:
            raise ValueError(f"Slider(min=…) is below max; they were {self.min!r} and {self.max!r}.")
        if self.step <= 0:
            raise ValueError(f"Slider(step=…) is above 0; it was {self.step!r}.")
        whole = [self.min, self.max, self.step]
        if isinstance(self.initial, float) and not self.initial.is_integer() and all(type(x) is int for x in whole):
            self.min = float(self.min)  # The author means a number that need not be whole.
        if self.initial == 0 and self.initial is not False:
            self.initial = min(max(self.initial, self.min), self.max)


@dataclass
class TextInput(InputWidget):
    """A text (Chainlit: `TextInput`). An empty one is None.

    Args:
        id: The key of its value in the settings.
        label: What stands beside it.
        initial: What it says at first.
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.
        type: Always `textinput`.
        placeholder: What is shown in it while it is empty.
        multiline: It has several lines.

    Example:
        >>> TextInput(id="system", label="System prompt", initial="Be brief.", multiline=True)
    """

    initial: str | None = None
    type: str = "textinput"
    placeholder: str | None = None
    multiline: bool = False

    _more_keys: ClassVar[tuple[str, ...]] = ("placeholder", "multiline")

    def _check_parameters(self) -> None:
        self._check_text("placeholder", or_none=True)
        if not isinstance(self.multiline, bool):
            raise TypeError(f"TextInput(multiline=…) is true or false; it was given {self.multiline!r}.")


@dataclass
class NumberInput(InputWidget):
    """Any number (Chainlit: `NumberInput`). An empty field is None.

    Args:
        id: The key of its value in the settings.
        label: What stands beside it.
        initial: The number at first.
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.
        type: Always `numberinput`.
        placeholder: What is shown in it while it is empty.

    Example:
        >>> NumberInput(id="seed", label="Seed", initial=42)
    """

    initial: float | None = None
    type: str = "numberinput"
    placeholder: str | None = None

    _more_keys: ClassVar[tuple[str, ...]] = ("placeholder",)

    def _check_parameters(self) -> None:
        self._check_text("placeholder", or_none=True)


@dataclass
class Tags(InputWidget):
    """A list of texts (Chainlit: `Tags`).

    Args:
        id: The key of its value in the settings.
        label: What stands beside it.
        initial: The texts at first.
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.
        type: Always `tags`.
        values: For compatibility; nothing is done with it, as in Chainlit.

    Example:
        >>> Tags(id="stop", label="Stop words", initial=["END"])
    """

    initial: list[str] = field(default_factory=list)
    type: str = "tags"
    values: list[str] = field(default_factory=list)


@dataclass
class Tab:
    """Fields that are shown together, under a name (Chainlit: `Tab`).

    Args:
        id: Which tab it is.
        label: What stands on it.
        inputs: Its fields; no tabs.

    Raises:
        TypeError: Something is of another type than it says.
        ValueError: The id or the label is empty.

    Example:
        >>> Tab(id="model", label="Model", inputs=[Slider(id="temperature", label="Temperature")])
    """

    id: str
    label: str
    inputs: list[InputWidget] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("id", "label"):
            if not text(f"Tab({name}=…)", getattr(self, name)):
                raise ValueError(f"Tab({name}=…) is not empty.")
        many("Tab(inputs=…)", self.inputs, InputWidget, "fields")

    def to_dict(self) -> dict[str, Any]:
        """Return the tab with Chainlit's keys."""
        return {"id": self.id, "label": self.label, "inputs": [each.to_dict() for each in self.inputs]}
