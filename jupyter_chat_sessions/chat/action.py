"""Buttons under a message, and what happens when one is pressed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

import msgspec

from ..host.current import current_app
from ..host.run import Run
from ..host.scope import current_scope
from ..ids import new_id
from ..protocol.errors import ChatSessionsError
from ..protocol.frames import PutAction, RemoveAction
from ..protocol.steps import Action as ActionStruct

F = TypeVar("F", bound=Callable[..., Any])


class Action:
    """A button (Chainlit: `cl.Action`).

    Args:
        name: Which callback it is for; see `action_callback`.
        payload: What the callback is given; must be JSON.
        label: What stands on it; the name by default.
        tooltip: What is shown when it is pointed at.
        icon: For compatibility; a label says more.
        forId: The message that it is under; set when it is sent.
        id: A UUID; a new one by default.

    Raises:
        TypeError: The payload is no dict, or no JSON.

    Example:
        >>> action = cl.Action(name="vote", payload={"value": "yes"}, label="Yes")
        >>> await cl.Message("Shall we?", actions=[action]).send()
    """

    def __init__(
        self,
        name: str,
        payload: dict[str, Any],
        label: str = "",
        tooltip: str = "",
        icon: str | None = None,
        forId: str | None = None,  # noqa: N803  # Chainlit's name
        id: str | None = None,
    ) -> None:
        for what, given in (("name", name), ("label", label), ("tooltip", tooltip)):
            if not isinstance(given, str):
                raise TypeError(f"Action({what}=…) is a text; it was given {type(given).__name__!r}.")
        if not name:
            raise ValueError("Action(name=…) names its callback; it was empty.")
        self.name = name
        self.payload = payload
        self.label = label
        self.tooltip = tooltip
        self.icon = icon
        self.forId = forId
        self.id = id or new_id()
        self.as_struct()  # what is no JSON is said here, and not when it is sent

    def __repr__(self) -> str:
        return f"<Action {self.name} {self.label[:60]!r}>"

    async def send(self, for_id: str) -> Self:
        """Show the button under a message that was sent already.

        Args:
            for_id: The message's id.

        Returns:
            The button itself.

        Raises:
            NoSessionError: There is no session here.
        """
        scope = current_scope()
        self.forId = for_id
        message = scope.session.messages.get(for_id)
        if message is not None and self not in message.actions:
            message.actions.append(self)  # a later `message.update()` shows it, too
        scope.session.emit(PutAction(step_id=for_id, action=self.as_struct()), run=scope.run)
        await scope.session.room()
        return self

    async def remove(self) -> None:
        """Take the button away.

        Raises:
            ChatSessionsError: It is under no message.
            NoSessionError: There is no session here.
        """
        scope = current_scope()
        if self.forId is None:
            raise ChatSessionsError("This button is under no message yet: send it, or its message, first.")
        message = scope.session.messages.get(self.forId)
        if message is not None:
            message.actions = [action for action in message.actions if action.id != self.id]
        scope.session.emit(RemoveAction(step_id=self.forId, action_id=self.id), run=scope.run)
        await scope.session.room()

    def to_dict(self) -> dict[str, Any]:
        """Return the button with Chainlit's keys."""
        keys = ("name", "payload", "label", "tooltip", "icon", "forId", "id")
        return {key: getattr(self, key) for key in keys}

    def as_struct(self) -> ActionStruct:
        """Return the button as the wire has it.

        Raises:
            TypeError: The payload is no dict, or no JSON.
        """
        if not isinstance(self.payload, dict):
            raise TypeError(f"Action(payload=…) is a dict; it was given {type(self.payload).__name__!r}.")
        try:
            payload = msgspec.json.decode(msgspec.json.encode(self.payload))
        except (TypeError, ValueError, RecursionError, UnicodeEncodeError) as reason:
            raise TypeError(f"Action(payload=…) must be JSON: {reason}.") from None
        return ActionStruct(
            id=self.id, name=self.name, payload=payload, label=self.label, tooltip=self.tooltip, icon=self.icon
        )

    @classmethod
    def from_struct(cls, action: ActionStruct, *, for_id: str | None) -> Self:
        """Return the button that the wire has, under a message."""
        return cls(
            action.name,
            dict(action.payload),
            label=action.label,
            tooltip=action.tooltip,
            icon=action.icon,
            forId=for_id,
            id=action.id,
        )


def action_callback(name: str) -> Callable[[F], F]:
    """Run a function when a button of this name is pressed.

    Args:
        name: The buttons' name.

    Returns:
        A decorator, which returns the function itself. That takes the `Action`, or nothing; `async def` or `def`.

    Raises:
        TypeError: The name is no text, or what is decorated cannot be called.

    Example:
        >>> @cl.action_callback("vote")
        ... async def voted(action: cl.Action):
        ...     await cl.Message(f"You said {action.payload['value']}.").send()
        ...     await action.remove()

    A press has its turn among the session's messages, is stored before it counts, and runs once, however often the
    connection is lost. Chainlit's runs beside them, and its errors are not shown.
    """
    if not isinstance(name, str):
        raise TypeError('Say which buttons it is for: @cl.action_callback("name").')

    def register(function: F) -> F:
        current_app().register_callback(name, function, arguments=_pressed)
        return function

    return register


def _pressed(run: Run) -> tuple[Any, ...]:
    """Make the button that a callback is about."""
    if run.action is None or run.step is None:
        return ()
    return (Action.from_struct(run.action, for_id=run.step.parent_id),)
