"""A loop counts as kept when what was handed to it has waited for long, and only then is anybody woken for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from jupyter_chat_sessions.host.busy import BUSY_AFTER_S, BusyWatch


class SlowLoop(asyncio.AbstractEventLoop):
    """A loop that does what it has to when the test says so, on the test's clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ready: list[Callable[[], Any]] = []
        self.timers: list[tuple[float, Callable[[], Any]]] = []

    def time(self) -> float:
        return self.now

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> asyncio.Handle:
        self.ready.append(lambda: callback(*args))
        return asyncio.Handle(callback, args, self)

    def call_later(
        self, delay: float, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        self.timers.append((self.now + delay, lambda: callback(*args)))
        return asyncio.TimerHandle(self.now + delay, callback, args, self)

    def get_debug(self) -> bool:
        return False

    def turn(self) -> int:
        """Do what is to be done now; return how much it was."""
        ready, self.ready = self.ready, []
        for call in ready:
            call()
        return len(ready)

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and what was to be done later be done."""
        self.now += seconds
        due = [call for when, call in self.timers if when <= self.now]
        self.timers = [(when, call) for when, call in self.timers if when > self.now]
        for call in due:
            call()


class Scene:
    """A loop that may be kept, the link's, and what was told."""

    def __init__(self) -> None:
        self.kept, self.link = SlowLoop(), SlowLoop()
        self.told: list[bool] = []
        self.done: list[str] = []
        self.watch = BusyWatch(self.kept, self.link, on_change=self.told.append)

    def hand_over(self, name: str) -> None:
        self.watch.hand_over(lambda: self.done.append(name))


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_of_what_is_begun_in_time_nobody_hears(scene: Scene) -> None:
    for number in range(10):
        scene.hand_over(str(number))
        scene.link.pass_time(BUSY_AFTER_S * 0.9)
        scene.kept.turn()
    scene.link.pass_time(BUSY_AFTER_S * 2)
    assert scene.told == []
    assert scene.link.turn() == 0, "the link's thread was woken for nothing"
    assert scene.done == [str(number) for number in range(10)]


def test_the_loop_is_woken_once_for_all_that_gathers(scene: Scene) -> None:
    for name in "abc":
        scene.hand_over(name)
    assert scene.kept.turn() == 1
    assert scene.done == ["a", "b", "c"]


def test_each_time_that_the_loop_is_kept_is_told_with_its_end(scene: Scene) -> None:
    for _ in range(2):
        scene.hand_over("it")
        scene.link.pass_time(BUSY_AFTER_S)
        scene.hand_over("more")
        scene.link.pass_time(BUSY_AFTER_S)
        scene.kept.turn()
        scene.link.turn()
    assert scene.told == [True, False, True, False]


def test_what_is_handed_over_while_the_end_is_on_its_way_keeps_it_busy_until_that_begins(scene: Scene) -> None:
    scene.hand_over("it")
    scene.link.pass_time(BUSY_AFTER_S)
    scene.kept.turn()
    scene.hand_over("more")
    scene.link.turn()
    assert scene.told == [True]
    scene.kept.turn()
    scene.link.turn()
    assert scene.told == [True, False]


def test_a_loop_that_begins_while_it_is_looked_at_is_not_kept(scene: Scene) -> None:
    class Watch(BusyWatch):
        """One whose loop begins at the last moment: after it was found to wait, and before that is told."""

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if name == "_is_busy" and value:
                scene.kept.turn()

    scene.watch = Watch(scene.kept, scene.link, on_change=scene.told.append)
    scene.hand_over("it")
    scene.link.pass_time(BUSY_AFTER_S)
    scene.link.turn()
    assert scene.told == []
    scene.hand_over("next")
    scene.kept.turn()
    assert scene.done == ["it", "next"]
