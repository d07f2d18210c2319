"""A viewer edits a message: the handler answers it anew, and `chat_context` knows nothing of what came after it."""

from __future__ import annotations

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.testing import Stage, Viewer


def memory() -> App:
    """An app that says what it remembers."""
    with use_app(App()) as app:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            known = [each["content"] for each in cl.chat_context.to_openai()]
            await cl.Message(" | ".join(known)).send()

    return app


async def test_an_edited_message_is_answered_as_if_nothing_had_been_said_since() -> None:
    async with Stage(memory()), Viewer("Alice") as alice:
        await alice.say("one")
        await alice.say("two")
        reply = await alice.edit(alice.steps[0], "other")
        assert reply.content == "other"
        assert alice.transcript == [("Alice", "other"), ("Assistant", "other")]


async def test_after_a_restart_of_the_kernel_it_is_still_so() -> None:
    async with Stage(memory()) as stage, Viewer("Alice") as alice:
        await alice.say("one")
        await alice.say("two")
        await stage.restart_host()
        reply = await alice.edit(alice.steps[2], "other")
        assert reply.content == "one | one | other"
