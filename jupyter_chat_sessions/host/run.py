"""A run: one invocation of a handler on behalf of a session."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from ..ids import new_id
from ..protocol.frames import CallName
from ..protocol.steps import Action, Step, Thread
from .app import Slot

CALL_SLOTS: frozenset[Slot] = frozenset(get_args(CallName))


class Run:
    """One invocation of a handler on behalf of a session.

    Attributes:
        id: Of a run for a user's message or call, the id of that.
        slot: Which handler.
        step: The user's message or call, where there is one.
        action: The button that was pressed, where it is about one.
        is_stopped: Somebody wanted it to end.
        thread: For `on_chat_resume`, what was said before.
        is_interrupted: The author has stopped it.
        is_abandoned: It was stopped, and its thread could not be: what it still says is not heard.
        streams: Ids of the messages that it streams and has not finished.
        settings: For `on_settings_update` and `on_settings_edit`, all values by their ids, checked.
        offers: For `surroundings`: what the viewer may choose from, by the keys of the session's state.
    """

    __slots__ = (
        "action",
        "id",
        "is_abandoned",
        "is_interrupted",
        "is_stopped",
        "offers",
        "settings",
        "slot",
        "step",
        "streams",
        "thread",
    )

    def __init__(
        self, slot: Slot, *, step: Step | None = None, action: Action | None = None, thread: Thread | None = None
    ) -> None:
        self.id = step.id if step is not None else new_id()
        self.slot = slot
        self.step = step
        self.action = action
        self.is_stopped = False
        self.thread = thread
        self.is_interrupted = False
        self.is_abandoned = False
        self.streams: set[str] = set()
        self.settings: dict[str, Any] = {}
        self.offers: dict[str, Any] = {}

    @classmethod
    def of(cls, step: Step) -> Run | None:
        """Return the run that a user's message or call is delivered for; None for a call that this host cannot take."""
        if not step.is_call:
            return cls("on_message", step=step)
        if step.name == "action_callback":
            return cls("action_callback", step=step, action=msgspec.json.decode(step.input, type=Action))
        if step.name in CALL_SLOTS:
            return cls(step.name, step=step)
        return None

    @property
    def given(self) -> Any:
        """What the call carries that it is for: JSON, read anew each time."""
        return None if self.step is None or not self.step.is_call else msgspec.json.decode(self.step.input)

    @property
    def attempt(self) -> tuple[str, int] | None:
        """What a handler is given once at most: the message or call, and how often its viewer has wanted it run."""
        return None if self.step is None else (self.step.id, self.step.attempt)
