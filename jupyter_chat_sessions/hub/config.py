"""The hub's settings, as Jupyter's configuration files and command line set them."""

from __future__ import annotations

from traitlets import Bool, Float, Integer, Unicode
from traitlets.config import LoggingConfigurable

from .options import HubOptions

_DEFAULTS = HubOptions()


class ChatSessions(LoggingConfigurable):
    """Settings of Jupyter Chat Sessions, e.g. `c.ChatSessions.session_timeout = 600` in `jupyter_server_config.py`."""

    session_timeout = Float(
        _DEFAULTS.session_timeout_s,
        help="Seconds that a session waits for its viewer to come back before it ends.",
    ).tag(config=True)
    host_grace = Float(
        _DEFAULTS.host_grace_s,
        help="Seconds in which a kernel whose link is cut may come back and go on with what it was running.",
    ).tag(config=True)
    host_silence = Float(
        _DEFAULTS.host_silence_s, help="Seconds without a word of a kernel after which viewers read that it is busy."
    ).tag(config=True)
    hello_timeout = Float(
        _DEFAULTS.hello_timeout_s, help="Seconds in which a new connection has to say which session it belongs to."
    ).tag(config=True)
    heartbeat = Float(_DEFAULTS.heartbeat_s, help="Seconds of silence after which a viewer is sent a heartbeat.").tag(
        config=True
    )
    max_waiting = Integer(
        _DEFAULTS.max_waiting, help="Messages that may wait in one session; further ones are refused."
    ).tag(config=True)
    message_burst = Integer(_DEFAULTS.message_burst, help="Messages that one session's viewers may send at once.").tag(
        config=True
    )
    messages_per_minute = Float(
        _DEFAULTS.messages_per_minute,
        help="Messages a minute that one session's viewers may send in the long run. 0: any number.",
    ).tag(config=True)
    max_tabs = Integer(_DEFAULTS.max_tabs, help="Tabs in which one session may be open at a time.").tag(config=True)
    max_sessions = Integer(_DEFAULTS.max_sessions, help="Sessions on this server at a time.").tag(config=True)
    max_sessions_per_user = Integer(
        _DEFAULTS.max_sessions_per_user,
        help="Sessions of one person at a time. Scripts that share the server's token count as one person.",
    ).tag(config=True)
    snapshot_steps = Integer(
        _DEFAULTS.snapshot_steps, help="Newest steps that a page is given at first; older ones are fetched on demand."
    ).tag(config=True)
    window_events = Integer(
        _DEFAULTS.window_events, help="Events kept in each session for viewers that come back."
    ).tag(config=True)
    window_bytes = Integer(
        _DEFAULTS.window_bytes, help="Bytes of events kept in each session for viewers that come back."
    ).tag(config=True)
    max_write_buffer = Integer(
        _DEFAULTS.max_write_buffer_bytes,
        help="Bytes that may wait to be read by one viewer before it is disconnected as too slow.",
    ).tag(config=True)
    max_file_bytes = Integer(
        _DEFAULTS.max_file_bytes, help="Bytes of the largest file that a viewer may give, or a notebook may show."
    ).tag(config=True)
    max_session_bytes = Integer(
        _DEFAULTS.max_session_bytes, help="Bytes that all files of one session may have together."
    ).tag(config=True)
    files_outlive_sessions = Bool(
        _DEFAULTS.files_outlive_sessions,
        help="Keep files as long as the stored conversation that they are in. False: until its session ends.",
    ).tag(config=True)
    database_url = Unicode(
        "",
        help="Where conversations are stored, as an SQLAlchemy URL. Empty: an SQLite file in Jupyter's data folder.",
    ).tag(config=True)
    retention_days = Float(
        0.0, help="Days after which a stored conversation that nobody writes to is removed. 0: never."
    ).tag(config=True)
    reply_timeout = Float(
        _DEFAULTS.reply_timeout_s,
        help="Seconds that the HTTP route which sends a message waits for the answer to be complete.",
    ).tag(config=True)

    def options(self) -> HubOptions:
        """Return the settings as the hub takes them."""
        return HubOptions(
            session_timeout_s=self.session_timeout,
            host_grace_s=self.host_grace,
            host_silence_s=self.host_silence,
            hello_timeout_s=self.hello_timeout,
            heartbeat_s=self.heartbeat,
            max_waiting=self.max_waiting,
            message_burst=self.message_burst,
            messages_per_minute=self.messages_per_minute,
            max_tabs=self.max_tabs,
            max_sessions=self.max_sessions,
            max_sessions_per_user=self.max_sessions_per_user,
            snapshot_steps=self.snapshot_steps,
            window_events=self.window_events,
            window_bytes=self.window_bytes,
            max_write_buffer_bytes=self.max_write_buffer,
            max_file_bytes=self.max_file_bytes,
            max_session_bytes=self.max_session_bytes,
            files_outlive_sessions=self.files_outlive_sessions,
            reply_timeout_s=self.reply_timeout,
        )
