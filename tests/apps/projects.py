"""Works through a list of tasks, and shows beside the conversation what it works on."""

import chainlit as cl

PARTS = ["Read", "Weigh", "Write"]


@cl.on_message
async def main(message: cl.Message):
    if message.content == "close":
        await cl.ElementSidebar.set_elements([])
        await cl.Message(content="Closed.").send()
        return
    if message.content == "same":
        await cl.ElementSidebar.set_elements([cl.Text(name="Other", content="Not shown")], key="draft")
        await cl.Message(content="Still the draft.").send()
        return
    await cl.ElementSidebar.set_title("The draft")
    tasks = cl.TaskList()
    tasks.status = "Working"
    for part in PARTS:
        await tasks.add_task(cl.Task(title=part, status=cl.TaskStatus.READY))
    await tasks.send()
    for task in tasks.tasks:
        task.status = cl.TaskStatus.RUNNING
        await tasks.update()
        said = await cl.Message(content=f"{task.title}: {message.content}").send()
        task.forId = said.id
        task.status = cl.TaskStatus.FAILED if task.title == "Weigh" else cl.TaskStatus.DONE
        await tasks.update()
    tasks.status = "Done"
    await tasks.update()
    draft = cl.Text(name="Draft", content=f"# {message.content}")
    await cl.ElementSidebar.set_elements([draft], key="draft")
    await cl.Message(content="Have a look beside.").send()
