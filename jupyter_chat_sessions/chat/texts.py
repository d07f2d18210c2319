"""Text that authors give: made so that JSON can carry it, and grown piece by piece."""

from __future__ import annotations


class GrowingText:
    """Text that may grow: joined when it is asked for.

    Args:
        text: What it is in the beginning.

    Attributes:
        length: Its code points.
        is_shown: The viewer has all of it.
    """

    __slots__ = ("_parts", "is_shown", "length")

    def __init__(self, text: str = "") -> None:
        self._parts = [text]
        self.length = len(text)
        self.is_shown = False

    @property
    def text(self) -> str:
        """All of it; what is set takes the place of it."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0]

    @text.setter
    def text(self, text: str) -> None:
        self._parts, self.length, self.is_shown = [text], len(text), False

    def append(self, token: str) -> None:
        """Add a piece at the end."""
        self._parts.append(token)
        self.length += len(token)


def well_formed(text: str) -> str:
    """Return the text with a question mark for each half of a surrogate pair, which no JSON can carry.

    It is a plain `str`: libraries have kinds of text of their own, which no JSON can carry either.
    """
    return str(text) if text.isascii() else text.encode(errors="replace").decode()


def said(value: object) -> str:
    """Return an object's `str`, whatever its author's `__str__` does: no trace keeps the work from being done."""
    for write in (str, repr):
        try:
            return write(value)
        except Exception:  # noqa: S112  # whatever it raises
            continue
    return f"<{type(value).__name__}>"
