"""The bot of every contestant that takes handlers in Chainlit's style. `cl` is imported in the line put before it.

| message | what it does |
|---|---|
| `echo WORDS` | says `WORDS` |
| `stream COUNT` | streams COUNT tokens as fast as it can |
| `document COUNT` | streams COUNT tokens of Markdown: headings, lists, emphasis, code |
| `many COUNT` | says COUNT messages |
| `paced COUNT PACE_S` | streams COUNT tokens, one each PACE_S seconds; each says when it was made |
"""

import asyncio
import time

TOKEN = "token "
DOCUMENT = """## A heading

A paragraph with **bold** and *italic* words, a [link](https://example.com/) and `code` in it.

- the first
- the second, with *emphasis*

```python
def double(number):
    return 2 * number  # a comment
```

""".replace(" ", " \0").split("\0")


@cl.on_chat_start  # noqa: F821
async def greet():
    await cl.Message("hello").send()  # noqa: F821


@cl.on_message  # noqa: F821
async def reply(message):
    word, _, rest = message.content.partition(" ")
    match word:
        case "stream":
            answer = cl.Message("")  # noqa: F821
            for _ in range(int(rest)):
                await answer.stream_token(TOKEN)
            await answer.send()
        case "document":
            answer = cl.Message("")  # noqa: F821
            for number in range(int(rest)):
                await answer.stream_token(DOCUMENT[number % len(DOCUMENT)])
            await answer.stream_token("\n\nThe end.")
            await answer.send()
        case "many":
            for number in range(int(rest)):
                await cl.Message(f"message {number}").send()  # noqa: F821
        case "paced":
            count, pace_s = rest.split()
            answer = cl.Message("")  # noqa: F821
            due = time.time()
            for _ in range(int(count)):
                due += float(pace_s)
                await asyncio.sleep(max(0.0, due - time.time()))
                await answer.stream_token(f"{time.time():.4f} ")
            await answer.send()
        case _:
            await cl.Message(rest).send()  # noqa: F821
