"""Commands: what a viewer may mark a message with."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from ..host.session import BaseSession
from . import arguments


class CommandDict(TypedDict):
    """What a viewer may mark a message with (Chainlit: `chainlit.types.CommandDict`).

    Attributes:
        id: What viewers read, and what `message.command` is.
        description: A sentence about it.
        icon: The name of a sign.
        button: It is a button of its own beside the composer, too.
        persistent: It stays chosen after a message was sent.
        selected: It is chosen from the beginning.

    Example:
        >>> picture: CommandDict = {"id": "Picture", "description": "Draw it", "icon": "image"}
        >>> await cl.context.emitter.set_commands([picture])
    """

    id: str
    description: str
    icon: str
    button: NotRequired[bool | None]
    persistent: NotRequired[bool | None]
    selected: NotRequired[bool | None]


def command_list(given: Any) -> list[dict[str, Any]]:
    """Return commands as the wire has them.

    Raises:
        TypeError: It is no list of dicts, or something in one is of the wrong type.
        ValueError: A command has no id, or two have one id.
    """
    commands = [
        {
            "id": arguments.name("A command's 'id'", each.get("id", "")),
            "description": arguments.text("A command's 'description'", each.get("description") or ""),
            "icon": arguments.text_or_none("A command's 'icon'", each.get("icon")),
            "button": arguments.flag("A command's 'button'", each.get("button")),
            "persistent": arguments.flag("A command's 'persistent'", each.get("persistent")),
            "selected": arguments.flag("A command's 'selected'", each.get("selected")),
        }
        for each in arguments.many("set_commands(commands)", given, dict, "dicts")
    ]
    arguments.distinct("set_commands(commands)", [str(each["id"]) for each in commands])
    return commands


def chosen_command(session: BaseSession, said: str | None) -> str | None:
    """Return the command of a message if it was offered, in the list or with a starter: a client may say anything."""
    if said is None:
        return None
    state = session.said_state
    starters = [*state.get("starters", [])]
    for category in state.get("starterCategories", []):
        starters += category["starters"]
    offered = [each["id"] for each in state.get("commands", [])] + [each["command"] for each in starters]
    return said if said in offered else None
