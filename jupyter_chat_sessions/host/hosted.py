"""The sessions that live in this host, each with the dispatcher that runs its handlers.

The one rule: a session ends on its own loop, and is kept until its `on_chat_end` is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from .dispatcher import Dispatcher
from .session import BaseSession


class HostedSession(NamedTuple):
    """A session with the dispatcher that runs its handlers."""

    session: BaseSession
    dispatcher: Dispatcher


class HostedSessions:
    """All of them, by id.

    Args:
        on_ended: Called with each that has ended, on its own loop.
    """

    def __init__(self, *, on_ended: Callable[[BaseSession], None]) -> None:
        self._on_ended = on_ended
        self._by_id: dict[str, HostedSession] = {}
        self._displaced: dict[str, HostedSession] = {}
        """From before the hub began anew with this host, until it says what became of them."""
        self._ending: set[asyncio.Task[None]] = set()

    @property
    def sessions(self) -> list[BaseSession]:
        """Those that live, oldest first."""
        return [hosted.session for hosted in list(self._by_id.values())]

    def get(self, session_id: str) -> HostedSession | None:
        """Return one that lives here, or None."""
        return self._by_id.get(session_id)

    def add(self, hosted: HostedSession) -> None:
        """Take one in."""
        self._by_id[hosted.session.id] = hosted

    def displace(self) -> list[str]:
        """Put all aside until the hub has said what became of them; return the ids of all that are put aside."""
        self._displaced.update(self._by_id)
        self._by_id = {}
        for hosted in self._displaced.values():
            hosted.session.is_ending = hosted.session.is_ended = True
        return list(self._displaced)

    def take_displaced(self, session_id: str) -> HostedSession | None:
        """Return one that was put aside, and forget it."""
        return self._displaced.pop(session_id, None)

    def end(self, hosted: HostedSession, *, goes_on: bool = False) -> None:
        """End one, on its loop: cancel what runs, and let `on_chat_end` run unless the session goes on elsewhere."""
        if hosted.dispatcher.is_ending:
            return
        task = hosted.session.loop.create_task(self._ended(hosted, goes_on=goes_on), name="chat session end")
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def end_all(self) -> None:
        """End all whose loop still runs. From any thread."""
        for hosted in self._all():
            if not hosted.session.loop.is_closed():
                hosted.session.loop.call_soon_threadsafe(self.end, hosted)

    def abandon_all(self) -> None:
        """End all as the death of the process does: without a word to anybody. From any thread."""
        for hosted in self._all():
            hosted.session.is_ending = hosted.session.is_ended = True
            hosted.session.loop.call_soon_threadsafe(partial(self.end, hosted, goes_on=True))

    async def wait_ended(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for those on a loop that are ending. On that loop."""
        ending = [task for task in self._ending if task.get_loop() is loop]
        if ending:
            await asyncio.wait(ending)

    def _all(self) -> list[HostedSession]:
        return [*self._by_id.values(), *self._displaced.values()]

    async def _ended(self, hosted: HostedSession, *, goes_on: bool) -> None:
        await hosted.dispatcher.aclose(goes_on=goes_on)
        if self._by_id.get(hosted.session.id) is hosted:
            del self._by_id[hosted.session.id]
        if hosted.session.follower is not None:
            hosted.session.follower.on_ended()
        self._on_ended(hosted.session)
