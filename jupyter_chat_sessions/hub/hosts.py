"""The hosts: which process answers which channel, and what each says.

The one rule: a host speaks for the channels that it has and the sessions in them, and for no others.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import assert_never

from ..ids import new_id
from ..protocol.errors import ProtocolError, RefusedError
from ..protocol.frames import (
    PROTOCOL_VERSION,
    CloseSession,
    DropFile,
    Emit,
    ErrorFrame,
    FilePiece,
    HadSession,
    HostAnswer,
    HostBusy,
    HostFrame,
    HostMessage,
    HostPress,
    HostRefused,
    LinkHello,
    OpenNotebookSession,
    Publish,
    Published,
    PublishRefused,
    PutFile,
    RunChanged,
    SaveValues,
    SendAnswer,
    SendMessage,
    SendSignal,
    SessionEnded,
    Unpublish,
    WantFile,
)
from .channel import Channel
from .clock import Clock
from .commands import Reply
from .host_port import HostConnection, HostOutlet, HostPort
from .session import Session
from .store import Values
from .wanted import Want

logger = logging.getLogger(__name__)

_SessionFrame = (
    Emit | RunChanged | HostMessage | HostAnswer | HostPress | SaveValues | DropFile | HadSession | CloseSession
)


class Hosts:
    """Every host process that is connected, or was a moment ago.

    Args:
        channels: The hub's channels, by name.
        sessions: The hub's sessions, by id.
        grace_s: How long a host whose link is cut may come back, in seconds.
        clock: Where time comes from.
        begin_notebook_session: Makes a session of a notebook's own.
    """

    def __init__(
        self,
        channels: dict[str, Channel],
        sessions: dict[str, Session],
        *,
        grace_s: float,
        clock: Clock,
        begin_notebook_session: Callable[[HostPort, Channel, OpenNotebookSession], None],
    ) -> None:
        self._channels = channels
        self._sessions = sessions
        self._grace_s = grace_s
        self._clock = clock
        self._begin_notebook_session = begin_notebook_session
        self._epoch = secrets.token_hex(8)
        self._hosts: dict[str, HostPort] = {}

    def __len__(self) -> int:
        return len(self._hosts)

    def connect(self, hello: LinkHello, outlet: HostOutlet) -> HostConnection:
        """Take a host's connection; one that comes back goes on where it was.

        Raises:
            RefusedError: The host speaks another version.
            ProtocolError: The host claims to have what was never sent.
        """
        if hello.v != PROTOCOL_VERSION:
            raise RefusedError(
                "version",
                "Server and kernel have different versions of jupyter-chat-sessions. Install one and restart.",
            )
        host = self._hosts.get(hello.host_epoch)
        is_resumed = host is not None and hello.hub_epoch == self._epoch
        if host is None or not is_resumed:
            host = self._hosts[hello.host_epoch] = HostPort(hello.host_epoch, hello.kernel_id, on_frame=self._on_frame)
        connection = host.connect(hello, outlet, hub_epoch=self._epoch, is_resumed=is_resumed, on_lost=self._on_lost)
        if host.grace_timer is not None:
            host.grace_timer.cancel()
            host.grace_timer = None
        self._show_host(host)
        for session in self._sessions_at(host):
            session.runs.deliver_next()  # what was said while it was away
        return connection

    def gone(self, connection: HostConnection) -> None:
        """The process behind a connection that was lost is known to have ended: nobody waits for it any more."""
        host = connection.port
        if not host.is_connected and self._hosts.get(host.epoch) is host:
            if host.grace_timer is not None:
                host.grace_timer.cancel()
            self._forget(host)

    def silent(self, connection: HostConnection, *, is_silent: bool) -> None:
        """Nothing is heard of a host whose line stands, or something is again."""
        connection.port.is_silent = is_silent
        self._show_host(connection.port)

    def stop(self) -> None:
        """The server stops: nobody is waited for any more."""
        for host in self._hosts.values():
            if host.grace_timer is not None:
                host.grace_timer.cancel()

    # ---- what hosts say ----------------------------------------------------------------------------------------------

    def _on_frame(self, host: HostPort, frame: HostFrame) -> None:
        match frame:
            case (
                Emit()
                | RunChanged()
                | HostMessage()
                | HostAnswer()
                | HostPress()
                | SaveValues()
                | DropFile()
                | HadSession()
                | CloseSession()
            ):
                session = self._sessions.get(frame.session)
                if session is None or session.channel.host is not host:
                    goes_on = session is not None and isinstance(frame, HadSession)
                    host.send(SessionEnded(session=frame.session, reason="moved" if goes_on else "unknown"))
                else:
                    session.intake.turns.take(self._on_session_frame, host, session, frame)
            case SendSignal() | PutFile() | WantFile():
                session = self._sessions.get(frame.session)
                if session is not None and session.channel.host is host:
                    self._at_once(host, session, frame)
            case HostBusy(channel=name, busy=busy):
                channel = self._channels.get(name)
                if channel is not None and channel.host is host:
                    channel.is_busy = busy
                    channel.show_host()
            case Publish():
                self._publish(host, frame)
            case Unpublish(channel=name):
                self._unpublish(host, name)
            case OpenNotebookSession():
                self._open_notebook_session(host, frame)
            case _:
                assert_never(frame)

    def _at_once(self, host: HostPort, session: Session, frame: SendSignal | PutFile | WantFile) -> None:
        """Take what has no place in the conversation's order."""
        match frame:
            case SendSignal(kind=kind, data=data):
                session.signal(kind, data)
            case PutFile():
                self._put_file(host, session, frame)
            case WantFile(file=file, offset=offset):
                read = partial(_read_piece, host, session, file, offset)
                if not host.wanted.want(Want(session.id, file, offset), read):
                    host.send(_no_piece(session, file, offset, "Too much is asked for at once. Try again soon."))
            case _:
                assert_never(frame)

    def _put_file(self, host: HostPort, session: Session, frame: PutFile) -> None:
        """Keep a piece of a file; until it is kept, its host does not hear so, and what it tells of it waits."""
        acknowledge = host.hold()
        go_on = session.intake.turns.hold()

        def on_kept(refusal: RefusedError | None) -> None:
            if refusal is not None and session.state != "ended":
                host.send(HostRefused(session=session.id, code=refusal.code, text=refusal.text, file=frame.file))
            go_on()
            acknowledge()

        session.files.put(frame.file, frame.data, offset=frame.offset, is_last=frame.is_last, then=on_kept)

    def _on_session_frame(self, host: HostPort, session: Session, frame: _SessionFrame) -> None:
        match frame:
            case Emit(event=event):
                try:
                    session.emit(event)
                except ProtocolError as error:
                    logger.warning("session %s: an event of its host was refused: %s", session.id, error)
                    host.send(HostRefused(session=session.id, code=error.code, text=error.text))
            case RunChanged():
                session.runs.changed(frame)
            case HostMessage(client_id=client_id, text=text):
                session.follow()
                session.intake.message(SendMessage(client_id=client_id, text=text), reply=_reply_to(host, session))
            case HostAnswer():
                session.follow()
                client_id = frame.client_id or new_id()
                reply = _reply_to(host, session)
                try:
                    files = session.files.adopt(frame.files, question_id=frame.question_id)
                except RefusedError as error:
                    reply(ErrorFrame(code=error.code, text=error.text, client_id=client_id))
                    return
                answer = SendAnswer(client_id=client_id, question_id=frame.question_id, text=frame.text, files=files)
                session.intake.answer(answer, reply=reply)
            case HostPress(client_id=client_id, button=button):
                session.follow()
                session.intake.press_written(client_id, button, reply=_reply_to(host, session))
            case SaveValues(values=values, lost=lost, settings=settings):
                session.save_values(Values(values=values, lost=lost, settings=settings))
            case DropFile(file=file):
                session.files.part_with(file)
            case HadSession():
                pass  # It goes on: the host was given it again when it published the channel.
            case CloseSession():
                session.end("closed")
            case _:
                assert_never(frame)

    def _on_lost(self, host: HostPort) -> None:
        self._show_host(host)
        host.grace_timer = self._clock.call_later(self._grace_s, self._forget, host)

    # ---- private -----------------------------------------------------------------------------------------------------

    def _publish(self, host: HostPort, frame: Publish) -> None:
        channel = self._channels.get(frame.settings.name)
        if channel is None:
            channel = self._channels[frame.settings.name] = Channel(frame.settings)
        earlier = channel.host
        if earlier is not None and earlier is not host:
            is_same_kernel = host.kernel_id is not None and earlier.kernel_id == host.kernel_id
            if earlier.is_connected and not is_same_kernel and not frame.force:
                text = (
                    f"The chat {channel.name!r} is open in another live notebook. Choose another name, "
                    "or take it over with --force."
                )
                host.send(PublishRefused(channel=channel.name, code="channel_taken", text=text))
                return
            self._take_over(channel, earlier)
        channel.settings = frame.settings
        is_new_host = channel.host is not host
        channel.host = host
        host.send(Published(channel=channel.name, path=channel.path))
        if is_new_host:
            channel.is_busy = False
            for session in list(channel.session_by_id.values()):
                session.open_at_host()
                session.show_host()

    def _take_over(self, channel: Channel, earlier: HostPort) -> None:
        """Let go of the host that had a channel; its notebook's own session goes with it."""
        for session in list(channel.session_by_id.values()):
            if session.record.client_type == "notebook":
                session.end("unpublished")
            else:
                earlier.take_back(session.id)
        text = f"Another notebook has taken over the chat {channel.name!r}."
        earlier.send(PublishRefused(channel=channel.name, code="channel_taken", text=text))

    def _unpublish(self, host: HostPort, name: str) -> None:
        channel = self._channels.get(name)
        if channel is None or channel.host is not host:
            return
        for session in list(channel.session_by_id.values()):
            session.end("unpublished")
        self._channels.pop(name, None)

    def _open_notebook_session(self, host: HostPort, frame: OpenNotebookSession) -> None:
        channel = self._channels.get(frame.channel)
        if channel is None or channel.host is not host or frame.session in self._sessions:
            text = "The notebook's own session could not be opened: publish its channel first."
            host.send(HostRefused(session=frame.session, code="unknown_channel", text=text))
            return
        missing = [name for name in channel.settings.required_env if not frame.user_env.get(name)]
        if missing:
            text = f"This chat needs {', '.join(missing)}: set it in os.environ, then try again."
            host.send(HostRefused(session=frame.session, code="missing_env", text=text))
            return
        self._begin_notebook_session(host, channel, frame)

    def _sessions_at(self, host: HostPort) -> list[Session]:
        return [session for session in self._sessions.values() if session.channel.host is host]

    def _show_host(self, host: HostPort) -> None:
        for channel in self._channels.values():
            if channel.host is host:
                channel.show_host()

    def _forget(self, host: HostPort) -> None:
        """A host did not come back in time: what ran there is interrupted, its channels wait for another."""
        if self._hosts.get(host.epoch) is host:
            del self._hosts[host.epoch]
        for channel in list(self._channels.values()):
            if channel.host is not host:
                continue
            channel.host = None
            for session in list(channel.session_by_id.values()):
                if session.record.client_type == "notebook":
                    session.end("closed")
                else:
                    session.interrupt()
            if not channel.session_by_id:
                self._channels.pop(channel.name, None)


def _read_piece(host: HostPort, session: Session, file: str, offset: int, then: Callable[[FilePiece], None]) -> None:
    """Call back with a piece of a file for a host that asked for it a while ago."""

    def on_read(piece: FilePiece) -> None:
        if session.channel.host is not host or session.state == "ended":
            piece = _no_piece(session, file, offset, "This conversation is not this host's any more.")
        then(piece)

    session.files.piece(file, offset, then=on_read)


def _no_piece(session: Session, file: str, offset: int, error: str) -> FilePiece:
    return FilePiece(session=session.id, file=file, offset=offset, data=b"", error=error)


def _reply_to(host: HostPort, session: Session) -> Reply:
    """Tell a host what became of what its cell said; that it was accepted shows in the events."""

    def reply(frame: object) -> None:
        if isinstance(frame, ErrorFrame):
            host.send(HostRefused(session=session.id, code=frame.code, text=frame.text, client_id=frame.client_id))

    return reply
