"""The author's code that the kernel runs: a bot that does what a message's second word says, and writes it down.

It sleeps nowhere but where a stream is told its pace; what it waits for, a test lets happen through a gate.

| message | what the bot does |
|---|---|
| `KEY echo` | says `KEY echo` |
| `KEY stream COUNT [PACE_S [GATE]]` | streams `stream_text(KEY, COUNT)`; in the middle of it waits for the gate |
| `KEY ask` | asks, and says `KEY answered` |
| `KEY wait GATE` | waits for the gate, and says `KEY waited` |
| `KEY raise` | raises |
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import jupyter_chat_sessions as cl

from .gates import pass_gate
from .journal import Answered, Asked, Began, Ended, Journal, Said, Streams, digest, key_of, stream_tokens


class ChaosBot:
    """The handlers.

    Args:
        journal: Where it writes down what it does.
        gates: The folder of the gates.
    """

    def __init__(self, journal: Path, gates: Path) -> None:
        self._journal = Journal(journal)
        self._gates = gates
        self._ended: set[str] = set()
        self._changed = asyncio.Condition()

    def listen(self) -> None:
        """Define the handlers, as a notebook's cell does."""
        cl.on_message(self.on_message)

    async def on_message(self, message: cl.Message) -> None:
        """Do what the message says."""
        session = cl.context.session.id
        self._journal.write(Began(session, run=message.id, key=key_of(message.content), kernel=os.getpid()))
        try:
            await self._obey(message, session)
        except asyncio.CancelledError:
            self._journal.write(Ended(session, run=message.id, outcome="cancelled"))
            raise
        except Exception:
            self._journal.write(Ended(session, run=message.id, outcome="raised"))
            raise
        self._journal.write(Ended(session, run=message.id, outcome="done"))
        async with self._changed:
            self._ended.add(key_of(message.content))
            self._changed.notify_all()

    async def until_done(self, key: str) -> None:
        """Wait, in a cell, until a handler is done with a message: also while the kernel cannot tell its server so."""
        async with self._changed:
            await self._changed.wait_for(lambda: key in self._ended)

    async def _obey(self, message: cl.Message, session: str) -> None:
        match message.content.split():
            case [key, "echo", *_]:
                await self._say(session, message.id, f"{key} echo")
            case [key, "stream", count, *rest]:
                await self._stream(session, message.id, key, int(count), *rest)
            case [key, "ask"]:
                await self._ask(session, message.id, key)
            case [key, "wait", gate]:
                await pass_gate(self._gates / gate)
                await self._say(session, message.id, f"{key} waited")
            case [key, "raise"]:
                raise ZeroDivisionError(key)
            case _:
                raise ValueError(message.content)

    async def _say(self, session: str, run: str, text: str) -> None:
        message = cl.Message(text)
        self._journal.write(Said(session, run=run, step=message.id, key=key_of(text), digest=digest(text)))
        await message.send()

    async def _stream(
        self, session: str, run: str, key: str, count: int, pace_s: str = "0", gate: str | None = None
    ) -> None:
        message = cl.Message("")
        self._journal.write(Streams(session, run=run, step=message.id, key=key, tokens=count))
        for number, token in enumerate(stream_tokens(key, count)):
            await message.stream_token(token)
            if float(pace_s):
                await asyncio.sleep(float(pace_s))
            if gate is not None and number == count // 2:
                await pass_gate(self._gates / gate)
        await message.send()

    async def _ask(self, session: str, run: str, key: str) -> None:
        question = cl.AskUserMessage(f"{key} what?", timeout=600)
        self._journal.write(Said(session, run=run, step=question.id, key=key, digest=digest(f"{key} what?")))
        self._journal.write(Asked(session, run=run))
        answer = await question.send()
        assert answer is not None
        self._journal.write(Answered(session, run=run, key=key_of(answer["output"])))
        await self._say(session, run, f"{key} answered")
