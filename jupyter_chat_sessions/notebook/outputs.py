"""What handlers print, display and raise goes to the cell that defined them.

A handler runs in the context of its cell. Since ipykernel 7.1 everything that a cell puts out follows that context;
before, only the streams do, and `route_displays` sees to the rest.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import wraps
from types import TracebackType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from .cells import running_cell

_OURS = f"{__name__.split('.')[0]}."
_ROUTED = ("publish", "clear_output")


def route_displays(shell: InteractiveShell) -> Callable[[], None]:
    """Let what is displayed go to the cell that the code belongs to, where ipykernel does not see to it.

    Returns:
        What puts everything back.
    """
    publisher: Any = shell.display_pub
    if not hasattr(publisher, "parent_header") or isinstance(getattr(type(publisher), "parent_header", None), property):
        return lambda: None
    lock = threading.RLock()

    def routed(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def publish(*args: Any, **kwargs: Any) -> Any:
            cell = running_cell()
            if cell is None or not cell.header:
                return function(*args, **kwargs)
            with lock:
                latest, publisher.parent_header = publisher.parent_header, cell.header
                try:
                    return function(*args, **kwargs)
                finally:
                    publisher.parent_header = latest

        return publish

    for name in _ROUTED:
        setattr(publisher, name, routed(getattr(publisher, name)))

    def restore() -> None:
        for name in _ROUTED:
            delattr(publisher, name)

    return restore


def _without_our_tail(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback that ends in the author's code, where this package raised at the author's call."""
    entries = []
    while trace is not None:
        entries.append(trace)
        trace = trace.tb_next
    while len(entries) > 1 and entries[-1].tb_frame.f_globals.get("__name__", "").startswith(_OURS):
        entries.pop()
    kept: TracebackType | None = None
    for entry in reversed(entries):
        kept = TracebackType(kept, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return kept


class ErrorDisplay:
    """Shows a handler's exceptions as IPython shows those of cells, in the cell that defined the handler.

    Args:
        shell: Knows the author's taste in tracebacks.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    def __call__(self, error: BaseException, where: str) -> None:
        """See `ShowError`. The text goes through a stream: streams follow the context in every ipykernel."""
        formatter = self._shell.InteractiveTB
        trace = _without_our_tail(error.__traceback__)
        lines = formatter.structured_traceback(type(error), error, trace, tb_offset=0)
        print(where, formatter.stb2text(lines), sep="\n", file=sys.stderr)  # noqa: T201
