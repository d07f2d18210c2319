"""The built front end: where its files are, and which build it is."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from .protocol.errors import ChatSessionsError

STATIC_DIRECTORY = Path(__file__).parent / "static"


@cache
def static_version() -> str:
    """Return a short text that changes with each build, for addresses that may be cached.

    Raises:
        ChatSessionsError: The front end was not built.
    """
    return hashlib.sha256(static_text("chat.js").encode() + static_text("chat.css").encode()).hexdigest()[:12]


@cache
def static_imports(name: str) -> list[str]:
    """Return the files that a built module cannot begin without, so that a page can ask for all of them at once.

    Example:
        >>> static_imports("page.js")
        ['chunks/chunk-6DHFEWGX.js', 'chunks/chunk-BYB64P3C.js']

    Raises:
        ChatSessionsError: The front end was not built.
    """
    outputs: dict[str, Any] = {
        path.partition("/static/")[2]: output
        for path, output in json.loads(static_text("meta.json"))["outputs"].items()
    }
    found: dict[str, None] = {}
    waiting = [name]
    while waiting:
        for imported in outputs[waiting.pop()]["imports"]:
            path = imported["path"].partition("/static/")[2]
            if imported["kind"] == "import-statement" and path not in found:
                found[path] = None
                waiting.append(path)
    return sorted(found)


@cache
def static_text(name: str) -> str:
    """Return a file of the built front end.

    Raises:
        ChatSessionsError: The front end was not built.
    """
    try:
        return (STATIC_DIRECTORY / name).read_text(encoding="utf-8")
    except OSError:
        raise ChatSessionsError(
            "The front end is not built. In a checkout run `make build`; otherwise install jupyter-chat-sessions again."
        ) from None
