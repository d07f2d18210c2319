"""Handlers of one body, and saying something to them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.testing import Viewer

Body = Callable[[], Awaitable[None]]


def answering(body: Body) -> None:
    """Let a body be what `on_message` does."""

    @cl.on_message
    async def reply() -> None:
        await body()


async def said(viewer: Viewer, text: str = "go") -> None:
    """Say something, and make sure that the handler did not fail."""
    await viewer.say(text)
    assert [step.output for step in viewer.steps if step.is_error] == []
