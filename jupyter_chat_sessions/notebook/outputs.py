"""What handlers print, display and raise goes to the cell that defined them.

A handler runs in the context of its cell. Since ipykernel 7.1 everything that a cell puts out follows that context;
before, only the streams do, and `route_displays` sees to the rest. What is displayed while a step goes on belongs to
the step.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from types import TracebackType
from typing import Any

from IPython.core.interactiveshell import InteractiveShell

from ..chat.captured import take_clear, take_display
from ..chat.rich_display import own_bundle_of
from ..host.displays import Bundle
from ..protocol.errors import ChatSessionsError
from .cells import running_cell

_OURS = f"{__name__.split('.')[0]}."
_ROUTED = ("publish", "clear_output")

_collected: ContextVar[list[Bundle] | None] = ContextVar("chat_collected_displays", default=None)
"""Where what an object displays of itself is put, while it is asked what it has to show."""


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


def capture_displays(shell: InteractiveShell) -> Callable[[], None]:
    """Let what is displayed while a `cl.Step` goes on stand with that step, and not in the cell.

    Returns:
        What puts everything back.
    """
    publisher: Any = shell.display_pub
    publish, clear_output = publisher.publish, publisher.clear_output
    before = {name: vars(publisher)[name] for name in _ROUTED if name in vars(publisher)}

    @wraps(publish)
    def captured(data: Any, metadata: Any = None, *args: Any, **kwargs: Any) -> Any:
        bundle = Bundle(dict(data), dict(metadata or {}))
        collected = _collected.get()
        if collected is not None:
            return collected.append(bundle)
        display_id = (kwargs.get("transient") or {}).get("display_id")
        if take_display(bundle, display_id=display_id, is_update=bool(kwargs.get("update"))):
            return None
        return publish(data, metadata, *args, **kwargs)

    @wraps(clear_output)
    def cleared(wait: bool = False) -> Any:
        return None if take_clear(wait=wait) else clear_output(wait)

    publisher.publish, publisher.clear_output = captured, cleared

    def restore() -> None:
        for name in _ROUTED:
            if name in before:
                setattr(publisher, name, before[name])
            else:
                delattr(publisher, name)

    return restore


class DisplayFormatter:
    """Knows how objects show themselves in this notebook: by IPython's formatters, or by their own methods.

    Args:
        shell: Knows what is registered, such as how figures are drawn.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell

    def __call__(self, value: Any) -> Bundle | None:
        """See `FormatDisplay`. Not by IPython's own `format`, which swallows what a method raises."""
        bundle = own_bundle_of(value, find_printer=self._printer)
        if bundle is not None or not callable(getattr(type(value), "_ipython_display_", None)):
            return bundle
        collected: list[Bundle] = []
        token = _collected.set(collected)
        try:
            value._ipython_display_()
        except Exception as reason:  # whatever its author's code raises
            raise ChatSessionsError(
                f"An object of type {type(value).__name__!r} cannot be shown: "
                f"its _ipython_display_ raised {type(reason).__name__}: {reason}"
            ) from reason
        finally:
            _collected.reset(token)
        return collected[0] if collected else None

    def _printer(self, value: Any, mime: str) -> Callable[[Any], Any] | None:
        known: Any = self._shell.display_formatter
        formatter = known.formatters.get(mime)
        try:
            return None if formatter is None else formatter.lookup(value)
        except KeyError:
            return None


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
