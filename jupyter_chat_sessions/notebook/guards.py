"""Guards around what a handler must not do to a kernel, and around what an interrupt must not do to it."""

from __future__ import annotations

import builtins
import getpass
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import Any

from ..host.dispatcher import is_in_handler_call
from ..host.scope import is_in_handler
from ..protocol.errors import ChatSessionsError


class InputGuard:
    """Makes `input()` and `getpass()` in a handler an error: they would stop the notebook, and ask the wrong person.

    ipykernel puts its own functions in the place of Python's for the length of each cell, therefore both are guarded.

    Args:
        kernel: The kernel, or None in a terminal.
    """

    def __init__(self, kernel: Any) -> None:
        places = [(builtins, "input"), (getpass, "getpass")]
        if kernel is not None:
            places += [(kernel, name) for name in ("raw_input", "getpass", "_sys_raw_input", "_save_getpass")]
        self._places: list[tuple[Any, str]] = [place for place in places if callable(getattr(*place, None))]

    def install(self) -> None:
        """Put the guards in place."""
        for place, name in self._places:
            setattr(place, name, _guarded(getattr(place, name)))

    def remove(self) -> None:
        """Put back what is guarded now."""
        for place, name in self._places:
            setattr(place, name, getattr(getattr(place, name), "__wrapped__", getattr(place, name)))


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def read(*args: Any, **kwargs: Any) -> Any:
        if is_in_handler():
            raise ChatSessionsError(
                "A handler cannot use input(): it would stop the whole notebook and ask its author, not the viewer. "
                "Ask the viewer: answer = await cl.AskUserMessage(content=...).send()"
            )
        return function(*args, **kwargs)

    return read


class InterruptGuard:
    """Lets *Interrupt* stop handlers while no cell runs; ipykernel ignores the signal then.

    Args:
        kernel: The kernel, or None in a terminal.
        stop_runs: Stops the runs that wait for something; called in a signal handler.
    """

    def __init__(self, kernel: Any, *, stop_runs: Callable[[], None]) -> None:
        self._kernel = kernel
        self._stop_runs = stop_runs

    def install(self) -> None:
        """Take the place of the ignored signal. Called in each cell: the kernel restores what it saved before."""
        if getattr(self._kernel, "saved_sigint_handler", None) is signal.SIG_IGN:
            self._kernel.saved_sigint_handler = self._on_interrupt

    def remove(self) -> None:
        """Let the signal be ignored again."""
        if getattr(self._kernel, "saved_sigint_handler", None) == self._on_interrupt:
            self._kernel.saved_sigint_handler = signal.SIG_IGN

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        if is_in_handler_call(frame):
            raise KeyboardInterrupt
        self._stop_runs()


@contextmanager
def interruptible() -> Iterator[None]:
    """Let *Interrupt* reach a handler that keeps the loop while a cell waits for its reply; else the cell, as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = signal.getsignal(signal.SIGINT)

    def on_interrupt(number: int, frame: FrameType | None) -> None:
        if is_in_handler_call(frame):
            raise KeyboardInterrupt
        if callable(earlier):
            earlier(number, frame)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, earlier)
