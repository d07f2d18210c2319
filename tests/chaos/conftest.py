"""What the tests share: a server, a kernel with the bot, and for each test a scene with viewers.

One server is shared by all modules that leave it as it was. A module that kills or restarts things, or needs a server
that is set otherwise, says so and has its own:

| in the module | |
|---|---|
| `OWN_STAGE = True` | a server and a kernel of its own |
| `SETTINGS = {"window_events": 16}` | the extension's settings; implies a server of its own |
| `OPTIONS = "--run-on thread"` | more words for `%chat_session`; likewise |
| `SERVER_OPTIONS = ["--KernelManager.autorestart=False"]` | more words for `jupyter server`; likewise |
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from .scene import Scene, Stage
from .server import ChaosServer


@pytest.fixture(scope="session")
def shared_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with _set_up(tmp_path_factory.mktemp("chaos")) as stage:
        yield stage


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    settings = getattr(request.module, "SETTINGS", {})
    options = getattr(request.module, "OPTIONS", "")
    server_options = getattr(request.module, "SERVER_OPTIONS", [])
    if not (settings or options or server_options or getattr(request.module, "OWN_STAGE", False)):
        yield request.getfixturevalue("shared_stage")
        return
    home = tmp_path_factory.mktemp("chaos")
    with _set_up(home, settings=settings, options=options, server_options=server_options) as stage:
        yield stage


@pytest.fixture
def scene(stage: Stage, tmp_path: Path) -> Callable[[], Scene]:
    """Set the scene: `async with scene() as on`."""
    return lambda: Scene(stage, tmp_path)


@contextmanager
def _set_up(
    home: Path,
    *,
    settings: dict[str, object] | None = None,
    options: str = "",
    server_options: Sequence[str] = (),
) -> Iterator[Stage]:
    with ChaosServer(home, settings=settings, options=server_options) as server:
        stage = Stage(server, home, options=options)
        asyncio.run(stage.open_chat())
        yield stage
