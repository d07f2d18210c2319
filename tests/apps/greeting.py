"""Asks for a name, and uses it: the first app that everybody writes."""

import chainlit as cl


@cl.on_chat_start
async def start():
    answer = await cl.AskUserMessage(content="Hello! What's your name?", timeout=30).send()
    if answer:
        cl.user_session.set("user_name", answer["output"])
        await cl.Message(content=f"Nice to meet you, {answer['output']}!").send()


@cl.on_message
async def reply(message: cl.Message):
    name = cl.user_session.get("user_name", "User")
    await cl.Message(content=f"{name}, you said: {message.content}").send()
