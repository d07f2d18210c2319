"""Chat profiles: asked of the author for each viewer, chosen by it, and never one that a client made up."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.testing import Stage, Viewer


def profiles(*, default: str | None = None) -> list[cl.ChatProfile]:
    return [
        cl.ChatProfile(name, f"It is **{name}**.", display_name=name.title(), default=name == default)
        for name in ("fast", "thorough")
    ]


def choosing(default: str | None = None) -> App:
    """An app with two profiles that says at its start which one is chosen."""
    with use_app(App()) as app:

        @cl.set_chat_profiles
        async def offered(user: cl.User) -> list[cl.ChatProfile]:
            return profiles(default=default)

        @cl.on_chat_start
        async def start() -> None:
            await cl.Message(f"I am {cl.user_session.get('chat_profile')}.").send()

    return app


async def test_they_are_shown_before_the_chat_starts_and_the_first_is_chosen() -> None:
    async with Stage(choosing()), Viewer("Alice") as alice:
        assert alice.profiles == [
            {"name": name, "displayName": name.title(), "markdownDescription": f"It is **{name}**.", "icon": None}
            | {"default": False}
            for name in ("fast", "thorough")
        ]
        assert alice.profile == "fast"
        assert alice.transcript == [("Assistant", "I am fast.")]


async def test_the_default_is_chosen_where_the_author_says_so() -> None:
    async with Stage(choosing(default="thorough")), Viewer("Alice") as alice:
        assert alice.transcript == [("Assistant", "I am thorough.")]


async def test_a_viewer_chooses_another_which_is_a_new_session() -> None:
    async with Stage(choosing()), Viewer("Alice") as alice:
        before = alice.session_id
        await alice.choose_profile("thorough")
        assert alice.session_id != before
        assert alice.transcript == [("Assistant", "I am thorough.")]
        with pytest.raises(ChatSessionsError, match="no profile 'slow'; shown are: 'fast', 'thorough'"):
            await alice.choose_profile("slow")


async def test_one_that_a_client_made_up_is_not_chosen() -> None:
    async with Stage(choosing()), Viewer("Mallory", profile="admin") as mallory:
        assert mallory.profile == "fast"
        assert mallory.transcript == [("Assistant", "I am fast.")]


async def test_without_profiles_a_client_has_none_whatever_it_says() -> None:
    with use_app(App()) as app:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await cl.Message(str(cl.user_session.get("chat_profile"))).send()

    async with Stage(app), Viewer("Mallory", profile="admin") as mallory:
        assert (await mallory.say("who?")).content == "None"


async def test_each_viewer_is_asked_about_with_user_and_language_as_far_as_the_function_takes_them() -> None:
    asked: list[Any] = []
    with use_app(App()) as app:

        @cl.set_chat_profiles
        def offered(user: cl.User, language: str) -> list[cl.ChatProfile] | None:
            asked.append((user.identifier, language))
            return profiles() if user.identifier == "Alice" else None

    async with Stage(app), Viewer("Alice", language="de-DE") as alice, Viewer("Bob") as bob:
        assert asked == [("Alice", "de-DE"), ("Bob", "en-US")]
        assert (alice.profile, bob.profile, bob.profiles) == ("fast", None, [])


async def test_the_chosen_one_outlives_the_kernel_also_if_the_default_changes() -> None:
    app = choosing()
    async with Stage(app) as stage, Viewer("Alice") as alice:
        with use_app(app):

            @cl.set_chat_profiles
            async def offered() -> list[cl.ChatProfile]:
                return profiles(default="thorough")

            @cl.on_message
            async def reply(message: cl.Message) -> None:
                await cl.Message(str(cl.user_session.get("chat_profile"))).send()

        await stage.restart_host()
        await alice.wait_for(lambda: any(each["default"] for each in alice.profiles))
        assert (await alice.say("who?")).content == "fast"
        assert alice.profile == "fast"


async def test_a_cell_that_is_run_again_offers_others_to_who_is_there() -> None:
    app = choosing()
    async with Stage(app), Viewer("Alice") as alice:
        with use_app(app):

            @cl.set_chat_profiles
            async def offered() -> list[cl.ChatProfile]:
                return [*profiles(), cl.ChatProfile("new", "")]

        await alice.wait_for(lambda: len(alice.profiles) == 3)
        assert alice.profile == "fast"


async def test_an_app_without_them_takes_them_away() -> None:
    app = choosing()
    async with Stage(app) as stage, Viewer("Alice") as alice:
        app.clear()
        await stage.restart_host()
        await alice.wait_for(lambda: alice.profiles == [])
        assert alice.profile is None


async def test_what_is_no_profile_is_said_in_the_authors_words_and_the_chat_goes_on() -> None:
    app = choosing()
    with use_app(app):

        @cl.set_chat_profiles
        async def offered() -> Any:
            return ["fast"]

    async with Stage(app), Viewer("Alice", is_owner=True) as alice, Viewer("Bob") as bob:
        first, second = alice.transcript
        assert "`set_chat_profiles`" in first[1]
        assert "What @cl.set_chat_profiles returns is a list of cl.ChatProfile; in it was 'str'." in first[1]
        assert second == ("Assistant", "I am None.")
        assert "Something went wrong in the notebook" in bob.transcript[0][1]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: cl.ChatProfile("", ""), r"ChatProfile\(name=…\) was empty"),
        (lambda: cl.ChatProfile("a", None), r"ChatProfile\(markdown_description=…\) is a text"),
        (lambda: cl.ChatProfile("a", "", default="yes"), r"ChatProfile\(default=…\) is True or False"),
        (lambda: cl.ChatProfile("a", "", starters=["Hi"]), r"ChatProfile\(starters=…\) is a list of cl.Starter"),
    ],
)
def test_a_wrong_profile_is_refused_where_it_is_made(make: Any, reason: str) -> None:
    with pytest.raises((TypeError, ValueError), match=reason):
        make()


async def test_two_of_one_name_are_refused() -> None:
    with use_app(App()) as app:

        @cl.set_chat_profiles
        async def offered() -> list[cl.ChatProfile]:
            return [*profiles(), *profiles()]

    async with Stage(app), Viewer("Alice", is_owner=True) as alice:
        await alice.wait_for(lambda: bool(alice.steps))
        assert "has 'fast', 'thorough' more than once" in alice.transcript[0][1]


def test_a_profile_that_would_change_the_configuration_warns_once_and_is_taken() -> None:
    with use_app(App()):
        with pytest.warns(UserWarning, match=r"\(config_overrides=…\) is not followed: .*%chat_session") as told:
            assert cl.ChatProfile("a", "b", config_overrides={"ui": {}}).config_overrides == {"ui": {}}
        assert [each.filename for each in told] == [__file__], "it points at the author's line"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            cl.ChatProfile("a", "b", config_overrides={"ui": {}})
            cl.ChatProfile("a", "b")


async def test_it_warns_once_for_all_viewers_of_a_chat() -> None:
    with use_app(App()) as app:

        @cl.set_chat_profiles
        async def offered() -> list[cl.ChatProfile]:
            return [cl.ChatProfile("a", "b", config_overrides={"ui": {}})]

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await cl.Message(cl.user_session.get("chat_profile")).send()

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("ignore")  # what the garbage collector comes upon of other tests
        warnings.simplefilter("always", UserWarning)
        async with Stage(app), Viewer("Alice") as alice, Viewer("Bob") as bob:
            assert [(await each.say("Hi")).content for each in (alice, bob)] == ["a", "a"]
    assert sum("config_overrides" in str(each.message) for each in told) == 1


def test_it_tells_about_itself_with_chainlits_keys() -> None:
    starter = cl.Starter("Joke", "Tell me one")
    assert cl.ChatProfile("a", "b", starters=[starter]).to_dict() == {
        "name": "a",
        "markdown_description": "b",
        "icon": None,
        "display_name": None,
        "default": False,
        "starters": [{"label": "Joke", "message": "Tell me one", "command": None, "icon": None}],
    }
