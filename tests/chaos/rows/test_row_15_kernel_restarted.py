"""Row 15: the kernel is restarted with Jupyter's button, and the cells are run again. What ran was stopped (Jupyter
interrupts a kernel before it restarts it), what waited runs once, and `on_chat_resume` runs once for each session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..scene import Scene

OWN_STAGE = True
RESUMES = """
import jupyter_chat_sessions as cl
resumed = []

@cl.on_chat_resume
async def resume(thread):
    resumed.append(cl.context.session.id)
    cl.user_session.set("times", cl.user_session.get("times", 0) + 1)
"""


async def test_every_live_session_goes_on_once(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewers = [await on.viewer() for _ in range(3)]
        gate = on.gate()
        running = viewers[0].say(f"wait {gate.name}")
        await viewers[0].until_status(running, "running")
        for _ in range(2):
            await asyncio.to_thread(on.stage.kernel.restart)
            for viewer in viewers:
                await viewer.until(lambda v=viewer: v.viewing.conversation.state["host"] == "gone")  # type: ignore[misc]
            meanwhile = [(viewer, viewer.say("echo")) for viewer in viewers]
            await on.stage.kernel.run(RESUMES)
            await on.stage.open_chat()
            for viewer, key in meanwhile:
                await viewer.until_status(key, "done")
            told = await on.stage.kernel.run("print(sorted(resumed))")
            assert eval(told) == sorted(viewer.session for viewer in viewers)
        assert viewers[0].status(running) in ("cancelled", "interrupted")
        await on.check()
