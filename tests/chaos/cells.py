"""Cells that keep the kernel until a test lets them go, in the three ways in which a cell can; and a link that shows it
soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from .gates import pass_gate
from .proxy import FaultProxy
from .scene import Scene

Hold = Literal["sleep", "loop", "gil"]
_HOLDS: dict[Hold, str] = {
    # It waits in the operating system and lets other threads run, as `time.sleep` does.
    "sleep": "os.read(over, 1)",
    # It lets other threads run only when Python makes it, every 5 ms.
    "loop": """
os.set_blocking(over, False)
while True:
    try:
        os.read(over, 1)
        break
    except BlockingIOError:
        pass
""",
    # It lets no other thread run, as C code does that forgets to.
    "gil": "import ctypes; ctypes.PyDLL(None).read(over, ctypes.create_string_buffer(1), 1)",
}
_CELL = """
import os
begun, over = os.open({begun!r}, os.O_RDWR), os.open({over!r}, os.O_RDWR)
os.write(begun, b".")
{hold}
os.close(begun)
os.close(over)
"""


async def quick_link(on: Scene) -> FaultProxy:
    """Let the kernel reach its server through a proxy of its own, and give a sign of life five times a second."""
    link = await on.link()
    await on.stage.kernel.run("import jupyter_chat_sessions.host.link as link\nlink.BEAT_S = 0.2")
    link.cut()  # the pace holds from the next connection on
    return link


@asynccontextmanager
async def kept(on: Scene, hold: Hold, *, limit_s: float = 120.0) -> AsyncIterator[None]:
    """Let a cell keep the kernel for the length of a block."""
    begun, over = on.gate(), on.gate()
    paths = {"begun": str(on.stage.gates / begun.name), "over": str(on.stage.gates / over.name)}
    code = _CELL.format(hold=_HOLDS[hold], **paths)
    cell = asyncio.create_task(on.stage.kernel.run(code, limit_s=limit_s))
    await pass_gate(on.stage.gates / begun.name)
    try:
        yield
    finally:
        over.let_pass()
        await cell
