"""Rows with a checksum: SQLite has none, and would hand out a flipped byte as if it were what was written.

The one rule: what cannot be what was written is never returned.
"""

from __future__ import annotations

from typing import Generic, TypeVar
from zlib import crc32

import msgspec

from ...protocol.errors import ChatSessionsError

T = TypeVar("T")

_SEAL_BYTES = 4
_encode = msgspec.json.Encoder().encode


class DamagedRowError(ChatSessionsError):
    """A row is not as it was written."""


class Sealed(Generic[T]):
    """Writes and reads structs of one type, sealed with what else identifies their row.

    Example:
        >>> sealed = Sealed(Step)
        >>> sealed.read(sealed.write(step, thread_id, 7), thread_id, 7) == step
        True
    """

    def __init__(self, of: type[T]) -> None:
        self._decode = msgspec.json.Decoder(of).decode

    def write(self, value: T, *place: str | int) -> bytes:
        """Return a value as it is stored."""
        data = _encode(value)
        return _seal(data, place) + data

    def read(self, stored: bytes, *place: str | int) -> T:
        """Return a stored value.

        Raises:
            DamagedRowError: It is not what was written there.
        """
        stored = bytes(stored)
        seal, data = stored[:_SEAL_BYTES], stored[_SEAL_BYTES:]
        if seal != _seal(data, place):
            raise DamagedRowError(f"The row {place} is damaged.")
        return self._decode(data)


def _seal(data: bytes, place: tuple[str | int, ...]) -> bytes:
    return crc32(data, crc32(repr(place).encode())).to_bytes(_SEAL_BYTES, "big")
