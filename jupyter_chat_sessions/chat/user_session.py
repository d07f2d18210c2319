"""`user_session`: the author's own values, one set for each session."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from ..host.scope import current_scope, current_session
from ..host.session import BaseSession
from ..protocol.errors import ChatSessionsError

T = TypeVar("T")

_RESERVED: dict[str, Callable[[BaseSession], Any]] = {
    "id": lambda session: session.id,
    "env": lambda session: session.user_env,
    "chat_settings": lambda session: session.chat_settings,
    "user": lambda session: session.user,
    "chat_profile": lambda session: session.chat_profile,
    "client_type": lambda session: session.client_type,
}


class UserSession:
    """The values of the session that this code runs for (Chainlit: `cl.user_session`).

    The keys `id`, `env`, `chat_settings`, `user`, `chat_profile` and `client_type` tell about the session and can only
    be read.

    After a kernel restart it holds again what is text, a number, a truth value, None, or lists and dicts of these with
    text as keys, together up to 64 KiB; where that is more, the largest values are lost. Anything else (a connection,
    a tuple, a date) stays as it is while the kernel lives, and is named to the author when it could not be restored.
    So is a value in which a variable of `env` stands: those are never stored. Values are saved at the end of each
    handler, when it asks something, and after a cell has called `set`.

    Example:
        >>> cl.user_session.set("user_name", "Alice")
        >>> cl.user_session.get("user_name")
        'Alice'
    """

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value.

        Args:
            key: Its name.
            default: What to return where there is none; it is not stored.

        Raises:
            NoSessionError: There is no session here.
        """
        session = current_session()
        if key in _RESERVED:
            return _RESERVED[key](session)
        return session.values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Store a value: any object.

        Args:
            key: Its name.
            value: What to store.

        Raises:
            NoSessionError: There is no session here.
            ChatSessionsError: The key is reserved. (Chainlit takes the value and loses it at the next `get`.)
        """
        if key in _RESERVED:
            raise ChatSessionsError(
                f"user_session[{key!r}] tells about the session and can only be read; use another key."
            )
        scope = current_scope()
        scope.session.values[key] = value
        if scope.run is None or scope.run is not scope.session.current_run:
            scope.session.kept.save_soon()  # What a run sets is saved at its end.

    def create_accessor(self, key: str, default: T, *, apply_fn: Callable[[T], T] | None = None) -> SessionAccessor[T]:
        """Return an object that gets and sets one key, with a type.

        Args:
            key: The key.
            default: The value where none is stored. Each session gets a copy of its own.
            apply_fn: What `apply()` makes of the value.

        Raises:
            ChatSessionsError: The key is reserved.

        Example:
            >>> turns = cl.user_session.create_accessor("turns", 0, apply_fn=lambda n: n + 1)
            >>> turns.apply()
            1
        """
        if key in _RESERVED:
            raise ChatSessionsError(
                f"user_session[{key!r}] tells about the session and can only be read; use another key."
            )
        return SessionAccessor(self, key, default, apply_fn=apply_fn)


class SessionAccessor(Generic[T]):
    """Gets and sets one key of `user_session` (Chainlit: `SessionAccessor`).

    Args:
        user_session: Where the values are.
        key: The key.
        default: The value where none is stored; copied, so that no two sessions share it.
        apply_fn: What `apply()` makes of the value; by default it stays as it is.

    Example:
        >>> name = cl.user_session.create_accessor("name", "nobody")
        >>> name.get()
        'nobody'
    """

    def __init__(
        self, user_session: UserSession, key: str, default: T, *, apply_fn: Callable[[T], T] | None = None
    ) -> None:
        self._user_session = user_session
        self._key = key
        self._default = default
        self._apply_fn = apply_fn

    def get(self) -> T:
        """Return the stored value, or a copy of the default, which is not stored.

        Raises:
            NoSessionError: There is no session here.
        """
        missing = object()
        value = self._user_session.get(self._key, missing)
        return copy.deepcopy(self._default) if value is missing else value

    def set(self, value: T) -> None:
        """Store a value.

        Raises:
            NoSessionError: There is no session here.
        """
        self._user_session.set(self._key, value)

    def reset(self) -> None:
        """Store a copy of the default.

        Raises:
            NoSessionError: There is no session here.
        """
        self.set(copy.deepcopy(self._default))

    def apply(self) -> T:
        """Store what `apply_fn` makes of the value, and return it.

        Raises:
            NoSessionError: There is no session here.
        """
        value = self.get()
        if self._apply_fn is not None:
            value = self._apply_fn(value)
        self.set(value)
        return value


user_session = UserSession()
"""The values of the session that this code runs for."""
