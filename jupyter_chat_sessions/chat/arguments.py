"""Checks of what an author gives, at the call and in the author's words."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from .texts import well_formed

Item = TypeVar("Item")


def text(what: str, value: object) -> str:
    """Return a text that can be sent.

    Args:
        what: How the author knows it, such as `Starter(label=…)`.
        value: What was given.

    Raises:
        TypeError: It is no text.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what} is a text; it was given {type(value).__name__!r}.")
    return well_formed(value)


def name(what: str, value: object) -> str:
    """Return a text that something is known by.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty.
    """
    found = text(what, value)
    if not found.strip():
        raise ValueError(f"{what} was empty; it needs a name.")
    return found


def text_or_none(what: str, value: object) -> str | None:
    """Return a text that may be left out.

    Raises:
        TypeError: It is neither a text nor None.
    """
    return None if value is None else text(what, value)


def flag(what: str, value: object) -> bool:
    """Return True or False; None counts as False.

    Raises:
        TypeError: It is neither of them.
    """
    if value is not None and not isinstance(value, bool):
        raise TypeError(f"{what} is True or False; it was given {type(value).__name__!r}.")
    return bool(value)


def many(what: str, value: object, kind: type[Item], kind_name: str) -> list[Item]:
    """Return a list of things of one kind.

    Args:
        what: How the author knows the list.
        value: What was given.
        kind: What each of them is.
        kind_name: What the author calls that.

    Raises:
        TypeError: It is no list, or something else is in it.
    """
    if not isinstance(value, list | tuple):
        raise TypeError(f"{what} is a list of {kind_name}; it was given {type(value).__name__!r}.")
    for each in value:
        if not isinstance(each, kind):
            raise TypeError(f"{what} is a list of {kind_name}; in it was {type(each).__name__!r}.")
    return list(value)


def distinct(what: str, names: list[str]) -> None:
    """Make sure that no name stands for two things.

    Raises:
        ValueError: One does.
    """
    twice = sorted({each for each in names if names.count(each) > 1})
    if twice:
        raise ValueError(f"{what} has {', '.join(map(repr, twice))} more than once; each needs a name of its own.")


def json_value(what: str, value: object) -> Any:
    """Return a value as JSON carries it.

    Raises:
        TypeError: It is no JSON.
    """
    try:
        return msgspec.json.decode(msgspec.json.encode(value))
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError) as reason:
        raise TypeError(f"{what} must be JSON: {reason}.") from None
