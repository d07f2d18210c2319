"""Answers from a small handbook: looks up passages, ranks them, writes the answer in pieces and names its sources."""

import math
import re
from collections import Counter

import chainlit as cl

HANDBOOK = {
    "Holidays": "Everybody has thirty days of holiday. Days that are not taken by March are lost.",
    "Travel": "Trains are booked in second class. Flights need the consent of the head of the team.",
    "Expenses": "Receipts are handed in within a month. Meals are paid up to thirty euros a day.",
    "Home": "Two days a week at home are fine. The team agrees on the days.",
}
STOP_WORDS = {"a", "the", "is", "are", "of", "in", "to", "and", "how", "many", "what", "do", "i", "my", "have", "on"}


def words(text):
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word not in STOP_WORDS]


@cl.cache
def index():
    return {title: Counter(words(f"{title} {text}")) for title, text in HANDBOOK.items()}


@cl.step(type="embedding", name="Understand")
async def understand(question):
    return {"words": sorted(set(words(question)))}


@cl.step(type="retrieval", name="Retrieve")
async def retrieve(question):
    wanted = set(words(question))
    scores = {title: sum(counts[word] for word in wanted) for title, counts in index().items()}
    async with cl.Step(name="Score", type="rerank", show_input=False) as step:
        step.output = {title: score for title, score in scores.items() if score}
    found = sorted((title for title in scores if scores[title]), key=lambda title: -scores[title])
    current = cl.context.current_step
    current.elements = [cl.Text(name=title, content=HANDBOOK[title]) for title in found[:1]]
    return found


@cl.step(type="llm", name="Write", show_input=False)
async def write(passages, message):
    for sentence in re.findall(r"[^.]+\.", " ".join(HANDBOOK[title] for title in passages)):
        await message.stream_token(sentence.strip() + " ")
    return f"{math.ceil(len(message.content) / 4)} tokens"


@cl.set_starters
async def starters():
    return [
        cl.Starter(label="Days off", message="How many days of holiday do I have?"),
        cl.Starter(label="Meals", message="What is paid for meals?"),
    ]


@cl.on_chat_start
async def start():
    cl.user_session.set("asked", 0)


@cl.on_message
async def answer(question: cl.Message):
    cl.user_session.set("asked", cl.user_session.get("asked") + 1)
    await understand(question.content)
    found = await retrieve(question.content)
    if not found:
        await cl.Message(content="The handbook does not say.").send()
        return
    message = cl.Message(content="")
    await write(found[:1], message)
    sources = [cl.Text(name=title, content=HANDBOOK[title], display="side") for title in found]
    message.elements = sources
    message.actions = [cl.Action(name="more", payload={"titles": found[1:]}, label="More")] if found[1:] else []
    await message.stream_token(f"(Sources: {', '.join(found)})")
    await message.send()


@cl.action_callback("more")
async def more(action: cl.Action):
    await action.remove()
    for title in action.payload["titles"]:
        await cl.Message(content=f"**{title}**: {HANDBOOK[title]}").send()
