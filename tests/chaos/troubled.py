"""A server extension that makes trouble when it is told to, as others do: it keeps the loop, and moves the clock.

`POST /trouble/block?seconds=3` keeps the server's loop that long; `POST /trouble/clock?seconds=86400` lets the clock on
the wall, as Python's modules read it, stand so far from the right time. The monotonic clock goes on as it was.
"""

from __future__ import annotations

import datetime as real
import time
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.serverapp import ServerApp
from tornado.web import authenticated

_time = time.time
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


def move_clock(ahead_s: float) -> None:
    """Let this process's clock on the wall stand so far from the right time; also called by a cell, in a kernel."""
    global _ahead_s
    _ahead_s = ahead_s
    time.time = lambda: _time() + _ahead_s
    for module in _with_datetime():
        module.datetime = _Datetime


def _with_datetime() -> list[Any]:
    import sys

    ours = [module for name, module in sys.modules.items() if name.startswith("jupyter_chat_sessions")]
    return [module for module in ours if getattr(module, "datetime", None) in (real.datetime, _Datetime)]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    handlers = [(f"{server.base_url}trouble/block", BlockHandler), (f"{server.base_url}trouble/clock", ClockHandler)]
    server.web_app.add_handlers(".*$", handlers)
