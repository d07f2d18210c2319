"""The time, as steps carry it."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from time import time_ns


def utc_now() -> str:
    """Return the time as ISO 8601 in UTC, to the millisecond, with a trailing Z."""
    second, millisecond = divmod(time_ns() // 1_000_000, 1000)
    return f"{_to_the_second(second)}.{millisecond:03}Z"


@lru_cache(maxsize=1)
def _to_the_second(second: int) -> str:
    """Many messages are sent in one second."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
