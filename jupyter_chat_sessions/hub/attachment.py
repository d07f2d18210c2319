"""A viewer's connection, as the hub reads it: first a hello, then what a viewer may say. Knows no transport.

The one rule: whatever comes, the answer is a frame; a line is closed only after a goodbye.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import assert_never

from ..protocol.errors import ProtocolError, RefusedError
from ..protocol.frames import (
    MAX_VIEWER_BYTES,
    PROTOCOL_VERSION,
    Begin,
    Begun,
    Bye,
    Call,
    Decoder,
    EditMessage,
    EndSession,
    ErrorFrame,
    GiveEnv,
    Hello,
    Ping,
    Pong,
    PressAction,
    Retry,
    Seen,
    SendAnswer,
    SendMessage,
    Stop,
    ViewerCommand,
    ViewerFrame,
    encode,
)
from .session import Session
from .viewers import Outlet

logger = logging.getLogger(__name__)

MAX_UNREADABLE = 20
"""Frames that cannot be read before the line is closed."""
MAX_TOO_FAST = 100
"""Refusals for speed in one connection before it is closed: whoever is there does not listen to them."""
MAX_FRAMES = 64
"""Frames in one message of a viewer."""

TellBegun = Callable[[Begun], None]
"""Tells a viewer of the session that was made for it."""

_decoder = Decoder(ViewerFrame, max_bytes=MAX_VIEWER_BYTES, max_frames=MAX_FRAMES)
_CLOSE_CODES = {"unknown_session": 4404, "version": 4426, "busy": 4409}


class Attachment:
    """A viewer that is joined to its session, handed to whoever reads the socket."""

    def __init__(self, session: Session, outlet: Outlet) -> None:
        self.session = session
        self._outlet = outlet
        self._is_attached = True
        self._too_fast = 0

    def receive(self, frame: ViewerFrame | ProtocolError) -> None:
        """Take a frame, or the error that stands in place of one."""
        if not self._is_attached:
            return
        if isinstance(frame, ViewerCommand) and self._is_refused(frame):
            return
        match frame:
            case SendMessage():
                self.session.intake.message(frame, reply=self._reply)
            case SendAnswer():
                self.session.intake.answer(frame, reply=self._reply)
            case EditMessage():
                self.session.intake.edit(frame, reply=self._reply)
            case PressAction():
                self.session.intake.press(frame, reply=self._reply)
            case Call():
                self.session.intake.call(frame, reply=self._reply)
            case GiveEnv():
                self.session.intake.give_env(frame, reply=self._reply)
            case Retry():
                self.session.intake.retry(frame, reply=self._reply)
            case Stop():
                self.session.runs.stop()
            case EndSession():
                self.session.end("closed")
            case Ping():
                self._outlet.send(encode(Pong()))
            case Seen():
                pass  # Slow viewers are judged by what waits in their socket.
            case Begin() | Hello():
                self._reply(ErrorFrame(code="out_of_order", text="A viewer says hello once in a connection."))
            case ProtocolError():
                self._reply(ErrorFrame(code=frame.code, text=frame.text, client_id=frame.client_id))
            case _:
                assert_never(frame)

    def detach(self) -> None:
        """The socket is gone."""
        self._is_attached = False
        self.session.detach(self._outlet)

    def _is_refused(self, command: ViewerCommand) -> bool:
        """Turn down what comes too late or too fast; return whether it does."""
        if self.session.state == "ended":
            # Another tab or the author has ended it, and this viewer had not heard of that yet.
            text = "This conversation has ended. Start a new chat."
            self._reply(ErrorFrame(code="ended", text=text, client_id=command.client_id))
            return True
        wait_s = self.session.intake.wait_s()
        if not wait_s:
            return False
        self._too_fast += 1
        text = f"You write faster than this chat can take. This is sent again by itself in {wait_s:.0f} s."
        self._reply(ErrorFrame(code="too_fast", text=text, client_id=command.client_id, retry_after_s=wait_s))
        if self._too_fast == MAX_TOO_FAST:
            self._outlet.close(4013, "too fast")
        return True

    def _reply(self, frame: object) -> None:
        self._outlet.send(encode(frame))


class Reception:
    """Reads the messages of one connection: lets a viewer in by its hello, and hands on what it says.

    Args:
        begin: Makes a session for a viewer, and tells of it once it is stored; raises `RefusedError`.
        attach: Joins a viewer to its session; raises `RefusedError`.
        outlet: The way back.
    """

    def __init__(
        self,
        begin: Callable[[Begin, TellBegun], None],
        attach: Callable[[Hello], Attachment],
        outlet: Outlet,
    ) -> None:
        self.attachment: Attachment | None = None
        """The viewer, once it is let in."""
        self.has_heard_hello = False
        """Nobody need be reminded to say it."""
        self._is_lost = False
        self._begin = begin
        self._attach = attach
        self._outlet = outlet
        self._unreadable = 0

    def receive(self, message: str | bytes) -> None:
        """Take a message apart. Nothing here waits."""
        try:
            frames = _decoder.frames(message)
        except ProtocolError as error:
            frames = [error]
        for frame in frames:
            if isinstance(frame, ProtocolError):
                self._on_unreadable(frame)
            elif self.attachment is not None:
                self.attachment.receive(frame)
            elif isinstance(frame, Hello) and not self.has_heard_hello:
                self._on_hello(frame)
            elif isinstance(frame, Begin) and not self.has_heard_hello:
                self._on_begin(frame)
            elif self.has_heard_hello:
                self._say(ErrorFrame(code="out_of_order", text="Wait for the welcome of the session that you began."))
            else:
                self._say(ErrorFrame(code="out_of_order", text="Say hello first: which session, and its secret."))

    def lost(self) -> None:
        """The connection is gone."""
        self._is_lost = True
        if self.attachment is not None:
            self.attachment.detach()
            self.attachment = None

    def _on_begin(self, begin: Begin) -> None:
        self.has_heard_hello = True
        try:
            self._begin(begin, self._on_begun)
        except RefusedError as error:
            self.has_heard_hello = False
            logger.info("a viewer was given no session: %s", error.code)
            self._say(ErrorFrame(code=error.code, text=error.text))

    def _on_begun(self, begun: Begun) -> None:
        """Tell a viewer of its session and show it at once: a hello would cost it another way there and back."""
        if not self._is_lost:
            self._say(begun)
            self._on_hello(Hello(v=PROTOCOL_VERSION, session=begun.session, secret=begun.secret))

    def _on_hello(self, hello: Hello) -> None:
        self.has_heard_hello = True
        try:
            self.attachment = self._attach(hello)
        except RefusedError as error:
            logger.info("a viewer was refused: %s", error.code)
            self._say(ErrorFrame(code=error.code, text=error.text))
            self._dismiss(_CLOSE_CODES.get(error.code, 4400), error.text, reason=error.code)

    def _on_unreadable(self, error: ProtocolError) -> None:
        if self._unreadable == MAX_UNREADABLE:
            return  # It is being closed.
        session = "-" if self.attachment is None else self.attachment.session.id
        logger.warning("session %s: a frame of its viewer was refused (%s)", session, error.code)
        self._unreadable += 1
        self._say(ErrorFrame(code=error.code, text=error.text, client_id=error.client_id))
        if self._unreadable == MAX_UNREADABLE:
            text = "Too much of what this page sent could not be read. Reload it."
            self._dismiss(4400, text, reason="malformed")

    def _dismiss(self, code: int, text: str, *, reason: str) -> None:
        self._say(Bye(code=code, text=text))
        self._outlet.close(code, reason)

    def _say(self, frame: Begun | ErrorFrame | Bye) -> None:
        self._outlet.send(encode(frame))
