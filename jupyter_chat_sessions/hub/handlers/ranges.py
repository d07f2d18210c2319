"""Which part of a file a request's `Range` header asks for. Pure.

A player asks so when somebody skips ahead in a film, and a browser when a download that was cut goes on.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_ONE_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class Part(NamedTuple):
    """Some bytes of a file.

    Attributes:
        start: The first one's place.
        length: How many bytes.
    """

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """Return what the answer's `Content-Range` says, of a file with so many bytes."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


class OutsideError(Exception):
    """The file has none of the bytes that were asked for."""


def part_of(header: str | None, size: int) -> Part | None:
    """Return the part that a header asks for, or None where all is to be sent.

    Several ranges, other units and what makes no sense are passed over, as HTTP allows: then all is sent.

    Args:
        header: The `Range` header, if there is one.
        size: How many bytes the file has.

    Raises:
        OutsideError: The file has none of these bytes.

    Example:
        >>> part_of("bytes=-3", 10)
        Part(start=7, length=3)
    """
    match = _ONE_RANGE.fullmatch(header or "")
    first, last = match.groups() if match is not None else ("", "")
    if not (first or last) or (first and last and int(last) < int(first)):
        return None
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        raise OutsideError
    return Part(start, end - start + 1)
