"""Buttons: pressed at any time, several times, taken away, and as the answer to a question."""

import chainlit as cl


def buttons():
    return [
        cl.Action(name="vote", payload={"for": "tea"}, label="Tea", tooltip="Black or green"),
        cl.Action(name="vote", payload={"for": "coffee"}, label="Coffee", icon="coffee"),
        cl.Action(name="forget", payload={}),
    ]


@cl.on_chat_start
async def start():
    cl.user_session.set("votes", [])
    await cl.Message(content="What shall we drink?", actions=buttons()).send()


@cl.action_callback("vote")
async def vote(action: cl.Action):
    votes = cl.user_session.get("votes")
    votes.append(action.payload["for"])
    await cl.Message(content=f"So far: {', '.join(votes)}").send()
    if len(votes) == 2:
        await action.remove()
    return len(votes)


@cl.action_callback("forget")
async def forget():
    cl.user_session.set("votes", [])
    await cl.Message(content="All forgotten.").send()


@cl.on_message
async def decide(message: cl.Message):
    choices = [cl.Action(name=name, payload={"value": name}, label=name.title()) for name in ("yes", "no")]
    answer = await cl.AskActionMessage(content=f"Really {message.content}?", actions=choices, timeout=30).send()
    if answer and answer["payload"]["value"] == "yes":
        last = cl.Message(content="So be it.", actions=[cl.Action(name="forget", payload={}, label="Undo")])
        await last.send()
    else:
        last = cl.Message(content="Then not.", actions=[cl.Action(name="forget", payload={}, label="Undo")])
        await last.send()
        await last.remove_actions()
