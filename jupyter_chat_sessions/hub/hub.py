"""The hub: channels, hosts, sessions, and who may reach which.

No I/O here: sockets are outlets, time is a clock, threads are a store.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import random
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Literal, NamedTuple

from msgspec import Struct, field
from msgspec.structs import replace

from ..ids import new_id
from ..protocol.errors import RefusedError
from ..protocol.frames import (
    PROTOCOL_VERSION,
    Begin,
    Begun,
    Going,
    Hello,
    OpenNotebookSession,
    UserEnv,
    UserInfo,
)
from ..protocol.steps import ChannelName, Step
from ..times import utc_now
from .access import Principal
from .attachment import Attachment
from .channel import Channel, ChannelStatus
from .clock import Clock
from .commands import RESTORED_COMMANDS
from .disk import Disk, DiskAtOnce
from .file_store import FileStore
from .host_port import HostPort
from .hosts import Hosts
from .memory_store import MemoryStore
from .options import HubOptions
from .session import EndReason, Session
from .store import SessionRecord, StorageStatus, Store, StoredThread, ThreadRecord, ThreadSummary
from .transcript import Transcript
from .viewers import Outlet

logger = logging.getLogger(__name__)

GOING_S = (1.0, 5.0)
"""Between these a viewer waits before it comes back to a server that restarts, in seconds."""
_NO_FILES: Mapping[str, int] = MappingProxyType({})
_NOTEBOOK = UserInfo(identifier="notebook", display_name="Notebook")


class NewSession(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a viewer asks for."""

    channel: ChannelName
    client: Literal["webapp", "copilot", "http"] = "webapp"
    language: str = "en-US"
    chat_profile: str | None = None
    user_env: UserEnv = field(default_factory=dict)


class Created(Struct, frozen=True, kw_only=True, rename="camel"):
    """A new session's id, its secret (given this once), and its thread."""

    session: str
    secret: str
    thread_id: str


class HubStatistics(NamedTuple):
    """Counts of what the hub holds now.

    Attributes:
        channels: Published channels, with a host or waiting for one.
        hosts: Host processes, connected or within their grace.
        sessions: Sessions that have not ended.
        viewers: Viewers attached to them.
    """

    channels: int
    hosts: int
    sessions: int
    viewers: int


