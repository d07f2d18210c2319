"""A disk that stands still holds up those who show files, and nobody else on the server."""

from __future__ import annotations

import asyncio
import json
import threading
from uuid import uuid4

import pytest

from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.protocol.frames import FilePiece, PutFile, PutStep, WantFile
from jupyter_chat_sessions.protocol.steps import Element, Step

from .callers import DEADLINE_S, Server, SocketTab, a_host
from .test_files import fetch, give, say_with


class Stuck:
    """One method of `FileStore`, which waits until the test lets it go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.is_waiting = threading.Event()
        self.may_go_on = threading.Event()
        method = getattr(FileStore, name)

        def wait(*args: object, **options: object) -> object:
            self.is_waiting.set()
            assert self.may_go_on.wait(DEADLINE_S)
            return method(*args, **options)

        monkeypatch.setattr(FileStore, name, wait)

    async def until_waiting(self) -> None:
        """Return once somebody waits in it."""
        assert await asyncio.to_thread(self.is_waiting.wait, DEADLINE_S)


async def expect_answer(tab: SocketTab) -> None:
    """Somebody else is answered meanwhile."""
    await tab.ask("Hello")
    assert tab.last == "You said Hello"


async def test_while_a_file_is_written_another_is_answered_and_its_event_comes_after_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_host(server) as host:
        alice, bob = await server.browser(), await server.browser()
        hers = await alice.create()
        her_tab, his_tab = await alice.tab(hers), await bob.new_tab()
        stuck = Stuck(monkeypatch, "write")
        file = str(uuid4())
        element = Element(id=str(uuid4()), type="file", name="plot", file=file)
        step = Step(id=str(uuid4()), type="assistant_message", name="Bot", output="Look", elements=[element])
        await host.say(PutFile(session=hers["session"], file=file, offset=0, data=b"plot", is_last=True))
        await host.emit(hers["session"], PutStep(step=step))
        await stuck.until_waiting()
        await expect_answer(his_tab)
        assert "Look" not in her_tab.transcript
        stuck.may_go_on.set()
        await her_tab.until(lambda: her_tab.last == "Look")
        assert (await fetch(alice, hers, file)).body == b"plot"


async def test_while_what_a_viewer_gave_is_read_for_a_handler_another_is_answered(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_host(server) as host:
        alice, bob = await server.browser(), await server.browser()
        hers = await alice.create()
        her_tab, his_tab = await alice.tab(hers), await bob.new_tab()
        given = json.loads((await give(alice, hers)).body)
        await say_with(her_tab, given["file"])
        stuck = Stuck(monkeypatch, "read")
        await host.say(WantFile(session=hers["session"], file=given["file"]))
        await stuck.until_waiting()
        await expect_answer(his_tab)
        assert not [frame for frame in host.frames if isinstance(frame, FilePiece)]
        stuck.may_go_on.set()
        assert (await host.until_got(FilePiece)).data == b"content"


async def test_while_what_a_viewer_said_with_a_file_is_kept_nobody_waits_but_who_fetches_the_file(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_host(server):
        alice, bob = await server.browser(), await server.browser()
        hers = await alice.create()
        her_tab, his_tab = await alice.tab(hers), await bob.new_tab()
        given = json.loads((await give(alice, hers)).body)
        stuck = Stuck(monkeypatch, "keep")
        await say_with(her_tab, given["file"])
        await stuck.until_waiting()
        fetching = asyncio.create_task(fetch(alice, hers, given["file"]))
        await expect_answer(his_tab)
        assert not fetching.done()
        stuck.may_go_on.set()
        assert (await fetching).body == b"content"


async def test_while_files_of_an_ended_session_are_removed_another_is_answered(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_host(server):
        alice, bob = await server.browser(), await server.browser()
        hers, his_tab = await alice.create(), await bob.new_tab()
        await give(alice, hers)
        stuck = Stuck(monkeypatch, "remove")
        ended = await alice.request("DELETE", f"sessions/{hers['session']}", secret=hers["secret"])
        assert ended.code == 204
        await stuck.until_waiting()
        await expect_answer(his_tab)
        stuck.may_go_on.set()
