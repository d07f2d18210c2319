"""Points out, once, a global that the handlers of several sessions change: one viewer's chat sees another's.

Before and after a handler runs, the globals that its code refers to are looked at: a container by its length and what
it holds, as far as that is quickly told, and a name that the code assigns (`global count`) by its object. A change
counts for the session whose handler ran, if nobody else can have made it: no other session's handler ran meanwhile, and
counting starts anew when the global changes between runs. A false alarm is unlikely so, and a late one is no harm.

The one rule: it costs next to nothing, a few microseconds for a run.
"""

from __future__ import annotations

import dis
import functools
import os
import threading
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from types import CodeType, FunctionType, MethodType
from typing import Any, NamedTuple

from .app import Handler

SWITCH = "JUPYTER_CHAT_SESSIONS_WARN_SHARED_GLOBALS"
"""The environment variable that switches the warning off when it is `0`."""

CONTAINERS = frozenset({list, dict, set, deque, defaultdict, OrderedDict, Counter, bytearray})
MAX_GLOBALS = 16
"""Globals of one handler that are looked at."""
MAX_FUNCTIONS = 64
"""Functions that are read to find them."""
MAX_ITEMS = 32
"""Of a container that holds more, its length and its newest item are looked at."""
MAX_NOTED = 1024
"""Globals that are remembered."""


class Global(NamedTuple):
    """A global that an author's code refers to.

    Attributes:
        namespace: Where it stands.
        name: What it is called.
        is_assigned: The code assigns it.
    """

    namespace: dict[str, Any]
    name: str
    is_assigned: bool


class Looks(NamedTuple):
    """A global as it is now.

    Attributes:
        value: The object; held, so that no other object gets its id.
        holds: What tells whether it has changed.
    """

    value: Any
    holds: tuple[int, ...]


class _Noted:
    """What is known of a global."""

    def __init__(self) -> None:
        self.looks: Looks | None = None
        """After the run that ended last."""
        self.changed_by: str | None = None
        """The session that changed it first."""
        self.is_told = False


class _Watch:
    """One run of a handler, and what its globals were before it."""

    def __init__(self, watcher: SharedGlobals, session_id: str, shared: list[Global]) -> None:
        self._watcher = watcher
        self.session_id = session_id
        self.shared = shared
        self.is_alone = True
        """No other session's handler runs beside it."""
        self.before: list[tuple[Global, _Noted, Looks]] = []

    def __enter__(self) -> None:
        self._watcher.begin(self)

    def __exit__(self, *error: object) -> None:
        self._watcher.end(self)


_NOTHING: AbstractContextManager[object] = nullcontext()
"""What watches nothing: most handlers refer to no global that could change."""


class SharedGlobals:
    """Watches the handlers of one process.

    Args:
        warn: Shows a sentence to the author; called where the handler runs.
        is_on: Watch. By default unless the environment says otherwise.
    """

    def __init__(self, warn: Callable[[str], None], *, is_on: bool | None = None) -> None:
        self._warn = warn
        self.is_on = os.environ.get(SWITCH) != "0" if is_on is None else is_on
        self._lock = threading.Lock()
        self._noted: dict[tuple[int, str], _Noted] = {}
        self._watches: set[_Watch] = set()

    def watching(self, session_id: str, handler: Handler) -> AbstractContextManager[object]:
        """Watch what a handler's code refers to while the body runs it for a session."""
        if not self.is_on:
            return _NOTHING
        if handler.shared is None:
            handler.shared = globals_of(handler.function)
        return _Watch(self, session_id, handler.shared) if handler.shared else _NOTHING

    def begin(self, watch: _Watch) -> None:
        """A handler is about to run."""
        with self._lock:
            for other in self._watches:
                if other.session_id != watch.session_id:
                    other.is_alone = watch.is_alone = False
            is_first = not self._watches
            self._watches.add(watch)
            for each in watch.shared:
                looks = _looks(each)
                if looks is None:
                    continue
                noted = self._note(each)
                if noted.is_told:
                    continue
                if is_first and noted.looks is not None and _differ(noted.looks, looks):
                    noted.changed_by = None  # by a cell, or by itself
                watch.before.append((each, noted, looks))

    def end(self, watch: _Watch) -> None:
        """A handler is done: warn of what is known by now to be changed by several sessions."""
        told = []
        with self._lock:
            self._watches.discard(watch)
            for each, noted, before in watch.before:
                noted.looks = after = _looks(each)
                if after is None or noted.is_told or not watch.is_alone or not _differ(before, after):
                    continue
                if noted.changed_by is None:
                    noted.changed_by = watch.session_id
                elif noted.changed_by != watch.session_id:
                    noted.is_told = True
                    told.append(each.name)
        for name in told:
            self._warn(sentence(name))

    def _note(self, each: Global) -> _Noted:
        key = (id(each.namespace), each.name)
        noted = self._noted.get(key)
        if noted is None:
            if len(self._noted) >= MAX_NOTED:
                self._noted.clear()
            noted = self._noted[key] = _Noted()
        return noted


