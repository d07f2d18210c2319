"""Bugs seeded into the product, each of which the checker has to find.

They are put into the classes of a process before the product begins to work in it, and sleep until they are armed: a
file of a bug's name in the folder that `CHAOS_BUGS` names. Server and kernel share that folder.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

VARIABLE = "CHAOS_BUGS"
"""The environment variable that names the folder; without it nothing is seeded."""

_Bug = Callable[..., Any]
_SEEDED: list[tuple[str, Callable[[], type], str, _Bug]] = []


def seed() -> None:
    """Put all bugs into this process, asleep; nothing where no folder is named."""
    folder = os.environ.get(VARIABLE)
    if folder is not None:
        for name, owner, method, bug in _SEEDED:
            _put_in(owner(), method, bug, flag=Path(folder) / name)


def _put_in(owner: type, method: str, bug: _Bug, *, flag: Path) -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    def perhaps(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not flag.exists():
            return original(self, *args, **kwargs)
        return bug(functools.partial(original, self), self, *args, **kwargs)

    setattr(owner, method, perhaps)


def _seeds(owner: Callable[[], type], method: str, *, part_of: str | None = None) -> Callable[[_Bug], _Bug]:
    """Let a function stand in for a method; it is given the original, bound, and then what the method is given."""

    def note(bug: _Bug) -> _Bug:
        _SEEDED.append((part_of or bug.__name__, owner, method, bug))
        return bug

    return note


# ---- the classes, imported when they are needed: the kernel has no use for the hub's ---------------------------------


def _session() -> type:
    from jupyter_chat_sessions.hub.session import Session

    return Session


def _runs() -> type:
    from jupyter_chat_sessions.hub.runs import Runs

    return Runs


def _hosts() -> type:
    from jupyter_chat_sessions.hub.hosts import Hosts

    return Hosts


def _intake() -> type:
    from jupyter_chat_sessions.hub.intake import Intake

    return Intake


def _host_port() -> type:
    from jupyter_chat_sessions.hub.host_port import HostPort

    return HostPort


def _command_book() -> type:
    from jupyter_chat_sessions.hub.commands import CommandBook

    return CommandBook


def _event_log() -> type:
    from jupyter_chat_sessions.protocol.event_log import EventLog

    return EventLog


def _conversation() -> type:
    from jupyter_chat_sessions.protocol.conversation import Conversation

    return Conversation


def _link_end() -> type:
    from jupyter_chat_sessions.protocol.link import LinkEnd

    return LinkEnd


# ---- the bugs --------------------------------------------------------------------------------------------------------


@_seeds(_session, "emit")
def drops_a_delta(original: _Bug, self: Any, event: Any) -> None:
    """The hub loses a piece of a stream, and glosses over the gap."""
    from jupyter_chat_sessions.protocol.frames import AppendText

    if isinstance(event, AppendText) and not self.__dict__.setdefault("_has_dropped", event.offset == 0):
        self._has_dropped = True
        return
    if isinstance(event, AppendText):
        self._has_dropped = self._has_dropped and event.offset > 0
        event = replace(event, offset=self.conversation.length(event.step_id))
    original(event)


@_seeds(_intake, "message")
def confirms_and_forgets(original: _Bug, self: Any, command: Any, *, reply: Any) -> None:
    """The hub confirms a message that it does not store."""
    from jupyter_chat_sessions.protocol.frames import Accepted

    self._confirmed = getattr(self, "_confirmed", 0) + 1
    if self._confirmed % 3:
        original(command, reply=reply)
    else:
        reply(Accepted(client_id=command.client_id, step_id=str(uuid4())))


@_seeds(_command_book, "recognise")
def skips_recognition(original: _Bug, self: Any, client_id: str, content: Any, *, reply: Any) -> Any:
    """The hub takes what comes twice for something new."""
    self._command_by_id.pop(client_id, None)
    return original(client_id, content, reply=reply)


@_seeds(_hosts, "_on_session_frame")
def crosses_sessions(original: _Bug, self: Any, host: Any, session: Any, frame: Any) -> None:
    """What the bot says in one session shows in another."""
    from jupyter_chat_sessions.protocol.frames import Emit, PutStep

    others = [other for other in self._sessions.values() if other is not session and other.viewers]
    if isinstance(frame, Emit) and isinstance(frame.event, PutStep) and others:
        session = others[0]
    original(host, session, frame)


@_seeds(_runs, "deliver_next")
def reorders_the_queue(original: _Bug, self: Any) -> None:
    """The hub gives the kernel what came last first."""
    transcript = self._transcript
    transcript.unfinished = dict(reversed(transcript.unfinished.items()))
    original()


@_seeds(_runs, "interrupt")
def runs_again_after_interruption(original: _Bug, self: Any) -> None:
    """What ran when the kernel was lost is run again by the next one, without being asked for."""
    from jupyter_chat_sessions.protocol.frames import PutStep

    self._sent = self._transcript.at_host = None
    for step in list(self._transcript.unfinished.values()):
        self._session.publish(PutStep(step=replace(step, status="queued", attempt=step.attempt + 1)))
    original()


@_seeds(_host_port, "receive")
def emits_twice_after_reconnect(original: _Bug, self: Any, connection: Any, frame: Any) -> None:
    """What a kernel says on a later connection is shown twice."""
    from jupyter_chat_sessions.protocol.frames import Emit, HostBatch, PutStep

    original(connection, frame)
    if isinstance(frame, HostBatch) and self.__dict__.setdefault("_first_connection", connection) is not connection:
        for each in frame.frames:
            if isinstance(each, Emit) and isinstance(each.event, PutStep):
                again = PutStep(step=replace(each.event.step, id=str(uuid4())))
                self._on_frame(self, replace(each, event=again))


@_seeds(_link_end, "unacknowledged")
def forgets_unacknowledged(original: _Bug, self: Any) -> Any:
    """What was on its way when the link broke is not sent again ..."""
    seq, kept = original()
    return seq + len(kept), []


@_seeds(_link_end, "receive", part_of="forgets_unacknowledged")
def _forgets_at_the_other_end(original: _Bug, self: Any, first: int, frames: Any) -> Any:
    """... and the other end does not mind."""
    self.received = max(self.received, first - 1)
    return original(first, frames)


@_seeds(_event_log, "append")
def skips_numbers(original: _Bug, self: Any, event: Any) -> Any:
    """The hub leaves numbers out."""
    self.last += self.last % 5 == 0
    return original(event)


@_seeds(_conversation, "question")
def takes_every_answer(original: _Bug, self: Any, question_id: str) -> Any:
    """A question that was answered may be answered again."""
    known = self.__dict__.setdefault("_every_question", {})
    question = original(question_id)
    if question is not None:
        known[question_id] = question
    return known.get(question_id)


@_seeds(_runs, "changed")
def invents_a_message(original: _Bug, self: Any, change: Any) -> None:
    """A message stands in the thread that nobody said."""
    from jupyter_chat_sessions.protocol.frames import PutStep
    from jupyter_chat_sessions.protocol.steps import Step

    original(change)
    if change.status == "done":
        step = Step(
            id=str(uuid4()), type="user_message", name="Nobody", output="Did I say that?", client_id=str(uuid4())
        )
        self._session.publish(PutStep(step=step))


NAMES = sorted({name for name, *_ in _SEEDED})
"""All bugs."""
