"""Files that the hub would not keep: whoever still sends one is told there, and otherwise its author is warned.

The hub's word comes a moment after a file was sent, and the call that sent a small one has returned by then.
"""

from __future__ import annotations

import threading

from ..protocol.errors import RefusedError
from ..protocol.frames import HostRefused

MAX_NAMED = 64
"""Files whose names are remembered, the newest: the hub's word on older ones has come."""


class RefusedFiles:
    """What the hub says against the files of one session. From any thread."""

    __slots__ = ("_lock", "_names", "_sending", "_told")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, str] = {}
        self._sending: dict[str, HostRefused | None] = {}
        self._told: tuple[str, ...] = ()
        """Codes that the author was warned of: once is enough, however many files follow."""

    def is_for(self, file_id: str) -> bool:
        """Whether a call sends the file now, or its name is known: then what is said against it is told from here."""
        return file_id in self._sending or file_id in self._names

    def name(self, file_id: str, name: str) -> None:
        """Remember what a file is called."""
        with self._lock:
            self._names[file_id] = name
            if len(self._names) > MAX_NAMED:
                del self._names[next(iter(self._names))]

    def begin(self, file_id: str) -> None:
        """A call sends a file, and will look what the hub says against it until it has ended."""
        with self._lock:
            self._sending.setdefault(file_id)

    def check(self, file_id: str) -> None:
        """Let the call that sends a file know what was said against it.

        Raises:
            RefusedError: The hub does not keep it.
        """
        with self._lock:
            refusal = self._sending.get(file_id)
        if refusal is not None:
            raise self._error(file_id, refusal)

    def end(self, file_id: str) -> RefusedError | None:
        """The call looks no more; return what was said against the file up to now."""
        with self._lock:
            refusal = self._sending.pop(file_id, None)
        return None if refusal is None else self._error(file_id, refusal)

    def take(self, file_id: str, refusal: HostRefused) -> str | None:
        """Take what the hub says against a file; return what its author should read, unless a call will raise it."""
        with self._lock:
            if file_id in self._sending:
                self._sending[file_id] = refusal
                return None
            if refusal.code in self._told:
                return None
            self._told += (refusal.code,)
        return f"In session {refusal.session[:8]}: {_sentence(refusal, self._name_of(file_id))}"

    def _error(self, file_id: str, refusal: HostRefused) -> RefusedError:
        return RefusedError(refusal.code, _sentence(refusal, self._name_of(file_id)))

    def _name_of(self, file_id: str) -> str:
        with self._lock:
            return self._names.get(file_id, "")


def _sentence(refusal: HostRefused, name: str) -> str:
    what = repr(name[:60]) if name else "a file"
    advice = ""
    if refusal.code == "too_large":  # of one file alone it is said before it is sent
        advice = (
            " Show less, or remove what nobody needs any more; how much is kept of one conversation is set by "
            "c.ChatSessions.max_session_bytes in the Jupyter server's configuration."
        )
    return f"The chat's server did not keep {what}: {refusal.text}{advice}"
