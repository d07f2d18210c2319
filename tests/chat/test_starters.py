"""Starters: what an empty conversation offers, and what pressing one says."""

from __future__ import annotations

from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.testing import Stage, Viewer

JOKE = cl.Starter("Joke", "Tell me one", command="Fun", icon="laugh")
PLAN = cl.Starter("Plan", "Plan my day")


def echoing() -> App:
    with use_app(App()) as app:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await cl.Message(f"{message.content} {message.command}").send()

    return app


def labels(viewer: Viewer) -> list[str]:
    return [each["label"] for each in viewer.starters]


async def test_a_starter_says_its_message_with_its_command() -> None:
    app = echoing()
    with use_app(app):

        @cl.set_starters
        async def offered(user: cl.User) -> list[cl.Starter]:
            return [JOKE, PLAN]

    async with Stage(app), Viewer("Alice") as alice:
        assert alice.starters[0] == {"label": "Joke", "message": "Tell me one", "command": "Fun", "icon": "laugh"}
        assert (await alice.start("Joke")).content == "Tell me one Fun"
        assert (await alice.start("Plan")).content == "Plan my day None"
        with pytest.raises(ChatSessionsError, match="no starter 'Song'; shown are: 'Joke', 'Plan'"):
            await alice.start("Song")


async def test_a_function_is_given_user_language_and_profile() -> None:
    with use_app(App()) as app:

        @cl.set_chat_profiles
        def profiles() -> list[cl.ChatProfile]:
            return [cl.ChatProfile("plain", ""), cl.ChatProfile("full", "")]

        @cl.set_starters
        def offered(user: cl.User, language: str, profile: str) -> list[cl.Starter]:
            return [cl.Starter(f"{user.identifier} {language} {profile}", "Hi")]

    async with Stage(app), Viewer("Alice", profile="full", language="fr-FR") as alice:
        assert labels(alice) == ["Alice fr-FR full"]


async def test_the_starters_of_a_profile_go_first() -> None:
    with use_app(App()) as app:

        @cl.set_chat_profiles
        async def profiles() -> list[cl.ChatProfile]:
            return [cl.ChatProfile("own", "", starters=[PLAN]), cl.ChatProfile("none", "")]

        @cl.set_starters
        async def offered() -> list[cl.Starter]:
            return [JOKE]

    async with Stage(app), Viewer("Alice") as alice:
        assert labels(alice) == ["Plan"]
        await alice.choose_profile("none")
        assert labels(alice) == ["Joke"]


async def test_categories_stand_alone() -> None:
    app = echoing()
    with use_app(app):

        @cl.set_starters
        async def offered() -> list[cl.Starter]:
            return [PLAN]

        @cl.set_starter_categories
        async def categories(user: cl.User, language: str) -> list[cl.StarterCategory]:
            return [cl.StarterCategory("Fun", icon="smile", starters=[JOKE])]

    async with Stage(app), Viewer("Alice") as alice:
        assert labels(alice) == ["Joke"]
        assert alice.state["starterCategories"][0]["label"] == "Fun"
        assert (await alice.start("Joke")).content == "Tell me one Fun"


@pytest.mark.parametrize("decorator", ["set_starters", "set_starter_categories"])
async def test_what_returns_nothing_offers_nothing(decorator: str) -> None:
    with use_app(App()) as app:
        getattr(cl, decorator)(lambda: None)
    async with Stage(app), Viewer("Alice") as alice:
        await alice.wait_for(lambda: alice.state.get("started") is True)
        assert alice.starters == []


@pytest.mark.parametrize("decorator", ["set_starters", "set_starter_categories"])
async def test_what_is_none_is_said_and_the_others_are_shown(decorator: str) -> None:
    with use_app(App()) as app:

        @cl.set_chat_profiles
        async def profiles() -> list[cl.ChatProfile]:
            return [cl.ChatProfile("only", "")]

        getattr(cl, decorator)(lambda: 7)

    async with Stage(app), Viewer("Alice", is_owner=True) as alice:
        await alice.wait_for(lambda: alice.profile == "only")
        assert f"What @cl.{decorator} returns is a list of cl.Starter" in alice.transcript[0][1]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: cl.Starter("", "Hi"), r"Starter\(label=…\) was empty"),
        (lambda: cl.Starter("Hi", 3), r"Starter\(message=…\) is a text; it was given 'int'"),
        (lambda: cl.Starter("Hi", "Hi", command=3), r"Starter\(command=…\) is a text"),
        (lambda: cl.StarterCategory("Fun", starters=JOKE), r"StarterCategory\(starters=…\) is a list of cl.Starter"),
    ],
)
def test_a_wrong_starter_is_refused_where_it_is_made(make: Any, reason: str) -> None:
    with pytest.raises((TypeError, ValueError), match=reason):
        make()


def test_what_cannot_be_called_is_no_function_for_starters() -> None:
    with use_app(App()), pytest.raises(TypeError, match="@set_starters decorates a function"):
        cl.set_starters([JOKE])  # type: ignore[type-var]
