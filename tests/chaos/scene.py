"""A scene: one server, one kernel with the bot, viewers behind lines that fail; at its end the checker reads it all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Self

import msgspec

from jupyter_chat_sessions.protocol.steps import Step

from .checker import Violation, check
from .gates import Gate
from .journal import Journal, SeenStep, read_journals, seen_step
from .kernel import ChaosKernel
from .proxy import FaultProxy
from .server import ChaosServer
from .viewer import LIMIT_S, ChaosViewer, begin_session

CHANNEL = "chaos"
SECRET_HEADER = "X-Chat-Session-Secret"
_PAGE = 200


class Stage:
    """A server and a kernel with the bot, for one scene or many.

    Args:
        server: The server, started.
        home: Where the bot's journal and the gates are.
        options: More words for `%chat_session`.
    """

    def __init__(self, server: ChaosServer, home: Path, *, options: str = "") -> None:
        self.server = server
        self.bot_journal = home / "bot.journal"
        self.gates = home / "gates"
        self.gates.mkdir(parents=True, exist_ok=True)
        self.kernel = ChaosKernel.start(server)
        self._options = options

    async def open_chat(self, *, hub_port: int | None = None) -> None:
        """Run the author's cells: at first, and after each restart of the kernel."""
        await self.kernel.open_chat(
            CHANNEL,
            journal=self.bot_journal,
            gates=self.gates,
            options=self._options,
            hub_port=hub_port,
        )

    async def new_kernel(self) -> None:
        """Start another kernel and run the cells, in the place of one that was killed, alone or with its server."""
        self.kernel = ChaosKernel.start(self.server)
        await self.open_chat()

    async def replace(self, killed: ChaosKernel) -> None:
        """Start another kernel in the place of one that was killed, on a server that keeps the dead (`KEEP_DEAD`)."""
        await self.new_kernel()
        await asyncio.to_thread(killed.shut_down)  # for the server it is there still


class Scene:
    """Viewers on a stage, for one test.

    Args:
        stage: The server and the kernel.
        home: Where the viewers' journal goes.

    Attributes:
        proxy: What stands between the viewers and the server, unless they dial it directly.
    """

    def __init__(self, stage: Stage, home: Path) -> None:
        self.stage = stage
        self.proxy = FaultProxy(stage.server.port)
        self._journal = Journal(home / "viewers.journal")
        self._viewers: list[ChaosViewer] = []
        self._secrets: dict[str, str] = {}
        self._exits = AsyncExitStack()
        self._numbers = count()
        self._gates = 0

    async def __aenter__(self) -> Self:
        await self._exits.enter_async_context(self.proxy)
        return self

    async def __aexit__(self, *_: object) -> None:
        for viewer in self._viewers:
            await viewer.close()
        self._viewers.clear()
        await self._exits.aclose()
        self._journal.close()

    async def viewer(self, *, of: ChaosViewer | None = None, direct: bool = False, **options: Any) -> ChaosViewer:
        """Let somebody come, to a session of their own or as another tab of somebody's, and wait for the welcome.

        Args:
            of: The tab whose session is opened once more.
            direct: The line does not lead through the proxy.
            options: More arguments of `ChaosViewer`.
        """
        if of is None:
            credentials = await asyncio.to_thread(begin_session, self.stage.server, CHANNEL)
            self._secrets[credentials[0]] = credentials[1]
        else:
            credentials = (of.session, of.secret)
        viewer = ChaosViewer(
            f"v{next(self._numbers)}",
            credentials,
            port=self.stage.server.port if direct else self.proxy.port,
            journal=self._journal,
            **options,
        )
        self._viewers.append(viewer)
        viewer.open()
        await viewer.until_welcome(1)
        await viewer.until(lambda: bool(viewer.viewing.conversation.state.get("started")))
        return viewer

    async def leave(self, viewer: ChaosViewer) -> None:
        """Let somebody close the tab, in the middle of whatever it shows."""
        self._viewers.remove(viewer)
        await viewer.vanish()

    async def forget(self, viewer: ChaosViewer) -> None:
        """Let somebody leave whose session has ended: nobody can read its thread by its secret any more."""
        await self.leave(viewer)
        del self._secrets[viewer.session]

    async def link(self) -> FaultProxy:
        """Let the kernel begin anew, and reach its server through a proxy of its own until the scene is over."""
        return await self._exits.enter_async_context(self._linked())

    def gate(self) -> Gate:
        """Make a gate that handlers can wait at."""
        self._gates += 1
        gate = Gate(self.stage.gates / f"{self._journal.path.parent.name}-{self._gates}")
        return self._exits.enter_context(gate)

    async def violations(self, *, patience_s: float = LIMIT_S) -> list[Violation]:
        """Heal the line, wait until all is quiet, let the viewers leave, and return what the checker finds.

        Args:
            patience_s: How long to wait for quiet; what is not quiet then, the checker says.
        """
        self.proxy.heal()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                for viewer in self._viewers:
                    await viewer.until_quiet(limit_s=patience_s)
        transcripts = await asyncio.to_thread(read_transcripts, self.stage.server, self._secrets)
        for viewer in self._viewers:
            await viewer.close()
        self._viewers.clear()
        return check(read_journals([self._journal.path, *self._bot_journals()]), transcripts)

    async def check(self) -> None:
        """See to it that the checker finds nothing.

        Raises:
            AssertionError: It finds something.
        """
        found = await self.violations()
        assert not found, "\n".join(f"{rule} in {session}: {text}" for rule, session, text in found)

    @asynccontextmanager
    async def _linked(self) -> AsyncIterator[FaultProxy]:
        async with FaultProxy(self.stage.server.port) as proxy:
            await asyncio.to_thread(self.stage.kernel.restart)
            await self.stage.open_chat(hub_port=proxy.port)
            yield proxy
            proxy.heal()
            await asyncio.to_thread(self.stage.kernel.restart)
            await self.stage.open_chat()

    def _bot_journals(self) -> Iterable[Path]:
        return [self.stage.bot_journal] if self.stage.bot_journal.exists() else []


@asynccontextmanager
async def scene_at(server: ChaosServer, home: Path) -> AsyncIterator[Scene]:
    """Open the chat in a kernel of a server, which is running, and set a scene there."""
    stage = Stage(server, home)
    await stage.open_chat()
    async with Scene(stage, home) as on:
        yield on


def read_transcripts(server: ChaosServer, secret_by_session: dict[str, str]) -> dict[str, list[SeenStep]]:
    """Return the whole thread of each session, as the server's store has it."""
    return {session: _transcript(server, session, secret) for session, secret in secret_by_session.items()}


def _transcript(server: ChaosServer, session: str, secret: str) -> list[SeenStep]:
    steps: list[SeenStep] = []
    before = ""
    while True:
        path = f"api/chat-sessions/sessions/{session}/steps?limit={_PAGE}{before}"
        page = server.request("GET", path, headers={SECRET_HEADER: secret})
        steps = [*map(seen_step, msgspec.convert(page["steps"], list[Step])), *steps]
        if not page.get("earlier"):
            return steps
        before = f"&before={steps[0].id}"
