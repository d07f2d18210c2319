"""What of `user_session` outlives the kernel: the values that JSON gives back exactly as they were.

The one rule: a value is either kept as it is or named as lost. A tuple that came back as a list would be neither.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from ..protocol.frames import encode

MAX_VALUES_BYTES = 64 * 1024
"""Bytes of all values of one session with their keys, as JSON; where they are more, the largest are lost."""
MAX_DEPTH = 64
"""Lists and dicts within each other."""
MAX_LOST = 256
"""Keys that are named."""
SHORTEST_SECRET = 8
"""A shorter variable of a viewer, such as `en`, is no secret: it may stand in any text."""


class Kept(NamedTuple):
    """The values of a session, parted.

    Attributes:
        values: The encoded value of each key that can be restored.
        lost: The keys of the others, sorted.
    """

    values: dict[str, msgspec.Raw]
    lost: list[str]


def keep(values: Mapping[Any, Any], *, secrets: Iterable[str] = ()) -> Kept:
    """Part values into those that can be restored exactly and those that cannot.

    Args:
        values: What `user_session` holds.
        secrets: Texts that must not be stored: a value in which one stands is lost.

    Example:
        >>> keep({"name": "Alice", "turns": 3, "when": datetime.now()}).lost
        ['when']
    """
    banned = [encode(secret)[1:-1] for secret in secrets if len(secret) >= SHORTEST_SECRET]

    def tells_secret(written: bytes) -> bool:
        return any(secret in written for secret in banned)

    lost: list[str] = []
    encoded: dict[str, bytes] = {}
    for key, value in dict(values).items():
        written = _written(key, value)
        if written is not None and not tells_secret(written) and not tells_secret(encode(key)):
            encoded[key] = written
        else:
            name = _name(key)
            lost.append("<str>" if tells_secret(encode(name)) else name)
    kept: dict[str, msgspec.Raw] = {}
    left = MAX_VALUES_BYTES
    for key, written in sorted(encoded.items(), key=lambda item: len(item[1])):  # the small first: a name, a counter
        left -= len(encode(key)) + len(written) + 2
        if left >= 0:
            kept[key] = msgspec.Raw(written)
        else:
            lost.append(_name(key))
    return Kept(kept, sorted(lost)[:MAX_LOST])


def _name(key: object) -> str:
    """Return a key as it can be told; one that is no text is told by its type."""
    return key[:100].encode(errors="replace").decode() if type(key) is str else f"<{type(key).__name__}>"


def _written(key: object, value: object) -> bytes | None:
    """Return a value as JSON, or None if it cannot be told from another by that."""
    if type(key) is not str or not _is_plain(value):
        return None
    try:
        encode(key)
        written = encode(value)
    except (TypeError, ValueError, RecursionError):  # half a surrogate pair; changed by another thread meanwhile
        return None
    return written if len(written) <= MAX_VALUES_BYTES else None


def _is_plain(value: object) -> bool:
    """Return whether JSON gives a value back as it is. Looks no further than what could be kept is large."""
    layer, weight = [value], 0
    for _ in range(MAX_DEPTH):
        deeper: list[object] = []
        for item in layer:
            kind = type(item)  # not `isinstance`: a subclass would come back as its base
            if kind is str:
                weight += len(item)  # type: ignore[arg-type]
            elif kind is float:
                if not math.isfinite(item):  # type: ignore[arg-type]
                    return False
            elif kind is list:
                weight += len(item)  # type: ignore[arg-type]
                deeper.extend(item)  # type: ignore[arg-type]
            elif kind is dict:
                weight += len(item)  # type: ignore[arg-type]
                keys = list(item)  # type: ignore[call-overload]
                if any(type(each) is not str for each in keys):
                    return False
                deeper.extend(item.values())  # type: ignore[attr-defined]
            elif kind is not int and kind is not bool and item is not None:
                return False
            if weight > MAX_VALUES_BYTES:
                return False
        if not deeper:
            return True
        layer = deeper
    return False
