"""What several tests of the hub's core are given."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where a hub's files are, which it makes itself."""
    return tmp_path / "files"
