"""The bridge between a widget's pages and the hub in the kernel: pages go without a word, and ask for older steps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.notebook import bridge as bridge_module
from jupyter_chat_sessions.notebook.bridge import Bridge
from jupyter_chat_sessions.testing import Stage


class Page:
    """A page's end of the custom messages."""

    def __init__(self, stage: Stage) -> None:
        self.messages: list[dict[str, Any]] = []
        self._changed = asyncio.Event()
        self._here = asyncio.get_running_loop()
        self.bridge = Bridge(stage.embedded, loop=stage.link.loop, send=self._arrive)

    def _arrive(self, message: dict[str, Any]) -> None:
        self._here.call_soon_threadsafe(self._take, message)

    def _take(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        self._changed.set()

    async def first(self, **fields: Any) -> dict[str, Any]:
        """Wait for a message with these fields."""
        async with asyncio.timeout(10):
            while True:
                for message in self.messages:
                    if fields.items() <= message.items():
                        return message
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Stage, Page, dict[str, Any]]]:
    async with Stage(options=HubOptions(heartbeat_s=0.01, messages_per_minute=0)) as stage:
        page = Page(stage)
        page.bridge.receive({"kind": "create", "request": "r", "body": {"channel": "test"}})
        created = (await page.first(kind="created"))["body"]
        page.bridge.receive({"kind": "open", "connection": "c"})
        hello = {"type": "hello", "v": 1, "session": created["session"], "secret": created["secret"]}
        page.bridge.receive({"kind": "frames", "connection": "c", "data": json.dumps([hello])})
        await page.first(kind="frames")
        yield stage, page, created


async def test_a_page_that_is_gone_is_noticed_and_its_session_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "DEAD_AFTER_S", 0.05)
    async with opened() as (stage, page, _):
        closed = await page.first(kind="closed")
        assert (closed["connection"], closed["code"]) == ("c", 4012)
        assert any("heartbeat" in message.get("data", "") for message in page.messages)

        async def viewers() -> int:
            return stage.embedded.hub.statistics().viewers

        assert await asyncio.wrap_future(stage.link.call(viewers())) == 0


async def test_older_steps_are_told_to_who_has_the_secret_and_nobody_else() -> None:
    async with opened() as (_, page, created):
        message = {"type": "message", "clientId": created["session"], "text": "Hello"}
        page.bridge.receive({"kind": "frames", "connection": "c", "data": json.dumps([message])})
        while not any("accepted" in one.get("data", "") for one in page.messages):
            page._changed.clear()
            await asyncio.wait_for(page._changed.wait(), 10)
        data = "".join(one["data"] for one in page.messages if one["kind"] == "frames")
        step = next(
            frame["event"]["step"]["id"]
            for one in page.messages
            if one["kind"] == "frames"
            for frame in json.loads(one["data"])
            if frame.get("event", {}).get("type") == "put_step"
        )
        assert step in data
        for request, secret, body in (
            ("mine", created["secret"], {"earlier": 0, "steps": []}),
            ("theirs", "guessed", None),
        ):
            wanted = {"session": created["session"], "secret": secret, "before": step}
            page.bridge.receive({"kind": "steps", "request": request, "body": wanted})
            answer = await page.first(kind="steps", request=request)
            assert answer["status"] == (200 if body is not None else 404)
            assert answer["body"] == body or answer["body"]["code"] == "unknown_session"
        page.bridge.receive({"kind": "steps", "request": "odd", "body": {"session": 1}})
        assert (await page.first(kind="steps", request="odd"))["status"] == 400
