"""What is done on the way to an answer: steps in steps, of functions and of blocks, that stream and fail."""

import chainlit as cl
from chainlit.context import get_context


@cl.step(type="retrieval", name="Look up")
async def look_up(topic: str, limit: int = 2):
    async with cl.Step(name="Rank", type="rerank", show_input=True) as rank:
        rank.input = {"candidates": [f"{topic} {number}" for number in range(3)]}
        rank.output = f"{topic} 0 is best"
    return [f"{topic} {number}" for number in range(limit)]


@cl.step(type="tool")
def count_words(text: str):
    return len(text.split())


@cl.step(type="llm", show_input=False)
async def think(topic: str):
    step = cl.context.current_step
    for token in ("I ", "think ", f"about {topic}."):
        await step.stream_token(token)


@cl.step(type="tool", name="Fragile")
async def fragile():
    raise RuntimeError("The library is closed.")


@cl.on_message
async def main(message: cl.Message):
    topic = message.content
    if topic == "trouble":
        try:
            await fragile()
        except RuntimeError as reason:
            await cl.Message(content=f"It failed: {reason}").send()
        return
    if topic == "thread":
        words = await cl.make_async(count_words)("in a thread")
        await cl.Message(content=f"{words} words.").send()
        return
    found = await look_up(topic, limit=1)
    words = count_words(f"{topic} and more")
    await think(topic)
    async with cl.Step(name="Write", type="run", default_open=True, language="markdown") as write:
        write.input = topic
        write.output = f"# {topic}"
        await cl.Message(content="From inside a step.").send()
    aside = cl.Step(name="Aside", type="undefined", icon="book", tags=["seldom"], metadata={"level": 1})
    aside.output = {"fact": True}
    await aside.send()
    aside.output = "Changed."
    await aside.update()
    gone = cl.Step(name="Gone", type="embedding")
    await gone.send()
    await gone.remove()
    assert get_context().session.id == cl.context.session.id
    assert cl.context.current_run.name == "on_message"
    await cl.Message(content=f"{found[0]}, {words} words.").send()
