"""A published chat: its name and settings, the host that answers it, the sessions that live in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import quote

from ..protocol.frames import ChannelInfo, ChannelSettings

if TYPE_CHECKING:
    from .host_port import HostPort
    from .session import Session

HostStatus = Literal["connected", "busy", "gone"]


class ChannelStatus(NamedTuple):
    """What can be told about a channel.

    Attributes:
        name: Its name.
        title: As viewers read it.
        host: Whether its host is there.
        sessions: How many sessions live in it.
        viewers: How many viewers are attached to them.
        path: Its page, below the server's base URL.
    """

    name: str
    title: str
    host: HostStatus
    sessions: int
    viewers: int
    path: str


class Channel:
    """A channel. It outlives its host: viewers wait for the next one."""

    def __init__(self, settings: ChannelSettings) -> None:
        self.settings = settings
        self.host: HostPort | None = None
        self.is_busy = False
        self.session_by_id: dict[str, Session] = {}

    @property
    def name(self) -> str:
        """The name under which it is published."""
        return self.settings.name

    @property
    def path(self) -> str:
        """Its page, below the server's base URL."""
        return f"chat-sessions/{quote(self.name, safe='')}"

    @property
    def host_status(self) -> HostStatus:
        """Whether the host is there, as viewers are told."""
        if self.host is None or not self.host.is_connected:
            return "gone"
        return "busy" if self.is_busy or self.host.is_silent else "connected"

    @property
    def info(self) -> ChannelInfo:
        """What viewers may know."""
        return ChannelInfo(
            name=self.name,
            title=self.settings.title,
            bot_name=self.settings.bot_name,
            placeholder=self.settings.placeholder,
            allow_remote_images=self.settings.allow_remote_images,
            uploads=self.settings.uploads,
            can_edit=self.settings.can_edit,
            readme=self.settings.readme,
        )

    @property
    def status(self) -> ChannelStatus:
        """What can be told about it."""
        sessions = self.session_by_id.values()
        return ChannelStatus(
            name=self.name,
            title=self.settings.title,
            host=self.host_status,
            sessions=len(sessions),
            viewers=sum(session.viewers for session in sessions),
            path=self.path,
        )

    def show_host(self) -> None:
        """Show every viewer whether the host is there."""
        for session in self.session_by_id.values():
            session.show_host()
