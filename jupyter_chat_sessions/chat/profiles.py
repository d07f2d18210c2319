"""Chat profiles: several ways for one chat to be, of which a viewer chooses one."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ..host.current import current_app
from ..host.run import Run
from ..host.scope import current_session
from . import arguments
from .starters import Starter, viewer

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class ChatProfile:
    """One way for a chat to be (Chainlit: `cl.ChatProfile`).

    Attributes:
        name: What `user_session.get("chat_profile")` is.
        markdown_description: What it is about, as Markdown.
        icon: The name of a sign, or the address of a picture.
        display_name: How viewers read it; the name by default.
        default: Who has chosen none, has this one. Where no profile says so, it is the first.
        starters: What an empty conversation offers, in place of what `set_starters` says.
        config_overrides: Taken, and not followed; you are warned once. A chat is configured where it is opened.

    Raises:
        TypeError: Something is of the wrong type.
        ValueError: The name is empty.

    Example:
        >>> cl.ChatProfile(name="Fast", markdown_description="Answers **at once**.", default=True)
    """

    name: str
    markdown_description: str
    icon: str | None = None
    display_name: str | None = None
    default: bool = False
    starters: list[Starter] | None = None
    config_overrides: Any = None

    def __post_init__(self) -> None:
        self.name = arguments.name("ChatProfile(name=…)", self.name)
        what = "ChatProfile(markdown_description=…)"
        self.markdown_description = arguments.text(what, self.markdown_description)
        self.icon = arguments.text_or_none("ChatProfile(icon=…)", self.icon)
        self.display_name = arguments.text_or_none("ChatProfile(display_name=…)", self.display_name)
        self.default = arguments.flag("ChatProfile(default=…)", self.default)
        if self.starters is not None:
            self.starters = arguments.many("ChatProfile(starters=…)", self.starters, Starter, "cl.Starter")
        if self.config_overrides is not None and current_app().is_first_warning("config_overrides"):
            warnings.warn(
                "ChatProfile(config_overrides=…) is not followed: all profiles of a chat have the configuration that "
                "it was opened with, by %chat_session or jupyter chat-sessions run.",
                stacklevel=3,  # over the dataclass's own __init__
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the profile with Chainlit's keys, its configuration left out."""
        return {
            "name": self.name,
            "markdown_description": self.markdown_description,
            "icon": self.icon,
            "display_name": self.display_name,
            "default": self.default,
            "starters": None if self.starters is None else [each.to_dict() for each in self.starters],
        }


def set_chat_profiles(function: F) -> F:
    """Let a function say which profiles a viewer may choose from.

    It is asked when a session begins, before `on_chat_start`, and again when its cell is run again. A viewer who
    chooses another profile begins a new session with it.

    Args:
        function: Takes the `User` and the viewer's language, or as many of them as it has parameters; returns a list
            of `ChatProfile`, or None. `async def` or `def`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.set_chat_profiles
        ... async def profiles(user):
        ...     return [
        ...         cl.ChatProfile("Fast", "Answers at once."),
        ...         cl.ChatProfile("Thorough", "Looks things up.", default=True),
        ...     ]

    Chainlit asks each time a page is opened. Here each viewer is asked about once, and a profile that a client made up
    is never `chat_profile`.
    """
    current_app().register("set_chat_profiles", function, arguments=viewer, take=_take)
    return function


def _take(run: Run, returned: Any) -> None:
    what = "What @cl.set_chat_profiles returns"
    profiles = arguments.many(what, returned or [], ChatProfile, "cl.ChatProfile")
    arguments.distinct(what, [each.name for each in profiles])
    session = current_session()
    chosen = _chosen(profiles, session.chat_profile)
    session.chat_profile = None if chosen is None else chosen.name
    if chosen is None:
        return
    run.offers["profile"] = chosen.name
    run.offers["profiles"] = [
        {
            "name": each.name,
            "displayName": each.display_name or each.name,
            "markdownDescription": each.markdown_description,
            "icon": each.icon,
            "default": each.default,
        }
        for each in profiles
    ]
    if chosen.starters:
        run.offers["starters"] = [each.to_dict() for each in chosen.starters]


def _chosen(profiles: list[ChatProfile], name: str | None) -> ChatProfile | None:
    """Return the profile of a name; else the default, else the first."""
    named = [each for each in profiles if each.name == name]
    defaults = [each for each in profiles if each.default]
    return next(iter([*named, *defaults, *profiles]), None)
