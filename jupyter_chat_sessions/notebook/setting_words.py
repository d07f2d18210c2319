"""Settings as words of a magic's line: `temperature=0.2 tools=search,python`. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})


def read_settings(words: Iterable[str], fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the words set, by the ids of the fields.

    A list is written with commas, and nothing at all is None, or an empty list.

    Args:
        words: Each `ID=VALUE`.
        fields: The fields of the form, by their ids.

    Raises:
        ValueError: A word has no `=`, or its value cannot be read.

    Example:
        >>> read_settings(["temperature=0.2"], form.fields)
        {'temperature': 0.2}
    """
    values: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise ValueError(f"Write what to set as ID=VALUE; {word!r} has no '='.")
        field = fields.get(key, {})
        read = _READERS.get("dates" if field.get("mode") == "range" else str(field.get("type")), _text)
        values[key] = read(key, text)
    return values


def _text(key: str, text: str) -> str | None:
    return text or None


def _truth(key: str, text: str) -> bool:
    if text.casefold() not in _YES | _NO:
        raise ValueError(f"The setting {key!r} is on or off; it was {text!r}.")
    return text.casefold() in _YES


def _number(key: str, text: str) -> float | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"The setting {key!r} is a number; it was {text!r}.") from None


def _list(key: str, text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _dates(key: str, text: str) -> list[str] | None:
    return _list(key, text) or None


_READERS: dict[str, Callable[[str, str], Any]] = {
    "switch": _truth,
    "checkbox": _truth,
    "slider": _number,
    "numberinput": _number,
    "tags": _list,
    "multiselect": _list,
    "dates": _dates,
}
