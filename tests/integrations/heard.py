"""What the tests of all libraries do: run a handler for a viewer, and look at the steps."""

from __future__ import annotations

import json
from typing import Any

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.protocol.steps import Step
from jupyter_chat_sessions.testing import Stage, Viewer


def app_of(handler: Any) -> App:
    with use_app(App()) as app:
        cl.on_message(handler)
    return app


async def steps_of(handler: Any, text: str = "Hi") -> list[Step]:
    """Return what a viewer who says something is shown."""
    async with Stage(app_of(handler)), Viewer("Alice", is_owner=True) as alice:
        return (await alice.say(text)).steps


def named(steps: list[Step], name: str) -> Step:
    [found] = [step for step in steps if step.name == name]
    return found


def told(step: Step) -> Any:
    """Return what a model was told."""
    return json.loads(step.input)
