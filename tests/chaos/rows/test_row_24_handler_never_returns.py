"""Row 24: a handler never returns, or leaves a task behind that never ends. Stop ends the run for its viewer; other
sessions do not notice; what was left behind does not keep a session from ending.

40 handlers hang at once with `CHAOS=full`, otherwise 10.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ..scene import SECRET_HEADER, Scene

OWN_STAGE = True
MISBEHAVE = """
import jupyter_chat_sessions as cl
from tests.chaos.misbehaving import MisbehavingBot
bot = MisbehavingBot(bot._journal.path, bot._gates)
"""
NOTE_ENDS = """
import asyncio
from collections import defaultdict
ended = defaultdict(asyncio.Event)

@cl.on_chat_end
async def note_end():
    ended[cl.context.session.id].set()
"""
HANGING = 40 if os.environ.get("CHAOS") == "full" else 10
"""More than any pool has threads by default, in the full form."""


async def test_stop_ends_what_never_returns(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        await on.stage.kernel.run(f"{MISBEHAVE}\nbot.listen()")
        await _hang_and_stop(on, "never")
        await on.check()


async def test_stop_ends_what_never_returns_in_a_thread(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        await on.stage.kernel.run(f"{MISBEHAVE}\ncl.on_message(bot.block)")
        await _hang_and_stop(on, "block")
        await on.check()


async def test_a_task_that_is_left_behind(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        await on.stage.kernel.run(f"{MISBEHAVE}\nbot.listen()\n{NOTE_ENDS}")
        viewer = await on.viewer()
        for _ in range(5):
            key = viewer.say("leak")
            await viewer.until_status(key, "done")
        await on.check()
        headers = {SECRET_HEADER: viewer.secret}
        on.stage.server.request("DELETE", f"api/chat-sessions/sessions/{viewer.session}", headers=headers)
        await on.stage.kernel.run(f"await asyncio.wait_for(ended[{viewer.session!r}].wait(), 20)")


async def _hang_and_stop(on: Scene, words: str) -> None:
    """Let many handlers hang, another session go on beside them, and then each viewer press Stop."""
    hanging = [await on.viewer() for _ in range(HANGING)]
    keys = [viewer.say(words) for viewer in hanging]
    for viewer, key in zip(hanging, keys, strict=True):
        await viewer.until_status(key, "running")
    other = await on.viewer()
    for words in ("echo", "stream 200"):
        key = other.say(words)
        await other.until_status(key, "done")
    for viewer, key in zip(hanging, keys, strict=True):
        waiting = viewer.say("echo")
        await viewer.until_status(waiting, "queued")
        viewer.stop()
        await viewer.until_status(key, "cancelled")
        await viewer.until_status(waiting, "cancelled")
        again = viewer.say("echo")
        await viewer.until_status(again, "done")
