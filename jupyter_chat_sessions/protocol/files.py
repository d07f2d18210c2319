"""What a file that somebody gives may be: its name as text, its kind, its size. Pure.

The one rule: what is said of a file is a claim. Its name is to be shown, and never part of a path.
"""

from __future__ import annotations

import re

from .errors import RefusedError
from .steps import ElementType, Uploads

MAX_NAME = 255
"""Code points of a file's name."""


def name_of(given: str) -> str:
    """Return a file's name as it may be shown, and joined to a folder by an author who does not think of the worst.

    Line breaks, marks that turn the direction of writing, and what stands before a path's last separator go.
    """
    visible = "".join(letter for letter in given[: 16 * MAX_NAME] if letter.isprintable())
    last = re.split(r"[/\\]", visible)[-1][-MAX_NAME:].strip()
    return "file" if last in ("", ".", "..") else last


def type_of(mime: str) -> ElementType:
    """Return which element shows a file of a MIME type."""
    if mime == "application/pdf":
        return "pdf"
    kinds: dict[str, ElementType] = {"image": "image", "audio": "audio", "video": "video"}
    return kinds.get(mime.partition("/")[0], "file")


def check_taken(name: str, mime: str, size: int, allowed: Uploads, *, max_bytes: int) -> None:
    """Check that a file is of those that are taken.

    Args:
        name: Its name.
        mime: Its MIME type.
        size: How many bytes it has.
        allowed: Which are taken here.
        max_bytes: What the server takes at most, in bytes.

    Raises:
        RefusedError: It is empty, too large, or of another kind.
    """
    if size <= 0:
        raise RefusedError("malformed", f"{name} is empty: there is nothing to send.")
    largest = min(allowed.max_bytes, max_bytes)
    if size > largest:
        raise RefusedError("too_large", f"{name} has {megabytes(size)}; at most {megabytes(largest)} are taken.")
    if not is_accepted(name, mime, allowed.accept):
        raise RefusedError("conflict", f"{name} is not taken here: only {', '.join(allowed.accept)}.")


def is_accepted(name: str, mime: str, accept: list[str]) -> bool:
    """Return whether a file is of a kind that is taken: a MIME type, with `*` for any, or an ending."""
    return not accept or any(_fits(kind.lower(), name.lower(), mime) for kind in accept)


def megabytes(count: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{count / 1024 / 1024:.3g} MB" if count >= 1024 * 1024 else f"{max(count, 1) / 1024:.3g} kB"


def _fits(kind: str, name: str, mime: str) -> bool:
    if kind.startswith("."):
        return name.endswith(kind)
    if kind in ("*", "*/*"):
        return True
    return mime.startswith(kind[:-1]) if kind.endswith("/*") else mime == kind
