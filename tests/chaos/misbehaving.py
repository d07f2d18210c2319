"""A bot whose author has made mistakes: it ends in every way that a handler may, or never.

| message | what the bot does, besides what `ChaosBot` does |
|---|---|
| `KEY exit` | calls `sys.exit` |
| `KEY recurse` | calls itself without an end |
| `KEY print` | raises what cannot be printed |
| `KEY never` | waits for ever |
| `KEY leak` | leaves a task behind that never ends |
"""

from __future__ import annotations

import asyncio
import sys
import threading

import jupyter_chat_sessions as cl

from .bot import ChaosBot
from .journal import Began, key_of

_left_behind: list[asyncio.Task[bool]] = []


class MisbehavingBot(ChaosBot):
    """The handlers."""

    def block(self, message: cl.Message) -> None:
        """Never return: a plain `def` handler, which has a thread of its own."""
        if message.content.endswith(" block"):
            self._journal.write(Began(cl.context.session.id, run=message.id, key=key_of(message.content)))
            threading.Event().wait()
        cl.run_sync(self.on_message(message))

    async def _obey(self, message: cl.Message, session: str) -> None:
        match message.content.split()[1:]:
            case ["exit"]:
                sys.exit("the author has called sys.exit")
            case ["recurse"]:
                await self._obey(message, session)
            case ["print"]:
                raise _UnprintableError
            case ["never"]:
                await asyncio.Event().wait()
            case ["leak"]:
                _left_behind.append(asyncio.create_task(asyncio.Event().wait()))
                await self._say(session, message.id, f"{key_of(message.content)} leaked")
            case _:
                await super()._obey(message, session)


class _UnprintableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even its text can be had")
