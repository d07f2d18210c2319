"""What an object says of itself, for whoever shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Bundle(NamedTuple):
    """A MIME bundle: the same thing in several forms.

    Attributes:
        data: By MIME type: text, bytes, or what JSON has.
        metadata: What is to be known of each form, by MIME type, or of all.
    """

    data: dict[str, Any]
    metadata: dict[str, Any]


FormatDisplay = Callable[[Any], Bundle | None]
"""Returns what an object says of itself, or None where that is nothing but text."""
