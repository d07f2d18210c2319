"""What the tests share: for each module a server and a kernel with the bot, for each test a scene with viewers.

A module says what it needs otherwise: `SETTINGS` of the server, `OPTIONS` of `%chat_session`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .scene import Scene, Stage
from .server import ChaosServer


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home = tmp_path_factory.mktemp("chaos")
    with ChaosServer(home, settings=getattr(request.module, "SETTINGS", None)) as server:
        stage = Stage(server, home, options=getattr(request.module, "OPTIONS", ""))
        asyncio.run(stage.open_chat())
        yield stage


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Callable[[], Scene]:
    """Set the scene: `async with scene() as scene`."""
    return lambda: Scene(stage, tmp_path)
