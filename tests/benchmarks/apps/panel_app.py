"""The same bot for Panel's ChatInterface. `HANDLERS` names the file with the others' bot, for its texts."""

import os
import re
from pathlib import Path

import panel as pn

DOCUMENT = eval(re.search(r'"""(## .*?)"""', Path(os.environ["HANDLERS"]).read_text(), re.DOTALL)[0])
TOKENS = DOCUMENT.replace(" ", " \0").split("\0")


async def reply(text, user, instance):
    word, _, rest = text.partition(" ")
    if word == "document":
        said = ""
        for number in range(int(rest)):
            said += TOKENS[number % len(TOKENS)]
            yield said
        yield f"{said}\n\nThe end."
    else:
        yield rest


pn.extension()
chat = pn.chat.ChatInterface(callback=reply, callback_exception="raise")
chat.send("hello", user="Assistant", respond=False)
chat.servable()
