"""Buttons: under messages, pressed once, in turn, and as answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.testing import Stage, Viewer


def button(label: str, **payload: Any) -> cl.Action:
    return cl.Action(name="vote", payload=payload, label=label)


def voting() -> App:
    """An app with buttons that say what they were given."""
    with use_app(App()) as app:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            match message.content:
                case "vote":
                    await cl.Message("Shall we?", actions=[button("Yes", value=1), button("No", value=0)]).send()
                case "ask":
                    answer = await cl.AskActionMessage("Really?", actions=[button("Yes"), button("No")]).send()
                    await cl.Message(f"{answer and answer['label']}").send()
                case "ask shortly":
                    asked = cl.AskActionMessage("Quick?", actions=[button("Yes")], timeout=0.01)
                    await cl.Message(f"{await asked.send()}").send()
                case "later":
                    asked_later = await cl.Message("Wait").send()
                    await button("More").send(for_id=asked_later.id)
                    asked_later.content = "Now"
                    await asked_later.update()
                case "remove":
                    shown = await cl.Message("Look", actions=[button("One"), button("Two"), button("Three")]).send()
                    await shown.actions[1].remove()
                    await cl.Message(str(len(shown.actions))).send()
                case "remove all":
                    last = await cl.Message("Gone", actions=[button("One"), button("Two")]).send()
                    await last.remove_actions()

        @cl.action_callback("vote")
        async def voted(action: cl.Action) -> None:
            assert action.forId is not None
            await cl.Message(f"{action.label}: {action.payload}").send()
            await action.remove()

    return app


def labels(viewer: Viewer) -> list[str]:
    return [action.label for action in viewer.actions]


async def test_a_button_calls_its_callback_which_may_take_it_away() -> None:
    async with Stage(voting()), Viewer("Alice") as alice:
        await alice.say("vote")
        assert labels(alice) == ["Yes", "No"]
        reply = await alice.press("Yes")
        assert reply.content == "Yes: {'value': 1}"
        assert labels(alice) == ["No"]


async def test_a_press_is_no_message() -> None:
    async with Stage(voting()), Viewer("Alice") as alice:
        await alice.say("vote")
        reply = await alice.press("No")
        assert [step.output for step in reply.steps] == ["No: {'value': 0}"]
        assert [step.type for step in alice.steps if step.is_call] == ["run"]


async def test_a_question_is_answered_with_a_button_and_says_with_which() -> None:
    async with Stage(voting()), Viewer("Alice") as alice:
        reply = await alice.say("ask")
        assert reply.question is not None
        assert reply.question.kind == "action"
        answered = await alice.press("No")
        assert answered.content == "No"
        assert ("Assistant", "**Selected:** No") in alice.transcript
        assert alice.actions == []


async def test_a_question_outlives_a_lost_connection() -> None:
    async with Stage(voting()), Viewer("Alice") as alice:
        await alice.say("ask")
        await alice.disconnect()
        await alice.reconnect()
        assert labels(alice) == ["Yes", "No"]
        assert (await alice.press("Yes")).content == "Yes"


@pytest.mark.parametrize("written", ["Yes", "yes ", "1"])
async def test_a_label_or_a_number_answers_it_too(written: str) -> None:
    async with Stage(voting()), Viewer("Alice") as alice:
        await alice.say("ask")
        assert (await alice.say(written)).content == "Yes"


async def test_other_words_do_not_answer_it() -> None:
    async with Stage(voting()), Viewer("Alice") as alice:
        await alice.say("ask")
        with pytest.raises(ChatSessionsError, match="answered with one of its buttons"):
            await alice.say("3")
        assert (await alice.press("Yes")).content == "Yes"


async def test_a_question_that_nobody_answers_says_so() -> None:
    async with Stage(voting()), Viewer("Alice") as alice:
        alice.send("ask shortly")
        await alice.wait_for(lambda: ("Assistant", "None") in alice.transcript)
        assert ("Assistant", "Timed out: no action was taken") in alice.transcript


async def test_buttons_come_and_go_and_an_update_keeps_them() -> None:
    async with Stage(voting()), Viewer("Alice") as alice:
        await alice.say("later")
        assert labels(alice) == ["More"]
        assert alice.steps[-1].output == "Now"
        assert (await alice.say("remove")).content == "2"
        assert labels(alice) == ["More", "One", "Three"]
        await alice.say("remove all")
        assert labels(alice) == ["More", "One", "Three"]


async def test_a_press_waits_for_what_runs_and_runs_once_over_a_lost_connection() -> None:
    began, may_end = asyncio.Event(), asyncio.Event()
    pressed = []
    with use_app(App()) as app:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await cl.Message("Press", actions=[button("Go")]).send()
            if message.content == "slowly":
                began.set()
                await may_end.wait()

        @cl.action_callback("vote")
        def go() -> None:
            pressed.append(cl.user_session.get("id"))
            assert may_end.is_set()

    async with Stage(app), Viewer("Alice") as alice:
        alice.send("slowly")
        await began.wait()
        await alice.wait_for(lambda: labels(alice) == ["Go"])
        pressing = asyncio.create_task(alice.press("Go"))
        await alice.wait_for(lambda: any(step.is_call and step.status == "queued" for step in alice.steps))
        await alice.disconnect()
        may_end.set()
        await alice.reconnect()
        await pressing
        assert pressed == [alice.session_id]


async def test_a_button_without_a_callback_says_so_and_the_session_goes_on() -> None:
    with use_app(App()) as app:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await cl.Message("Press", actions=[cl.Action(name="other", payload={})]).send()

    async with Stage(app), Viewer("Alice") as alice:
        await alice.say("Hi")
        assert "@action_callback('other')" in (await alice.press("other")).content
        assert (await alice.say("Hi")).content == "Press"


async def test_an_error_in_a_callback_is_shown() -> None:
    with use_app(App()) as app:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await cl.Message("Press", actions=[button("Break")]).send()

        @cl.action_callback("vote")
        async def broken() -> None:
            raise ZeroDivisionError

    async with Stage(app), Viewer("Alice", is_owner=True) as alice:
        await alice.say("Hi")
        reply = await alice.press("Break")
        assert "ZeroDivisionError" in reply.content
        assert reply.steps[-1].is_error


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: cl.Action(name="a", payload="yes"), "Action\\(payload=…\\) is a dict; it was given 'str'"),  # type: ignore[arg-type]
        (lambda: cl.Action(name="a", payload={"f": object()}), "must be JSON"),
        (lambda: cl.Action(name=1, payload={}), "Action\\(name=…\\) is a text"),  # type: ignore[arg-type]
        (lambda: cl.Message("Hi", actions=["yes"]), "is a list of cl.Action; in it was 'str'"),
        (lambda: cl.action_callback(print), "which buttons it is for"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_value_is_said_at_the_call(make: Any, says: str) -> None:
    with pytest.raises(TypeError, match=says):
        make()


def test_a_question_without_buttons_is_refused_at_the_call() -> None:
    with pytest.raises(ValueError, match="needs actions"):
        cl.AskActionMessage("Well?", actions=[])


async def test_pressing_what_is_not_there_says_what_is() -> None:
    async with Stage(voting()), Viewer("Alice") as alice:
        await alice.say("vote")
        with pytest.raises(ChatSessionsError, match="There is no button 'Maybe'; shown are: 'Yes', 'No'"):
            await alice.press("Maybe")


async def test_buttons_are_there_after_a_restart_of_the_kernel() -> None:
    async with Stage(voting()) as stage, Viewer("Alice") as alice:
        await alice.say("vote")
        await stage.restart_host()
        assert (await alice.press("Yes")).content == "Yes: {'value': 1}"
        assert labels(alice) == ["No"]