class Hub:
    """Joins viewers and hosts.

    Args:
        options: The limits.
        store: Where threads are kept.
        clock: An asyncio loop, or a stand-in.
        files: Where files are kept; by default in a temporary folder, which goes with the process.
        disk: Who waits for the disk that they are on; by default everybody.
        why_closed: Why no conversation can begin, where none can.
    """

    def __init__(
        self,
        *,
        options: HubOptions,
        store: Store,
        clock: Clock,
        files: FileStore | None = None,
        disk: Disk | None = None,
        why_closed: str | None = None,
    ) -> None:
        self.options = options
        self.files = files or FileStore()
        self._disk = disk or DiskAtOnce()
        self.why_closed = why_closed
        self.store = store
        self._clock = clock
        self._channels: dict[str, Channel] = {}
        self._sessions: dict[str, Session] = {}
        self.hosts = Hosts(
            self._channels,
            self._sessions,
            grace_s=options.host_grace_s,
            clock=clock,
            begin_notebook_session=self._begin_notebook_session,
        )
        self._number_of: Counter[str] = Counter()
        """How many sessions there are, by whom they belong to."""
        self._in_memory = MemoryStore()
        """For the notebooks' own sessions, which go with their kernel."""
        self._passing_files = FileStore()
        """Their files: no server that starts again would know what they were."""
        store.watch(self._on_storage)

    # ---- viewers -----------------------------------------------------------------------------------------------------

    def create_session(self, principal: Principal, request: NewSession) -> Created:
        """Make a session for somebody.

        Raises:
            RefusedError: There is no such channel, or no room.
        """
        channel = self._open_channel(request.channel)
        self._check_room(principal)
        return self._create(principal, request, channel, earlier=None)

    def begin(self, principal: Principal, begin: Begin, *, then: Callable[[Begun], None]) -> None:
        """Make a session for somebody who asks for it over the socket.

        Args:
            principal: Who asks.
            begin: What is asked for.
            then: Called with the session once it is stored, or cannot be stored now.

        Raises:
            RefusedError: The version differs, there is no such channel, or no room.
        """
        _check_version(begin.v)
        request = NewSession(
            channel=begin.channel,
            client=begin.client,
            language=begin.language,
            chat_profile=begin.chat_profile,
            user_env=begin.user_env,
        )
        created = self.create_session(principal, request)
        begun = Begun(session=created.session, secret=created.secret, thread_id=created.thread_id)
        self.store.commit([], then=lambda: then(begun), otherwise=lambda: then(begun))

    async def resume_thread(self, principal: Principal, request: NewSession, thread_id: str) -> Created:
        """Make a session that goes on with a stored thread of somebody's; one that still lives in it ends.

        Raises:
            RefusedError: There is no such thread, it is another's, or there is no room.
        """
        thread = await self.store.thread(thread_id, newest_steps=self.options.snapshot_steps)
        if thread is None or not _is_same(thread.record.owner_key, principal.key):
            raise _unknown_thread()
        file_sizes: dict[str, int] | None = None
        while file_sizes is None or self._living_in(thread_id):
            for session in self._living_in(thread_id):
                session.end("continued")
            thread = await self.store.thread(thread_id, newest_steps=self.options.snapshot_steps)
            said = set() if thread is None else _files_of(thread.steps)
            file_sizes = await self._disk.run(partial(self.files.begin_thread, thread_id, said=said))
        channel = self._open_channel(request.channel)
        if thread is None or thread.record.channel != channel.name:
            raise _unknown_thread()
        self._check_room(principal)
        return self._create(principal, request, channel, earlier=thread, file_sizes=file_sizes)

    async def threads_of(self, principal: Principal, *, channel: str | None, limit: int) -> list[ThreadSummary]:
        """Return somebody's stored threads, the one last written to first."""
        return await self.store.threads_of(principal.key, channel=channel, limit=limit)

    async def thread(self, principal: Principal, thread_id: str) -> ThreadRecord:
        """Return a stored thread to the one it belongs to.

        Raises:
            RefusedError: There is no such thread, or it is another's: the same for both.
        """
        thread = await self.store.thread(thread_id, newest_steps=0)
        if thread is None or not _is_same(thread.record.owner_key, principal.key):
            raise _unknown_thread()
        return thread.record

    async def drop_thread(self, principal: Principal, thread_id: str) -> None:
        """End the sessions that live in a thread of somebody's, and remove it for good.

        Raises:
            RefusedError: There is no such thread, or it is another's.
        """
        await self.thread(principal, thread_id)
        for session in self.sessions_of(principal):
            if session.record.thread_id == thread_id:
                session.end("closed")
        await self.store.drop_thread(thread_id)
        await self._disk.run(partial(self.files.drop_thread, thread_id))

    async def purge(self, *, older_than_days: float) -> int:
        """Remove stored threads that nobody has written to for a time, with their files; return how many went."""
        removed = await self.store.purge(older_than_days=older_than_days)
        for thread_id in removed:  # one by one: others have a turn between them
            await self._disk.run(partial(self.files.drop_thread, thread_id))
        return len(removed)

    def attach(self, principal: Principal, hello: Hello, outlet: Outlet) -> Attachment:
        """Join a viewer to its session.

        Raises:
            RefusedError: The session is unknown or another's, the version differs, or too many viewers look.
        """
        _check_version(hello.v)
        session = self.session(principal, hello.session, hello.secret)
        session.attach(hello, outlet)
        return Attachment(session, outlet)

    def session(self, principal: Principal, session_id: str, secret: str) -> Session:
        """Return a session to the one it belongs to.

        Raises:
            RefusedError: `unknown_session`, the same for one that is not there, another's, and a wrong secret.
        """
        session = self._sessions.get(session_id)
        owner_key, secret_hash = ("", "") if session is None else (session.record.owner_key, session.record.secret_hash)
        is_owner = hmac.compare_digest(owner_key.encode(), principal.key.encode())
        is_secret = hmac.compare_digest(secret_hash, _hash(secret))
        if session is None or not (is_owner and is_secret):
            raise RefusedError("unknown_session", "There is no such conversation. Start a new chat.")
        return session

    def sessions_of(self, principal: Principal) -> list[Session]:
        """Return the sessions that belong to somebody, oldest first."""
        return [session for session in self._sessions.values() if session.record.owner_key == principal.key]

    def end_session(self, session: Session, *, reason: EndReason = "closed") -> None:
        """End a session."""
        session.end(reason)

    # ---- channels ----------------------------------------------------------------------------------------------------

    def channels(self) -> list[ChannelStatus]:
        """Return every published channel's status."""
        return [channel.status for channel in self._channels.values()]

    def allows_remote_images(self, channel: str) -> bool:
        """Return whether a channel's author lets messages load images from other servers."""
        return channel in self._channels and self._channels[channel].settings.allow_remote_images

    # ---- the hub itself ----------------------------------------------------------------------------------------------

    def statistics(self) -> HubStatistics:
        """Return counts of what the hub holds now."""
        return HubStatistics(
            channels=len(self._channels),
            hosts=len(self.hosts),
            sessions=len(self._sessions),
            viewers=sum(session.viewers for session in self._sessions.values()),
        )

    def restore(self) -> None:
        """Go on with the sessions that the store kept. Called once, before anybody is served."""
        for kept in self.store.sessions(newest_steps=self.options.snapshot_steps, newest_commands=RESTORED_COMMANDS):
            channel = self._channels.setdefault(kept.record.settings.name, Channel(kept.record.settings))
            session = self._add(
                kept.record,
                channel,
                thread=kept.thread.record,
                earlier=kept.thread,
                file_sizes=self.files.begin_thread(kept.record.thread_id, said=_files_of(kept.thread.steps)),
            )
            session.go_on(kept.commands, kept.values)

    async def aclose(self) -> None:
        """Let every viewer go, and close the store. What it keeps goes on when the server is back."""
        for session in list(self._sessions.values()):
            session.let_go(Going(retry_after_s=random.uniform(*GOING_S)))  # noqa: S311  # so that not all come at once
        self.hosts.stop()
        await self._disk.aclose()  # first: what waits for a file has yet to be stored
        await self.store.aclose()

    # ---- callbacks from below ----------------------------------------------------------------------------------------

    def _on_storage(self, status: StorageStatus) -> None:
        logger.warning("storage: %s %s", status.code, status.text)
        for session in list(self._sessions.values()):
            session.show_storage()

    def _on_session_ended(self, session: Session) -> None:
        self._sessions.pop(session.id, None)
        self._number_of[session.record.owner_key] -= 1
        if not self._number_of[session.record.owner_key]:
            del self._number_of[session.record.owner_key]
        session.channel.session_by_id.pop(session.id, None)
        if session.channel.host is None and not session.channel.session_by_id:
            self._channels.pop(session.channel.name, None)

    # ---- private -----------------------------------------------------------------------------------------------------

    def _begin_notebook_session(self, host: HostPort, channel: Channel, frame: OpenNotebookSession) -> None:
        record = SessionRecord(
            id=frame.session,
            thread_id=frame.thread_id,
            settings=channel.settings,
            owner_key=f"host:{host.epoch}",
            secret_hash=_hash(secrets.token_urlsafe(32)),
            user=_NOTEBOOK,
            client_type="notebook",
            language="en-US",
            is_owner=True,
        )
        session = self._add(record, channel, thread=_new_thread(record), earlier=None, store=self._in_memory)
        session.begin(frame.user_env)

    def _living_in(self, thread_id: str) -> list[Session]:
        return [session for session in self._sessions.values() if session.record.thread_id == thread_id]

    def _open_channel(self, name: str) -> Channel:
        if self.why_closed is not None:
            raise RefusedError("storage_off", self.why_closed)
        channel = self._channels.get(name)
        if channel is None:
            raise RefusedError(
                "unknown_channel",
                f"No notebook has opened the chat {name!r}. Run its cells, then try again.",
            )
        return channel

    def _check_room(self, principal: Principal) -> None:
        if len(self._sessions) >= self.options.max_sessions:
            raise RefusedError("busy", "This server has no room for another conversation. Try again later.")
        if self._number_of.get(principal.key, 0) >= self.options.max_sessions_per_user:
            raise RefusedError(
                "busy",
                f"You have {self.options.max_sessions_per_user} conversations here already. End one, or wait: one that "
                f"nobody looks at ends by itself after {self.options.session_timeout_s / 60:.3g} minutes.",
            )

    def _create(
        self,
        principal: Principal,
        request: NewSession,
        channel: Channel,
        *,
        earlier: StoredThread | None,
        file_sizes: Mapping[str, int] = _NO_FILES,
    ) -> Created:
        secret = secrets.token_urlsafe(32)
        record = SessionRecord(
            id=new_id(),
            thread_id=new_id() if earlier is None else earlier.record.id,
            settings=replace(channel.settings, readme=None),  # the host says it again; it need not stand in each row
            owner_key=principal.key,
            secret_hash=_hash(secret),
            user=principal.user,
            client_type=request.client,
            language=request.language,
            chat_profile=request.chat_profile,
            is_owner=principal.is_owner,
            has_begun=earlier is not None,
        )
        thread = _new_thread(record) if earlier is None else earlier.record
        self._add(record, channel, thread=thread, earlier=earlier, file_sizes=file_sizes).begin(request.user_env)
        return Created(session=record.id, secret=secret, thread_id=record.thread_id)

    def _add(
        self,
        record: SessionRecord,
        channel: Channel,
        *,
        thread: ThreadRecord,
        earlier: StoredThread | None,
        store: Store | None = None,
        file_sizes: Mapping[str, int] = _NO_FILES,
    ) -> Session:
        store = store or self.store
        transcript = Transcript(
            thread,
            epoch=new_id(),
            options=self.options,
            clock=self._clock,
            store=store,
            earlier=earlier,
        )
        session = Session(
            record,
            channel,
            transcript,
            options=self.options,
            clock=self._clock,
            store=store,
            files=self.files if store is self.store else self._passing_files,
            disk=self._disk,
            file_sizes=file_sizes,
            on_ended=self._on_session_ended,
        )
        self._sessions[session.id] = session
        self._number_of[record.owner_key] += 1
        channel.session_by_id[session.id] = session
        return session


def _files_of(steps: Iterable[Step]) -> set[str]:
    return {element.file for step in steps for element in step.elements if element.file is not None}


def _check_version(version: int) -> None:
    if version != PROTOCOL_VERSION:
        raise RefusedError("version", "The chat was updated. Reload this page.")


def _new_thread(record: SessionRecord) -> ThreadRecord:
    return ThreadRecord(
        id=record.thread_id, channel=record.settings.name, owner_key=record.owner_key, created_at=utc_now()
    )


def _is_same(key: str, other: str) -> bool:
    return hmac.compare_digest(key.encode(), other.encode())


def _unknown_thread() -> RefusedError:
    return RefusedError("unknown_thread", "There is no such conversation any more. Start a new chat.")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
