"""*Interrupt* stops what runs, a handler included, and leaves the kernel and the other sessions as they were.

What sleeps here sleeps again and again: of a signal that comes between Python's last look and the system call, Python
knows when the call returns.
"""

from __future__ import annotations

from real_kernel import Page, RealKernel

BLOCKING = """\
import time
@cl.on_message
async def reply(message):
    if message.content == "block":
        print("blocking", flush=True)
        while True:
            time.sleep(0.01)
    await cl.Message("heard " + message.content).send()
"""
WAITING = """\
import asyncio
@cl.on_message
async def reply(message):
    if message.content == "wait":
        asyncio.get_running_loop().call_soon(print, "waiting")  # printed once the handler waits
        await asyncio.sleep(60)
    await cl.Message("heard " + message.content).send()
"""
SPEAK = """\
from jupyter_chat_sessions.host.current import current_runtime
runtime = current_runtime()
session = cl.context.session
runtime.say(session, {text!r});
"""


def test_a_handler_that_keeps_the_loop_is_stopped_while_no_cell_runs(kernel: RealKernel, page: Page) -> None:
    defining = page.run(BLOCKING)
    page.run("%chat_session")
    page.run(SPEAK.format(text="block"))
    page.wait_for(lambda: "blocking" in defining.text)
    kernel.interrupt()
    talking = page.run("%%chat_session\nagain")
    assert "Stopped by the author of this notebook." in talking.shown
    assert talking.shown.endswith("heard again")


def test_a_handler_that_waits_is_stopped_while_no_cell_runs(kernel: RealKernel, page: Page) -> None:
    defining = page.run(WAITING)
    page.run("%chat_session")
    page.run(SPEAK.format(text="wait"))
    page.wait_for(lambda: "waiting" in defining.text)
    page.run("wire = runtime.link._wire")
    kernel.interrupt()
    talking = page.run("%%chat_session\nagain")
    assert "Stopped by the author of this notebook." in talking.shown
    assert talking.shown.endswith("heard again")
    statuses = page.run("print([session.current_run for session in runtime.sessions])")
    assert statuses.text == "[None]\n"
    link = page.run("print(runtime.link_status, runtime.link._wire is wire)")
    assert link.text == "connected True\n", "the link is not interrupted"


def test_a_handler_that_keeps_the_loop_is_stopped_while_a_cell_waits_for_it(kernel: RealKernel, page: Page) -> None:
    defining = page.run(BLOCKING)
    page.run("%chat_session")
    request = page.start("%%chat_session\nblock")
    page.wait_for(lambda: "blocking" in defining.text)
    kernel.interrupt()
    assert "Stopped by the author of this notebook." in page.finish(request).shown
    assert page.run("%%chat_session\nagain").shown == "heard again"


def test_interrupting_a_chat_cell_stops_its_run(kernel: RealKernel, page: Page) -> None:
    defining = page.run(WAITING)
    page.run("%chat_session")
    request = page.start("%%chat_session\nwait")
    page.wait_for(lambda: "waiting" in defining.text)
    kernel.interrupt()
    talking = page.finish(request, may_fail=True)
    assert talking.reply is not None
    assert talking.reply["status"] == "error"
    assert talking.shown == "(Interrupted.)"
    assert page.run("%%chat_session\nagain").shown == "heard again"


def test_a_cell_is_interrupted_as_ever(kernel: RealKernel, page: Page) -> None:
    page.run("%chat_session")
    request = page.start("import time\nprint('on', flush=True)\nwhile True:\n    time.sleep(0.01)")
    page.wait_for(lambda: "on" in page.outputs[request].text)
    kernel.interrupt()
    assert page.finish(request, may_fail=True).errors[0].startswith("KeyboardInterrupt")
