"""The Jupyter server extension: makes the hub, lets kernels find it, and hangs the handlers into the server."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from jupyter_core.paths import jupyter_runtime_dir
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.serverapp import ServerApp
from tornado.httpserver import HTTPServer

from ..assets import STATIC_DIRECTORY
from ..protocol.addresses import TOKEN_VARIABLE, URL_VARIABLE, HubAddress, runtime_file_name
from .config import ChatSessions
from .disk import DiskThread
from .file_store import FileStore, data_directory
from .handlers.routes import routes
from .handlers.turn_end import TurnEnd
from .hub import Hub
from .late_loop import LateLoop
from .memory_store import MemoryStore
from .store import Store

_WILDCARDS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]", "*": "127.0.0.1"}  # noqa: S104  # recognised, not bound

DAY_S = 86_400.0
BACKLOG = 16_384
"""Connections that wait to be accepted: more than a server has sessions."""

COLLECT_AFTER = (20_000, 20, 10)
"""When Python looks for garbage, by generation; see `gc.set_threshold`."""


class ChatSessionsApp(ExtensionApp):
    """Serves chats at `<base_url>chat-sessions/<channel>` and their API at `<base_url>api/chat-sessions/`."""

    name = "jupyter_chat_sessions"
    description = "The chat that belongs in a notebook."
    classes = [ChatSessions]  # noqa: RUF012  # a trait's default, as jupyter_server has it
    static_paths = [str(STATIC_DIRECTORY)]  # noqa: RUF012
    load_other_extensions = True
    _runtime_file: Path | None = None
    _purging: asyncio.Task[None] | None = None

    def initialize_settings(self) -> None:
        """Make the hub."""
        self.chat_sessions = ChatSessions(parent=self)
        store, why_closed = self._open_store()
        self._clock = LateLoop()
        self.hub = Hub(
            options=self.chat_sessions.options(),
            store=store,
            clock=self._clock,
            files=FileStore(data_directory() / "files") if store.keeps_threads else None,
            disk=DiskThread(),
            why_closed=why_closed,
        )
        self.hub.restore()
        self.host_token = secrets.token_urlsafe(32)
        self.settings["chat_sessions_hub"] = self.hub
        self.settings["chat_sessions_host_token"] = self.host_token
        self.settings["chat_sessions_turn_end"] = TurnEnd()

    def initialize_handlers(self) -> None:
        """Hang the handlers in."""
        self.handlers.extend((route.pattern, route.handler) for route in routes())

    async def _start_jupyter_server_extension(self, serverapp: ServerApp) -> None:
        """Tell kernels that start from now on where the hub is: the port is known only here."""
        self._clock.start()
        _spare_the_collector()
        let_many_knock(getattr(serverapp, "http_server", None))
        self._purging = asyncio.create_task(self._purge_daily())
        url = dial_url(serverapp)
        if url is None:
            self.log.warning(
                "Chat sessions need a TCP port; this server listens on a UNIX socket. Kernels run them alone."
            )
            return
        os.environ[URL_VARIABLE] = url
        os.environ[TOKEN_VARIABLE] = self.host_token
        self._runtime_file = _write_runtime_file(url, self.host_token)

    async def stop_extension(self) -> None:
        """Let every viewer go, write what is under way, and take back what was told."""
        self._take_back()
        if self._purging is not None:
            self._purging.cancel()
        await self.hub.aclose()

    def _open_store(self) -> tuple[Store, str | None]:
        """Return the store, and why chats stay closed, where they do."""
        from .sql.opening import StorageOffError, open_store  # only servers need a database

        directory = data_directory()
        try:
            return open_store(self.chat_sessions.database_url or None, directory=directory), None
        except StorageOffError as error:
            self.log.error("Chats are closed: %s", error)
            return MemoryStore(), str(error)

    async def _purge_daily(self) -> None:
        days = self.chat_sessions.retention_days
        while days > 0:
            removed = await self.hub.purge(older_than_days=days)
            self.log.info("%d stored conversations were older than %s days and are removed", removed, days)
            await asyncio.sleep(DAY_S)

    def _take_back(self) -> None:
        for name in (URL_VARIABLE, TOKEN_VARIABLE):
            os.environ.pop(name, None)
        if self._runtime_file is not None:
            self._runtime_file.unlink(missing_ok=True)


def _spare_the_collector() -> None:
    """Keep what a server has loaded when it starts out of garbage collections: it stays for good.

    A quarter of a million objects are looked through each time otherwise, and every chat stands still for that long.
    And collect less often: with Python's own limits, what is on its way while hundreds speak soon counts as old, and
    everything is looked through twice a second.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def let_many_knock(http_server: HTTPServer | None) -> None:
    """Let all viewers knock at once, as when a network comes back.

    Of more than tornado's 128 the system forgets some, and those knock again after 1, 3, 7, … 31 s. It takes as many as
    its own limit allows (`net.core.somaxconn`). Tornado does not hand its sockets out; without them all stays as it is.
    """
    for listening in getattr(http_server, "_sockets", {}).values():
        listening.listen(BACKLOG)


def dial_url(serverapp: ServerApp) -> str | None:
    """Return the base URL at which this machine's own kernels reach the server, or None where there is none."""
    if serverapp.sock:
        return None
    parts = urlsplit(serverapp.connection_url)
    host = _WILDCARDS.get(serverapp.ip) or (f"[{serverapp.ip}]" if ":" in serverapp.ip else serverapp.ip)
    return f"{parts.scheme}://{host}:{serverapp.port}{serverapp.base_url}"


def _write_runtime_file(url: str, token: str) -> Path:
    """Leave address and token where only this user can read them, for kernels that did not inherit the environment."""
    path = Path(jupyter_runtime_dir()) / runtime_file_name(os.getpid())
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(HubAddress(url=url, token=token)))
    return path
