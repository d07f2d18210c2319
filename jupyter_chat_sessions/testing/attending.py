"""How a viewer comes and goes, and waits for what it sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeVar

from ..hub.access import Principal
from ..hub.hub import NewSession
from ..hub.session import Session
from ..protocol.errors import ChatSessionsError
from ..protocol.frames import EndSession, HubFrame, UserInfo, ViewerCommand
from ..protocol.viewing import Viewing
from .line import Line
from .reply import Reply, said
from .seeing import Seeing
from .stage import DEFAULT_TIMEOUT_S, Stage, stage_around

T = TypeVar("T")


class Attending(Seeing):
    """Has a session, on a line to the hub that may be cut and laid again."""

    def __init__(
        self,
        name: str = "Viewer",
        *,
        profile: str | None = None,
        user_env: dict[str, str] | None = None,
        language: str = "en-US",
        is_owner: bool = False,
        stage: Stage | None = None,
    ) -> None:
        self.name = name
        self._profile = profile
        self._given_env = user_env or {}
        self._language = language
        self._principal = Principal(
            key=f"test:{name}", user=UserInfo(identifier=name, display_name=name), is_owner=is_owner
        )
        self._stage = stage
        self._own_stage: Stage | None = None
        self._line: Line | None = None
        self._changed = asyncio.Event()
        self._secret = ""
        self.frames = []

    async def __aenter__(self) -> Self:
        stage = self._stage or stage_around.get()
        if stage is None:
            stage = self._own_stage = await Stage().__aenter__()
        self._stage = stage
        await self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line is not None and self.viewing.bye is None:
            self._line.send(EndSession())
            await self._until(lambda: self.viewing.bye is not None, "the session to end")
        if self._own_stage is not None:
            await self._own_stage.__aexit__(kind, error, trace)

    async def disconnect(self) -> None:
        """Lose the connection; the session goes on."""
        await self._open_line.aclose()
        self._line = None
        self.viewing.disconnected()

    async def reconnect(self) -> None:
        """Come back, and be given what was missed."""
        await self._attach()

    async def new_chat(self) -> None:
        """End this session and begin another."""
        self._open_line.send(EndSession())
        await self._until(lambda: self.viewing.bye is not None, "the session to end")
        await self._begin()

    async def wait_for(self, condition: Callable[[], bool], *, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        """Wait until something is true of what the viewer sees; it is looked at after each frame.

        Args:
            condition: Returns whether it is true.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It did not become true in time.
            ChatSessionsError: Something that this viewer said was refused meanwhile.
        """

        def is_so() -> bool:
            # First: what was refused is answered, too, and would pass for quiet.
            if self.viewing.refused:
                raise ChatSessionsError(self.viewing.refused.pop().text)
            return condition()

        await self._until(is_so, "what the test waits for", timeout_s=timeout_s)

    async def _begin(self) -> None:
        stage = self._required_stage
        request = NewSession(
            channel=stage.channel, language=self._language, chat_profile=self._profile, user_env=self._given_env
        )

        async def create() -> Viewing:
            created = stage.embedded.hub.create_session(self._principal, request)
            self._secret = created.secret
            return Viewing(created.session, created.secret)

        self.viewing = await asyncio.wrap_future(stage.link.call(create()))
        await self._attach()
        if not self.state.get("missingEnv"):
            await self._until(self._has_started, "on_chat_start")

    async def _attach(self) -> None:
        stage = self._required_stage
        line = Line(stage, on_frame=self._on_frame)
        self._line = line
        hello = self.viewing.hello()
        await asyncio.wrap_future(stage.link.call(line.attach(stage.embedded.hub, self._principal, hello)))
        await self._until(lambda: self.viewing.welcome is not None, "the welcome")

    async def _answered(self, act: Callable[[], object], *, timeout_s: float) -> Reply:
        """Do something, and return what is heard until nothing runs or a question waits."""
        before = {step.id: said(step) for step in self.steps}
        act()
        await self.wait_for(lambda: self.viewing.is_quiet, timeout_s=timeout_s)
        heard = [step for step in self.steps if not step.is_from_viewer and before.get(step.id) != said(step)]
        return Reply(steps=heard, question=self.question)

    async def _at_hub(self, act: Callable[[Session], T]) -> T:
        """Do something with the hub's session, as a request of this viewer's does."""
        stage = self._required_stage

        async def do() -> T:
            return act(stage.embedded.hub.session(self._principal, self.session_id, self._secret))

        return await asyncio.wrap_future(stage.link.call(do()))

    def _command(self, command: ViewerCommand) -> None:
        for frame in self.viewing.command(command):
            self._open_line.send(frame)

    def _on_frame(self, line: Line, frame: HubFrame) -> None:
        if line is not self._line:
            return
        self.frames.append(frame)
        _, answers = self.viewing.receive(frame)
        for answer in answers:
            line.send(answer)
        self._changed.set()

    async def _until(self, condition: Callable[[], bool], what: str, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"{self.name} waited {timeout_s:g} s in vain for {what}.") from None

    def _has_started(self) -> bool:
        return bool(self.state.get("started")) or self.question is not None

    @property
    def _required_stage(self) -> Stage:
        if self._stage is None:
            raise ChatSessionsError("This viewer is not here: use it in `async with`.")
        return self._stage

    @property
    def _open_line(self) -> Line:
        if self._line is None:
            raise ChatSessionsError("This viewer is not connected.")
        return self._line
