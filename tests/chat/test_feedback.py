"""Feedback: a viewer rates what the bot said; the author is told, once."""

from __future__ import annotations

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.chat.feedback import Feedback
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.testing import Stage, Viewer


def rated(heard: list[Feedback]) -> App:
    with use_app(App()) as app:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await cl.Message("Here you are").send()

        @cl.on_feedback
        async def note(feedback: Feedback) -> None:
            heard.append(feedback)

    return app


async def test_the_author_is_told_which_message_how_and_why() -> None:
    heard: list[Feedback] = []
    async with Stage(rated(heard)), Viewer("Alice") as alice:
        assert alice.state["feedback"] is True
        [answer] = (await alice.say("Hi")).steps
        await alice.rate(answer, 0, comment="Too short")
        [feedback] = heard
        assert (feedback.forId, feedback.value, feedback.comment) == (answer.id, 0, "Too short")
        assert (feedback.threadId, feedback.strategy) == (alice.viewing.welcome and alice.steps[0].thread_id, "BINARY")
        assert [step.feedback and step.feedback.value for step in alice.steps if step.is_message] == [None, 0]


async def test_a_rating_is_changed_and_taken_back_without_a_run() -> None:
    heard: list[Feedback] = []
    async with Stage(rated(heard)), Viewer("Alice") as alice:
        [answer] = (await alice.say("Hi")).steps
        await alice.rate(answer, 0)
        await alice.rate(answer, 1)
        await alice.rate(answer, None)
        assert [each.value for each in heard] == [0, 1]
        assert alice.steps[1].feedback is None


async def test_a_rating_stays_when_its_message_is_updated() -> None:
    with use_app(App()) as app:
        shown: list[cl.Message] = []

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            if shown:
                shown[0].content = "Better"
                await shown[0].update()
            else:
                shown.append(await cl.Message("Good").send())

        cl.on_feedback(lambda: None)

    async with Stage(app), Viewer("Alice") as alice:
        [answer] = (await alice.say("Hi")).steps
        await alice.rate(answer, 1)
        await alice.say("again")
        assert [(step.output, step.feedback and step.feedback.value) for step in alice.steps][1] == ("Better", 1)


async def test_what_the_viewer_said_cannot_be_rated() -> None:
    async with Stage(rated([])), Viewer("Alice") as alice:
        await alice.say("Hi")
        with pytest.raises(ChatSessionsError, match="cannot be rated"):
            await alice.rate(alice.steps[0], 1)


async def test_an_error_is_shown_and_the_rating_is_kept() -> None:
    app = rated([])
    with use_app(app):

        @cl.on_feedback
        async def note(feedback: Feedback) -> None:
            raise ZeroDivisionError

    async with Stage(app), Viewer("Alice") as alice:
        [answer] = (await alice.say("Hi")).steps
        reply = await alice.rate(answer, 1)
        assert "Something went wrong" in reply.content
        assert alice.steps[1].feedback is not None


async def test_thumbs_are_offered_only_where_somebody_listens() -> None:
    app = rated([])
    async with Stage(app) as stage, Viewer("Alice") as alice:
        app.clear()
        await stage.restart_host()
        await alice.wait_for(lambda: "feedback" not in alice.state)
