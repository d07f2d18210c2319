"""`context.emitter`: commands, modes, toasts, and what goes to the window around the chat."""

from __future__ import annotations

from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.testing import Stage, Viewer

SEARCH = {"id": "Search", "description": "Look it up", "icon": "globe", "button": True}
DRAW = {"id": "Draw", "description": "", "icon": "image", "persistent": True, "selected": True}
MODEL = cl.Mode("model", "Model", [cl.ModeOption("small", "Small"), cl.ModeOption("large", "Large", default=True)])


def telling() -> App:
    """An app that says with which command and modes a message came."""
    with use_app(App()) as app:

        @cl.on_chat_start
        async def start() -> None:
            await cl.context.emitter.set_commands([SEARCH, DRAW])  # type: ignore[list-item]
            await cl.context.emitter.set_modes([MODEL])

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            if message.content == "no more":
                await cl.context.emitter.set_commands([])
                await cl.context.emitter.set_modes([])
            await cl.Message(f"{message.command} {message.modes}").send()

    return app


def emitting(**calls: Any) -> App:
    """An app that does for each message what stands under its text."""
    with use_app(App()) as app:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await calls[message.content](cl.context.emitter)

    return app


async def test_commands_are_shown_and_a_message_comes_with_the_chosen_one() -> None:
    async with Stage(telling()), Viewer("Alice") as alice:
        assert alice.commands == [
            {**SEARCH, "persistent": False, "selected": False},
            {**DRAW, "button": False},
        ]
        reply = await alice.say("cats", command="Search")
        assert reply.content == "Search {'model': 'large'}"


async def test_a_command_or_option_that_a_client_made_up_never_reaches_the_handler() -> None:
    async with Stage(telling()), Viewer("Mallory") as mallory:
        reply = await mallory.say("x", command="Delete everything", modes={"model": "secret", "admin": "yes"})
        assert reply.content == "None {'model': 'large'}"


async def test_the_chosen_option_comes_with_the_message() -> None:
    async with Stage(telling()), Viewer("Alice") as alice:
        assert alice.modes == [MODEL.to_dict()]
        assert (await alice.say("x", modes={"model": "small"})).content == "None {'model': 'small'}"
        assert alice.steps[0].modes == {"model": "small"}


async def test_an_empty_list_takes_them_away() -> None:
    async with Stage(telling()), Viewer("Alice") as alice:
        await alice.say("no more")
        assert (alice.commands, alice.modes) == ([], [])
        assert (await alice.say("x", command="Search")).content == "None None"


async def test_they_outlive_the_kernel_and_are_taken_from_clients_as_before() -> None:
    async with Stage(telling()) as stage, Viewer("Alice") as alice:
        await stage.restart_host()
        assert [each["id"] for each in alice.commands] == ["Search", "Draw"]
        assert (await alice.say("x", command="Draw")).content == "Draw {'model': 'large'}"
        assert (await alice.say("x", command="Delete")).content == "None {'model': 'large'}"


async def test_an_edited_message_keeps_its_command() -> None:
    async with Stage(telling()), Viewer("Alice") as alice:
        await alice.say("cats", command="Search")
        reply = await alice.edit(alice.steps[0], "dogs")
        assert reply.content == "Search {'model': 'large'}"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda emitter: emitter.set_commands({}), r"set_commands\(commands\) is a list of dicts"),
        (lambda emitter: emitter.set_commands(["Search"]), r"in it was 'str'"),
        (lambda emitter: emitter.set_commands([{"description": "x"}]), r"A command's 'id' was empty"),
        (lambda emitter: emitter.set_commands([{"id": "a", "button": "yes"}]), r"'button' is True or False"),
        (lambda emitter: emitter.set_commands([SEARCH, SEARCH]), r"has 'Search' more than once"),
        (lambda emitter: emitter.set_modes([{"id": "m"}]), r"set_modes\(modes\) is a list of cl.Mode"),
        (lambda emitter: emitter.set_modes([MODEL, MODEL]), r"has 'model' more than once"),
        (lambda emitter: emitter.set_modes([cl.Mode("m", "M")]), r"The mode 'm' has no options"),
        (lambda emitter: emitter.send_toast("x", "loud"), r"one of info, success, warning, error; it was 'loud'"),
        (lambda emitter: emitter.send_toast(7), r"send_toast\(message\) is a text"),
        (lambda emitter: emitter.send_window_message({1, 2j}), r"must be JSON"),
        (lambda emitter: emitter.update_token_count("many"), r"takes a whole number"),
        (lambda emitter: emitter.emit("stream_token", {}), r"'stream_token' to emit here. Use `cl.Message"),
        (lambda emitter: emitter.emit("confetti", {}), r"What is here: toast, window_message"),
    ],
)
async def test_what_is_wrong_is_refused_at_the_call(call: Any, reason: str) -> None:
    heard: list[Exception] = []

    async def attempt(emitter: Any) -> None:
        with pytest.raises((TypeError, ValueError, ChatSessionsError), match=reason) as caught:
            await call(emitter)
        heard.append(caught.value)

    async with Stage(emitting(go=attempt)), Viewer("Alice") as alice:
        await alice.say("go")
        assert len(heard) == 1


