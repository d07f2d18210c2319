"""Takes an application, step by step: settings first, questions with choices, papers, and a summary to confirm."""

import csv
from pathlib import Path

import chainlit as cl
from chainlit.input_widget import Select, Switch
from chainlit.types import AskFileResponse


@cl.on_chat_start
async def start():
    places = Select(id="place", label="Place", values=["Bern", "Basel"], initial_index=0)
    await cl.ChatSettings([places, Switch(id="news", label="Newsletter", initial=False)]).send()
    await cl.Message(content="Say *apply* to begin. A paper can be sent with any message.").send()


@cl.on_settings_update
async def update(settings):
    await cl.context.emitter.send_toast(f"You apply in {settings['place']}.", type="success")
    await cl.Message(content=f"The place is {settings['place']}.").send()


def summary_of(file: AskFileResponse):
    if file.type == "text/csv":
        with open(file.path, newline="") as opened:
            return f"{file.name}: {len(list(csv.reader(opened)))} rows"
    return f"{file.name}: {file.size} bytes, {len(Path(file.path).read_bytes())} read"


@cl.on_message
async def main(message: cl.Message):
    if message.elements:
        told = [f"{type(each).__name__} {each.name} {Path(each.path).stat().st_size}" for each in message.elements]
        await cl.Message(content=f"{message.content}: {', '.join(told)}").send()
        return
    if message.content != "apply":
        await cl.Message(content="Say *apply* to begin.").send()
        return
    name = await cl.AskUserMessage(content="What is your name?", timeout=60).send()
    papers = await cl.AskFileMessage(
        content="Your papers, please.", accept=["text/plain", "text/csv"], max_size_mb=1, max_files=2, timeout=60
    ).send()
    async with cl.Step(name="Read", type="tool", show_input=False) as step:
        step.output = "\n".join(sorted(summary_of(paper) for paper in papers))
    given = cl.context.session.files
    papers = [paper for paper in papers if paper.id in given]
    yes, no = (cl.Action(name=name, payload={}, label=name.title()) for name in ("yes", "no"))
    place = cl.user_session.get("chat_settings")["place"]
    summary = f"{name['output']}, {len(papers)} papers, {place}. Is that right?"
    chosen = await cl.AskActionMessage(content=summary, actions=[yes, no], timeout=60).send()
    if chosen["name"] == "yes":
        copy = cl.File(name="application.txt", content=summary.encode(), mime="text/plain")
        await cl.Message(content="Thank you!", elements=[copy]).send()
    else:
        await cl.ErrorMessage(content="Then begin anew.").send()
