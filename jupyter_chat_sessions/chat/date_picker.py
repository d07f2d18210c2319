"""The field of a settings form for a date, or for the first and the last of several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..host.setting_values import iso_date
from .input_widget import InputWidget

if TYPE_CHECKING:
    from datetime import date


@dataclass
class DatePicker(InputWidget):
    """A date, or a range of dates (Chainlit: `DatePicker`).

    Its value is always ISO text, such as `"2026-03-31"`, of a range a list of two, and None while nothing is chosen.
    (Chainlit's is what the author gave until it is changed.)

    Args:
        id: The key of its value in the settings.
        label: What stands beside it.
        initial: The date at first, as ISO text or `datetime.date`; a tuple of two for a range.
        tooltip: What is shown when its label is pointed at.
        description: What stands below it.
        disabled: It is shown and cannot be changed by viewers.
        type: Always `datepicker`.
        mode: `single` or `range`.
        min_date: The earliest date.
        max_date: The latest date.
        format: For compatibility: browsers show dates as their user is used to.
        placeholder: For compatibility, likewise.

    Raises:
        TypeError: A date is neither a text nor a date, or `initial` does not fit `mode`.
        ValueError: A text is no date, or the dates do not fit each other.

    Example:
        >>> DatePicker(id="since", label="Since", initial="2026-01-01", max_date=date.today())
    """

    initial: str | date | tuple[str | date, str | date] | None = None
    type: str = "datepicker"
    mode: Literal["single", "range"] = "single"
    min_date: str | date | None = None
    max_date: str | date | None = None
    format: str | None = None
    placeholder: str | None = None

    _more_keys: ClassVar[tuple[str, ...]] = ("mode", "min_date", "max_date", "format", "placeholder")

    def _check_parameters(self) -> None:
        if self.mode not in ("single", "range"):
            raise ValueError(f"DatePicker(mode=…) is 'single' or 'range'; it was {self.mode!r}.")
        for name in ("format", "placeholder"):
            self._check_text(name, or_none=True)
        self.min_date = self._bound("min_date", self.min_date)
        self.max_date = self._bound("max_date", self.max_date)
        if self.min_date is not None and self.max_date is not None and self.min_date > self.max_date:
            raise ValueError(
                f"DatePicker(min_date=…) is not after max_date; they were {self.min_date} and {self.max_date}."
            )

    def _bound(self, name: str, value: Any) -> str | None:
        try:
            return None if value is None else iso_date(value)
        except (TypeError, ValueError) as reason:
            kind = TypeError if isinstance(reason, TypeError) else ValueError
            raise kind(f"DatePicker({name}=…) {reason}; it was {value!r}.") from None
