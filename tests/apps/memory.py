"""What a session remembers: in `user_session`, in an accessor, in the conversation; what a correction does to it."""

import json

import chainlit as cl
from chainlit.chat_context import chat_context
from chainlit.user_session import user_session

count = cl.user_session.create_accessor("count", 0, apply_fn=lambda number: number + 1)


@cl.on_chat_start
async def start():
    user_session.set("order", [])
    await cl.Message(content=f"{len(cl.user_session.get('id')) > 8} {cl.user_session.get('chat_profile')}").send()


@cl.on_message
async def main(message: cl.Message):
    if message.content == "history":
        turns = [turn["content"] for turn in chat_context.to_openai() if turn["role"] == "user"]
        await cl.Message(content=json.dumps(turns)).send()
    elif message.content == "reset":
        count.reset()
        await cl.Message(content=f"{count.get()} {len(cl.chat_context.get()) > 1}").send()
    elif message.content == "clear":
        cl.chat_context.clear()
        await cl.Message(content=f"{len(cl.chat_context.get())} left").send()
    elif message.content == "where":
        session = cl.context.session
        same = session.thread_id == cl.context.session.thread_id and session.id == cl.user_session.get("id")
        await cl.Message(content=f"{session.client_type} {same} {session.chat_settings} {session.language}").send()
    else:
        order = cl.user_session.get("order")
        order.append(message.content)
        count.apply()
        await cl.Message(content=f"{count.get()}: {', '.join(order)}").send()
