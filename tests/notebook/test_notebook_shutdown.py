"""When a kernel is shut down in an orderly way, apps have their `on_app_shutdown` first."""

from __future__ import annotations

from pathlib import Path

from real_kernel import RealKernel

APP = """\
%load_ext jupyter_chat_sessions
import asyncio
import jupyter_chat_sessions as cl
from pathlib import Path

@cl.on_app_startup
async def startup():
    global pool
    pool = asyncio.get_running_loop().create_future()

@cl.on_app_shutdown
async def shutdown():
    asyncio.get_running_loop().call_soon(pool.set_result, "closed")  # of this very loop
    Path({path!r}).write_text(await pool)

@cl.on_message
async def reply(message):
    await cl.Message("heard " + message.content).send()

%chat_session
"""


def test_shut_down_kernel_lets_the_app_close_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "closed"
    with RealKernel() as kernel:
        page = kernel.page()
        page.run(APP.format(path=str(path)))
        assert page.run("%%chat_session\nHi").shown.endswith("heard Hi")
        kernel.shut_down()
        assert path.read_text() == "closed"
