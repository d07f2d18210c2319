"""A viewer's half of the protocol: what it has seen, and what it said that nobody has confirmed yet.

`labextension/src/viewing.ts` is the same machine. The one rule: apply an event only when its number is the next.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from .conversation import Conversation
from .errors import ProtocolError
from .frames import (
    PROTOCOL_VERSION,
    Accepted,
    Bye,
    ErrorFrame,
    Hello,
    HubFrame,
    Numbered,
    ViewerCommand,
    Welcome,
)

Effect = Literal["welcomed", "changed", "gap", "ended"]


class Viewing:
    """One viewer's view of one session, over any number of connections.

    Feed it what arrives (`receive`), tell it when a connection opens (`connected`) or is gone (`disconnected`), and
    send what `hello`, `connected` and `command` return.

    Args:
        session: The session's id.
        secret: The session's secret, as the server gave it when the session was made.
    """

    def __init__(self, session: str, secret: str) -> None:
        self.session = session
        self.secret = secret
        self.conversation = Conversation()
        self.welcome: Welcome | None = None
        self.epoch: str | None = None
        self.last_seq = 0
        self.refused: list[ErrorFrame] = []
        """Commands and frames that were turned down for good, newest last."""
        self.bye: Bye | None = None
        self._unconfirmed: dict[str, ViewerCommand] = {}
        self._is_welcome = False
        self._is_held = False

    @property
    def unconfirmed(self) -> list[ViewerCommand]:
        """What was said and neither accepted nor refused yet, in order."""
        return list(self._unconfirmed.values())

    @property
    def is_quiet(self) -> bool:
        """Whether all that was said is answered: nothing runs or waits, or a question waits for this viewer."""
        if self._unconfirmed:
            return False
        if self.conversation.questions:
            return True
        if "run" in self.conversation.state:
            return False
        return all(step.status not in ("queued", "running") for step in self.conversation.steps)

    def hello(self) -> Hello:
        """Return the first frame for a new connection."""
        self._is_welcome = False
        return Hello(
            v=PROTOCOL_VERSION, session=self.session, secret=self.secret, epoch=self.epoch, last_seq=self.last_seq
        )

    def disconnected(self) -> None:
        """The connection is gone: what is said from now on waits for the next welcome."""
        self._is_welcome = False

    def command(self, command: ViewerCommand) -> list[ViewerCommand]:
        """Keep a command until it is confirmed; return what to send now."""
        self._unconfirmed[command.client_id] = command
        return [command] if self._is_welcome and not self._is_held else []

    def retry(self) -> list[ViewerCommand]:
        """Return what to send again, once the time is over that a refusal for now has named."""
        self._is_held = False
        return self.unconfirmed if self._is_welcome else []

    def receive(self, frame: HubFrame) -> tuple[Effect | None, list[ViewerCommand]]:
        """Take a frame; return what it did and what to send in answer.

        On the effect `gap` the connection is of no use any more: close it with 4010 and say hello on a new one.
        """
        match frame:
            case Welcome():
                if not self._on_welcome(frame):
                    return "gap", []
                return "welcomed", self.unconfirmed
            case Numbered():
                return self._on_event(frame), []
            case Accepted(client_id=client_id):
                self._unconfirmed.pop(client_id, None)
                return "changed", []
            case ErrorFrame():
                if frame.retry_after_s is None:
                    self._unconfirmed.pop(frame.client_id or "", None)
                    self.refused.append(frame)
                elif frame.client_id in self._unconfirmed:
                    # What is said from now on must not overtake it.
                    self._is_held = True
                return "changed", []
            case Bye():
                self.bye = frame
                return "ended", []
            case _:
                return None, []

    def _on_welcome(self, welcome: Welcome) -> bool:
        if welcome.snapshot is not None:
            self.conversation = Conversation(welcome.snapshot)
            self.last_seq = welcome.seq
        elif not welcome.resumed or welcome.epoch != self.epoch:
            self._forget()
            return False
        self.epoch = welcome.epoch
        self.welcome = replace(welcome, snapshot=None)
        self._is_welcome, self._is_held = True, False
        return True

    def _on_event(self, frame: Numbered) -> Effect | None:
        if not self._is_welcome or frame.seq <= self.last_seq:
            return None
        if (frame.first or frame.seq) != self.last_seq + 1:
            return "gap"
        try:
            self.conversation.apply(frame.event)
        except ProtocolError:
            self._forget()
            return "gap"
        self.last_seq = frame.seq
        return "changed"

    def _forget(self) -> None:
        """Ask for a snapshot next time: what is here cannot be trusted."""
        self.epoch = None
        self.last_seq = 0
