"""Row 22: the cell that defines the handlers is run again while people chat. What runs goes on as it began, what begins
later is for the new handlers, and no session notices anything else.

A cell is run as a notebook runs it, by a request on the kernel's shell channel.
"""

from __future__ import annotations

from collections.abc import Callable

from ..journal import stream_text
from ..scene import Scene
from ..viewer import ChaosViewer

OWN_STAGE = True
ANOTHER_BOT = """
class NewerBot(ChaosBot):
    async def _say(self, session, run, text):
        await super()._say(session, run, f"{text} anew")

bot = NewerBot(bot._journal.path, bot._gates)
bot.listen()
"""
COUNT_STARTS = """
import jupyter_chat_sessions as cl
starts = []

@cl.on_chat_start
def start():
    starts.append(cl.context.session.id)
    cl.user_session.set("number", len(starts))
"""


async def test_what_runs_goes_on_and_what_begins_is_new(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        kernel = on.stage.kernel
        await kernel.run(COUNT_STARTS)
        waits, streams, idle = [await on.viewer() for _ in range(3)]
        gate, other_gate = on.gate(), on.gate()
        running = waits.say(f"wait {gate.name}")
        streaming = streams.say(f"stream 200 0 {other_gate.name}")
        await waits.until_status(running, "running")
        waiting = waits.say("echo")
        await waits.until_status(waiting, "queued")
        await streams.until_reply_has(streaming, "99 ")

        await kernel.run(ANOTHER_BOT + COUNT_STARTS.replace("starts = []\n", ""))
        begun = idle.say("echo")
        await idle.until_status(begun, "done")
        gate.let_pass()
        other_gate.let_pass()
        await waits.until_status(waiting, "done")
        await streams.until_status(streaming, "done")

        texts = [_reply(waits, running), _reply(waits, waiting), _reply(idle, begun), _reply(streams, streaming)]
        assert texts == [
            f"{running} waited",
            f"{waiting} echo anew",
            f"{begun} echo anew",
            stream_text(streaming, 200),
        ]
        assert [len(viewer.welcomes) for viewer in (waits, streams, idle)] == [1, 1, 1]
        sessions = [viewer.session for viewer in (waits, streams, idle)]
        assert (await kernel.run("print(*starts)")).split() == sessions
        await on.check()


async def test_a_cell_that_fails_leaves_the_handlers(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        await on.stage.kernel.run(f"1 / 0\n{ANOTHER_BOT}", may_fail=True)
        key = viewer.say("echo")
        await viewer.until_status(key, "done")
        await on.check()


async def test_again_and_again_under_load(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewers = [await on.viewer() for _ in range(4)]
        for _ in range(8):
            keys = [(viewer, viewer.say(words)) for viewer in viewers for words in ("echo", "stream 40")]
            await on.stage.kernel.run("bot = ChaosBot(bot._journal.path, bot._gates)\nbot.listen()")
            for viewer, key in keys:
                await viewer.until_status(key, "done")
        await on.check()


def _reply(viewer: ChaosViewer, key: str) -> str:
    reply = viewer.reply(key)
    assert reply is not None
    return reply.output
