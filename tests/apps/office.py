"""Starts once for everybody, remembers what is dear to compute, renames its authors, and talks with its window."""

from uuid import uuid4

import chainlit as cl
from chainlit.cache import cache
from chainlit.utils import utc_now

started = []
computed = []


@cl.on_app_startup
async def open_office():
    started.append("open")


@cl.on_app_shutdown
def close_office():
    started.append("closed")


@cache
def square(number):
    computed.append(number)
    return number * number


@cl.author_rename
async def rename(name: str):
    return {"clerk": "The Clerk", "Look up": "Looking up"}.get(name, name)


@cl.on_window_message
async def heard(data):
    await cl.Message(content=f"The window said {data}.", author="clerk").send()
    await cl.send_window_message({"heard": data})


@cl.on_message
async def main(message: cl.Message):
    emitter = cl.context.emitter
    if message.content == "toasts":
        for kind in ("info", "success", "warning", "error"):
            await emitter.send_toast(f"A notice: {kind}", kind)
        await cl.Message(content="Four notices.").send()
    elif message.content == "tokens":
        await emitter.update_token_count(42)
        await emitter.task_start()
        await emitter.task_end()
        await cl.Message(content="Counted.").send()
    elif message.content == "emit":
        now = utc_now()
        step = {
            "id": str(uuid4()),
            "threadId": message.thread_id,
            "parentId": message.id,
            "type": "tool",
            "name": "Raw",
        }
        step |= {"input": "", "output": "One", "createdAt": now, "start": now, "end": now, "isError": False}
        step |= {"streaming": False, "metadata": {}, "showInput": False, "language": None, "tags": None}
        await emitter.send_step(step)
        await emitter.update_step({**step, "output": "Two"})
        gone = {**step, "id": str(uuid4()), "name": "Gone"}
        await emitter.send_step(gone)
        await emitter.delete_step(gone)
        await emitter.emit("toast", {"message": "Sent as it is.", "type": "info"})
        await cl.Message(content="Sent.").send()
    elif message.content == "session":
        session = cl.context.session
        known = [isinstance(session.environ, dict), isinstance(session.user_env, dict), session.chat_profile is None]
        await cl.Message(content=f"{known} {len(cl.__version__.split('.')) >= 3}").send()
    else:
        async with cl.Step(name="Look up", type="tool") as step:
            step.output = f"{square(6)} {square(6)}"
        text = f"{started} {len(computed)} {step.output}"
        await cl.Message(content=text, author="clerk").send()
