"""Says things in every way there is: plain, as code, as data, in pieces, changed, taken back, and as an error."""

import chainlit as cl


class Thermometer:
    def __str__(self):
        return "21 degrees"


async def plain():
    await cl.Message(content="A **bold** word and `code`.").send()


async def author():
    await cl.Message(content="I am somebody else.", author="Somebody").send()


async def data():
    await cl.Message(content={"answer": 42, "unit": "none"}).send()


async def numbers():
    await cl.Message(content=[1, 2]).send()


async def thing():
    await cl.Message(content=Thermometer()).send()


async def code():
    await cl.Message(content="print('hello')", language="python").send()


async def pieces():
    message = cl.Message(content="")
    for token in ("One ", "two ", "", "three."):
        await message.stream_token(token)
    await message.send()


async def replaced():
    message = cl.Message(content="")
    for text in ("Draft", "Better draft", "Final text."):
        await message.stream_token(text, is_sequence=True)
    await message.update()


async def changed():
    message = cl.Message(content="Working …")
    await message.send()
    message.content = "Done."
    await message.update()


async def removed():
    message = await cl.Message(content="Never mind.").send()
    await cl.Message(content="That stays.").send()
    await message.remove()


async def system():
    await cl.Message(content="The line is recorded.", type="system_message").send()


async def unhappy():
    await cl.ErrorMessage(content="That did not work.").send()


async def broken():
    raise ValueError("The kettle is empty.")


async def nothing():
    await cl.sleep(0)


DEEDS = {
    deed.__name__: deed for deed in (plain, author, data, numbers, thing, code, pieces, replaced, changed, removed)
}
DEEDS |= {deed.__name__: deed for deed in (system, unhappy, broken, nothing)}


@cl.on_message
async def main(message: cl.Message):
    await DEEDS[message.content]()
