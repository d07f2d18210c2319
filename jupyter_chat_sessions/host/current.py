"""The one thing that is global here: this process's runtime; and which app the author's decorators put handlers in.

The runtime, and asyncio with it, is imported when it is first asked for: importing the author's API stays fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .app import App
    from .runtime import Runtime

_current: Runtime | None = None
_app: ContextVar[App | None] = ContextVar("chat_app", default=None)


def current_runtime() -> Runtime:
    """Return this process's runtime; made, without a link, when first asked for."""
    global _current
    if _current is None:
        from .runtime import Runtime

        _current = Runtime()
    return _current


@contextmanager
def use_runtime(runtime: Runtime) -> Iterator[Runtime]:
    """Let another runtime be the current one for the length of the body."""
    global _current
    earlier, _current = _current, runtime
    try:
        yield runtime
    finally:
        _current = earlier


def current_app() -> App:
    """Return the app that this code belongs to: that of the file that it stands in, else the notebook's."""
    return _app.get() or current_runtime().app


@contextmanager
def use_app(app: App) -> Iterator[App]:
    """Let what the body defines belong to an app. What a handler defines later belongs to the handler's own."""
    token = _app.set(app)
    try:
        yield app
    finally:
        _app.reset(token)
