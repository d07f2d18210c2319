"""`context`: the session that this code runs for, and the run that is going on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from ..host.scope import current_scope
from ..host.session import BaseSession
from ..protocol.frames import AppendText, PutStep, RemoveStep
from ..protocol.steps import Step as StepStruct
from .elsewhere import CopilotFunction, OutputAudioChunk, no_audio
from .step import Step, current_step

if TYPE_CHECKING:
    import asyncio


class RunStep(NamedTuple):
    """The run that is going on, with the names that Chainlit's run steps have.

    Attributes:
        id: For `on_message` the id of the user's message; messages sent meanwhile have it as their `parent_id`.
        name: The handler's slot, such as `on_message`.
        type: Always `run`.
    """

    id: str
    name: str
    type: str = "run"


class Emitter:
    """Sends steps as they are given (Chainlit: `cl.context.emitter`). `Message` is the way for most.

    Args:
        session: Whose viewers see them.
    """

    def __init__(self, session: BaseSession) -> None:
        self.session = session

    async def send_step(self, step_dict: dict[str, Any]) -> None:
        """Show a step.

        Raises:
            ValueError: The dict is no step.
        """
        await self._put(step_dict)

    async def update_step(self, step_dict: dict[str, Any]) -> None:
        """Show a step as it is now.

        Raises:
            ValueError: The dict is no step.
        """
        await self._put(step_dict)

    async def delete_step(self, step_dict: dict[str, Any]) -> None:
        """Take a step out.

        Raises:
            KeyError: The dict has no `id`.
        """
        self.session.emit(RemoveStep(step_id=step_dict["id"]), run=current_scope().run)
        await self.session.room()

    async def send_token(self, id: str, token: str, *, offset: int, is_input: bool = False) -> None:
        """Add text at the end of a step.

        Args:
            id: The step's id.
            token: The text.
            offset: Code points that the step has so far.
            is_input: Add to its input.
        """
        into = AppendText(step_id=id, offset=offset, text=token, into="input" if is_input else "output")
        self.session.emit(into, run=current_scope().run)
        await self.session.room()

    async def send_audio_chunk(self, chunk: OutputAudioChunk) -> None:
        """Say that there is no live audio.

        Raises:
            UnsupportedError: Always.
        """
        raise no_audio("send_audio_chunk")

    async def send_audio_interrupt(self) -> None:
        """Say that there is no live audio.

        Raises:
            UnsupportedError: Always.
        """
        raise no_audio("send_audio_interrupt")

    async def send_call_fn(self, name: str, args: dict[str, Any], timeout: int = 300) -> None:
        """Say that there is no page around the chat whose functions could be called.

        Raises:
            UnsupportedError: Always.
        """
        CopilotFunction(name=name, args=args).acall()

    async def _put(self, step_dict: dict[str, Any]) -> None:
        try:
            step = msgspec.convert(step_dict, StepStruct)
        except msgspec.ValidationError as reason:
            raise ValueError(f"This is no step: {reason}.") from None
        self.session.emit(PutStep(step=step), run=current_scope().run)
        await self.session.room()


class Context:
    """What is going on here (Chainlit: `cl.context`). Each attribute is looked up when it is asked for.

    Example:
        >>> cl.context.session.user.identifier
        'alice'
    """

    @property
    def session(self) -> BaseSession:
        """The session, with `id`, `thread_id`, `user`, `user_env`, `chat_profile`, `chat_settings`, and more.

        Raises:
            NoSessionError: There is no session here.
        """
        return current_scope().session

    @property
    def emitter(self) -> Emitter:
        """Sends steps as they are given.

        Raises:
            NoSessionError: There is no session here.
        """
        return Emitter(current_scope().session)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop that this session's handlers run on.

        Raises:
            NoSessionError: There is no session here.
        """
        return current_scope().session.loop

    @property
    def current_run(self) -> RunStep | None:
        """The run that is going on, or None: a cell has none.

        Raises:
            NoSessionError: There is no session here.
        """
        run = current_scope().run
        return None if run is None else RunStep(id=run.id, name=run.slot)

    @property
    def current_step(self) -> Step | RunStep | None:
        """The innermost step that is going on, else the run; None in a cell.

        Raises:
            NoSessionError: There is no session here.
        """
        return current_step() or self.current_run


context = Context()
"""What is going on here."""


def get_context() -> Context:
    """Return `context`, once it is sure that there is a session.

    Raises:
        NoSessionError: There is no session here.
    """
    current_scope()
    return context
