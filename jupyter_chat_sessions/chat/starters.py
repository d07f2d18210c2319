"""Starters: what an empty conversation offers to begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..host.current import current_app
from ..host.run import Run
from ..host.scope import current_session
from . import arguments

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class Starter:
    """A message that a viewer can begin with by pressing a button (Chainlit: `cl.Starter`).

    Attributes:
        label: What stands on the button.
        message: What is said when it is pressed.
        command: The command that the message carries.
        icon: The name of a sign, or the address of a picture.

    Raises:
        TypeError: One of them is no text.
        ValueError: The label or the message is empty.

    Example:
        >>> cl.Starter(label="Tell a joke", message="Tell me a joke about penguins.")
    """

    label: str
    message: str
    command: str | None = None
    icon: str | None = None

    def __post_init__(self) -> None:
        self.label = arguments.name("Starter(label=…)", self.label)
        self.message = arguments.name("Starter(message=…)", self.message)
        self.command = arguments.text_or_none("Starter(command=…)", self.command)
        self.icon = arguments.text_or_none("Starter(icon=…)", self.icon)

    def to_dict(self) -> dict[str, Any]:
        """Return the starter with Chainlit's keys."""
        return {"label": self.label, "message": self.message, "command": self.command, "icon": self.icon}


@dataclass
class StarterCategory:
    """Starters that belong together, behind a button of their own (Chainlit: `cl.StarterCategory`).

    Attributes:
        label: What stands on the button.
        icon: The name of a sign, or the address of a picture.
        starters: What it opens.

    Raises:
        TypeError: Something is of the wrong type.
        ValueError: The label is empty.

    Example:
        >>> cl.StarterCategory("Fun", starters=[cl.Starter("Tell a joke", "Tell me a joke.")])
    """

    label: str
    icon: str | None = None
    starters: list[Starter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.label = arguments.name("StarterCategory(label=…)", self.label)
        self.icon = arguments.text_or_none("StarterCategory(icon=…)", self.icon)
        self.starters = arguments.many("StarterCategory(starters=…)", self.starters, Starter, "cl.Starter")

    def to_dict(self) -> dict[str, Any]:
        """Return the category with Chainlit's keys."""
        return {"label": self.label, "icon": self.icon, "starters": [each.to_dict() for each in self.starters]}


def set_starters(function: F) -> F:
    """Let a function say what an empty conversation offers.

    It is asked when a session begins, before `on_chat_start`, and again when its cell is run again. The starters of the
    chosen `ChatProfile` go before these.

    Args:
        function: Takes the `User`, the viewer's language and the name of the chat profile, or as many of them as it
            has parameters; returns a list of `Starter`, or None. `async def` or `def`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.set_starters
        ... async def starters(user):
        ...     return [cl.Starter(label="Tell a joke", message="Tell me a joke about penguins.")]

    Chainlit's is not given the chat profile.
    """
    current_app().register("set_starters", function, arguments=viewer, take=_take_starters)
    return function


def set_starter_categories(function: F) -> F:
    """Let a function say what an empty conversation offers, in categories. Where there are any, they stand alone.

    Args:
        function: Takes the `User`, the viewer's language and the name of the chat profile, or as many of them as it
            has parameters; returns a list of `StarterCategory`, or None. `async def` or `def`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.set_starter_categories
        ... async def categories(user, language):
        ...     return [cl.StarterCategory("Fun", starters=[cl.Starter("Joke", "Tell me a joke.")])]
    """
    current_app().register("set_starter_categories", function, arguments=viewer, take=_take_categories)
    return function


def viewer(run: Run) -> tuple[Any, ...]:
    """Make what a function is given that says what a viewer may choose from."""
    session = current_session()
    return (session.user, session.language, session.chat_profile)


def _take_starters(run: Run, returned: Any) -> None:
    starters = arguments.many("What @cl.set_starters returns", returned or [], Starter, "cl.Starter")
    if starters:
        run.offers.setdefault("starters", [each.to_dict() for each in starters])  # the profile's own go first


def _take_categories(run: Run, returned: Any) -> None:
    what = "What @cl.set_starter_categories returns"
    categories = arguments.many(what, returned or [], StarterCategory, "cl.StarterCategory")
    arguments.distinct(what, [each.label for each in categories])
    if categories:
        run.offers["starterCategories"] = [each.to_dict() for each in categories]
