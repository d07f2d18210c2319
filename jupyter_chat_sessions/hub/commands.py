"""What viewers of a session have said, so that what comes twice has its effect once.

The one rule: a client id stands for one thing as long as the session lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import blake2b

from ..protocol.frames import Accepted, ErrorFrame
from .store import CommandRecord

MAX_REMEMBERED = 4096
"""Commands of a session that are recognised; a viewer keeps far fewer to be sent again."""
RESTORED_COMMANDS = 512
"""Those of them that are known again after a restart: what is not confirmed then was among the last."""

Reply = Callable[[Accepted | ErrorFrame], None]
"""Tells whoever said something what became of it."""


class Command:
    """Something a viewer said: recognised when it comes again, answered to everybody who said it."""

    __slots__ = ("_accepted", "_replies", "client_id", "fingerprint")

    def __init__(self, client_id: str, fingerprint: bytes | None, *, accepted: Accepted | None = None) -> None:
        self.client_id = client_id
        self.fingerprint = fingerprint
        self._replies: tuple[Reply, ...] = ()
        self._accepted = accepted

    def record(self, step_id: str) -> CommandRecord:
        """Return what is stored of it."""
        return CommandRecord(client_id=self.client_id, fingerprint=self.fingerprint, step_id=step_id)

    @property
    def step_id(self) -> str | None:
        """The step that it became, once it is stored."""
        return None if self._accepted is None else self._accepted.step_id

    def confirm(self, accepted: Accepted) -> None:
        """Tell everybody who said it that it is stored."""
        self._accepted = accepted
        self.tell(accepted)

    def tell(self, answer: Accepted | ErrorFrame) -> None:
        """Tell everybody who said it and has not been answered."""
        replies, self._replies = self._replies, ()
        for reply in replies:
            reply(answer)

    def hear(self, reply: Reply) -> None:
        """Answer it as before, at once or when it is stored."""
        if self._accepted is None:
            self._replies += (reply,)
        else:
            reply(self._accepted)


class CommandBook:
    """The commands of one session, by their client ids."""

    def __init__(self) -> None:
        self._command_by_id: dict[str, Command] = {}

    def restore(self, records: Iterable[CommandRecord]) -> None:
        """Know again what was accepted before the server's end."""
        for record in records:
            accepted = Accepted(client_id=record.client_id, step_id=record.step_id)
            command = Command(record.client_id, record.fingerprint, accepted=accepted)
            self._command_by_id[record.client_id] = command

    def recognise(self, client_id: str, content: tuple[str, ...], *, reply: Reply) -> Command | None:
        """Return a new command to be carried out; None if it came before, or its id did: then it is answered.

        Args:
            client_id: The id that the viewer gave it.
            content: What it says.
            reply: Tells the viewer.
        """
        fingerprint = blake2b("\0".join(content).encode(), digest_size=16).digest()
        known = self._command_by_id.get(client_id)
        if known is not None and known.fingerprint not in (None, fingerprint):
            text = "This client id was used before for something else. Send it under a new one."
            reply(ErrorFrame(code="conflict", text=text, client_id=client_id))
            return None
        if known is not None:
            known.hear(reply)
            return None
        command = self._command_by_id[client_id] = Command(client_id, fingerprint)
        command.hear(reply)
        if len(self._command_by_id) > MAX_REMEMBERED:
            del self._command_by_id[next(iter(self._command_by_id))]
        return command

    def that_became(self, step_id: str) -> Command | None:
        """Return what was said as a step, or None."""
        return next((command for command in self._command_by_id.values() if command.step_id == step_id), None)

    def refuse(self, command: Command, error: ErrorFrame) -> None:
        """Turn a command down and let go of it: it may come again."""
        self._command_by_id.pop(command.client_id, None)
        command.tell(error)
