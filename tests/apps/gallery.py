"""Shows all that can stand with a message or a step: inline, at the side, on a page of its own; and takes it back."""

from pathlib import Path
from struct import pack
from zlib import compress, crc32

import chainlit as cl


def picture():
    def chunk(kind, data):
        return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))

    rows = b"".join(b"\0" + bytes((40 * x, 40 * y, 120)[n] for x in range(6) for n in range(3)) for y in range(6))
    head = pack(">IIBBBBB", 6, 6, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", compress(rows)) + chunk(b"IEND", b"")


def recording():
    samples = bytes(128 + (n % 32) * 2 for n in range(800))
    head = b"WAVEfmt " + pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8) + b"data" + pack("<I", len(samples))
    return b"RIFF" + pack("<I", len(head) + len(samples)) + head + samples


DOCUMENT = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj
trailer<</Root 1 0 R>>
"""


async def pictures():
    small = cl.Image(name="Small", content=picture(), size="small", display="inline")
    beside = cl.Image(name="Beside", content=picture(), display="side")
    apart = cl.Image(name="Apart", content=picture(), display="page")
    await cl.Message(content="Small, Beside and Apart.", elements=[small, beside, apart]).send()


async def texts():
    notes = cl.Text(name="Notes", content="Some **notes**.")
    source = cl.Text(name="Source", content="print('hello')", language="python")
    own = cl.File(name="gallery.py", path=str(Path(__file__)))
    await cl.Message(content="To read:", elements=[notes, source, own]).send()


async def documents():
    await cl.Message(content="A document.", elements=[cl.Pdf(name="Paper", content=DOCUMENT, page=1)]).send()


async def media():
    sound = cl.Audio(name="Tone", content=recording(), auto_play=False)
    film = cl.Video(name="Film", content=b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", player_config={"width": 320})
    await cl.Message(content="To hear and to see:", elements=[sound, film]).send()


async def figures():
    import matplotlib as mpl
    import plotly.graph_objects as go

    mpl.use("agg")
    from matplotlib import pyplot

    drawn, axes = pyplot.subplots(figsize=(3, 2))
    axes.plot([1, 2, 3], [1, 4, 9])
    moving = go.Figure(data=[go.Bar(x=["a", "b"], y=[1, 2])])
    shown = [cl.Pyplot(name="Drawn", figure=drawn), cl.Plotly(name="Moving", figure=moving)]
    await cl.Message(content="Two figures.", elements=shown).send()
    pyplot.close(drawn)


async def tables():
    import pandas

    frame = pandas.DataFrame({"city": ["Rome", "Oslo"], "people": [2.8, 0.7]})
    await cl.Message(content="A table.", elements=[cl.Dataframe(name="Cities", data=frame)]).send()


async def steps():
    found = cl.Text(name="Found", content="A line of it.")
    async with cl.Step(name="Search", type="tool", elements=[found]) as step:
        step.output = "One thing."
    await cl.Message(content="Look into the step.").send()


async def later():
    message = await cl.Message(content="Something comes.").send()
    file = cl.File(name="late.txt", content="Here I am.", mime="text/plain")
    await file.send(for_id=message.id)
    gone = cl.Image(name="Gone", content=picture())
    await gone.send(for_id=message.id)
    await gone.remove()
    message.content = "Something came."
    await message.update()


DEEDS = {deed.__name__: deed for deed in (pictures, texts, documents, media, figures, tables, steps, later)}


@cl.on_message
async def main(message: cl.Message):
    await DEEDS[message.content]()
