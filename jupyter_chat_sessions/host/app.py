"""An app: the author's handlers for one chat, and what the author decided about it.

The one rule: a slot holds one handler, the last one registered, so that a cell that is run again swaps its handlers in.
"""

from __future__ import annotations

import contextvars
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .hidden_steps import Trace
    from .public import PublicFolder
    from .record import Record
    from .run import Run
    from .session import BaseSession
    from .shared_globals import Global

Slot = Literal[
    "on_chat_start",
    "on_chat_resume",
    "on_message",
    "on_chat_end",
    "on_stop",
    "on_disconnect",
    "on_reconnect",
    "action_callback",
    "on_settings_update",
    "on_settings_edit",
    "on_feedback",
    "on_window_message",
    "surroundings",
    "set_chat_profiles",
    "set_starters",
    "set_starter_categories",
    "author_rename",
    "on_app_startup",
    "on_app_shutdown",
    "data_layer",
]
SURROUNDINGS: tuple[Slot, ...] = ("set_chat_profiles", "set_starters", "set_starter_categories")
"""What is asked when a session begins, before anything is said in it, in this order."""

RunOn = Literal["notebook", "thread"]
Arguments = Callable[["Run"], tuple[Any, ...]]
Take = Callable[["Run", Any], None]
"""Does something with what a handler has returned."""


class Handler:
    """A registered handler.

    Args:
        function: The author's function, as it was written.
        arguments: Makes the handler's arguments of its run.
        take: Is given what it returns.

    Attributes:
        context: The context of the cell that defined it: what the handler prints goes there.
        is_async: It runs on a loop; otherwise it runs in a thread.
    """

    def __init__(self, function: Callable[..., Any], arguments: Arguments, take: Take) -> None:
        self.function = function
        self.take = take
        self.context = contextvars.copy_context()
        call = vars(type(function)).get("__call__")  # of an object that can be called
        self.is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)
        self.made: Any = None
        """What it has returned, where it is called once."""
        self.shared: list[Global] | None = None
        """The globals that its code refers to, once they were looked for."""
        self.told: set[str] = set()
        """Which of its errors the author has read, where each is told once."""
        self._arguments = arguments
        self._accepted = _accepted(function)

    def positional(self, run: Run) -> tuple[Any, ...]:
        """Return as many arguments as the function takes: `on_message` may be written without a parameter."""
        return self._arguments(run)[: self._accepted]


def _accepted(function: Callable[..., Any]) -> int | None:
    """Return how many positional arguments a function takes; None for any number, or where it cannot be told."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return None
    return sum(
        parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD) for parameter in parameters
    )


def _no_arguments(run: Run) -> tuple[Any, ...]:
    return ()


def _no_use(run: Run, result: Any) -> None:
    """Most handlers return nothing."""


class App:
    """The handlers of one chat.

    Example:
        >>> app = App()
        >>> app.register("on_chat_start", greet)
    """

    def __init__(self) -> None:
        self._handlers: dict[Slot, Handler] = {}
        self._callbacks: dict[str, Handler] = {}
        """Of buttons, by their names."""
        self.trace: Trace = "full"
        """Which intermediate steps its viewers see."""
        self.public: PublicFolder | None = None
        """What it may call by an address such as `/public/cat.png`; None where there is no such folder."""
        self.make_record: Callable[[BaseSession], Record] | None = None
        """Makes what tells the app's `data_layer` of a session."""
        self._warned: set[str] = set()
        """Names that the author was warned of."""
        self.on_offers_changed: Callable[[], None] = lambda: None
        """Called when there is something new to be asked: a cell was run again while sessions live."""

    @property
    def is_plain(self) -> bool:
        """Whether viewers see all of its steps as they are, and nobody beside them is told."""
        return self.trace == "full" and self.make_record is None

    def register(
        self,
        slot: Slot,
        function: Callable[..., Any],
        *,
        arguments: Arguments = _no_arguments,
        take: Take = _no_use,
    ) -> None:
        """Put a handler in its slot, in the place of an earlier one.

        Raises:
            TypeError: It cannot be called.
        """
        if not callable(function):
            raise TypeError(f"@{slot} decorates a function; it was given {type(function).__name__!r}.")
        self._handlers[slot] = Handler(function, arguments, take)
        if slot in SURROUNDINGS or slot == "on_feedback":
            self.on_offers_changed()

    def register_callback(self, name: str, function: Callable[..., Any], *, arguments: Arguments) -> None:
        """Let a function be called when a button of this name is pressed, in the place of an earlier one.

        Raises:
            TypeError: It cannot be called.
        """
        if not callable(function):
            raise TypeError(
                f"@action_callback({name!r}) decorates a function; it was given {type(function).__name__!r}."
            )
        self._callbacks[name] = Handler(function, arguments, _no_use)

    def handler_of(self, run: Run) -> Handler | None:
        """Return the handler that a run is for, or None."""
        return self.handler(run.slot) if run.action is None else self._callbacks.get(run.action.name)

    def handler(self, slot: Slot) -> Handler | None:
        """Return the handler in a slot, or None."""
        return self._handlers.get(slot)

    @property
    def callbacks(self) -> list[str]:
        """The names of the buttons that something happens at."""
        return list(self._callbacks)

    @property
    def surroundings(self) -> list[Slot]:
        """What there is to be asked when a session begins."""
        return [slot for slot in SURROUNDINGS if slot in self._handlers]

    def is_first_warning(self, name: str) -> bool:
        """Return whether the author has yet to be warned of a name: a cell that is run again does not warn again."""
        is_first = name not in self._warned
        self._warned.add(name)
        return is_first

    def clear(self) -> None:
        """Empty every slot."""
        self._handlers.clear()
        self._callbacks.clear()
        self.make_record = None
