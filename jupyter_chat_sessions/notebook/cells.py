"""The cell that is running: which page ran it, and the `await` that a `%%chat_session` cell needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, NamedTuple

from IPython.core.interactiveshell import InteractiveShell

_CHAT_CELL = re.compile(r"%%chat_session(?=\s|$)(.*)")
_PRESS_LINE = re.compile(r"(\s*)(?=get_ipython\(\)\.run_line_magic\('chat_session', ['\"]press\b)")
"""What IPython makes of a line `%chat_session press …`."""


class Cell(NamedTuple):
    """A cell that was run.

    Attributes:
        header: The header of the request that ran it; empty outside a kernel.
    """

    header: dict[str, Any]

    @property
    def client(self) -> str:
        """The page that ran it, as front ends name themselves."""
        return str(self.header.get("session", ""))


_running: ContextVar[Cell | None] = ContextVar("chat_running_cell", default=None)


def running_cell() -> Cell | None:
    """Return the cell that this code belongs to: the running one, or the one that defined the handler that runs.

    A thread that was started without a context belongs to no cell: it may have been started by anybody's handler.
    """
    return _running.get()


class CellWatch:
    """Notes, in each cell's own context, which cell it is.

    Args:
        shell: Whose cells.
        on_cell: Called at the beginning of each cell.
    """

    def __init__(self, shell: InteractiveShell, *, on_cell: Callable[[], None]) -> None:
        self._shell = shell
        self._on_cell = on_cell

    def start(self) -> None:
        """Note this cell and those to come."""
        self._shell.events.register("pre_execute", self._note)
        self._shell.input_transformers_cleanup.append(self._await_chat_cell)
        self._shell.input_transformers_post.append(self._await_presses)
        self._note()

    def stop(self) -> None:
        """Note no more."""
        self._shell.events.unregister("pre_execute", self._note)
        self._shell.input_transformers_cleanup.remove(self._await_chat_cell)
        self._shell.input_transformers_post.remove(self._await_presses)

    def _note(self) -> None:
        kernel = getattr(self._shell, "kernel", None)
        parent = {} if kernel is None else kernel.get_parent("shell") or {}
        _running.set(Cell(parent.get("header", {})))
        self._on_cell()

    def _await_chat_cell(self, lines: list[str]) -> list[str]:
        return await_chat_cell(lines) if self._shell.autoawait else lines

    def _await_presses(self, lines: list[str]) -> list[str]:
        return await_presses(lines) if self._shell.autoawait else lines


def await_chat_cell(lines: list[str]) -> list[str]:
    r"""Rewrite a `%%chat_session` cell into an `await`, as IPython rewrites cell magics into a call.

    A cell magic is synchronous: one that waited for the reply would keep the loop that has to produce it.

    Args:
        lines: The cell's lines.

    Returns:
        The lines to run; other cells as they are.

    Example:
        >>> await_chat_cell(["%%chat_session\n", "Hello\n"])
        ["await get_ipython().run_cell_magic('chat_session', '', 'Hello\\n')\n"]
    """
    chat_cell = _CHAT_CELL.match(lines[0]) if lines else None
    if chat_cell is None:
        return lines
    arguments, body = chat_cell[1].strip(), "".join(lines[1:])
    return [f"await get_ipython().run_cell_magic('chat_session', {arguments!r}, {body!r})\n"]


def await_presses(lines: list[str]) -> list[str]:
    r"""Put an `await` before each `%chat_session press …`, for the same reason.

    Args:
        lines: The cell's lines, as IPython has rewritten them.

    Returns:
        The lines to run.

    Example:
        >>> await_presses(["get_ipython().run_line_magic('chat_session', 'press Yes')\n"])
        ["await get_ipython().run_line_magic('chat_session', 'press Yes')\n"]
    """
    return [f"{press[1]}await {line[press.end() :]}" if (press := _PRESS_LINE.match(line)) else line for line in lines]
