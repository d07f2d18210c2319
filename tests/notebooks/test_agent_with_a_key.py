"""The agent of the last example asks OpenAI's model for a viewer who brings a key, and its script for the others."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from example import EXAMPLES

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.testing import Stage, Viewer
from tests.integrations.model_server import model_server


def agent() -> App:
    """Return the app that the example's cells make, without its magics and its test."""
    cells = nbformat.read(EXAMPLES / "05_steps_and_agents.ipynb", as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code" and "%%" not in cell.source]
    lines = [line for source in sources[:-1] for line in source.splitlines() if not line.startswith("%")]
    with use_app(App()) as app:
        exec("\n".join(lines), {"__name__": "__main__"})
    return app


async def test_a_key_brings_a_model_and_none_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    async with model_server() as address:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{address}/v1")
        async with Stage(agent()), Viewer("Alice", user_env={"OPENAI_API_KEY": "a"}) as alice, Viewer("Bob") as bob:
            assert (await alice.say("coffee cake champagne")).content == "coffee and cake: 9.25"
            assert (await bob.say("Coffee without champagne")).content == "coffee: 4.00"
