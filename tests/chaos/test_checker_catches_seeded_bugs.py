"""The proof of the checker: bugs are seeded into the product, and it names each; without one it names nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from jupyter_chat_sessions.protocol.frames import Numbered
from jupyter_chat_sessions.protocol.viewing import Effect, Viewing

from . import seeded
from .scene import Scene, Stage
from .server import ChaosServer

PATIENCE_S = 2.0
Schedule = Callable[[Scene], Awaitable[None]]


@pytest.fixture(scope="module")
def armed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which bugs are armed."""
    return tmp_path_factory.mktemp("bugs")


@pytest.fixture(scope="module")
def stage(armed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    home = tmp_path_factory.mktemp("seeded")
    with ChaosServer(home, bugs=armed) as server:
        stage = Stage(server, home)
        asyncio.run(stage.open_chat())
        yield stage


async def talk(on: Scene) -> None:
    """Two people talk, one after the other."""
    first, second = await on.viewer(), await on.viewer()
    for _ in range(4):
        for viewer in (first, second):
            viewer.say("echo")
        for viewer in (first, second):
            await viewer.until(lambda viewer=viewer: viewer.viewing.is_quiet)  # type: ignore[misc]


async def stream(on: Scene) -> None:
    """A stream of many deltas."""
    viewer = await on.viewer()
    await viewer.until_status(viewer.say("stream 60 0.005"), "done")


async def lose_what_is_confirmed(on: Scene) -> None:
    """The line breaks before a confirmation arrives."""
    viewer = await on.viewer()
    on.proxy.lines[-1].to_client.cut_before(b'"accepted"')
    viewer.say("echo")
    await viewer.until_welcome(2)
    await viewer.until(lambda: not viewer.viewing.unconfirmed)


async def queue(on: Scene) -> None:
    """Messages wait while another runs."""
    viewer = await on.viewer()
    gate = on.gate()
    first = viewer.say(f"wait {gate.name}")
    await viewer.until_status(first, "running")
    keys = [viewer.say("echo") for _ in range(4)]
    await viewer.until_status(keys[-1], "queued")
    await on.stage.kernel.run("pass")  # by then they have come to the kernel, too
    gate.let_pass()


async def kill_the_kernel(on: Scene) -> None:
    """The kernel is killed in a handler, and another takes over."""
    viewer = await on.viewer()
    gate = on.gate()
    await viewer.until_status(viewer.say(f"wait {gate.name}"), "running")
    on.stage.kernel.kill()
    await on.stage.new_kernel()
    gate.let_pass(2)


async def cut_the_link(on: Scene) -> None:
    """The link breaks when the kernel has sent what the server has not read, and stands again."""
    link = await on.link()
    viewer = await on.viewer()
    gate = on.gate()
    key = viewer.say(f"wait {gate.name}")
    await viewer.until_status(key, "running")
    link.lines[-1].to_server.stall()
    gate.let_pass()
    await on.stage.kernel.run(f"await bot.until_done({key!r})")
    link.cut()
    await viewer.until(lambda: viewer.viewing.conversation.state["host"] == "gone")
    await viewer.until(lambda: viewer.viewing.conversation.state["host"] == "connected")
    later = viewer.say("echo")
    await viewer.until_status(later, "done", "queued", "running")


async def answer_in_two_tabs(on: Scene) -> None:
    """Two tabs answer one question, one a little later than the other."""
    viewer = await on.viewer()
    other = await on.viewer(of=viewer)
    viewer.say("ask")
    for tab in (viewer, other):
        await tab.until(lambda tab=tab: bool(tab.viewing.conversation.questions))  # type: ignore[misc]
    question = viewer.viewing.conversation.questions[0].id
    for tab in (viewer, other):
        tab.answer(question)
        await tab.until(lambda tab=tab: not tab.viewing.unconfirmed)  # type: ignore[misc]


SCHEDULES: dict[str, tuple[Schedule, set[str]]] = {
    "drops_a_delta": (stream, {"T"}),
    "confirms_and_forgets": (talk, {"L"}),
    "skips_recognition": (lose_what_is_confirmed, {"D"}),
    "crosses_sessions": (talk, {"X"}),
    "reorders_the_queue": (queue, {"R"}),
    "runs_again_after_interruption": (kill_the_kernel, {"D"}),
    "emits_twice_after_reconnect": (cut_the_link, {"D", "P"}),
    "forgets_unacknowledged": (cut_the_link, {"L"}),
    "skips_numbers": (talk, {"M"}),
    "takes_every_answer": (answer_in_two_tabs, {"A"}),
    "invents_a_message": (talk, {"P"}),
}


def test_every_bug_has_its_schedule() -> None:
    assert sorted(SCHEDULES) == seeded.NAMES


@pytest.mark.parametrize("bug", SCHEDULES)
async def test_a_bug_is_named(
    stage: Stage, armed: Path, tmp_path: Path, bug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule, rules = SCHEDULES[bug]
    if bug == "skips_numbers":
        monkeypatch.setattr(Viewing, "_on_event", _apply_anything)
    flag = armed / bug
    flag.touch()
    try:
        async with Scene(stage, tmp_path) as on:
            await schedule(on)
            found = await on.violations(patience_s=PATIENCE_S)
    finally:
        flag.unlink()
    assert rules <= {violation.rule for violation in found}, found


@pytest.mark.parametrize("schedule", dict.fromkeys(schedule for schedule, _ in SCHEDULES.values()))
async def test_without_a_bug_nothing_is_named(stage: Stage, tmp_path: Path, schedule: Schedule) -> None:
    async with Scene(stage, tmp_path) as on:
        await schedule(on)
        await on.check()


def _apply_anything(self: Viewing, frame: Numbered) -> Effect | None:
    """Apply an event whatever its number: what the product's viewers do not."""
    self.conversation.apply(frame.event)
    self.last_seq = frame.seq
    return "changed"
