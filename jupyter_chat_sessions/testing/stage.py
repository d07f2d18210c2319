"""Where viewers are: a hub and a host in this process."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

from ..embedded import EmbeddedHub
from ..host.app import App, RunOn
from ..host.current import current_runtime
from ..host.link import Link
from ..host.runtime import Runtime
from ..host.session import BaseSession
from ..hub.options import HubOptions
from ..protocol.errors import ChatSessionsError
from ..protocol.frames import ChannelSettings

DEFAULT_TIMEOUT_S = 10.0

stage_around: ContextVar[Stage | None] = ContextVar("chat_stage", default=None)
"""The stage of the `async with` that a test is in."""


class Stage:
    """A hub and a host in this process, for the viewers in its body.

    Args:
        app: The handlers; by default those that this process has registered with `@cl.on_message` and the like.
        channel: The chat's name.
        required_env: Variables that each viewer has to give.
        run_on: `notebook` runs async handlers on this loop, `thread` on one of their own.
        when_busy: What a message does while another runs: `queue`, `reject` or `interrupt`.
        options: The hub's limits; by default those of a server, but viewers may write as fast as they like.

    Example:
        >>> async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        ...     await alice.say("Hello")
    """

    def __init__(
        self,
        app: App | None = None,
        *,
        channel: str = "test",
        required_env: list[str] | None = None,
        run_on: RunOn = "notebook",
        when_busy: str = "queue",
        options: HubOptions | None = None,
    ) -> None:
        self.runtime = Runtime(app=app or current_runtime().app)
        self.channel = channel
        self.embedded = EmbeddedHub(options=options or HubOptions(messages_per_minute=0))
        self._settings = ChannelSettings(
            name=channel,
            title=channel,
            required_env=required_env or [],
            when_busy=when_busy,  # type: ignore[arg-type]  # a wrong word is refused by the hub's decoder
        )
        self._run_on: RunOn = run_on
        self._token: Token[Stage | None] | None = None

    async def __aenter__(self) -> Self:
        self.runtime.connect(self.embedded.dial)
        await self._publish()
        self._token = stage_around.set(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            stage_around.reset(self._token)
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()

        def on_session_ended(session: BaseSession) -> None:
            loop.call_soon_threadsafe(ended.set)

        self.runtime.on_session_ended = on_session_ended
        self.runtime.unpublish(self.channel)
        while self.runtime.sessions:
            await asyncio.wait_for(ended.wait(), DEFAULT_TIMEOUT_S)
            ended.clear()
        await asyncio.to_thread(self.runtime.close)
        await self.runtime.wait_ended(loop)

    async def restart_host(self) -> None:
        """Let the host die and start again, as when a kernel is restarted and its cells are run again.

        What runs is interrupted, the handlers are kept, `user_session` has what can be restored, and `on_chat_resume`
        runs for each session.

        Example:
            >>> async with Stage() as stage, Viewer("Alice") as alice:
            ...     await alice.say("My name is Alice")
            ...     await stage.restart_host()
            ...     await alice.say("What is my name?")
        """
        self.runtime = await asyncio.wrap_future(self.link.call(self.runtime.restarted()))
        await self._publish()
        await self._publish()  # The sessions come after the first answer, and before the second.

    @property
    def link(self) -> Link:
        """The link; its loop is the hub's."""
        if self.runtime.link is None:
            raise ChatSessionsError("The stage is not open: use it in `async with`.")
        return self.runtime.link

    async def _publish(self) -> None:
        published = self.runtime.publish(self._settings, loop=asyncio.get_running_loop(), run_on=self._run_on)
        await asyncio.wait_for(asyncio.wrap_future(published), DEFAULT_TIMEOUT_S)
