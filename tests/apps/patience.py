"""Works until it is stopped, in a thread as well; and asks what nobody answers in time."""

import asyncio
import time

import chainlit as cl
from chainlit.sync import make_async, run_sync


def add_up(numbers):
    time.sleep(0.01)
    run_sync(cl.Message(content="Adding in a thread.").send())
    return sum(numbers)


@cl.on_stop
async def stopped():
    await cl.Message(content="I stopped.").send()


@cl.on_chat_end
async def ended():
    cl.user_session.set("over", True)


@cl.on_message
async def main(message: cl.Message):
    if message.content == "count":
        counting = cl.Message(content="")
        await counting.stream_token("One, ")
        await counting.stream_token("two, ")
        await asyncio.Event().wait()
        await counting.stream_token("never.")
    elif message.content == "add":
        total = await make_async(add_up)([1, 2, 3])
        await cl.Message(content=f"The sum is {total}.").send()
    elif message.content == "hurry":
        answer = await cl.AskUserMessage(content="Quick: what is 6 times 7?", timeout=2).send()
        await cl.Message(content=f"You said {answer}.").send()
    else:
        choice = cl.Action(name="go", payload={}, label="Go")
        try:
            await cl.AskActionMessage(content="Now?", actions=[choice], timeout=2, raise_on_timeout=True).send()
        except Exception as reason:
            await cl.Message(content=f"Too late: {type(reason).__name__.endswith('TimeoutError')}").send()
