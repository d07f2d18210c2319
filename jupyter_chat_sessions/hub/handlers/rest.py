"""The REST interface but for sending messages, which has a module of its own."""

from __future__ import annotations

import asyncio
import sys
from typing import ClassVar, get_args
from urllib.parse import quote

import msgspec
from tornado import web

from ..._version import __version__
from ...protocol.frames import PROTOCOL_VERSION
from ...protocol.steps import is_id
from ..channel import ChannelStatus
from ..export import Format, export
from ..hub import Created
from ..session import Session
from ..store import ThreadSummary
from .base import ApiHandler, Refusal, refusals
from .openapi import describe
from .operations import (
    SECRET_HEADER,
    BeginSession,
    ChannelBody,
    Channels,
    File,
    Operation,
    SessionBody,
    Sessions,
    Status,
    Steps,
    ThreadBody,
    Threads,
)

MAX_LIMIT = 200
"""Steps or threads in one answer."""


class RestHandler(ApiHandler):
    """A handler that describes its own methods."""

    operations: ClassVar[dict[str, Operation]] = {}

    def limit(self, *, default: int) -> int:
        """Return how many things are wanted.

        Raises:
            Refusal: That is no number, or too large a one.
        """
        limit = self.get_query_argument("limit", str(default))
        if not limit.isdecimal() or not 1 <= int(limit) <= MAX_LIMIT:
            raise Refusal("malformed", f"`limit` is a number from 1 to {MAX_LIMIT}.")
        return int(limit)

    async def own_session(self, session_id: str) -> Session:
        """Return the session that the address names, to the one it belongs to.

        Raises:
            Refusal: It is unknown or another's, or the secret is wrong: the same for all.
        """
        with refusals():
            return self.hub.session(await self.principal(), session_id, self.request.headers.get(SECRET_HEADER, ""))


class StatusHandler(RestHandler):
    """The extension itself."""

    operations: ClassVar = {"get": Operation("Tell the version, and what the hub holds", Status)}

    @web.authenticated
    async def get(self) -> None:
        """Tell the version, and what the hub holds."""
        self.answer(Status(version=__version__, protocol=PROTOCOL_VERSION, **self.hub.statistics()._asdict()))


class OpenApiHandler(RestHandler):
    """The description of the interface."""

    operations: ClassVar = {"get": Operation("Describe this interface", dict)}

    @web.authenticated
    async def get(self) -> None:
        """Describe this interface."""
        from .routes import routes

        operations = {route.path: route.handler.operations for route in routes() if route.path is not None}
        self.answer(describe(operations, base_url=self.base_url))


class ChannelsHandler(RestHandler):
    """The published channels."""

    operations: ClassVar = {"get": Operation("List the channels", Channels)}

    @web.authenticated
    async def get(self) -> None:
        """List the channels."""
        self.answer(Channels(channels=[_channel_body(status) for status in self.hub.channels()]))


class ChannelHandler(RestHandler):
    """One channel."""

    operations: ClassVar = {"get": Operation("Tell about a channel", ChannelBody)}

    @web.authenticated
    async def get(self, channel: str) -> None:
        """Tell about a channel."""
        for status in self.hub.channels():
            if status.name == channel:
                return self.answer(_channel_body(status))
        raise Refusal("unknown_channel", "No notebook has opened a chat of this name.")


class SessionsHandler(RestHandler):
    """The caller's sessions."""

    operations: ClassVar = {
        "get": Operation("List the caller's sessions", Sessions),
        "post": Operation("Begin a session; its secret is told this once", Created, status=201, body=BeginSession),
    }

    @web.authenticated
    async def get(self) -> None:
        """List the caller's sessions."""
        sessions = self.hub.sessions_of(await self.principal())
        self.answer(Sessions(sessions=[_session_body(session) for session in sessions]))

    @web.authenticated
    async def post(self) -> None:
        """Begin a session."""
        request = self.body(BeginSession)
        principal = await self.principal()
        with refusals():
            if request.thread_id is None:
                created = self.hub.create_session(principal, request)
            else:
                created = await self.hub.resume_thread(principal, request, request.thread_id)
        await self._written()
        self.note_activity()
        self.answer(created, status=201)

    async def _written(self) -> None:
        """Wait until what was begun is stored, or cannot be stored now."""
        written = asyncio.Event()
        self.hub.store.commit([], then=written.set, otherwise=written.set)
        await written.wait()


