"""A global that several sessions change is pointed out, once, by its name; nothing else is."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App, Handler
from jupyter_chat_sessions.host.shared_globals import SWITCH, SharedGlobals, globals_of, sentence
from jupyter_chat_sessions.testing import Stage, Viewer

history: list[str] = []
by_name: dict[str, str] = {}
tags: set[str] = set()
newest: deque[str] = deque()
counts: dict[str, int] = defaultdict(int)
count = 0
PRICES = {"tea": 2}


class Shop:
    """A class of the author's, whose methods change a global."""

    def sell(self, text: str) -> None:
        by_name[text] = text


def helper(text: str) -> None:
    history.append(text)


@cl.cache
def length(text: str) -> int:
    return len(text)


@pytest.fixture(autouse=True)
def fresh() -> None:
    global count
    count = 0
    for container in (history, by_name, tags, newest, counts):
        container.clear()  # type: ignore[attr-defined]


async def appends(message: cl.Message) -> None:
    history.append(message.content)


async def through_a_helper(message: cl.Message) -> None:
    for text in [message.content]:
        helper(text)


def in_a_thread(message: cl.Message) -> None:
    history.append(message.content)


@cl.step
async def in_a_step(message: cl.Message) -> None:
    history.append(message.content)


async def through_a_class(message: cl.Message) -> None:
    Shop().sell(message.content)


async def in_a_set(message: cl.Message) -> None:
    (lambda: tags.add(message.content))()


async def in_a_deque(message: cl.Message) -> None:
    newest.append(message.content)


async def counts_words(message: cl.Message) -> None:
    counts[message.content] += 1


async def assigns(message: cl.Message) -> None:
    global count
    count += 1


async def overlong(message: cl.Message) -> None:
    history[:] = ["x"] * 5000 + [message.content] * (len(history) % 7)


CHANGES = [
    (appends, "history"),
    (through_a_helper, "history"),
    (in_a_thread, "history"),
    (in_a_step, "history"),
    (through_a_class, "by_name"),
    (in_a_set, "tags"),
    (in_a_deque, "newest"),
    (counts_words, "counts"),
    (assigns, "count"),
    (overlong, "history"),
]


async def heard(
    handler: Callable[..., Any], script: Callable[[Viewer, Viewer], Awaitable[None]] | None = None
) -> list[str]:
    """Return what the author reads when two viewers speak in turn."""
    cl.on_message(handler)
    warnings: list[str] = []
    async with Stage() as stage:
        stage.runtime.show_warning = warnings.append
        async with Viewer("Alice") as alice, Viewer("Bob") as bob:
            if script is not None:
                await script(alice, bob)
            else:
                for turn in range(3):
                    await alice.say(f"Alice's {turn}")
                    await bob.say(f"Bob's {turn}")
    return warnings


@pytest.mark.parametrize(("handler", "name"), CHANGES, ids=lambda value: getattr(value, "__name__", value))
async def test_what_two_sessions_change_is_named_once(handler: Callable[..., Any], name: str) -> None:
    [warning] = await heard(handler)
    assert warning == sentence(name)
    assert f"global {name!r}" in warning
    assert "cl.user_session" in warning


async def test_what_is_only_read_is_not_named() -> None:
    @cl.cache
    async def look_up(word: str) -> str:
        return json.dumps(word)

    async def reply(message: cl.Message) -> None:
        cl.user_session.set("words", [*cl.user_session.get("words", []), message.content])
        await cl.Message(f"{PRICES['tea']} {len(history)} {await look_up(message.content)} {length('x')}").send()

    assert await heard(reply) == []


async def test_what_one_session_alone_changes_is_not_named() -> None:
    async def script(alice: Viewer, bob: Viewer) -> None:
        for turn in range(3):
            await alice.say(f"note {turn}")
            await bob.say("read")

    async def reply(message: cl.Message) -> None:
        if message.content.startswith("note"):
            history.append(message.content)
        await cl.Message(str(len(history))).send()

    assert await heard(reply, script) == []


async def test_what_is_made_once_by_whoever_comes_first_is_not_named() -> None:
    async def reply(message: cl.Message) -> None:
        if "model" not in by_name:
            by_name["model"] = "loaded"
        await cl.Message(by_name["model"]).send()

    assert await heard(reply) == []


async def test_what_changes_by_itself_between_the_runs_is_not_named() -> None:
    """Such as prices that a task of the author's reads anew, and that may change in the middle of any run."""

    async def script(alice: Viewer, bob: Viewer) -> None:
        for turn in range(3):
            for viewer in (alice, bob):
                await viewer.say(f"{turn}")
                history.append("tick")

    async def reply(message: cl.Message) -> None:
        history.append("tick within")

    assert await heard(reply, script) == []


async def test_runs_beside_each_other_are_not_mistaken_for_each_other() -> None:
    """Bob's run sees what Alice's changes, and has changed nothing."""
    gates = {name: asyncio.Event() for name in ("Alice", "Bob")}
    waits: dict[str, asyncio.Event] = {name: asyncio.Event() for name in gates}

    async def reply(message: cl.Message) -> None:
        if message.author == "Alice":
            history.append(message.content)
        waits[message.author].set()
        await gates[message.author].wait()

    async def script(alice: Viewer, bob: Viewer) -> None:
        for _ in range(3):
            bob.send("only reads")
            await waits["Bob"].wait()
            alice.send("changes")
            await waits["Alice"].wait()
            for name in gates:
                gates[name].set()
            await alice.wait_for(lambda: alice.viewing.is_quiet)
            await bob.wait_for(lambda: bob.viewing.is_quiet)
            for name in gates:
                gates[name].clear()
                waits[name].clear()

    assert await heard(reply, script) == []


async def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, "0")
    assert await heard(appends) == []


async def test_a_container_that_the_cell_makes_anew_starts_anew() -> None:
    async def script(alice: Viewer, bob: Viewer) -> None:
        global history
        await alice.say("one")
        history = []  # the cell is run again
        await bob.say("two")

    assert await heard(appends, script) == []


def test_it_costs_next_to_nothing() -> None:
    """Sixteen globals, the most that are looked at: far below a hundredth of what a message takes (about 1 ms)."""
    namespace: dict[str, Any] = {f"list_{each}": list(range(30)) for each in range(40)}
    exec("def reply():\n    return " + ", ".join(namespace), namespace)  # many globals
    app = App()
    app.register("on_message", namespace["reply"])
    handler = app.handler("on_message")
    assert isinstance(handler, Handler)
    assert len(globals_of(handler.function)) == 16
    watch = SharedGlobals(lambda text: None, is_on=True)

    def run() -> None:
        with watch.watching("session", handler):
            pass

    run()
    begin = time.perf_counter()
    for _ in range(1000):
        run()
    # Generous, because other programs run beside the tests: what it takes by itself stands in the module's first lines.
    assert (time.perf_counter() - begin) / 1000 < 0.001
