"""Run as a cell: a bot that does what its first word says. What it waits for, a test lets happen with `gate(...)`."""

import asyncio
from collections import defaultdict

import jupyter_chat_sessions as cl

gates = defaultdict(asyncio.Event)
counts = defaultdict(int)

CODE = """\
Here is **bold** and *italic*, a [link](https://example.com/) and a table:

| a | b |
|---|---|
| 1 | two |

```python
def double(number: int) -> int:
    return 2 * number  # a comment
```

A formula $e^{i\\pi}+1=0$ and a price of $5.
"""


@cl.on_message
async def reply(message):
    word, _, rest = message.content.partition(" ")
    counts[message.content] += 1
    match word:
        case "code":
            await cl.Message(CODE).send()
        case "stream":
            answer = cl.Message("")
            for number in range(50):
                await answer.stream_token(f"w{number} ")
            await gates[rest].wait()
            for number in range(50, 100):
                await answer.stream_token(f"w{number} ")
            await answer.send()
        case "wait":
            await gates[rest].wait()
            await cl.Message(f"waited for {rest}").send()
        case "ask":
            answer = await cl.AskUserMessage(content=f"What about {rest}?", timeout=600).send()
            await cl.Message(f"So it is {answer['output']}").send()
        case "fail":
            raise ZeroDivisionError("on purpose")
        case "send":
            for text in texts[rest]:
                await cl.Message(text).send()
        case "note":
            noted.append(dict(cl.context.session.user_env))
            await cl.Message("noted").send()
        case "hostile":
            for text in hostile:
                await say_hostile[rest](text)
            await cl.Message(f"the end of {rest}").send()
        case _:
            await cl.Message(f"echo: {message.content}").send()


async def stream_in_pieces(text):
    answer = cl.Message("")
    for start in range(0, len(text), 7):
        await answer.stream_token(text[start : start + 7])
    await answer.send()


noted = []
texts = {}
hostile = []
say_hostile = {
    "send": lambda text: cl.Message(text).send(),
    "stream": stream_in_pieces,
    "name": lambda text: cl.Message("by a stranger", author=text).send(),
    "language": lambda text: cl.Message("in a strange tongue", language=text).send(),
    "error": lambda text: cl.ErrorMessage(text).send(),
}
