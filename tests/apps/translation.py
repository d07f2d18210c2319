"""Translates: a model of OpenAI's drafts and writes, one of Mistral's reads it over, each asked by its own client."""

import chainlit as cl
import openai
from models.server import serve

try:
    from mistralai.client import Mistral
except ImportError:  # before its version 2
    from mistralai import Mistral

WORDS = {"good": "guten", "morning": "Morgen", "evening": "Abend"}


def answer(asked):
    """Say what the models would."""
    if asked["model"] == "titles":
        return f"How to say {asked['prompt']}"
    if asked["model"] == "endings":
        return "!"
    told = asked["messages"][-1]["content"]
    if asked["model"] == "reader":
        return f"{len(told.split())} words, and all is well."
    unknown = [word for word in told.split() if word not in WORDS]
    if unknown:
        raise ValueError(f"No word for {unknown[0]}.")
    return " ".join(WORDS[word] for word in told.split())


ADDRESS = serve(answer)
OPENAI = {"base_url": f"{ADDRESS}/v1", "api_key": "none", "max_retries": 0}
MISTRAL = {"server_url": ADDRESS, "api_key": "none"}

cl.instrument_openai()
cl.instrument_mistralai()


def told(text):
    return [{"role": "user", "content": text}]


@cl.step(type="tool")
async def draft(text):
    async with openai.AsyncOpenAI(**OPENAI) as models:
        answer = await models.chat.completions.create(model="words", messages=told(text))
    return answer.choices[0].message.content


@cl.step(type="tool")
async def read_over(text):
    async with Mistral(**MISTRAL) as models:
        read = await models.chat.complete_async(model="reader", messages=told(text))
        ending = await models.fim.complete_async(model="endings", prompt=text, suffix="")
    return f"{text}{ending.choices[0].message.content} ({read.choices[0].message.content})"


async def write(text):
    message = cl.Message(content="")
    async with openai.AsyncOpenAI(**OPENAI) as models:
        async for piece in await models.chat.completions.create(model="words", messages=told(text), stream=True):
            await message.stream_token(piece.choices[0].delta.content or "")
    await message.send()


def title(text):
    with openai.OpenAI(**OPENAI) as models:
        return models.completions.create(model="titles", prompt=text).choices[0].text


@cl.on_message
async def main(message: cl.Message):
    try:
        drafted = await draft(message.content)
    except openai.BadRequestError as reason:
        await cl.Message(content=f"I cannot translate this. {reason.body['message']}").send()
        return
    await cl.Message(content=f"A first draft: {drafted}").send()
    await write(message.content)
    await cl.Message(content=await read_over(drafted)).send()
    try:
        heading = await cl.make_async(title)(message.content)
    except RuntimeError:
        heading = "No title, this time"
    await cl.Message(content=heading).send()
