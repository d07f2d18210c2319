"""Ids of steps, of which a busy chat needs thousands a second.

The one rule: what an id is good for is decided elsewhere; knowing one opens nothing.
"""

from __future__ import annotations

import os

AT_ONCE = 256
"""Ids for which the system is asked together: each time that it is asked, what waits for Python's lock gets it, and in
a busy chat that costs more than the id."""
_BYTES = 16
_LAYOUT = 0xFFFFFFFF_FFFF_0FFF_3FFF_FFFFFFFFFFFF, 0x00000000_0000_4000_8000_000000000000
"""The bits of a UUID that are random, and those that say version 4: RFC 9562, section 5.4."""

_fresh: list[int] = []
if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_fresh.clear)  # else parent and child would give the same ids


def new_id() -> str:
    """Return a new random id: a UUID of version 4, as text. From any thread.

    Example:
        >>> len(new_id())
        36
    """
    try:
        number = _fresh.pop()
    except IndexError:
        data = os.urandom(_BYTES * AT_ONCE)
        found = [int.from_bytes(data[at : at + _BYTES], "big") for at in range(0, len(data), _BYTES)]
        number = found.pop()
        _fresh.extend(found)
    random, version = _LAYOUT
    text = f"{number & random | version:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
