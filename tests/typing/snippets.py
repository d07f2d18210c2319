"""What users write, as a type checker sees it. Not run: `test_typing.py` has mypy read it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, assert_type

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.testing import Reply, Stage, Viewer


@cl.on_chat_start
async def start() -> None:
    answer = await cl.AskUserMessage(content="Hello! What's your name?", timeout=30).send()
    assert_type(answer, dict[str, Any] | None)
    if answer:
        cl.user_session.set("user_name", answer["output"])


@cl.on_message
async def reply(message: cl.Message) -> None:
    assert_type(message.content, str)
    sent = await cl.Message(content=f"You said: {message.content}").send()
    assert_type(sent, cl.Message)
    failed = await cl.ErrorMessage("No.").send()
    assert_type(failed, cl.ErrorMessage)
    assert_type(await sent.update(), bool)
    assert_type(await sent.remove(), bool)


async def show(figure: object) -> None:
    cat = cl.Image(name="cat", path="cat.png", display="side", size="large")
    report = cl.Pdf(name="report", url="https://example.org/report.pdf", page=2)
    assert_type(await cat.send(for_id="0"), None)
    message = await cl.Message(figure, elements=[cat, report, figure]).send()
    assert_type(message.elements, list[cl.Element])
    plan = cl.TaskList([cl.Task("Read", status=cl.TaskStatus.RUNNING)])
    assert_type(await plan.send(), None)
    await cl.ElementSidebar.set_elements([cat], key="cats")


@cl.on_stop
def stopped() -> int:
    return 1


@cl.on_chat_end
def ended(reason: str = "", *, loud: bool = False) -> str:
    return reason


@cl.on_chat_resume
async def resumed(thread: cl.ThreadDict) -> None:
    assert_type(thread["steps"], list[dict[str, Any]])
    assert_type(thread["name"], str | None)


@cl.on_disconnect
def left() -> None: ...


@cl.on_reconnect
async def back() -> None: ...


# A decorated handler keeps its signature.
assert_type(stopped(), int)
assert_type(ended("left", loud=True), str)
check_start: Callable[[], Coroutine[Any, Any, None]] = start
check_reply: Callable[[cl.Message], Coroutine[Any, Any, None]] = reply
stopped("too much")  # type: ignore[call-arg]
ended(loud=3)  # type: ignore[arg-type]
cl.on_message("no function")  # type: ignore[type-var]

# An accessor has the type of its value.
turns = cl.user_session.create_accessor("turns", 0, apply_fn=lambda count: count + 1)
assert_type(turns, cl.SessionAccessor[int])
assert_type(turns.get(), int)
assert_type(turns.apply(), int)
turns.set(3)
turns.set("three")  # type: ignore[arg-type]
names: cl.SessionAccessor[list[str]] = cl.user_session.create_accessor("names", [])
assert_type(names.get(), list[str])


def slow(prompt: str, *, times: int = 1) -> list[str]:
    return [prompt] * times


async def uses_make_async() -> None:
    quick = cl.make_async(slow)
    assert_type(await quick("x", times=2), list[str])
    await quick(3)  # type: ignore[arg-type]


async def answer() -> float:
    return 4.2


assert_type(cl.run_sync(answer()), float)
assert_type(cl.chat_context.to_openai(), list[dict[str, str]])
assert_type(cl.chat_context.get(), list[cl.Message])


def about_the_session() -> None:
    session = cl.context.session
    assert_type(session.user, cl.User | None)
    assert_type(session.user_env, dict[str, str])
    if isinstance(session, cl.WebsocketSession):
        assert_type(session.language, str)


async def test_of_an_author() -> None:
    async with Stage(required_env=["KEY"]), Viewer("Alice", user_env={"KEY": "x"}) as alice:
        heard = await alice.say("Hello")
        assert_type(heard, Reply)
        assert_type(heard.content, str)


# What is kept has the type of the function.
@cl.cache
def load(name: str, *, size: int = 1) -> list[str]:
    return [name] * size


assert_type(load("model", size=2), list[str])
load.cache_clear()
load(3)  # type: ignore[arg-type]


# A form of settings, and what runs when it is changed.
@cl.on_settings_update
async def updated(settings: dict[str, Any]) -> None: ...


@cl.on_settings_edit
def edited() -> None: ...


assert_type(edited(), None)


async def a_form_of_settings() -> None:
    temperature = cl.input_widget.Slider(id="temperature", label="Temperature", initial=0.7, max=1, step=0.1)
    model = cl.input_widget.Select(id="model", label="Model", values=["small", "large"], initial_index=0)
    await cl.ChatSettings([temperature, model]).send()
    await cl.ChatSettings([cl.input_widget.Tab(id="model", label="Model", inputs=[model])]).refresh()
    assert_type(await cl.ChatSettings.set({"temperature": 0.2}), dict[str, Any])
    cl.input_widget.Slider(id="temperature", label="Temperature", initial="hot")  # type: ignore[arg-type]
    cl.ChatSettings(["temperature"])  # type: ignore[list-item]
