"""Row 23: a handler raises, calls `sys.exit`, calls itself without an end, or raises what cannot even be printed. Its
viewer reads what happened, with the traceback if it may see that and with the error's number if not; the session, the
other sessions and the kernel go on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator

import pytest

from ..scene import Scene, Stage
from ..server import ChaosServer
from ..viewer import ChaosViewer

ERROR_OF = {
    "raise": "ZeroDivisionError",
    "exit": "SystemExit",
    "recurse": "RecursionError",
    "print": "_UnprintableError",
}
CONFIG = """
from pathlib import Path
from jupyter_server.auth import Authorizer

class Strict(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        guests = Path({guests!r}).exists() and "chat-sessions" in handler.request.path
        return not (guests and resource == "kernels")

c.ServerApp.authorizer_class = Strict
"""
MISBEHAVE = """
from tests.chaos.misbehaving import MisbehavingBot
bot = MisbehavingBot(bot._journal.path, bot._gates)
bot.listen()
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Where viewers may not use kernels while there is a file `guests`: they are not shown what is in one."""
    home = tmp_path_factory.mktemp("chaos")
    (home / "config").mkdir()
    (home / "config" / "jupyter_server_config.py").write_text(CONFIG.format(guests=str(home / "guests")))
    with ChaosServer(home) as server:
        stage = Stage(server, home)
        asyncio.run(stage.open_chat())
        asyncio.run(stage.kernel.run(MISBEHAVE))
        yield stage


@pytest.mark.parametrize("words", ERROR_OF)
async def test_the_author_is_shown_the_traceback(scene: Callable[[], Scene], words: str) -> None:
    async with scene() as on:
        viewer, other = await on.viewer(), await on.viewer()
        gate = on.gate()
        beside = other.say(f"wait {gate.name}")
        await other.until_status(beside, "running")
        key = viewer.say(words)
        await viewer.until_status(key, "failed")
        [error] = [step for step in viewer.viewing.conversation.steps if step.is_error]
        assert ERROR_OF[words] in error.output
        assert "in `on_message`" in error.output
        assert "misbehaving.py" in error.metadata["traceback"] or "bot.py" in error.metadata["traceback"]
        await _goes_on(on, viewer, key)
        gate.let_pass()
        await other.until_status(beside, "done")
        await on.check()


@pytest.mark.parametrize("words", ERROR_OF)
async def test_others_are_told_the_errors_number(scene: Callable[[], Scene], words: str) -> None:
    async with scene() as on:
        guests = on.stage.server.home / "guests"
        guests.touch()
        try:
            viewer = await on.viewer()
        finally:
            guests.unlink()
        key = viewer.say(words)
        await viewer.until_status(key, "failed")
        [error] = [step for step in viewer.viewing.conversation.steps if step.is_error]
        assert re.search(rf"`{ERROR_OF[words]}`, error [0-9a-f]{{8}}\)", error.output)
        assert "traceback" not in error.metadata
        assert key not in error.output, "what the author's exception says is not for others"
        await _goes_on(on, viewer, key)
        await on.check()


async def _goes_on(on: Scene, viewer: ChaosViewer, failed: str) -> None:
    """See to it that the session and the kernel work as before."""
    key = viewer.say("echo")
    await viewer.until_status(key, "done")
    assert viewer.status(failed) == "failed"
    assert len(viewer.welcomes) == 1
    assert await on.stage.kernel.run("print(os.getpid())") == f"{on.stage.kernel.pid}\n"
