"""What a session tells a cell that follows it in the notebook."""

from __future__ import annotations

from typing import Protocol

from ..protocol.frames import Event, HostRefused


class Follower(Protocol):
    """A cell that follows a session. Called on the link's thread: take note and return."""

    def on_event(self, event: Event) -> None:
        """Something changed in the conversation; numbered and kept by the hub before it came here."""

    def on_refused(self, refusal: HostRefused) -> None:
        """Something that the cell said was turned down."""

    def on_ended(self) -> None:
        """The session is over."""
