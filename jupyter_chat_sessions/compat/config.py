"""`chainlit.config`: what `.chainlit/config.toml` beside an app says, to be read by the app. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

from ..protocol.errors import ChatSessionsError, UnsupportedError

_USUAL: dict[str, dict[str, Any]] = {
    "project": {"user_env": [], "session_timeout": 3600},
    "features": {"unsafe_allow_html": False, "latex": True, "edit_message": True},
    "ui": {"name": "Assistant", "description": "", "cot": "full", "custom_css": None, "custom_js": None},
    "meta": {},
}
"""What is so here, where the file says nothing."""


class Section:
    """A part of the configuration, such as `config.ui`; can only be read.

    Args:
        name: What it is called in a sentence.
        values: What the file says.
        usual: What is so where it says nothing.
    """

    def __init__(self, name: str, values: Mapping[str, Any], usual: Mapping[str, Any]) -> None:
        vars(self).update(_name=name, _values=values, _usual=usual)

    def __getattr__(self, name: str) -> Any:
        value = self._values.get(name, self._usual.get(name, self))
        if value is self:
            raise AttributeError(
                f"{self._name}.{name} is not set in .chainlit/config.toml, and means nothing in Jupyter Chat Sessions."
            )
        return Section(f"{self._name}.{name}", value, {}) if isinstance(value, dict) else value

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise UnsupportedError(
            f"{self._name}.{name} can only be read: a chat is configured where it is opened, with %chat_session or "
            "jupyter chat-sessions run."
        )


class Config(Section):
    """The configuration of an app (Chainlit: `chainlit.config.config`), with `project`, `features`, `ui` and `root`.

    Args:
        folder: Where the app's file is.

    Raises:
        ChatSessionsError: The file cannot be read.

    Example:
        >>> Config(Path()).ui.name
        'Assistant'
    """

    def __init__(self, folder: Path) -> None:
        given = {name.lower(): table for name, table in read(folder).items()}
        tables = {name: {**usual, **_table(given, name)} for name, usual in _USUAL.items()}
        super().__init__("config", {"root": str(folder), **tables}, {})


class _Taken(SimpleNamespace):
    """Takes whatever it is given, and changes nothing: a chat has one configuration here."""


class ChainlitConfigOverrides(_Taken):
    """What a chat profile would change of the configuration (Chainlit: the same name): taken, and not used."""


class FeaturesSettings(_Taken):
    """Taken, and not used (Chainlit: the same name)."""


class UISettings(_Taken):
    """Taken, and not used (Chainlit: the same name)."""


class ProjectSettings(_Taken):
    """Taken, and not used (Chainlit: the same name)."""


class McpFeature(_Taken):
    """Taken, and not used (Chainlit: the same name)."""


def path_in(folder: Path) -> Path:
    """Return where an app's configuration is, if it has one."""
    return folder / ".chainlit" / "config.toml"


def read(folder: Path) -> dict[str, Any]:
    """Return what `.chainlit/config.toml` in a folder says; nothing where there is none.

    Raises:
        ChatSessionsError: It cannot be read.
    """
    import tomllib

    path = path_in(folder)
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as reason:
        raise ChatSessionsError(f"{path} cannot be read: {reason}.") from None


def _table(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    table = given.get(name)
    return table if isinstance(table, dict) else {}
