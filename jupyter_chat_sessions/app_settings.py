"""What stands beside an app's file and means something here, and by name what does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .host.hidden_steps import Trace
from .protocol.errors import ChatSessionsError
from .protocol.frames import MAX_README

USUAL_TIMEOUT_S = 3600.0
"""What a configuration that Chainlit has written says: whoever leaves it so has decided nothing."""

_MEANT = frozenset(
    {
        "project.user_env",
        "project.session_timeout",
        "features.spontaneous_file_upload",
        "features.edit_message",
        "UI.name",
        "UI.cot",
    }
)
"""What is followed."""

_AS_WRITTEN: dict[str, Any] = {
    "project.user_session_timeout": 1296000,
    "project.cache": False,
    "project.persist_user_env": False,
    "project.mask_user_env": False,
    "project.allow_origins": ["*"],
    "project.enable_telemetry": False,
    "project.transports": [],
    "features.unsafe_allow_html": False,
    "features.latex": False,
    "features.user_message_markdown": True,
    "features.user_message_autoscroll": True,
    "features.assistant_message_autoscroll": True,
    "features.auto_tag_thread": True,
    "features.allow_thread_sharing": False,
    "features.favorites": False,
    "features.slack.reaction_on_message_received": False,
    "features.audio.enabled": False,
    "features.audio.sample_rate": 24000,
    "features.mcp.enabled": False,
    "features.mcp.sse.enabled": True,
    "features.mcp.streamable-http.enabled": True,
    "features.mcp.stdio.enabled": True,
    "features.mcp.stdio.allowed_executables": ["npx", "uvx"],
    "UI.confirm_new_chat": True,
    "UI.alert_style": "classic",
    "meta.generated_by": None,
}
"""What a configuration that Chainlit has written says without having been asked; None for whatever it says."""

_NOT_SHOWN = ("elements", "theme.json", "logo_*", "favicon*")
"""What Chainlit shows of `public/` by itself, and is not shown here."""


def readme_in(folder: Path) -> str | None:
    """Return what `chainlit.md` in a folder tells viewers of the chat; None where there is nothing.

    Of a long one the beginning.

    Raises:
        ChatSessionsError: It cannot be read.
    """
    path = folder / "chainlit.md"
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as reason:
        raise ChatSessionsError(f"{path} cannot be read: {reason}.") from None
    return f"{text[: MAX_README - 2]}\n…" if len(text) > MAX_README else text or None


def trace_of(given: Any, path: Path) -> Trace:
    """Return which steps viewers see, as `[UI] cot` says it.

    Raises:
        ChatSessionsError: There is no such word.
    """
    match given:
        case None | "full":
            return "full"
        case "tool_call" | "hidden":
            return given  # type: ignore[no-any-return]  # one of the words
        case _:
            raise ChatSessionsError(f"{path}: [UI] cot is full, tool_call or hidden; it was {given!r}.")


def timeout_of(given: Any, path: Path) -> float | None:
    """Return how long a session waits for its viewer, in seconds; None for as long as is usual.

    Raises:
        ChatSessionsError: It is no number above 0.
    """
    if given is None or given == USUAL_TIMEOUT_S:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < float("inf"):
        raise ChatSessionsError(f"{path}: [project] session_timeout is a number of seconds above 0; it was {given!r}.")
    return float(given)


def switch_of(given: Any, name: str, path: Path) -> bool:
    """Return whether something is on; where nothing is said it is.

    Raises:
        ChatSessionsError: It is neither true nor false.
    """
    if given is None:
        return True
    if not isinstance(given, bool):
        raise ChatSessionsError(f"{path}: {name} is true or false; it was {given!r}.")
    return given


def without_meaning(given: Mapping[str, Any], folder: Path) -> str | None:
    """Return a sentence that names what an app has beside it and nothing here follows; None where there is nothing.

    Args:
        given: What its configuration says.
        folder: Where it stands.
    """
    keys = [key for key, value in _leaves(given) if not _is_as_written(key, value)]
    public = folder / "public"
    files = [path.name for path in sorted(folder.glob("chainlit_*.md"))]
    files += [f"public/{path.name}" for pattern in _NOT_SHOWN for path in sorted(public.glob(pattern))]
    sentences = []
    if "features.unsafe_allow_html" in keys:
        keys.remove("features.unsafe_allow_html")
        sentences.append("unsafe_allow_html is never followed: what a bot says is not trusted to be a page's own HTML.")
    if keys or files:
        sentences.append(f"These mean nothing in Jupyter Chat Sessions: {', '.join([*map(_shown, keys), *files])}.")
    return " ".join([f"{folder.name}:", *sentences]) if sentences else None


def _leaves(given: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in given.items():
        key = f"{above}.{name}" if above else name
        if isinstance(value, Mapping) and key not in _MEANT:
            yield from _leaves(value, key)
        else:
            yield key, value


def _is_as_written(key: str, value: Any) -> bool:
    if key in _MEANT:
        return True
    return key in _AS_WRITTEN and _AS_WRITTEN[key] in (None, value)


def _shown(key: str) -> str:
    section, _, name = key.rpartition(".")
    return f"[{section}] {name}" if section else name
