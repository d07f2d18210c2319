"""`context`: the session that this code runs for, and the run that is going on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..host.scope import current_scope
from ..host.session import BaseSession
from .emitter import Emitter
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
        """What viewers are shown beside messages: commands, modes, toasts.

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
