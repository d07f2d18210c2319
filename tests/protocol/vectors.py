"""Reads the vectors that the TypeScript side reads too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

DIRECTORY = Path(__file__).parent.parent / "vectors"


def read(name: str) -> list[dict[str, Any]]:
    """Return the vectors of a file."""
    vectors: list[dict[str, Any]] = json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8"))
    assert vectors
    return vectors


def normalised(value: Any) -> Any:
    """Return a struct, or a list of them, as plain data without fields at their defaults."""
    return msgspec.to_builtins(value)
