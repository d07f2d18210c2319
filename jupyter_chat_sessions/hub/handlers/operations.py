"""What a REST handler says of its own methods; `openapi.py` makes the description of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

import msgspec

from ...protocol.frames import MAX_FILES
from ...protocol.steps import Id, Question, Snapshot, Step
from ..hub import NewSession

SECRET_HEADER = "X-Chat-Session-Secret"


class File:
    """An answer that is a conversation as a file."""


class Content:
    """A file's bytes, as a body or an answer."""


class Operation(NamedTuple):
    """One method of one route.

    Attributes:
        summary: What it does, in a line.
        answer: What it is answered with; None for an empty answer.
        status: The status of that answer.
        body: What it takes.
        query: Its query parameters, with their JSON schema types.
        needs_secret: It takes the session's secret.
        headers: Other headers that it needs, with their JSON schema types.
        streams: With `Accept: text/event-stream` the answer comes as events.
    """

    summary: str
    answer: Any | None
    status: int = 200
    body: Any | None = None
    query: Mapping[str, str] = MappingProxyType({})
    needs_secret: bool = False
    headers: Mapping[str, str] = MappingProxyType({})
    streams: bool = False


class _Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of what crosses the REST interface."""


class Status(_Body, frozen=True, kw_only=True):
    """The extension and what it holds."""

    version: str
    protocol: int
    channels: int
    hosts: int
    sessions: int
    viewers: int


class ChannelBody(_Body, frozen=True, kw_only=True):
    """A channel."""

    name: str
    title: str
    host: str
    sessions: int
    viewers: int
    path: str


class Channels(_Body, frozen=True, kw_only=True):
    """All channels."""

    channels: list[ChannelBody]


class SessionBody(_Body, frozen=True, kw_only=True):
    """A session."""

    session: str
    thread_id: str
    channel: str
    state: str
    snapshot: Snapshot | None = None


class Sessions(_Body, frozen=True, kw_only=True):
    """The caller's sessions."""

    sessions: list[SessionBody]


class ThreadBody(_Body, frozen=True, kw_only=True):
    """A stored conversation."""

    thread: str
    channel: str
    name: str | None
    created_at: str
    updated_at: str
    steps: int


class Threads(_Body, frozen=True, kw_only=True):
    """Stored conversations, the one last written to first."""

    threads: list[ThreadBody]


class BeginSession(NewSession, frozen=True, kw_only=True):
    """A session to begin; with a thread, one that goes on with it."""

    thread_id: Id | None = None


class Steps(_Body, frozen=True, kw_only=True):
    """Steps of a thread, and how many stand before them."""

    steps: list[Step]
    earlier: int


class UploadedBody(_Body, frozen=True, kw_only=True):
    """A file that was given and not said yet."""

    file: str
    name: str
    mime: str
    bytes: int
    question_id: str | None = None
    client: str | None = None
    """The viewer's own id for it."""


class UploadedFiles(_Body, frozen=True, kw_only=True):
    """What was given in a session and not said yet."""

    files: list[UploadedBody]


class NewMessage(_Body, frozen=True, kw_only=True):
    """A message, or the answer to the question that is open: a text, files, or both."""

    text: str = ""
    client_id: str | None = None
    files: Annotated[list[Id], msgspec.Meta(max_length=MAX_FILES)] = []
    """What was given for it: the `file` of each, as `POST …/files` said."""


class MessageReply(_Body, frozen=True, kw_only=True):
    """What a message was answered with."""

    status: str
    """`done`, `failed`, `cancelled`, `interrupted`; `asking`: a question waits; `running`: it takes too long."""
    steps: list[Step]
    question: Question | None = None