async def test_a_toast_reaches_who_looks_on_and_is_no_message() -> None:
    async with Stage(emitting(go=lambda emitter: emitter.send_toast("Saved", "success"))), Viewer("Alice") as alice:
        reply = await alice.say("go")
        assert alice.toasts == [("success", "Saved")]
        assert reply.steps == []


async def test_chainlits_events_are_what_they_mean_here() -> None:
    mode = {"id": "m", "name": "M", "options": [{"id": "o", "name": "O"}]}
    step = {"id": "5f6b5d1c-3c1c-4b51-9d1e-0f6f2a5f7f10", "type": "assistant_message", "name": "Bot", "output": "Hi"}

    async def emit_all(emitter: Any) -> None:
        await emitter.task_start()
        await emitter.emit("task_start", {})
        await emitter.emit("toast", {"message": "Done"})
        await emitter.emit("window_message", {"row": 1})
        await emitter.emit("set_commands", [SEARCH])
        await emitter.emit("set_modes", [mode])
        await emitter.emit("new_message", step)
        await emitter.emit("token_usage", 12)
        await emitter.task_end()

    async with Stage(emitting(go=emit_all)), Viewer("Alice") as alice:
        reply = await alice.say("go")
        assert alice.toasts == [("info", "Done")]
        assert alice.window_messages == [{"row": 1}]
        assert [each["id"] for each in alice.commands] == ["Search"]
        assert alice.modes[0]["options"][0]["id"] == "o"
        assert reply.content == "Hi"


async def test_a_step_is_streamed_as_it_is_given() -> None:
    step = {"id": "5f6b5d1c-3c1c-4b51-9d1e-0f6f2a5f7f10", "type": "assistant_message", "name": "Bot", "output": ""}

    async def stream(emitter: Any) -> None:
        await emitter.stream_start(step)
        await emitter.send_token(step["id"], "Hi")
        await emitter.update_step({**step, "output": "Hi there"})

    async with Stage(emitting(go=stream)), Viewer("Alice") as alice:
        assert (await alice.say("go")).content == "Hi there"
        assert not alice.steps[-1].streaming


async def test_the_window_is_heard_and_answered() -> None:
    with use_app(App()) as app:

        @cl.on_window_message
        async def heard(data: Any) -> None:
            await cl.send_window_message({"heard": data})

    async with Stage(app), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.post_window_message({"row": [1, None, "x"]})
        assert alice.window_messages == [{"heard": {"row": [1, None, "x"]}}]
        assert bob.window_messages == []
        await alice.wait_for(lambda: not any(step.is_call for step in alice.steps))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: cl.ModeOption("", "x"), r"ModeOption\(id=…\) was empty"),
        (lambda: cl.ModeOption("x", "x", default=1), r"ModeOption\(default=…\) is True or False"),
        (lambda: cl.Mode("m", "M", [cl.ModeOption("a", "A")] * 2), r"has 'a' more than once"),
        (lambda: cl.Message("x", modes=["a"]), r"Message\(modes=…\) is a dict of texts"),
    ],
)
def test_a_wrong_mode_is_refused_where_it_is_made(make: Any, reason: str) -> None:
    with pytest.raises((TypeError, ValueError), match=reason):
        make()


def test_a_mode_knows_its_options() -> None:
    assert MODEL.get_default_option() is MODEL.options[1]
    assert MODEL.get_option_by_id("small") is MODEL.options[0]
    assert MODEL.get_option_by_id("none") is None
    assert cl.Mode("m", "M").get_default_option() is None


def test_a_message_keeps_its_modes() -> None:
    message = cl.Message("x", modes={"model": "small"}, command="Search")
    assert message.to_dict()["modes"] == {"model": "small"}
    again = cl.Message.from_dict({**message.to_dict(), "name": "Ada"})
    assert (again.modes, again.command) == ({"model": "small"}, "Search")
