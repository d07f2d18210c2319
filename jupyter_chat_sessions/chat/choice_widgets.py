"""The fields of a settings form that choose among what is given: one thing (`Select`, `RadioGroup`) or several."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .input_widget import InputWidget


class _Choices(InputWidget):
    """What there is to choose from: `values`, or `items` with a label for each value."""

    values: list[str]
    items: dict[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the field with Chainlit's keys."""
        labelled = [{"label": label, "value": value} for label, value in self.items.items()]
        return {**super().to_dict(), "items": labelled}

    def _check_parameters(self) -> None:
        if not self.values and not self.items:
            raise ValueError(f"{self._name} needs values or items: what there is to choose from.")
        if self.values and self.items:
            raise ValueError(f"{self._name} takes values or items, not both.")
        if self.values:
            if not isinstance(self.values, list | tuple) or not _are_texts(self.values):
                raise TypeError(f"{self._name}(values=…) is a list of texts; it was {self.values!r}.")
            if len(set(self.values)) < len(self.values):
                raise ValueError(f"{self._name}(values=…) has something twice: {self.values!r}.")
            self.items = {value: value for value in self.values}
        elif not isinstance(self.items, dict) or not _are_texts([*self.items, *self.items.values()]):
            raise TypeError(f"{self._name}(items=…) is a dict of labels, each with its value; it was {self.items!r}.")
        elif len(set(self.items.values())) < len(self.items):
            raise ValueError(f"{self._name}(items=…) has a value twice: {self.items!r}.")


class _OneOf(_Choices):
    """One thing is chosen, or none at first."""

    initial_index: int | None
    initial_value: str | None

    def _check_parameters(self) -> None:
        if self.initial_index is not None and not self.values:
            raise ValueError(f"{self._name}(initial_index=…) goes with values; with items, use initial_value.")
        super()._check_parameters()
        if self.initial_index is None:
            self.initial = self.initial if self.initial_value is None else self.initial_value
            return
        if isinstance(self.initial_index, bool) or not isinstance(self.initial_index, int):
            raise TypeError(f"{self._name}(initial_index=…) is a whole number; it was {self.initial_index!r}.")
        if not -len(self.values) <= self.initial_index < len(self.values):
            raise ValueError(
                f"{self._name}(initial_index=…) is a place in values, at most {len(self.values) - 1}; "
                f"it was {self.initial_index}."
            )
        self.initial = self.values[self.initial_index]


@dataclass
class Select(_OneOf):
    """One of several things, from a list that opens (Chainlit: `Select`). None while nothing is chosen.

    Args:
        id: The key of its value in the settings.
        label: What stands beside it.
        initial: The same as `initial_value`. (Chainlit takes it and forgets it.)
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.
        type: Always `select`.
        initial_index: Which of `values` is chosen at first.
        initial_value: What is chosen at first.
        values: What there is to choose from.
        items: Likewise, with a label for each value: `{"Large": "gpt-large"}`.

    Raises:
        ValueError: There is nothing to choose from, both `values` and `items`, or what is chosen is not among them.

    Example:
        >>> Select(id="model", label="Model", values=["small", "large"], initial_index=0)
    """

    initial: str | None = None
    type: str = "select"
    initial_index: int | None = None
    initial_value: str | None = None
    values: list[str] = field(default_factory=list)
    items: dict[str, str] = field(default_factory=dict)


@dataclass
class RadioGroup(_OneOf):
    """One of several things, all of which are shown (Chainlit: `RadioGroup`). None while nothing is chosen.

    Args:
        id: The key of its value in the settings.
        label: What stands above it.
        initial: The same as `initial_value`. (Chainlit takes it and forgets it.)
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.
        type: Always `radio`.
        initial_index: Which of `values` is chosen at first.
        initial_value: What is chosen at first.
        values: What there is to choose from.
        items: Likewise, with a label for each value: `{"Brief": "brief"}`.

    Raises:
        ValueError: There is nothing to choose from, both `values` and `items`, or what is chosen is not among them.

    Example:
        >>> RadioGroup(id="tone", label="Tone", items={"Brief": "brief", "In detail": "long"}, initial_value="brief")
    """

    initial: str | None = None
    type: str = "radio"
    initial_index: int | None = None
    initial_value: str | None = None
    values: list[str] = field(default_factory=list)
    items: dict[str, str] = field(default_factory=dict)


@dataclass
class MultiSelect(_Choices):
    """Some of several things (Chainlit: `MultiSelect`). Its value is a list, in the order in which they are shown.

    Args:
        id: The key of its value in the settings.
        label: What stands above it.
        initial: What is chosen at first.
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.
        type: Always `multiselect`.
        values: What there is to choose from.
        items: Likewise, with a label for each value.

    Raises:
        ValueError: There is nothing to choose from, both `values` and `items`, or what is chosen is not among them.

    Example:
        >>> MultiSelect(id="tools", label="Tools", values=["search", "python"], initial=["search"])
    """

    initial: list[str] = field(default_factory=list)
    type: str = "multiselect"
    values: list[str] = field(default_factory=list)
    items: dict[str, str] = field(default_factory=dict)


def _are_texts(values: Any) -> bool:
    return all(isinstance(each, str) for each in values)
