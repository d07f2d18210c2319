"""The decorators: one slot each, the last function wins, and each gives the function back."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.runtime import Runtime
from jupyter_chat_sessions.testing import Stage, Viewer

DECORATORS = [
    cl.on_chat_start,
    cl.on_chat_resume,
    cl.on_message,
    cl.on_chat_end,
    cl.on_stop,
    cl.on_disconnect,
    cl.on_reconnect,
]


@pytest.mark.parametrize("decorator", DECORATORS)
def test_a_decorator_gives_the_function_back_as_it_was(decorator: Callable[..., Any], runtime: Runtime) -> None:
    """Section D: handlers can be called and tested directly."""

    def handler(message: object = None) -> str:
        return f"called with {message}"

    assert decorator(handler) is handler
    assert handler("x") == "called with x"
    registered = runtime.app.handler(decorator.__name__)  # type: ignore[arg-type]
    assert registered is not None
    assert registered.function is handler


@pytest.mark.parametrize("decorator", DECORATORS)
@pytest.mark.parametrize("thing", [None, "text", 3])
def test_what_cannot_be_called_is_refused_by_name(decorator: Callable[..., Any], thing: object) -> None:
    with pytest.raises(TypeError, match=f"@{decorator.__name__}"):
        decorator(thing)


@pytest.mark.parametrize("decorator", DECORATORS)
def test_the_last_function_wins(decorator: Callable[..., Any], runtime: Runtime) -> None:
    """Section D: hooks are single-slot, so that a cell can be run again."""
    decorator(lambda: 1)
    last = decorator(lambda: 2)
    registered = runtime.app.handler(decorator.__name__)  # type: ignore[arg-type]
    assert registered is not None
    assert registered.function is last
    runtime.app.clear()
    assert runtime.app.handler(decorator.__name__) is None  # type: ignore[arg-type]


async def test_on_message_is_given_the_message_as_the_user_wrote_it() -> None:
    messages = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        messages.append(message)

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("Hello 👩‍🚀\n*you*")
        [message] = messages
        step = alice.steps[0]
        assert (message.content, message.author, message.type) == ("Hello 👩‍🚀\n*you*", "Alice", "user_message")
        assert (message.id, message.thread_id, message.created_at) == (step.id, step.thread_id, step.created_at)


def test_everything_that_is_promised_is_there_and_documented() -> None:
    assert sorted(cl.__all__) == sorted(set(cl.__all__))
    for name in cl.__all__:
        thing = getattr(cl, name)
        if not name.startswith("__"):
            assert inspect.getdoc(thing if callable(thing) else type(thing)), name


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        (
            "Message",
            "content author language actions elements type metadata tags id parent_id command modes created_at",
        ),
        ("ErrorMessage", "content author fail_on_persist_error"),
        ("AskUserMessage", "content author type timeout raise_on_timeout"),
        ("User", "identifier display_name metadata"),
        ("make_async", "function cancellable"),
        ("sleep", "duration"),
    ],
)
def test_parameters_stand_in_chainlits_order(name: str, parameters: str) -> None:
    """Section A.1: calls with positional arguments go on working."""
    assert list(inspect.signature(getattr(cl, name)).parameters) == parameters.split()
