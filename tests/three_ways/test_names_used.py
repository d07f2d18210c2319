"""The apps use every name of Chainlit's, and every call of its emitter that apps use."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reference.names import rows

from .recording import APPS

_RAISES = "says at the call what to use instead"
_INNER = "has another signature here; apps stream with `cl.Message.stream_token`"
NOT_USED = {
    "AskElementMessage": _RAISES,
    "CustomElement": _RAISES,
    "config": "what stands in it differs by its nature",
    "mcp_sessions": "is empty: nobody connects MCP servers here",
    "send_audio_chunk": _RAISES,
    "send_audio_interrupt": _RAISES,
    "send_call_fn": _RAISES,
    "send_token": _INNER,
    "stream_start": _INNER,
}
"""Names that no app can use three ways, each with its reason."""


def test_the_apps_use_every_name() -> None:
    used = set(names_used())
    names = {row.name for row in rows()}
    assert names - used == set(NOT_USED)


def names_used() -> Iterator[str]:
    """Yield each attribute and each imported name in the apps."""
    for path in APPS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute():
                    yield node.attr
                case ast.ImportFrom(module=module) if module is not None and module.startswith("chainlit"):
                    yield module.rpartition(".")[2]
                    yield from (alias.name for alias in node.names)
