"""Sending a message over HTTP: what scripts use instead of a socket (Chainlit: HTTPSession)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import ClassVar

import msgspec
from tornado import web
from tornado.iostream import StreamClosedError

from ...ids import new_id
from ...protocol.conversation import Conversation
from ...protocol.errors import ProtocolError
from ...protocol.frames import (
    MAX_TEXT,
    PROTOCOL_VERSION,
    Accepted,
    Decoder,
    ErrorFrame,
    Event,
    Hello,
    HubFrame,
    Numbered,
    PutStep,
    SendAnswer,
    SendMessage,
    join,
)
from ...protocol.steps import FINAL_RUN_STATUSES, Action, Question, Step, is_id
from ...protocol.viewing import Viewing
from ..buttons import chosen
from .base import Refusal, refusals
from .operations import SECRET_HEADER, MessageReply, NewMessage, Operation
from .replies import reply_to, run_of
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
        self._check(message)
        secret = self.request.headers.get(SECRET_HEADER, "")
        is_stream = "text/event-stream" in self.request.headers.get("Accept", "")
        listener = self._listener = _Listener(Viewing(session_id, secret))
        hello = Hello(v=PROTOCOL_VERSION, session=session_id, secret=secret)
        with refusals():
            attachment = self.hub.attach(await self.principal(), hello, listener)
        host = attachment.session.channel.host
        self.note_activity(None if host is None else host.kernel_id)
        conversation = attachment.session.conversation  # All of it; what a viewer is given begins later.
        client_id = message.client_id or new_id()
        earlier = next((step for step in conversation.steps if step.client_id == client_id), None)
        try:
            if is_stream:
                self.set_header("Content-Type", "text/event-stream")
                self.set_header("Cache-Control", "no-store")
                if earlier is None:
                    listener.on_event = self._send_event
            if earlier is not None and earlier.status is None:
                listener.recognise(earlier, message, asking=conversation.step(earlier.parent_id or ""))
            else:
                question = conversation.questions[0] if conversation.questions and earlier is None else None
                command = _command(message, client_id=client_id, question=question)
                listener.viewing.command(command)
                attachment.receive(command)
                listener.raise_refusal()
            if is_stream and earlier is not None:
                for step in (earlier, *reply_to(conversation.steps, earlier.id)):
                    self._send_event(PutStep(step=step))
                listener.on_event = self._send_event
            status = await listener.outcome(conversation, timeout_s=self.hub.options.reply_timeout_s)
        finally:
            attachment.detach()
        if listener.has_left:
            return
        reply = MessageReply(
            status=status,
            steps=[] if listener.step_id is None else reply_to(conversation.steps, listener.step_id),
            question=conversation.questions[0] if status == "asking" else None,
        )
        if is_stream:
            self._write_event("done", msgspec.json.encode(reply))
            await self.finish()
        else:
            self.answer(reply)

    def _check(self, message: NewMessage) -> None:
        if not message.text and not message.files:
            raise Refusal("malformed", "The body needs a `text`, or `files`.")
        if len(message.text) > MAX_TEXT:
            raise Refusal("too_large", f"A message may have {MAX_TEXT} characters.")
        if message.client_id is not None and is_id(message.client_id) is None:
            raise Refusal("malformed", "`clientId` is a UUID in lower case.")

    def _send_event(self, event: Event) -> None:
        self._write_event(str(type(event).__struct_config__.tag), msgspec.json.encode(event))
        self.flush().add_done_callback(_ignore_closed)

    def _write_event(self, name: str, data: bytes) -> None:
        self.write(b"event: " + name.encode() + b"\ndata: " + data + b"\n\n")


class _Listener:
    """An outlet that follows the conversation in process."""

    def __init__(self, viewing: Viewing) -> None:
        self.viewing = viewing
        self.on_event: Callable[[Event], None] | None = None
        self._decoder = Decoder(HubFrame, max_bytes=sys.maxsize)  # from this very process
        self._changed = asyncio.Event()
        self.has_left = False
        self.step_id: str | None = None
        """What was said, once it has become a step."""
        self._run_id: str | None = None

    def send(self, frame: bytes) -> None:
        """Follow a frame."""
        for read in self._decoder.frames(join([frame])):
            if isinstance(read, ProtocolError):
                raise read
            self.viewing.receive(read)
            if isinstance(read, Accepted):
                self.step_id = read.step_id
            if isinstance(read, Numbered) and self.on_event is not None:
                self.on_event(read.event)
            if isinstance(read, Numbered | Accepted | ErrorFrame) or self.viewing.bye is not None:
                self._changed.set()

    def close(self, code: int, reason: str) -> None:
        """The session has ended."""
        self._changed.set()

    def leave(self) -> None:
        """Nobody waits for the outcome any more."""
        self.has_left = True
        self._changed.set()

    def recognise(self, earlier: Step, answer: NewMessage, *, asking: Step | None) -> None:
        """Wait for the outcome of an answer that was given before: its question is closed, and cannot be answered.

        Raises:
            Refusal: The answer was another one.
        """
        if not _is_same(earlier, answer, asking):
            raise Refusal("conflict", "This client id was used before for something else. Send it under a new one.")
        self.step_id = earlier.id

    async def outcome(self, conversation: Conversation, *, timeout_s: float) -> str:
        """Wait until the session has nothing more to say to what was said, and return how it went.

        Raises:
            Refusal: The command was refused.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while (status := self._outcome(conversation)) is None:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return "running"
        return status

    def raise_refusal(self) -> None:
        """Raise what the command was refused with, if it was."""
        for error in self.viewing.refused:
            raise Refusal(error.code, error.text, details=error.details)

    def _outcome(self, conversation: Conversation) -> str | None:
        self.raise_refusal()
        if self.step_id is not None:
            self._run_id = self._run_id or run_of(conversation.steps, self.step_id)
            run = conversation.step(self._run_id)
            if run is not None and run.status in FINAL_RUN_STATUSES:
                return run.status
        if self.viewing.bye is not None or self.has_left:
            return "cancelled"
        if not self.viewing.unconfirmed and conversation.questions:
            return "asking"
        return "done" if self.viewing.is_quiet else None


def _command(message: NewMessage, *, client_id: str, question: Question | None) -> SendMessage | SendAnswer:
    """Return what is said with a message: the answer to a question, where one is open.

    Raises:
        Refusal: The question takes no files.
    """
    if question is None:
        return SendMessage(client_id=client_id, text=message.text, files=message.files)
    if message.files and question.kind != "file":
        raise Refusal("conflict", "The question that is open takes no files. Answer it first, and send them then.")
    return SendAnswer(client_id=client_id, question_id=question.id, text=message.text, files=message.files)


def _is_same(earlier: Step, answer: NewMessage, asking: Step | None) -> bool:
    """Return whether an answer was given with these words and files, or with the button that they mean."""
    if not earlier.is_call:
        files = [element.file for element in earlier.elements]
        return earlier.output == answer.text and files == list(dict.fromkeys(answer.files))
    pressed = msgspec.json.decode(earlier.input, type=Action)
    if asking is not None and asking.actions:
        meant = chosen(asking.actions, answer.text)
        return meant is not None and meant.id == pressed.id
    return answer.text.strip().isdecimal() or chosen([pressed], answer.text) is not None  # the buttons are gone


def _ignore_closed(flushed: asyncio.Future[None]) -> None:
    """The caller has gone away; its run goes on without it."""
    if not flushed.cancelled() and isinstance(flushed.exception(), StreamClosedError):
        return
