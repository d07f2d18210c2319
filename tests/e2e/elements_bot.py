"""Run as a cell: a bot that shows what it is asked for. Figures and tables are written by hand: no library needed."""

import io
import json
import struct
import wave
import zlib

import jupyter_chat_sessions as cl


class Written(cl.Element):
    """An element of any type, with content as the wire has it."""

    def __init__(self, type, name, content, props=None, **given):
        self.type = type
        self._own_props = props or {}
        super().__init__(name, content=content, **given)

    def _props(self):
        return self._own_props


def png(width=240, height=135):
    rows = b"".join(
        b"\0" + b"".join(bytes((x * 255 // width, y * 255 // height, 180)) for x in range(width)) for y in range(height)
    )
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def wav():
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    return file.getvalue()


PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources
<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length 44>>stream
BT /F 24 Tf 40 100 Td (A page of PDF) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
"""
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 80"><circle cx="40" cy="40" r="30" fill="teal"/></svg>'
FIGURE = {
    "data": [
        {"type": "bar", "x": ["May", "June", "July"], "y": [3, 7, 5], "name": "sales"},
        {"type": "scatter", "x": ["May", "June", "July"], "y": [2, 6, 6], "name": "plan"},
    ],
    "layout": {"title": {"text": "Sales"}, "width": 3000},
}
TABLE = {
    "columns": ["city", "people", "share"],
    "index": list(range(60)),
    "data": [[f"City {number}", number * 1000 % 7919, number / 7 if number % 9 else None] for number in range(60)],
}
PANDAS = """<div><style scoped>.dataframe th { color: red }</style><table border="1" class="dataframe"><thead>
<tr style="text-align: right;"><th></th><th>a</th><th>b</th></tr></thead><tbody><tr><th>0</th><td>1</td><td>x</td></tr>
<tr><th>1</th><td>22</td><td>y</td></tr></tbody></table><p>2 rows, 2 columns</p></div>"""


def display(name, **data):
    bundle = {kind.replace("__", "/"): value for kind, value in data.items()}
    return Written("display", name, json.dumps({"data": bundle, "metadata": {}}))


def everything():
    return [
        cl.Image(name="a gradient", content=png(), size="small"),
        cl.Image(name="a plan", content=SVG, mime="image/svg+xml"),
        cl.Text(name="notes", content="Some **bold** notes."),
        cl.Text(name="main.py", content="def f():\n    return 42", language="python"),
        cl.Pdf(name="report.pdf", content=PDF),
        cl.Audio(name="silence.wav", content=wav()),
        cl.Video(name="film.mp4", content=b"no film", mime="video/mp4"),
        cl.File(name="data.csv", content="a,b\n1,2\n"),
        Written("dataframe", "cities", json.dumps(TABLE), {"rows": 1_000_000, "shown": 60}),
        Written("plotly", "sales", json.dumps(FIGURE)),
        display("frame", text__html=PANDAS, text__plain="a b"),
        display("formula", text__latex="\\frac{1}{2}"),
        display("words", text__markdown="Some *markdown*."),
        display("object", text__plain="<Object at 0x1>"),
    ]


def beside(kind):
    return [cl.Text(name="the small print", content="Nothing is **promised**.", display=kind)]


@cl.on_message
async def reply(message):
    word, _, rest = message.content.partition(" ")
    match word:
        case "everything":
            await cl.Message("Here is everything.", elements=everything()).send()
        case "kind":
            await cl.Message(f"Only {rest}.", elements=[each for each in everything() if each.name == rest]).send()
        case "recordings":
            recordings = [
                cl.Audio(name="silence.wav", content=wav()),
                cl.Video(name="film.webm", content=film[0], mime="video/webm"),
            ]
            await cl.Message("Listen, and watch.", elements=recordings).send()
        case "beside":
            await cl.Message("Please read the small print first.", elements=beside(rest)).send()
        case "tasks":
            first = cl.Task("Read", status=cl.TaskStatus.DONE, forId=message.id)
            tasks = cl.TaskList(tasks=[first, cl.Task("Think it over", status=cl.TaskStatus.RUNNING), cl.Task("Write")])
            tasks.status = "Working…"
            await tasks.send()
            await cl.Message("There are tasks.").send()
        case "sidebar":
            await cl.ElementSidebar.set_elements([cl.Text(name="a source", content="Said so.")], key=rest)
            await cl.ElementSidebar.set_title("Sources")
            await cl.Message("Look aside.").send()
        case "signs":
            async with cl.Step("Look it up", type="tool", icon="globe") as step:
                step.output = "found"
            await cl.Message("Signs.", actions=[cl.Action("go", {}, label="Go on", icon="arrow-right")]).send()
        case "hostile":
            await cl.Message("The end.", elements=hostile_elements(hostile)).send()
            await cl.TaskList(tasks=[cl.Task(text[:200]) for text in hostile[:5]]).send()
            await cl.ElementSidebar.set_elements(hostile_elements(hostile[:3]), key=rest)
            await cl.ElementSidebar.set_title(hostile[2])


film = []
hostile = []


def hostile_elements(texts):
    together = "\n\n".join(texts)
    names = [text.replace("\n", " ")[:200] for text in texts]
    return [
        *[cl.File(name=name, content="x", display=kind) for name in names for kind in ("inline", "side")],
        cl.Text(name="text", content=together),
        cl.Text(name="code", content=together, language='py"><img src=x onerror=alert(1)>'),
        display("html", text__html=together),
        display("svg", **{"image__svg+xml": together}),
        display("markdown", text__markdown=together),
        display("plain", text__plain=together),
        Written("dataframe", "cells", json.dumps({"columns": texts[:9], "index": texts[:9], "data": [texts[:9]] * 9})),
    ]
