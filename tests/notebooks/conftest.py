"""Each example, run once with a Jupyter server in reach and once without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from example import Example
from jupyter_server_process import JupyterServerProcess


@pytest.fixture(scope="session")
def server() -> Iterator[JupyterServerProcess]:
    with JupyterServerProcess() as server:
        yield server


@pytest.fixture(scope="session", params=["server", "kernel"])
def run(request: pytest.FixtureRequest) -> Callable[[str], Example]:
    """Run an example where the hub is in a Jupyter server, or in the kernel; each is run once."""
    environment = request.getfixturevalue("server").kernel_environment if request.param == "server" else None
    return cache(lambda name: Example(name, environment=environment))
