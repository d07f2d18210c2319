"""An agent that plans a trip: a scripted model calls tools, which ask back before anything is booked."""

import json

import chainlit as cl

TRAINS = [{"to": "Basel", "leaves": "08:04", "price": 41}, {"to": "Basel", "leaves": "10:04", "price": 29}]


@cl.step(type="tool")
async def find_trains(to: str):
    return [train for train in TRAINS if train["to"] == to]


@cl.step(type="tool")
async def book(leaves: str):
    train = next(train for train in TRAINS if train["leaves"] == leaves)
    choices = [
        cl.Action(name="book", payload={"go": True}, label=f"Book for {train['price']} €", icon="check"),
        cl.Action(name="leave", payload={"go": False}, label="Leave it"),
    ]
    question = cl.AskActionMessage(content=f"The train at {leaves}?", actions=choices, timeout=60)
    chosen = await question.send()
    if not chosen or not chosen["payload"]["go"]:
        raise PermissionError("It was not wanted.")
    seats = cl.AskUserMessage(content="How many seats?", timeout=60)
    answer = await seats.send()
    cl.user_session.set("booked", {**train, "seats": int(answer["output"])})
    return {"booked": leaves, "seats": int(answer["output"])}


TOOLS = {"find_trains": find_trains, "book": book}


@cl.step(type="llm", name="Model")
async def model(messages):
    """Say what a model would: which tool to call next, or the answer."""
    last = messages[-1]
    if last["role"] == "user":
        return {"tool": "find_trains", "arguments": {"to": last["content"].rpartition(" ")[2].strip("?.")}}
    if last["name"] == "find_trains" and last["content"]:
        cheapest = min(last["content"], key=lambda train: train["price"])
        return {"tool": "book", "arguments": {"leaves": cheapest["leaves"]}}
    if last["name"] == "book" and last["content"] is not None:
        return {"answer": f"Your train leaves at {last['content']['booked']}. Have a good trip!"}
    return {"answer": "Then I have nothing for you."}


@cl.on_message
async def main(message: cl.Message):
    messages = [{"role": "user", "content": message.content}]
    async with cl.Step(name="Agent", type="run", show_input=False) as agent:
        for _ in range(5):
            said = await model(messages)
            if "answer" in said:
                break
            try:
                result = await TOOLS[said["tool"]](**said["arguments"])
            except PermissionError:
                result = None
            messages.append({"role": "tool", "name": said["tool"], "content": result})
        agent.output = f"{len(messages) - 1} calls"
    answer = cl.Message(content="")
    for word in said["answer"].split(" "):
        await answer.stream_token(word + " ")
    await answer.send()
    booked = cl.user_session.get("booked")
    if booked:
        file = cl.File(name="ticket.json", content=json.dumps(booked).encode(), display="inline")
        await cl.Message(content="Here is your ticket.", elements=[file]).send()
