"""`cache`: what a function has returned, kept for the length of the process."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class CachedFunction(Protocol[P, T_co]):
    """A function with the same arguments and result, and its memory."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T_co:
        """Call the function, or return what it returned for these arguments before."""

    def cache_clear(self) -> None:
        """Forget what it has returned; what is being computed now is still given to those who wait for it."""


def cache(func: Callable[P, T]) -> CachedFunction[P, T]:
    """Keep what a function returns, for all sessions and as long as this process lives (Chainlit: `@cl.cache`).

    Called again with the same arguments, the function does not run. Calls at the same time run it once, in whichever
    threads and on whichever loops they are. What it raises is not kept. `1`, `1.0` and `True` are three arguments.

    Args:
        func: `def` or `async def`; its arguments must be hashable.

    Returns:
        A function with the same arguments and result, and `cache_clear()`.

    Raises:
        TypeError: What is decorated cannot be called, or is a generator, which can be read only once. The function
            itself raises it for an argument that is not hashable.

    Example:
        >>> @cl.cache
        ... def load_model(name: str):
        ...     return read_weights(name)

    Chainlit's (until 2.11.1) mixes up two functions of the same name, and keeps of an `async def` a coroutine that can
    be awaited once. What is kept is shared by everybody: what belongs to one viewer belongs into `cl.user_session`.
    """
    if not callable(func):
        raise TypeError(f"@cl.cache decorates a function; it was given {type(func).__name__!r}.")
    if inspect.isgeneratorfunction(func) or inspect.isasyncgenfunction(func):
        raise TypeError(f"@cl.cache cannot keep what {func.__name__}() yields: it can be read once. Return a list.")
    memory = _Memory(getattr(func, "__name__", "the function"))

    if inspect.iscoroutinefunction(func):

        @wraps(func)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            import asyncio  # here and not above: importing the author's API stays fast

            key = memory.key(args, kwargs)
            while True:
                kept, is_ours = memory.claim(key, by=asyncio.current_task())
                if is_ours:
                    with _Computing(memory, key, kept) as computing:
                        computing.result = await func(*args, **kwargs)
                    return computing.result
                try:
                    # Shielded: who waits may be stopped, and that stops nobody else.
                    return await asyncio.shield(asyncio.wrap_future(kept))
                except asyncio.CancelledError:
                    if not kept.cancelled():
                        raise
                    # Whoever computed it was stopped: now it is somebody else's turn.

        wrapper: Any = awaited
    else:

        @wraps(func)
        def called(*args: Any, **kwargs: Any) -> Any:
            key = memory.key(args, kwargs)
            while True:
                kept, is_ours = memory.claim(key, by=threading.current_thread())
                if is_ours:
                    with _Computing(memory, key, kept) as computing:
                        computing.result = func(*args, **kwargs)
                    return computing.result
                try:
                    return kept.result()
                except CancelledError:
                    continue

        wrapper = called
    wrapper.cache_clear = memory.clear
    cached: CachedFunction[P, T] = wrapper
    return cached


class _Memory:
    """What one function has returned, and what it is computing now, by its arguments.

    Args:
        name: The function's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._kept: dict[Any, Future[Any]] = {}
        self._computed_by: dict[Future[Any], object] = {}

    def key(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what a call is known by.

        Raises:
            TypeError: An argument is not hashable.
        """
        given = [*args, *kwargs.values()]
        key = (args, tuple(sorted(kwargs.items(), key=lambda item: item[0])), tuple(map(type, given)))
        try:
            hash(key)
        except TypeError:
            wrong = next((value for value in given if not _is_hashable(value)), given)
            raise TypeError(
                f"@cl.cache knows a call of {self._name}() by its arguments, and a {type(wrong).__name__} cannot be "
                "looked up. Give it a tuple, a text or a number."
            ) from None
        return key

    def claim(self, key: Any, *, by: object) -> tuple[Future[Any], bool]:
        """Return the future of a call's result, and whether the caller is the one to compute it.

        Raises:
            RuntimeError: It is the caller that is computing it already.
        """
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                kept = self._kept[key] = Future()
                self._computed_by[kept] = by
                return kept, True
            if self._computed_by.get(kept) is by:
                raise RuntimeError(f"{self._name}() calls itself with the same arguments: it would wait for itself.")
            return kept, False

    def computed(self, key: Any, future: Future[Any], *, is_kept: bool) -> None:
        """Note that a call is over."""
        with self._lock:
            self._computed_by.pop(future, None)
            if not is_kept and self._kept.get(key) is future:
                del self._kept[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


class _Computing:
    """One call that computes what others wait for: what comes of it is theirs, too."""

    def __init__(self, memory: _Memory, key: Any, future: Future[Any]) -> None:
        self._memory = memory
        self._key = key
        self._future = future
        self.result: Any = None

    def __enter__(self) -> _Computing:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._memory.computed(self._key, self._future, is_kept=error is None)
        if error is None:
            self._future.set_result(self.result)
        elif isinstance(error, Exception):
            self._future.set_exception(error)
        else:  # stopped: whoever waits tries for itself
            self._future.cancel()


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
