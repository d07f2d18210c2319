"""A server extension that makes trouble when it is told to, as others and machines do.

| `POST /trouble/…` | |
|---|---|
| `block?seconds=3` | the server's loop is kept that long |
| `clock?seconds=86400` | the clock on the wall, as Python's modules read it, stands so far from the right time |
| `disk?seconds=0.5` | each commit of a database takes that much longer |
| `disk?error=disk%20I/O%20error` | each commit of a database fails with this |
| `disk` | all is well again |
"""

from __future__ import annotations

import datetime as real
import sqlite3
import sys
import time
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.serverapp import ServerApp
from sqlalchemy.engine.default import DefaultDialect
from tornado.web import authenticated

_time = time.time
_commit = DefaultDialect.do_commit
_ahead_s = 0.0


class _Datetime(real.datetime):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return super().now(tz) + real.timedelta(seconds=_ahead_s)


class BlockHandler(APIHandler):
    """Sleeps as no handler should."""

    @authenticated
    def post(self) -> None:
        """Keep the loop."""
        time.sleep(float(self.get_argument("seconds")))
        self.finish({})


class ClockHandler(APIHandler):
    """Moves the clock."""

    @authenticated
    def post(self) -> None:
        """Move it."""
        move_clock(float(self.get_argument("seconds")))
        self.finish({})


class DiskHandler(APIHandler):
    """Makes the disk slow, or lets it fail."""

    @authenticated
    def post(self) -> None:
        """Choose."""
        delay_s, error = float(self.get_argument("seconds", "0")), self.get_argument("error", "")

        def commit(dialect: Any, connection: Any) -> None:
            time.sleep(delay_s)
            if error:
                raise sqlite3.OperationalError(error)
            _commit(dialect, connection)

        DefaultDialect.do_commit = commit
        self.finish({})


def move_clock(ahead_s: float) -> None:
    """Let this process's clock on the wall stand so far from the right time; also called by a cell, in a kernel."""
    global _ahead_s
    _ahead_s = ahead_s
    time.time = lambda: _time() + _ahead_s
    for module in _with_datetime():
        module.datetime = _Datetime


def _with_datetime() -> list[Any]:
    ours = [module for name, module in sys.modules.items() if name.startswith("jupyter_chat_sessions")]
    return [module for module in ours if getattr(module, "datetime", None) in (real.datetime, _Datetime)]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    handlers = {"block": BlockHandler, "clock": ClockHandler, "disk": DiskHandler}
    server.web_app.add_handlers(".*$", [(f"{server.base_url}trouble/{name}", one) for name, one in handlers.items()])
