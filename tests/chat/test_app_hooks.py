"""`on_app_startup` and `on_app_shutdown`: each once a life, before the first handler and after the last session."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.app_file import AppFile
from jupyter_chat_sessions.host import app_lives
from jupyter_chat_sessions.host.app import RunOn
from jupyter_chat_sessions.host.current import current_app
from jupyter_chat_sessions.testing import Stage, Viewer


@pytest.fixture
def order() -> list[str]:
    """What ran, in order: the hooks and a session's own."""
    ran: list[str] = []

    @cl.on_app_startup
    async def startup() -> None:
        ran.append("startup begins")
        await asyncio.sleep(0)
        ran.append("startup ends")

    cl.on_app_shutdown(lambda: ran.append("shutdown"))
    cl.on_chat_start(lambda: ran.append("start"))
    cl.on_message(lambda: ran.append("message"))
    cl.on_chat_end(lambda: ran.append("end"))
    return ran


async def test_startup_comes_before_the_first_session_and_shutdown_after_the_last(order: list[str]) -> None:
    async with Stage():
        async with Viewer("Alice") as alice:
            await alice.say("Hi")
        async with Viewer("Bob") as bob:
            await bob.disconnect()
            await bob.reconnect()
            await bob.say("Hi")
    assert order[:2] == ["startup begins", "startup ends"]
    assert sorted(order[2:-1]) == sorted(["start", "message", "end"] * 2)  # between sessions there is no order
    assert order[-1] == "shutdown"


async def test_a_chat_that_nobody_uses_has_neither(order: list[str]) -> None:
    async with Stage():
        pass
    assert order == []


async def test_a_chat_that_is_opened_again_has_another_life(order: list[str]) -> None:
    for _ in range(2):
        async with Viewer("Alice"):
            pass
    assert order == ["startup begins", "startup ends", "start", "end", "shutdown"] * 2


async def test_a_new_process_starts_up_again_and_a_killed_one_does_not_shut_down(order: list[str]) -> None:
    async with Stage() as stage, Viewer("Alice") as alice:
        await stage.restart_host()
        await alice.say("Hi")
    assert order == [
        *["startup begins", "startup ends"],
        "start",
        *["startup begins", "startup ends"],
        "message",
        "end",
        "shutdown",
    ]


async def test_sessions_that_begin_at_once_wait_for_one_startup() -> None:
    order, gate, holds = [], asyncio.Event(), asyncio.Event()

    @cl.on_app_startup
    async def startup() -> None:
        order.append("startup")
        holds.set()
        await gate.wait()

    @cl.on_chat_start
    async def start() -> None:
        order.append("start")

    async with Stage():
        viewers = [Viewer(name) for name in ("Alice", "Bob")]
        entering = [asyncio.create_task(viewer.__aenter__()) for viewer in viewers]
        await holds.wait()
        gate.set()
        await asyncio.gather(*entering)
        for viewer in viewers:
            await viewer.__aexit__(None, None, None)
    assert order == ["startup", "start", "start"]


async def test_a_cell_that_is_run_again_starts_nothing_again(order: list[str]) -> None:
    async with Viewer("Alice") as alice:
        cl.on_app_startup(lambda: order.append("again"))
        await alice.say("Hi")
    assert "again" not in order


async def test_one_that_is_defined_while_sessions_live_runs_before_their_next_handler() -> None:
    order: list[str] = []
    cl.on_message(lambda: order.append("message"))
    async with Viewer("Alice") as alice:
        await alice.say("Hi")
        cl.on_app_startup(lambda: order.append("startup"))
        await alice.say("Hi")
        await alice.say("Hi")
    assert order == ["message", "startup", "message", "message"]


async def test_one_that_fails_is_shown_and_runs_again_when_it_is_written_anew() -> None:
    order: list[str] = []
    shown: list[tuple[str, str]] = []
    cl.on_message(lambda: order.append("message"))

    @cl.on_app_startup
    def startup() -> None:
        order.append("fails")
        raise ZeroDivisionError("no database")

    async with Stage() as stage:
        stage.runtime.show_error = lambda error, where: shown.append((str(error), where))
        async with Viewer("Alice") as alice:
            await alice.say("Hi")
            await alice.say("Hi")
            cl.on_app_startup(lambda: order.append("works"))
            await alice.say("Hi")
    assert order == ["fails", "message", "message", "works", "message"]
    assert shown == [("no database", "Error in on_app_startup:")]


