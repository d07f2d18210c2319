"""What a notebook's chat is called, when its author does not say."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from ..protocol.steps import is_channel_name


def default_channel(environment: Mapping[str, str] | None = None, *, namespace: Mapping[str, Any]) -> str:
    """Return the stem of the notebook's file as a channel's name; `notebook` where nothing tells it.

    Args:
        environment: Environment variables; this process's by default.
        namespace: The notebook's variables: Visual Studio Code leaves the file's path there.
    """
    environment = os.environ if environment is None else environment
    for path in (environment.get("JPY_SESSION_NAME"), namespace.get("__vsc_ipynb_file__")):
        name = channel_name(path) if isinstance(path, str) else None
        if name is not None:
            return name
    return "notebook"


def channel_name(path: str) -> str | None:
    """Return a file's stem as a name that a channel may have, or None where nothing of it may.

    Example:
        >>> channel_name("lessons/Week 1 (draft).ipynb")
        'Week 1 -draft'
    """
    file = PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
    stem = re.sub(r"\.ipynb$", "", file)
    name = re.sub(r"[^\w .\-]+", "-", stem).strip(" .-")[:100].rstrip(" .-")
    return name if is_channel_name(name) else None
