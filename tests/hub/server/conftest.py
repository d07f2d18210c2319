"""A Jupyter server with the extension, for each test; run with `-p pytest_jupyter.jupyter_server`."""

from __future__ import annotations

from typing import Any

import pytest
from jupyter_server.serverapp import ServerApp
from traitlets.config import Config

from .callers import Server


@pytest.fixture
def chat_config() -> dict[str, Any]:
    """Settings of `ChatSessions`; a test overrides this fixture, or parametrises it, to set some."""
    return {}


@pytest.fixture
def server_config() -> dict[str, Any]:
    """Settings of `ServerApp` beyond those that every test has."""
    return {}


@pytest.fixture
def jp_server_config(chat_config: dict[str, Any], server_config: dict[str, Any]) -> Config:
    """Load the extension, and no handler without a check of who asks."""
    # The terminals' own socket has no such check, and pytest-jupyter would load it.
    extensions = {"jupyter_chat_sessions": True, "jupyter_server_terminals": False}
    return Config(
        {
            "ServerApp": {
                "jpserver_extensions": extensions,
                "allow_unauthenticated_access": False,
                **server_config,
            },
            "ChatSessions": chat_config,
        }
    )


@pytest.fixture
def server(jp_serverapp: ServerApp, http_server_client: Any, jp_base_url: str) -> Server:
    """The running server, as those see it who call it."""
    return Server(jp_serverapp, http_server_client, jp_base_url)
