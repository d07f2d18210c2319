"""Settings of a chat: shown, chosen, checked, told to the author, and kept."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.host.scope import session_scope
from jupyter_chat_sessions.input_widget import DatePicker, MultiSelect, Select, Slider, Switch, Tab, Tags, TextInput
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.testing import Stage, Viewer

HOSTILE = "<img src=x onerror=alert(1)>"


def model(*values: str) -> Select:
    return Select("model", "Model", values=list(values), initial_index=0)


TEMPERATURE = Slider("temperature", "Temperature", 0.5, min=0, max=1, step=0.1)
LOCKED = TextInput("locked", "Locked", "as it is", disabled=True)
INITIAL = {"temperature": 0.5, "model": "small", "locked": "as it is"}


def form() -> cl.ChatSettings:
    return cl.ChatSettings([TEMPERATURE, model("small", "large"), LOCKED])


def tuned() -> App:
    """An app with settings, which says what it is told of them."""
    with use_app(App()) as app:

        @cl.on_chat_start
        async def start() -> None:
            assert await form().send() == INITIAL

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            if message.content == "again":
                await form().send()
            await cl.Message(str(cl.user_session.get("chat_settings"))).send()

        @cl.on_settings_update
        async def updated(settings: dict[str, Any]) -> None:
            assert settings == cl.user_session.get("chat_settings")
            await cl.Message(f"now {settings['model']} at {settings['temperature']}").send()

    return app


async def test_the_form_is_shown_with_its_initial_values_which_hold_at_once() -> None:
    async with Stage(tuned()), Viewer("Alice") as alice:
        assert alice.settings == INITIAL
        assert [each["id"] for each in alice.settings_form] == ["temperature", "model", "locked"]
        assert (await alice.say("?")).content == str(INITIAL)


async def test_what_is_saved_holds_is_told_whole_and_leaves_no_step() -> None:
    async with Stage(tuned()), Viewer("Alice") as alice:
        reply = await alice.change_settings({"temperature": 1})
        assert reply.content == "now small at 1.0"
        assert alice.settings == {**INITIAL, "temperature": 1.0}
        await alice.wait_for(lambda: [step.type for step in alice.steps] == ["assistant_message"])


async def test_without_a_handler_what_is_saved_holds_all_the_same() -> None:
    with use_app(App()) as app:

        @cl.on_chat_start
        async def start() -> None:
            await form().send()

    async with Stage(app) as stage, Viewer("Alice") as alice:
        await alice.change_settings({"model": "large"})
        [session] = stage.runtime.sessions
        assert session.chat_settings["model"] == "large"
        assert alice.settings["model"] == "large"
        await alice.wait_for(lambda: alice.steps == [])


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"temperature": 2}, "“Temperature” is a number from 0 to 1"),
        ({"temperature": "hot"}, "“Temperature” is a number from 0 to 1"),
        ({"model": "large", "temperature": None}, "“Temperature” is a number from 0 to 1"),
        ({"model": HOSTILE}, "“Model” is one of 'small', 'large'"),
        (["model"], "values by the ids of their fields"),
    ],
)
async def test_what_cannot_be_is_refused_kindly_and_nothing_changes(values: Any, says: str) -> None:
    async with Stage(tuned()), Viewer("Alice") as alice:
        reply = await alice.change_settings(values)
        assert says in reply.content
        assert "now" not in reply.content
        assert (reply.steps[-1].is_error, alice.settings) == (True, INITIAL)
        assert (await alice.say("?")).content == str(INITIAL)


async def test_unknown_and_disabled_fields_change_nothing_and_the_rest_counts() -> None:
    async with Stage(tuned()), Viewer("Alice") as alice:
        await alice.change_settings({"nope": 1, "locked": "changed", "model": "large"})
        assert alice.settings == {**INITIAL, "model": "large"}


async def test_sending_the_form_again_begins_anew() -> None:
    async with Stage(tuned()), Viewer("Alice") as alice:
        await alice.change_settings({"model": "large"})
        await alice.say("again")
        assert alice.settings == INITIAL


async def test_every_kind_of_value_comes_as_the_form_says() -> None:
    fields = [
        Slider("n", "N", 3),
        Switch("on", "On"),
        Tags("tags", "Tags"),
        MultiSelect("some", "Some", values=["a", "b", "c"]),
        TextInput("text", "Text", "x"),
        DatePicker("day", "Day", date(2026, 3, 1)),
        DatePicker("days", "Days", mode="range"),
    ]
    with use_app(App()) as app:

        @cl.on_chat_start
        async def start() -> None:
            await cl.ChatSettings([Tab("one", "One", fields[:3]), Tab("two", "Two", fields[3:])]).send()

    chosen = {"n": 4.0, "on": True, "tags": [" a", "a", "b", ""], "some": ["c", "a"], "text": "", "day": None}
    async with Stage(app), Viewer("Alice") as alice:
        assert alice.settings["day"] == "2026-03-01"
        await alice.change_settings({**chosen, "days": ["2026-03-01", "2026-03-02"]})
        assert repr(alice.settings) == repr(
            {
                "n": 4,
                "on": True,
                "tags": ["a", "b"],
                "some": ["a", "c"],
                "text": None,
                "day": None,
                "days": ["2026-03-01", "2026-03-02"],
            }
        )


MODELS = {"ours": ["small", "large"], "theirs": ["one", "two"]}


def live() -> App:
    """An app whose form changes while it is edited."""
    provider = Select("provider", "Provider", values=list(MODELS), initial_index=0)
    with use_app(App()) as app:

        @cl.on_chat_start
        async def start() -> None:
            await cl.ChatSettings([provider, model(*MODELS["ours"])]).send()

        @cl.on_settings_edit
        async def edited(settings: dict[str, Any]) -> None:
            await cl.ChatSettings([provider, model(*MODELS[settings["provider"]])]).refresh()
            await cl.Message(f"{settings} {cl.user_session.get('chat_settings')}").send()

    return app


async def test_an_edit_is_told_and_does_not_hold_while_the_form_may_change() -> None:
    holds = {"provider": "ours", "model": "small"}
    async with Stage(live()), Viewer("Alice") as alice:
        assert alice.state["settings"]["isLive"] is True
        reply = await alice.edit_settings({"provider": "theirs"})
        assert reply.content == f"{ {'provider': 'theirs', 'model': 'small'} } {holds}"
        # The model that holds is none of theirs: the form shows the first that is.
        assert alice.settings == {"provider": "ours", "model": "one"}
        await alice.change_settings({"provider": "theirs", "model": "two"})
        assert alice.settings == {"provider": "theirs", "model": "two"}


async def test_a_form_without_a_handler_for_edits_is_not_live() -> None:
    async with Stage(tuned()), Viewer("Alice") as alice:
        assert alice.state["settings"]["isLive"] is False


async def test_an_empty_form_takes_the_settings_away() -> None:
    with use_app(App()) as app:

        @cl.on_chat_start
        async def start() -> None:
            await form().send()

        @cl.on_message
        async def reply() -> None:
            await cl.ChatSettings([]).send()

    async with Stage(app), Viewer("Alice") as alice:
        await alice.say("away")
        assert "settings" not in alice.state
        with pytest.raises(ChatSessionsError, match="shows no settings"):
            await alice.change_settings({"model": "large"})


async def test_one_sessions_settings_are_not_anothers() -> None:
    async with Stage(tuned()), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.change_settings({"model": "large"})
        assert bob.settings == INITIAL


async def test_saving_waits_for_what_runs_and_stop_does_not_undo_it() -> None:
    began = asyncio.Event()
    with use_app(tuned()) as app:

        @cl.on_message
        async def wait() -> None:
            began.set()
            await asyncio.Event().wait()

    async with Stage(app), Viewer("Alice") as alice:
        alice.send("slow")
        await began.wait()
        saving = asyncio.create_task(alice.change_settings({"model": "large"}))
        await alice.wait_for(lambda: any(step.is_call for step in alice.steps))
        assert alice.settings == INITIAL
        alice.stop()
        await saving
        assert alice.settings["model"] == "large"
        assert ("Assistant", "now large at 0.5") in alice.transcript


async def test_form_and_choice_outlive_the_kernel_also_if_nobody_sends_the_form_again() -> None:
    async with Stage(tuned()) as stage, Viewer("Alice") as alice:
        await alice.change_settings({"model": "large"})
        await stage.restart_host()
        assert alice.settings == {**INITIAL, "model": "large"}
        assert (await alice.say("?")).content == str({**INITIAL, "model": "large"})
        assert (await alice.change_settings({"temperature": 0})).content == "now large at 0.0"
        assert "is a number from 0 to 1" in (await alice.change_settings({"temperature": 9})).content


async def test_a_form_that_is_sent_at_resumption_keeps_what_it_has_room_for() -> None:
    with use_app(tuned()) as app:

        @cl.on_chat_resume
        async def resume() -> None:
            settings = await cl.ChatSettings([TEMPERATURE, model("small", "huge")]).send()
            await cl.Message(f"again with {settings}").send()

    async with Stage(app) as stage, Viewer("Alice") as alice:
        await alice.change_settings({"temperature": 0.9, "model": "large"})
        await stage.restart_host()
        await alice.wait_for(lambda: alice.settings == {"temperature": 0.9, "model": "small"})
        await alice.wait_for(
            lambda: ("Assistant", "again with {'temperature': 0.9, 'model': 'small'}") in alice.transcript
        )


async def test_what_holds_a_viewers_secret_is_not_kept() -> None:
    with use_app(App()) as app:

        @cl.on_chat_start
        async def start() -> None:
            await cl.ChatSettings([TextInput("note", "Note"), Switch("on", "On")]).send()

    async with Stage(app, required_env=["KEY"]) as stage, Viewer("Alice", user_env={"KEY": "sk-secret-1"}) as alice:
        await alice.change_settings({"note": "my sk-secret-1", "on": True})
        await stage.restart_host()
        [session] = stage.runtime.sessions
        assert session.chat_settings == {"on": True}


async def test_a_cell_reads_and_sets_them_with_the_same_checks_and_the_handler_has_its_turn() -> None:
    async with Stage(tuned()) as stage, Viewer("Alice") as alice:
        [session] = stage.runtime.sessions
        with session_scope(session):
            assert cl.user_session.get("chat_settings") == INITIAL
            assert await cl.ChatSettings.set({"model": "large", "locked": "by its author"}) == {
                **INITIAL,
                "model": "large",
                "locked": "by its author",
            }
            for wrong, kind, says in (
                ({"temperature": 2}, ValueError, "'temperature' is a number from 0 to 1; it was 2"),
                ({"temperature": "hot"}, TypeError, "it was 'hot'"),
                ({"nope": 1}, ChatSessionsError, "There is no setting 'nope'; there are: temperature, model, locked"),
                ("model", TypeError, "are a dict of values"),
            ):
                with pytest.raises(kind, match=says):
                    await cl.ChatSettings.set(wrong)  # type: ignore[arg-type]
        await alice.wait_for(lambda: ("Assistant", "now large at 0.5") in alice.transcript)
        assert alice.settings["model"] == "large"


async def test_a_handler_that_sets_something_is_not_told_of_it() -> None:
    with use_app(tuned()) as app:

        @cl.on_settings_update
        async def updated(settings: dict[str, Any]) -> None:
            await cl.ChatSettings.set({"temperature": 0})
            await cl.Message("set").send()

    async with Stage(app), Viewer("Alice") as alice:
        reply = await alice.change_settings({"temperature": 1})
        assert [step.output for step in reply.steps] == ["set"]
        assert alice.settings["temperature"] == 0


async def test_without_a_form_setting_says_how_to_have_one() -> None:
    async with Stage(App()) as stage, Viewer("Alice"):
        [session] = stage.runtime.sessions
        with session_scope(session), pytest.raises(ChatSessionsError, match="shows some with `await"):
            await cl.ChatSettings.set({"x": 1})


async def test_what_a_handler_does_to_its_dict_changes_no_setting() -> None:
    with use_app(tuned()) as app:

        @cl.on_settings_update
        async def updated(settings: dict[str, Any]) -> None:
            settings.clear()

    async with Stage(app), Viewer("Alice") as alice:
        await alice.change_settings({"model": "large"})
        assert (await alice.say("?")).content == str({**INITIAL, "model": "large"})


async def test_an_error_in_the_handler_is_shown_and_what_was_saved_holds() -> None:
    with use_app(tuned()) as app:

        @cl.on_settings_update
        async def updated() -> None:
            raise ZeroDivisionError

    async with Stage(app), Viewer("Alice", is_owner=True) as alice:
        reply = await alice.change_settings({"model": "large"})
        assert "ZeroDivisionError" in reply.content
        assert alice.settings["model"] == "large"


@pytest.mark.parametrize(
    ("inputs", "kind", "says"),
    [
        (TEMPERATURE, TypeError, "takes a list of fields or tabs; it was given 'Slider'"),
        (["temperature"], TypeError, "such as Slider or Select, and tabs of them; in its list was 'str'"),
        ([TEMPERATURE, Tab("t", "T", [TEMPERATURE])], ValueError, "have the id 'temperature'"),
        ([Tab("t", "T")], ValueError, "The tab 'T' of these settings has no fields"),
    ],
)
def test_a_form_that_cannot_be_is_said_when_it_is_made(inputs: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        cl.ChatSettings(inputs)


def test_settings_says_what_each_is_at_first_without_a_session() -> None:
    assert form().settings() == INITIAL


def test_outside_of_a_session_sending_says_so() -> None:
    with pytest.raises(cl.NoSessionError):
        asyncio.run(form().send())
