"""The time that a step carries is when it was made, to the millisecond."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from jupyter_chat_sessions import times


def test_it_is_now_in_utc() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    written = times.utc_now()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", written)
    assert before <= datetime.fromisoformat(written) <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("nanoseconds", "written"),
    [
        (1_767_225_599_999_999_999, "2025-12-31T23:59:59.999Z"),
        (1_767_225_600_000_000_000, "2026-01-01T00:00:00.000Z"),
        (1_767_225_600_007_000_000, "2026-01-01T00:00:00.007Z"),
    ],
)
def test_a_new_second_is_written_anew(monkeypatch: pytest.MonkeyPatch, nanoseconds: int, written: str) -> None:
    monkeypatch.setattr(times, "time_ns", lambda: nanoseconds)
    assert times.utc_now() == written
