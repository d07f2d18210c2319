"""Whether a value can be what a field of a settings form holds. Pure.

A field is a dict as the wire has it (`docs/protocol.md`, state key `settings`). The one rule: what is returned is what
JSON gives back, so that a setting outlives the kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from ..protocol.frames import MAX_TEXT

MAX_TAGS = 256
_NAMED_CHOICES = 8
"""So many are named to somebody who chose something else."""

Field = Mapping[str, Any]


def check_value(field: Field, value: object) -> Any:
    """Return a value as the field holds it.

    Args:
        field: The field, as the wire has it.
        value: What somebody wants it to be.

    Raises:
        TypeError: It is of another type. The text goes on after the field's name: `is a number from 0 to 1`.
        ValueError: It is of that type, and cannot be. Likewise.

    Example:
        >>> check_value({"type": "slider", "min": 0, "max": 10, "step": 1}, 3.0)
        3
    """
    return _CHECKS[field["type"]](field, value)


def _truth(field: Field, value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("is true or false")
    return value


def _slider(field: Field, value: object) -> float:
    low, high = field["min"], field["max"]
    is_whole = all(isinstance(each, int) for each in (low, high, field["step"]))
    kind = f"is a {'whole ' if is_whole else ''}number from {low:g} to {high:g}"
    number = _finite(value, kind)
    if not low <= number <= high or (is_whole and number != int(number)):
        raise ValueError(kind)
    return int(number) if is_whole else float(number)


def _number(field: Field, value: object) -> float | None:
    return None if value is None else _finite(value, "is a number")


def _finite(value: object, kind: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(kind)
    try:
        is_finite = math.isfinite(value)
    except OverflowError:
        is_finite = False
    if not is_finite:
        raise ValueError(kind)
    return value


def _text(field: Field, value: object) -> str | None:
    """An empty text is None, as in Chainlit."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError("is a text")
    if len(value) > MAX_TEXT:
        raise ValueError(f"has at most {MAX_TEXT:,} characters")
    return value or None


def _choice(field: Field, value: object) -> str | None:
    choices = _choices(field)
    if value is None and field.get("initial") is None:
        return None
    if value is not None and not isinstance(value, str):
        raise TypeError(f"is one of {_named(choices)}")
    if value not in choices:
        raise ValueError(f"is one of {_named(choices)}")
    return value


def _choices_of(field: Field, value: object) -> list[str]:
    choices = _choices(field)
    chosen = _texts(value, f"is a list of some of {_named(choices)}")
    if any(each not in choices for each in chosen):
        raise ValueError(f"is a list of some of {_named(choices)}")
    return [each for each in choices if each in chosen]


def _tags(field: Field, value: object) -> list[str]:
    tags = list(dict.fromkeys(tag.strip() for tag in _texts(value, "is a list of texts") if tag.strip()))
    if len(tags) > MAX_TAGS:
        raise ValueError(f"has at most {MAX_TAGS} entries")
    if any(len(tag) > MAX_TEXT for tag in tags):
        raise ValueError(f"has entries of at most {MAX_TEXT:,} characters")
    return tags


def _texts(value: object, kind: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise TypeError(kind)
    return list(value)


def _date_or_dates(field: Field, value: object) -> str | list[str] | None:
    if value is None:
        return None
    if field.get("mode") != "range":
        return _date(field, value)
    kind = "is two dates, such as ['2026-03-01', '2026-03-31']"
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise TypeError(kind)
    first, last = (_date(field, each) for each in value)
    if first > last:
        raise ValueError("is two dates, the earlier one first")
    return [first, last]


def _date(field: Field, value: object) -> str:
    day = iso_date(value)
    earliest, latest = field.get("min_date"), field.get("max_date")
    if earliest is not None and day < earliest:
        raise ValueError(f"is not before {earliest}")
    if latest is not None and day > latest:
        raise ValueError(f"is not after {latest}")
    return day


def iso_date(value: object) -> str:
    """Return a date, or a text that is one, in ISO format.

    Raises:
        TypeError: It is neither.
        ValueError: It is a text, and no date.
    """
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        raise TypeError("is a date, such as 2026-03-31")
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("is a date, such as 2026-03-31") from None


def _choices(field: Field) -> list[str]:
    return [item["value"] for item in field["items"]]


def _named(choices: list[str]) -> str:
    named = ", ".join(repr(choice[:60]) for choice in choices[:_NAMED_CHOICES])
    return f"{named} and {len(choices) - _NAMED_CHOICES} more" if len(choices) > _NAMED_CHOICES else named


_CHECKS: dict[str, Callable[[Field, object], Any]] = {
    "switch": _truth,
    "checkbox": _truth,
    "slider": _slider,
    "numberinput": _number,
    "textinput": _text,
    "select": _choice,
    "radio": _choice,
    "multiselect": _choices_of,
    "tags": _tags,
    "datepicker": _date_or_dates,
}
FIELD_TYPES = frozenset(_CHECKS)
"""What a field of a form may be."""
