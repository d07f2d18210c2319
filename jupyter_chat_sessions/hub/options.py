"""Every limit and time of the hub, with its default. `config.py` fills them from Jupyter's configuration."""

from __future__ import annotations

from msgspec import Struct


class HubOptions(Struct, frozen=True, kw_only=True):
    """What can be set about a hub.

    The defaults are those of `docs/protocol.md`.
    """

    session_timeout_s: float = 3600.0
    """How long a session waits for its viewer to come back before it ends."""
    host_grace_s: float = 30.0
    """How long a host whose link is cut may come back and find its runs still counted as running."""
    host_silence_s: float = 25.0
    """Silence of a host after which viewers read that it is busy; it speaks every 10 s unless something keeps it."""
    hello_timeout_s: float = 5.0
    heartbeat_s: float = 25.0
    """Silence after which a viewer is sent a heartbeat."""
    max_waiting: int = 8
    """Messages that may wait in one session."""
    message_burst: int = 20
    """What one session's viewers may say at once."""
    messages_per_minute: float = 100.0
    """What they may say a minute in the long run; 0 for any number."""
    max_tabs: int = 8
    """Viewers attached to one session at a time."""
    max_sessions: int = 10_000
    max_sessions_per_user: int = 1_000
    """A share, so that nobody fills the server alone. Not smaller: all scripts that have the server's token and no
    cookie count as one user, and a class of forty of them has room for 25 each."""
    snapshot_steps: int = 200
    """The newest steps that a snapshot carries; older ones are fetched on demand."""
    window_events: int = 1024
    """Events kept in each session for viewers that come back."""
    window_bytes: int = 512 * 1024
    max_write_buffer_bytes: int = 1024 * 1024
    """What may wait to be read by one viewer before it is let go as too slow."""
    max_file_bytes: int = 100 * 1024 * 1024
    """The largest file that a viewer may give, or a host may show."""
    max_session_bytes: int = 1024 * 1024 * 1024
    """All files of one session together."""
    files_outlive_sessions: bool = True
    """Files are kept as long as the thread that they are in; else until its session ends."""
    reply_timeout_s: float = 300.0
    """How long the HTTP route that sends a message waits for the run to end."""
