"""Bugs, to be seeded into the product: the checker has to find each."""

from __future__ import annotations

from collections.abc import Callable

BUGS: dict[str, Callable[[], None]] = {}


def seed(*names: str) -> None:
    """Put bugs into this process, before the product begins to work in it."""
    for name in names:
        BUGS[name]()
