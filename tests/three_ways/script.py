"""What a viewer of an app does, one thing after the other; the same for all three ways.

Each says what is *heard* after it: a part of the newest message. So a script tells a story by itself, and three ways
that show the same nothing do not pass for three that agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Something that a viewer does."""

    hears: str = ""
    """A part of the newest message after it; nothing is asked of it where this is empty."""
    is_passing: bool = False
    """What is seen then does not stay: a question whose time runs out."""


@dataclass(frozen=True)
class Upload:
    """A file of the viewer's."""

    name: str
    content: bytes
    mime: str


@dataclass(frozen=True)
class Arrive(Deed):
    """Open the chat anew, with this of its profiles where it has some."""

    profile: str | None = None


@dataclass(frozen=True)
class Say(Deed):
    """Say something: the answer to a question that waits for text, else a message."""

    text: str
    command: str | None = None
    modes: Mapping[str, str] | None = None
    files: Sequence[Upload] = ()


@dataclass(frozen=True)
class Give(Deed):
    """Answer a question that waits for files."""

    files: Sequence[Upload]


@dataclass(frozen=True)
class Rate(Deed):
    """Say of the newest message with this text what is thought of it: 1 for good, 0 for not."""

    text: str
    value: Literal[0, 1]
    comment: str | None = None


@dataclass(frozen=True)
class Resume(Deed):
    """Leave the chat, and go on with its conversation, which begins with these words."""

    begins: str


@dataclass(frozen=True)
class Pick(Deed):
    """Press one of the starters that an empty conversation offers, in a category where there are some."""

    label: str
    of: str | None = None


@dataclass(frozen=True)
class Change(Deed):
    """Save settings: these change, by the labels of their fields. What has labels of its own is called by them, too."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class Try(Deed):
    """Edit settings, and do not save them yet."""

    values: Mapping[str, Any]


@dataclass(frozen=True)
class Post(Deed):
    """Say something as the window around the chat does."""

    data: Any


@dataclass(frozen=True)
class Begin(Deed):
    """Say something that is not done with until it is stopped; `hears` is what tells that it has begun."""

    text: str


@dataclass(frozen=True)
class Stop(Deed):
    """Stop what goes on."""


@dataclass(frozen=True)
class Wait(Deed):
    """Let time go by until this is heard."""


@dataclass(frozen=True)
class Press(Deed):
    """Press the newest button with this label: of a question, or of a message."""

    label: str


@dataclass(frozen=True)
class Edit(Deed):
    """Change the newest message of one's own that says this."""

    old: str
    new: str


Script = list[Deed]
