"""The one thing that is global here: this process's runtime.

The runtime, and asyncio with it, is imported when it is first asked for: importing the author's API stays fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .runtime import Runtime

_current: Runtime | None = None


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
