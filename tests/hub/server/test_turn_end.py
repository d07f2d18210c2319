"""What is put off to the end of a turn has its turn there, whatever others do."""

from __future__ import annotations

import asyncio
import logging

import pytest

from jupyter_chat_sessions.hub.handlers.turn_end import TurnEnd


async def test_everybody_has_a_turn_in_order_though_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    turn_end, done = TurnEnd(), []

    def fail() -> None:
        raise ValueError("of its own")

    def ask_again() -> None:
        done.append("second")
        turn_end.call(lambda: done.append("third"))

    for work in (lambda: done.append("first"), fail, ask_again):
        turn_end.call(work)
    assert done == [], "the turn goes on"
    with caplog.at_level(logging.ERROR):
        await asyncio.sleep(0)
    assert done == ["first", "second"], "what is asked for then is for the next turn"
    assert "of its own" in caplog.text
    await asyncio.sleep(0)
    assert done == ["first", "second", "third"]


async def test_hosts_come_before_viewers() -> None:
    turn_end, done = TurnEnd(), []
    turn_end.call(lambda: done.append("a viewer"))
    turn_end.call_first(lambda: done.append("a host"))
    await asyncio.sleep(0)
    assert done == ["a host", "a viewer"]
