"""Row 9: a tab is duplicated, with what it keeps: both live and show the same in the same order. A session is open in
eight tabs at the most (the matrix has four); the next is told so and closed with 4409."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..raw_client import RawClient
from ..scene import Scene

MAX_TABS = 8


async def test_both_tabs_show_the_same_in_the_same_order(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        first = await on.viewer()
        first.say("echo")
        second = await on.viewer(of=first)
        for _ in range(5):
            keys = [tab.say("echo") for tab in (first, second, first)]
            for tab in (first, second):
                for key in keys:
                    await tab.until_status(key, "done")
        seen = [[step.id for step in tab.viewing.conversation.steps] for tab in (first, second)]
        assert seen[0] == seen[1]
        await on.check()


async def test_one_tab_too_many_is_told_so_and_has_its_place_when_another_is_closed(
    scene: Callable[[], Scene],
) -> None:
    async with scene() as on:
        tabs = [await on.viewer()]
        tabs += [await on.viewer(of=tabs[0]) for _ in range(MAX_TABS - 1)]
        frames, code = await asyncio.to_thread(_turned_away, on.stage.server.port, (tabs[0].session, tabs[0].secret))
        assert code == 4409
        assert [frame["type"] for frame in frames] == ["error", "bye"]
        assert all(f"open in {MAX_TABS} tabs already" in frame["text"] for frame in frames)
        assert all(len(tab.welcomes) == 1 for tab in tabs)
        await on.leave(tabs.pop())
        tabs.append(await on.viewer(of=tabs[0]))
        key = tabs[-1].say("echo")
        for tab in tabs:
            await tab.until_status(key, "done")
        await on.check()


def _turned_away(port: int, credentials: tuple[str, str]) -> tuple[list[dict[str, object]], int | None]:
    with RawClient(port, credentials) as client:
        return list(client.frames()), client.close_code
