"""What a viewer sees. The one rule: it is read of the frames that came, as a page does, and never of the hub."""

from __future__ import annotations

from typing import Any

import msgspec

from ..protocol.frames import HubFrame, Signal
from ..protocol.steps import Action, Element, Question, Step
from ..protocol.viewing import Viewing


class Seeing:
    """Sees what the chat shows."""

    viewing: Viewing
    """The session as its page has it; another after `new_chat`."""
    frames: list[HubFrame]
    """Every frame that came, for tests of the wire."""

    @property
    def steps(self) -> list[Step]:
        """Every step of the conversation, in order."""
        return self.viewing.conversation.steps

    @property
    def transcript(self) -> list[tuple[str, str]]:
        """Author and text of each step, in order."""
        return [(step.name, step.output) for step in self.steps]

    @property
    def elements(self) -> list[Element]:
        """The elements that stand with messages and steps, in order."""
        return [element for step in self.steps for element in step.elements]

    @property
    def sidebar(self) -> list[Element]:
        """The elements in the side panel; empty where it is closed. Its title is in `state["sidebar"]`."""
        return [msgspec.convert(each, Element) for each in (self.state.get("sidebar") or {}).get("elements", [])]

    @property
    def question(self) -> Question | None:
        """The question that has waited longest for an answer, or None."""
        questions = self.viewing.conversation.questions
        return questions[0] if questions else None

    @property
    def actions(self) -> list[Action]:
        """The buttons that can be pressed, in order."""
        return [action for step in self.steps for action in step.actions]

    @property
    def tasks(self) -> list[tuple[str, str]]:
        """Title and status of each task in the list that is shown, in order."""
        return [(task["title"], task["status"]) for task in (self.state.get("tasks") or {}).get("tasks", [])]

    @property
    def toasts(self) -> list[tuple[str, str]]:
        """Type and text of each notice that was shown, in order."""
        return [(each["kind"], each["text"]) for each in self._signals("toast")]

    @property
    def window_messages(self) -> list[Any]:
        """What the window around the chat was sent, in order."""
        return self._signals("window_message")

    @property
    def profiles(self) -> list[dict[str, Any]]:
        """The chat profiles to choose from, as `docs/protocol.md` has them; `profile` is the one that is chosen."""
        return self.state.get("profiles") or []

    @property
    def profile(self) -> str | None:
        """The name of the chosen chat profile, or None where there is none."""
        return self.state.get("profile")

    @property
    def starters(self) -> list[dict[str, Any]]:
        """What an empty conversation offers; where there are categories, what is in those."""
        categories = self.state.get("starterCategories") or []
        return [each for part in categories for each in part["starters"]] or self.state.get("starters") or []

    @property
    def commands(self) -> list[dict[str, Any]]:
        """What a message can be marked with."""
        return self.state.get("commands") or []

    @property
    def modes(self) -> list[dict[str, Any]]:
        """What can be chosen for a message."""
        return self.state.get("modes") or []

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as the form shows them, by the ids of their fields; empty where there are none."""
        shown: dict[str, Any] = self.state.get("settings", {}).get("values", {})
        return shown

    @property
    def settings_form(self) -> list[dict[str, Any]]:
        """The fields and tabs of the form, with Chainlit's keys; empty where there are none."""
        shown: list[dict[str, Any]] = self.state.get("settings", {}).get("inputs", [])
        return shown

    @property
    def state(self) -> dict[str, Any]:
        """The session's state; its keys stand in `docs/protocol.md`."""
        return self.viewing.conversation.state

    @property
    def session_id(self) -> str:
        """The session's id."""
        return self.viewing.session

    def _signals(self, kind: str) -> list[Any]:
        return [frame.data for frame in self.frames if isinstance(frame, Signal) and frame.kind == kind]