def globals_of(function: Any) -> list[Global]:
    """Return the globals that may be changed by a function, or by those of the same module that it calls.

    Example:
        >>> history = []
        >>> [each.name for each in globals_of(lambda: history.append(1))]
        ['history']
    """
    names_by_namespace: dict[int, tuple[dict[str, Any], dict[str, bool]]] = {}
    waiting: list[Any] = [function]
    seen: set[CodeType] = set()
    while waiting and len(seen) < MAX_FUNCTIONS:
        plain = _plain(waiting.pop())
        if plain is None or plain.__code__ in seen:
            continue
        seen.add(plain.__code__)
        namespace = plain.__globals__
        _, names = names_by_namespace.setdefault(id(namespace), (namespace, {}))
        for name, is_assigned in _names(plain.__code__):
            value = namespace.get(name)
            if is_assigned or type(value) in CONTAINERS:
                names[name] = names.get(name, False) or is_assigned
            elif isinstance(value, type) and value.__module__ == namespace.get("__name__"):
                waiting += vars(value).values()
            elif getattr(_plain(value), "__globals__", None) is namespace:
                waiting.append(value)
    found = [
        Global(namespace, name, is_assigned)
        for namespace, names in names_by_namespace.values()
        for name, is_assigned in names.items()
    ]
    return found[:MAX_GLOBALS]


def sentence(name: str) -> str:
    """Return what the author reads."""
    return (
        f"Several sessions change the global {name!r}: what one viewer's chat puts there, the others see. "
        f"For a value of each viewer's own, use cl.user_session.set({name!r}, ...) and cl.user_session.get({name!r}). "
        f"If it is meant to be shared, all is well; this is said once ({SWITCH}=0 in the environment silences it)."
    )


def _plain(function: Any) -> FunctionType | None:
    """Return the function that an author wrote, without what decorators have put around it."""
    for _ in range(8):
        if isinstance(function, MethodType):
            function = function.__func__
        elif isinstance(function, functools.partial):
            function = function.func
        elif isinstance(function, FunctionType) and "__wrapped__" in vars(function):
            function = vars(function)["__wrapped__"]
        else:
            break
    return function if isinstance(function, FunctionType) else None


def _names(code: CodeType) -> Iterator[tuple[str, bool]]:
    """Yield the names of globals in a code and in what is defined within it, and whether each is assigned."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "STORE_GLOBAL"):
            yield str(instruction.argval), instruction.opname == "STORE_GLOBAL"
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _looks(each: Global) -> Looks | None:
    """Return how a global is now; None where it is nothing that sessions could share by changing it."""
    value: Any = each.namespace.get(each.name)
    kind = type(value)
    if kind not in CONTAINERS:
        return Looks(value, ()) if each.is_assigned else None
    size = len(value)
    try:
        if size <= MAX_ITEMS:
            return Looks(value, (size, *map(id, value.values() if isinstance(value, dict) else value)))
        return Looks(value, (size, id(value[-1])) if kind in (list, deque) else (size,))
    except (RuntimeError, IndexError):  # another thread is at it
        return None


def _differ(before: Looks, after: Looks) -> bool:
    return before.value is not after.value or before.holds != after.holds
