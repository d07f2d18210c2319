"""Scripted viewers, for authors' tests: real sessions of a real hub, in this process, without a server.

    from jupyter_chat_sessions.testing import Viewer

    async with Viewer("Alice") as alice:
        reply = await alice.say("Hello")
        assert reply.content == "You said: Hello"

Viewers in the body of `async with Stage():` share one hub, as the viewers of one notebook do.
"""

from __future__ import annotations

from .reply import Reply
from .stage import DEFAULT_TIMEOUT_S, Stage
from .viewer import Viewer

__all__ = ["DEFAULT_TIMEOUT_S", "Reply", "Stage", "Viewer"]