@pytest.mark.parametrize("hook", ["startup", "shutdown"])
async def test_one_that_takes_too_long_is_given_up(hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_lives, f"{hook.upper()}_LIMIT_S", 0.01)
    shown: list[str] = []

    async def never() -> None:
        await asyncio.Event().wait()

    current_app().register(f"on_app_{hook}", never)  # type: ignore[arg-type]

    @cl.on_message
    async def reply() -> None:
        await cl.Message("Hello").send()

    async with Stage() as stage:
        stage.runtime.show_error = lambda error, where: shown.append(str(error))
        async with Viewer("Alice") as alice:
            assert (await alice.say("Hi")).content == "Hello"
    assert shown == [f"on_app_{hook} took longer than 0.01 s and was given up."]


async def test_a_stop_of_the_viewer_that_waits_does_not_stop_it() -> None:
    gate, holds, is_done = asyncio.Event(), asyncio.Event(), []

    @cl.on_app_startup
    async def startup() -> None:
        holds.set()
        await gate.wait()
        is_done.append(True)

    cl.on_chat_start(lambda: None)

    async with Stage():
        viewer = Viewer("Alice")
        entering = asyncio.create_task(viewer.__aenter__())
        await holds.wait()
        await asyncio.sleep(0)
        viewer.stop()
        gate.set()
        await entering
        await viewer.say("Hi")
        await viewer.__aexit__(None, None, None)
    assert is_done == [True]


@pytest.mark.parametrize("run_on", ["notebook", "thread"])
async def test_they_run_where_handlers_run_and_in_no_session(run_on: RunOn) -> None:
    threads: dict[str, threading.Thread] = {}
    is_shut_down = threading.Event()

    @cl.on_app_startup
    async def startup() -> None:
        threads["startup"] = threading.current_thread()
        with pytest.raises(cl.NoSessionError):
            cl.user_session.get("id")

    @cl.on_message
    async def reply() -> None:
        threads["message"] = threading.current_thread()

    @cl.on_app_shutdown
    async def shutdown() -> None:
        threads["shutdown"] = threading.current_thread()
        is_shut_down.set()

    async with Stage(run_on=run_on), Viewer("Alice") as alice:
        await alice.say("Hi")
    assert await asyncio.to_thread(is_shut_down.wait, 10)
    assert len(set(threads.values())) == 1


async def test_the_orderly_end_of_the_process_waits_for_shutdown_and_starts_nothing_more() -> None:
    order: list[str] = []
    cl.on_app_startup(lambda: order.append("startup"))

    @cl.on_app_shutdown
    async def shutdown() -> None:
        await asyncio.sleep(0)
        order.append("shutdown")

    cl.on_message(lambda: order.append("message"))
    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("Hi")
        await asyncio.to_thread(stage.runtime.end_apps, limit_s=10)
        assert order == ["startup", "message", "shutdown"]
        await alice.say("Hi")
    assert order == ["startup", "message", "shutdown", "message"]


async def test_a_file_that_is_run_again_takes_the_place_of_the_app_before_it(tmp_path: Path) -> None:
    """Live sessions go on with the new app, which starts up for itself; the old one ends."""
    order: list[str] = []
    path = tmp_path / "app.py"

    def loaded(name: str) -> AppFile:
        path.write_text(
            "import chainlit as cl\n"
            f"NAME = {name!r}\n"
            "told = []\n"
            "cl.on_app_startup(lambda: told[0].append('startup ' + NAME))\n"
            "cl.on_app_shutdown(lambda: told[0].append('shutdown ' + NAME))\n"
            "cl.on_message(lambda: told[0].append('message ' + NAME))\n"
        )
        return AppFile(path)

    def with_order(file: AppFile):  # type: ignore[no-untyped-def]
        app = file.load()
        handler = app.handler("on_message")
        assert handler is not None
        handler.function.__globals__["told"].append(order)  # type: ignore[attr-defined]
        return app

    shut_down = asyncio.Event()
    async with Stage(with_order(loaded("first"))) as stage, Viewer("Alice") as alice:
        await alice.say("Hi")
        second = with_order(loaded("second and longer"))
        published = stage.runtime.publish(stage._settings, loop=asyncio.get_running_loop(), app=second)
        await asyncio.wrap_future(published)
        await alice.say("Hi")
        await stage.runtime.wait_ended(asyncio.get_running_loop())
        shut_down.set()
    assert order.index("startup first") < order.index("message first") < order.index("shutdown first")
    assert order.index("startup second and longer") < order.index("message second and longer")
    assert order[-1] == "shutdown second and longer"
    assert len(order) == 6


@pytest.mark.parametrize("decorator", [cl.on_app_startup, cl.on_app_shutdown])
def test_they_give_the_function_back_and_refuse_what_is_none(decorator) -> None:  # type: ignore[no-untyped-def]
    def hook() -> None: ...

    assert decorator(hook) is hook
    with pytest.raises(TypeError, match=f"@{decorator.__name__}"):
        decorator("hook")
