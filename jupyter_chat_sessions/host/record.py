"""What a session tells whoever keeps conversations beside the hub: an author's data layer."""

from __future__ import annotations

from typing import Protocol

from ..protocol.frames import HostEvent
from ..protocol.steps import Answer
from .run import Run
from .session import BaseSession


class Record(Protocol):
    """Is told of one session. From any thread; takes note and returns."""

    def on_event(self, event: HostEvent) -> None:
        """The host has said something; in the order in which viewers see it."""

    def on_taken(self, run: Run) -> None:
        """A handler is given what a viewer said or did."""

    def on_answer(self, answer: Answer) -> None:
        """A viewer has answered a question."""

    def on_removed(self, step_ids: list[str]) -> None:
        """A viewer has edited a message: what was said after it is gone."""

    def go_on_in(self, session: BaseSession) -> None:
        """The hub has given the session anew."""

    async def user_known(self) -> None:
        """Wait, not for long, until it is known who the session's viewer is there."""

    async def aclose(self, *, goes_on: bool) -> None:
        """The session is over; wait, not for long, until everything is told."""
