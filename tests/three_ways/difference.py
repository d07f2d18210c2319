"""What makes two views of one app differ, as far as it is known why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """Lines that differ.

    Attributes:
        app: In which app.
        ours: What is seen here; empty where nothing is.
        theirs: What is seen under Chainlit in its place; empty where nothing is. `…` at the end of a line stands for
            what a library says of itself, which it may say in another way tomorrow.
        row: The first cell of the row of `docs/from-chainlit.md` that says so, or None where it is only how it is told.
        why: Why it is so.
    """

    app: str
    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    row: str | None
    why: str

    def explains(self, app: str, ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
        """Return whether these lines of an app differ in this way."""
        if (app, ours, len(theirs)) != (self.app, self.ours, len(self.theirs)):
            return False
        return all(map(_is_as_told, theirs, self.theirs))


def _is_as_told(line: str, told: str) -> bool:
    return line.startswith(told.removesuffix("…")) if told.endswith("…") else line == told