class SessionHandler(RestHandler):
    """One session of the caller's."""

    operations: ClassVar = {
        "get": Operation("Tell about a session, with its newest steps", SessionBody, needs_secret=True),
        "delete": Operation("End a session", None, status=204, needs_secret=True),
    }

    @web.authenticated
    async def get(self, session_id: str) -> None:
        """Tell about a session, with its newest steps."""
        session = await self.own_session(session_id)
        self.answer(_session_body(session, newest=self.hub.options.snapshot_steps))

    @web.authenticated
    async def delete(self, session_id: str) -> None:
        """End a session."""
        self.hub.end_session(await self.own_session(session_id))
        self.set_status(204)
        self.finish()


class StepsHandler(RestHandler):
    """Earlier steps of a session's thread."""

    operations: ClassVar = {
        "get": Operation(
            "Return steps that stand before one of them",
            Steps,
            query={"before": "string", "limit": "integer"},
            needs_secret=True,
        )
    }

    @web.authenticated
    async def get(self, session_id: str) -> None:
        """Return steps that stand before one of them."""
        session = await self.own_session(session_id)
        before = self.get_query_argument("before", None)
        limit = self.limit(default=50)
        if before is not None and is_id(before) is None:
            raise Refusal("malformed", "`before` is the id of a step.")
        steps, earlier = await session.steps_before(before, limit=limit)
        self.answer(Steps(steps=steps, earlier=earlier))


class ThreadsHandler(RestHandler):
    """The caller's stored conversations."""

    operations: ClassVar = {
        "get": Operation(
            "List the caller's stored conversations", Threads, query={"channel": "string", "limit": "integer"}
        )
    }

    @web.authenticated
    async def get(self) -> None:
        """List the caller's stored conversations."""
        limit = self.limit(default=50)
        channel = self.get_query_argument("channel", None)
        threads = await self.hub.threads_of(await self.principal(), channel=channel, limit=limit)
        self.answer(Threads(threads=[_thread_body(summary) for summary in threads]))


class ThreadHandler(RestHandler):
    """One stored conversation of the caller's."""

    operations: ClassVar = {"delete": Operation("Remove a stored conversation for good", None, status=204)}

    @web.authenticated
    async def delete(self, thread_id: str) -> None:
        """Remove a stored conversation for good; a session that lives in it ends."""
        with refusals():
            await self.hub.drop_thread(await self.principal(), thread_id)
        self.set_status(204)
        self.finish()


class ExportHandler(RestHandler):
    """A stored conversation as a file."""

    operations: ClassVar = {
        "get": Operation("Return a stored conversation as a file", File, query={"format": "string"})
    }

    @web.authenticated
    async def get(self, thread_id: str) -> None:
        """Return a stored conversation as a file."""
        try:
            to = msgspec.convert(self.get_query_argument("format", "markdown"), Format)
        except msgspec.ValidationError:
            raise Refusal("malformed", f"`format` is one of {', '.join(get_args(Format))}.") from None
        with refusals():
            thread = await self.hub.thread(await self.principal(), thread_id)
        steps, _ = await self.hub.store.steps_before(thread_id, before=None, limit=sys.maxsize)
        exported = export(thread, steps, to)
        self.set_header("Content-Type", exported.media_type)
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(exported.name)}")
        self.set_header("Cache-Control", "no-store")
        self.finish(exported.content)


def _thread_body(summary: ThreadSummary) -> ThreadBody:
    return ThreadBody(
        thread=summary.record.id,
        channel=summary.record.channel,
        name=summary.record.name,
        created_at=summary.record.created_at,
        updated_at=summary.updated_at,
        steps=summary.steps,
    )


def _channel_body(status: ChannelStatus) -> ChannelBody:
    return ChannelBody(**status._asdict())


def _session_body(session: Session, *, newest: int | None = None) -> SessionBody:
    return SessionBody(
        session=session.id,
        thread_id=session.record.thread_id,
        channel=session.channel.name,
        state=session.state,
        snapshot=None if newest is None else session.conversation.snapshot(newest=newest),
    )
