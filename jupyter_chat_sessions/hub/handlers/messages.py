"""Sending a message over HTTP: what scripts use instead of a socket (Chainlit: HTTPSession)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from itertools import takewhile
from typing import ClassVar
from uuid import uuid4

import msgspec
from tornado import web
from tornado.iostream import StreamClosedError

from ...protocol.conversation import Conversation
from ...protocol.errors import ProtocolError
from ...protocol.frames import (
    MAX_TEXT,
    PROTOCOL_VERSION,
    Decoder,
    ErrorFrame,
    Event,
    Hello,
    HubFrame,
    Numbered,
    SendAnswer,
    SendMessage,
    Welcome,
    join,
)
from ...protocol.steps import Step, is_id
from ...protocol.viewing import Viewing
from .base import Refusal, refusals
from .operations import SECRET_HEADER, MessageReply, NewMessage, Operation
from .rest import RestHandler


class MessagesHandler(RestHandler):
    """Sends a message to a session, and waits for what it is answered with.

    It is one more viewer of the session, for the length of the request. If the caller goes away, the run goes on.
    """

    operations: ClassVar = {
        "post": Operation(
            "Send a message, or answer the open question, and return what the session says to it",
            MessageReply,
            body=NewMessage,
            needs_secret=True,
            streams=True,
        )
    }

    _listener: _Listener | None = None

    def on_connection_close(self) -> None:
        """The caller has gone away: nobody listens any more, and the session may count it so."""
        if self._listener is not None:
            self._listener.leave()
        super().on_connection_close()

    @web.authenticated
    async def post(self, session_id: str) -> None:
        """Send a message and answer with the reply, whole or as it comes."""
        message = self.body(NewMessage)
        text = self._checked_text(message)
        secret = self.request.headers.get(SECRET_HEADER, "")
        is_stream = "text/event-stream" in self.request.headers.get("Accept", "")
        listener = self._listener = _Listener(Viewing(session_id, secret))
        hello = Hello(v=PROTOCOL_VERSION, session=session_id, secret=secret)
        with refusals():
            attachment = self.hub.attach(await self.principal(), hello, listener)
        host = attachment.session.channel.host
        self.note_activity(None if host is None else host.kernel_id)
        try:
            client_id = message.client_id or str(uuid4())
            command = _command(listener.viewing.conversation, client_id, text)
            if is_stream:
                self.set_header("Content-Type", "text/event-stream")
                self.set_header("Cache-Control", "no-store")
                listener.on_event = self._send_event
            if command is not None:
                listener.viewing.command(command)
                attachment.receive(command)
            status = await listener.outcome(client_id, timeout_s=self.hub.options.reply_timeout_s)
        finally:
            attachment.detach()
        if listener.has_left:
            return
        conversation = listener.viewing.conversation
        reply = MessageReply(
            status=status,
            steps=_said_to(conversation, client_id),
            question=conversation.questions[0] if conversation.questions else None,
        )
        if is_stream:
            self._write_event("done", msgspec.json.encode(reply))
            await self.finish()
        else:
            self.answer(reply)

    def _checked_text(self, message: NewMessage) -> str:
        if not message.text:
            raise Refusal("malformed", "The body needs a `text`.")
        if len(message.text) > MAX_TEXT:
            raise Refusal("too_large", f"A message may have {MAX_TEXT} characters.")
        if message.client_id is not None and is_id(message.client_id) is None:
            raise Refusal("malformed", "`clientId` is a UUID in lower case.")
        return message.text

    def _send_event(self, event: Event) -> None:
        self._write_event(str(type(event).__struct_config__.tag), msgspec.json.encode(event))
        self.flush().add_done_callback(_ignore_closed)

    def _write_event(self, name: str, data: bytes) -> None:
        self.write(b"event: " + name.encode() + b"\ndata: " + data + b"\n\n")


def _command(conversation: Conversation, client_id: str, text: str) -> SendMessage | SendAnswer | None:
    """Return what to send; None where it came before: then its answer is waited for, or told again.

    Raises:
        Refusal: The client id was used before for something else.
    """
    earlier = _own_step(conversation, client_id)
    if earlier is not None and earlier.output != text:
        raise Refusal("conflict", "This client id was used before for something else. Send it under a new one.")
    if earlier is not None:
        return None
    if conversation.questions:
        return SendAnswer(client_id=client_id, question_id=conversation.questions[0].id, text=text)
    return SendMessage(client_id=client_id, text=text)


def _said_to(conversation: Conversation, client_id: str) -> list[Step]:
    """Return what was said to a message or an answer, the same however often it is asked."""
    own = _own_step(conversation, client_id)
    steps = conversation.steps
    if own is None:
        return []
    of_run = [step for step in steps if step.type != "user_message" and step.parent_id == own.id]
    behind = takewhile(lambda step: step.type != "user_message", steps[steps.index(own) + 1 :])
    is_answer = own.status is None  # what follows it belongs to the run that asked
    return of_run or [step for step in behind if is_answer or step.parent_id is None]


def _own_step(conversation: Conversation, client_id: str) -> Step | None:
    return next((step for step in conversation.steps if step.client_id == client_id), None)


class _Listener:
    """An outlet that follows the conversation in process."""

    def __init__(self, viewing: Viewing) -> None:
        self.viewing = viewing
        self.on_event: Callable[[Event], None] | None = None
        self._decoder = Decoder(HubFrame, max_bytes=sys.maxsize)  # from this very process
        self._changed = asyncio.Event()
        self.has_left = False

    def send(self, frame: bytes) -> None:
        """Follow a frame."""
        for read in self._decoder.frames(join([frame])):
            if isinstance(read, ProtocolError):
                raise read
            self.viewing.receive(read)
            if isinstance(read, Numbered) and self.on_event is not None:
                self.on_event(read.event)
            if isinstance(read, Numbered | ErrorFrame | Welcome) or self.viewing.bye is not None:
                self._changed.set()

    def close(self, code: int, reason: str) -> None:
        """The session has ended."""
        self._changed.set()

    def leave(self) -> None:
        """Nobody waits for the outcome any more."""
        self.has_left = True
        self._changed.set()

    async def outcome(self, client_id: str, *, timeout_s: float) -> str:
        """Wait until the session has nothing more to say to a command, and return how it went.

        Raises:
            Refusal: The command was refused.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not self.viewing.is_quiet:
                    self._raise_refusal()
                    if self.viewing.bye is not None or self.has_left:
                        return "cancelled"
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return "running"
        self._raise_refusal()
        if self.viewing.conversation.questions:
            return "asking"
        own = _own_step(self.viewing.conversation, client_id)
        return (own.status if own is not None else None) or "done"

    def _raise_refusal(self) -> None:
        for error in self.viewing.refused:
            raise Refusal(error.code, error.text, details=error.details)


def _ignore_closed(flushed: asyncio.Future[None]) -> None:
    """The caller has gone away; its run goes on without it."""
    if not flushed.cancelled() and isinstance(flushed.exception(), StreamClosedError):
        return
