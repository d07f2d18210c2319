"""Under which names authors are shown in one session: asked for once, and remembered."""

from __future__ import annotations

from .app import Handler

MAX_NAMES = 1024


class ShownNames:
    """What the app's `author_rename` has said so far. When the author writes another function, it is asked anew."""

    __slots__ = ("_by", "_shown_by_name")

    def __init__(self) -> None:
        self._by: Handler | None = None
        self._shown_by_name: dict[str, str] = {}

    def known(self, name: str, *, by: Handler) -> str | None:
        """Return what a function said of a name, or None where it was not asked."""
        return self._shown_by_name.get(name) if self._by is by else None

    def latest(self, name: str) -> str:
        """Return under which name an author was shown last, else the name itself."""
        return self._shown_by_name.get(name, name)

    def note(self, name: str, shown: str, *, by: Handler) -> None:
        """Remember what a function has said."""
        if self._by is not by or len(self._shown_by_name) >= MAX_NAMES:
            self._by, self._shown_by_name = by, {}
        self._shown_by_name[name] = shown
