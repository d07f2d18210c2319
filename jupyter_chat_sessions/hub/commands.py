"""What viewers of a session have said, so that what comes twice has its effect once.

The one rule: a client id stands for one thing as long as the session lives.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

from ..protocol.frames import Accepted, ErrorFrame

Reply = Callable[[Accepted | ErrorFrame], None]
"""Tells whoever said something what became of it."""


class Command:
    """Something a viewer said: recognised when it comes again, confirmed to everybody who said it."""

    def __init__(self, fingerprint: bytes, reply: Reply) -> None:
        self.fingerprint = fingerprint
        self._replies = [reply]
        self._accepted: Accepted | None = None

    def confirm(self, accepted: Accepted) -> None:
        """Tell everybody who said it that it is stored."""
        self._accepted = accepted
        for reply in self._replies:
            reply(accepted)
        self._replies.clear()

    def repeat(self, reply: Reply) -> None:
        """Answer it as before, at once or when it is stored."""
        if self._accepted is None:
            self._replies.append(reply)
        else:
            reply(self._accepted)


class CommandBook:
    """The commands of one session, by their client ids."""

    def __init__(self) -> None:
        self._command_by_id: dict[str, Command] = {}

    def recognise(self, client_id: str, content: tuple[str, ...], *, reply: Reply) -> Command | None:
        """Return a new command to be carried out; None if it came before, or its id did: then it is answered.

        Args:
            client_id: The id that the viewer gave it.
            content: What it says.
            reply: Tells the viewer.
        """
        fingerprint = blake2b("\0".join(content).encode(), digest_size=16).digest()
        known = self._command_by_id.get(client_id)
        if known is None:
            self._command_by_id[client_id] = command = Command(fingerprint, reply)
            return command
        if known.fingerprint != fingerprint:
            text = "This client id was used before for something else. Send it under a new one."
            reply(ErrorFrame(code="conflict", text=text, client_id=client_id))
        else:
            known.repeat(reply)
        return None

    def forget(self, client_id: str) -> None:
        """Let go of a command that was turned down: it may come again."""
        self._command_by_id.pop(client_id, None)
