"""Scripted viewers: what is pressed and chosen, on top of what is said and seen."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from ..protocol.errors import ChatSessionsError
from ..protocol.frames import Call, CallName, PressAction, SendAnswer
from ..protocol.steps import Action, Step
from .reply import Reply
from .speaking import Speaking
from .stage import DEFAULT_TIMEOUT_S


class Viewer(Speaking):
    """Somebody who looks at the chat, from a test.

    Entering waits until `on_chat_start` is done or asks something; leaving ends the session.

    Args:
        name: The user's identifier and display name.
        profile: The chat profile that the viewer chooses; by default none, and so the chat's default.
        user_env: The variables that the viewer gives when the chat asks for them.
        language: The viewer's language tag.
        is_owner: Show tracebacks.
        stage: Where; by default the stage around, or one of its own.

    Example:
        >>> async with Viewer("Alice") as alice:
        ...     reply = await alice.say("Hello")
        ...     reply.content
        'You said: Hello'
    """

    async def press(self, button: Action | str, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Press a button, and wait until what it does is done, or a question waits.

        A button of a question answers it.

        Args:
            button: One of `actions`, or its label; of several with the label the newest.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: There is no such button, or it was refused.

        Example:
            >>> await alice.press("Yes")
        """
        shown = self.actions
        found = [each for each in shown if button in (each, each.label or each.name)]
        if not found:
            labels = ", ".join(repr(each.label or each.name) for each in shown)
            raise ChatSessionsError(f"There is no button {button!r}; shown are: {labels or 'none'}.")
        action = found[-1]
        [step_id] = [step.id for step in self.steps if action in step.actions][-1:]
        return await self._answered(lambda: self._press(step_id, action), timeout_s=timeout_s)

    async def change_settings(self, values: dict[str, Any], *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Save settings, and wait until what runs for that is done, or a question waits.

        Args:
            values: What to change, by the ids of the fields; the others stay as they are.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: There are no settings, or it was refused.

        Example:
            >>> await alice.change_settings({"temperature": 0.2})
        """
        self._required_form()
        return await self._answered(lambda: self._call("on_settings_update", values), timeout_s=timeout_s)

    async def edit_settings(self, values: dict[str, Any], *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Edit settings without saving them, and wait until `on_settings_edit` is done.

        Args:
            values: What is edited, by the ids of the fields.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: There are no settings, or it was refused.
        """
        self._required_form()
        return await self._answered(lambda: self._call("on_settings_edit", values), timeout_s=timeout_s)

    async def start(self, label: str, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Press a starter, and wait until what it says is answered.

        Args:
            label: The label of one of `starters`.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not answered in time.
            ChatSessionsError: There is no such starter.

        Example:
            >>> await alice.start("Tell a joke")
        """
        found = [each for each in self.starters if each["label"] == label]
        if not found:
            labels = ", ".join(repr(each["label"]) for each in self.starters)
            raise ChatSessionsError(f"There is no starter {label!r}; shown are: {labels or 'none'}.")
        return await self.say(found[0]["message"], command=found[0]["command"], timeout_s=timeout_s)

    async def choose_profile(self, name: str) -> None:
        """Choose a chat profile: end this session and begin another with it.

        Args:
            name: The name of one of `profiles`.

        Raises:
            ChatSessionsError: There is no such profile.

        Example:
            >>> await alice.choose_profile("Fast")
        """
        names = [each["name"] for each in self.profiles]
        if name not in names:
            shown = ", ".join(map(repr, names)) or "none"
            raise ChatSessionsError(f"There is no profile {name!r}; shown are: {shown}.")
        self._profile = name
        await self.new_chat()

    async def rate(
        self, step: Step, value: int | None, *, comment: str | None = None, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> Reply:
        """Rate a message, and wait until `on_feedback` has run.

        Args:
            step: The message, from `steps`.
            value: 1 for thumbs up, 0 for thumbs down; None takes the rating back.
            comment: What the viewer says about it.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: It was refused: only what the bot says can be rated.

        Example:
            >>> reply = await alice.say("Hello")
            >>> await alice.rate(reply.steps[-1], 1, comment="Friendly.")
        """
        said = None if value is None else {"value": value, "comment": comment}
        return await self._answered(lambda: self._call("on_feedback", said, about=step.id), timeout_s=timeout_s)

    async def post_window_message(self, data: Any, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Say something as the window around the chat does, and wait until `on_window_message` has run.

        Args:
            data: Anything that is JSON.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not done in time.
            ChatSessionsError: It was refused.
        """
        return await self._answered(lambda: self._call("on_window_message", data), timeout_s=timeout_s)

    def _press(self, step_id: str, action: Action) -> None:
        client_id = str(uuid4())
        for question in self.viewing.conversation.questions:
            if question.step_id == step_id and question.kind == "action":
                self._command(SendAnswer(client_id=client_id, question_id=question.id, text="", action_id=action.id))
                return
        self._command(PressAction(client_id=client_id, step_id=step_id, action_id=action.id))

    def _call(self, name: CallName, value: Any, *, about: str | None = None) -> str:
        client_id = str(uuid4())
        self._command(Call(client_id=client_id, name=name, about=about, value=value))
        return client_id

    def _required_form(self) -> list[dict[str, Any]]:
        if not self.settings_form:
            raise ChatSessionsError("This chat shows no settings.")
        return self.settings_form
