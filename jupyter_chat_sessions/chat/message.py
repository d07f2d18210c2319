"""Messages: sent, streamed, changed, removed.

The one rule: a message belongs to the session that it was first sent in, and never shows in another.
"""

from __future__ import annotations

import json
from typing import Any, Literal, Self

import msgspec

from ..host.public_in_text import IN_TEXT
from ..host.scope import Scope, current_scope, find_scope, handler_scope
from ..host.session import BaseSession
from ..ids import new_id
from ..protocol.errors import ChatSessionsError
from ..protocol.frames import AppendText, FinishStep, HostEvent, PutStep, RemoveAction, RemoveStep
from ..protocol.steps import Step
from ..times import utc_now
from .action import Action
from .author_rename import is_renaming, learn_name, shown_name
from .element import Element
from .standing import WithElements
from .step import parent_of_what_is_said
from .texts import GrowingText, well_formed

MessageType = Literal["user_message", "assistant_message", "system_message"]

_TYPES: dict[str, MessageType] = {"user_message": "user_message", "system_message": "system_message"}
"""What is neither is somebody's else: the assistant's."""

MAX_CONTENT = 1_000_000
"""Code points in one message of an author."""


class Message(WithElements):
    """A message (Chainlit: `cl.Message`).

    Args:
        content: The text, as Markdown. A dict or list is shown as JSON. An object that shows itself, such as a figure,
            a table or a widget, is shown as in a notebook; of anything else, its `str`.
        author: Who says it; the channel's bot name by default.
        language: Show the text as code in this language.
        actions: The buttons under it; see `Action`.
        elements: What stands with it: elements, and objects that show themselves.
        type: Whose message it is.
        metadata: The author's own notes; must be JSON.
        tags: The author's own labels.
        id: A UUID; a new one by default.
        parent_id: The step it belongs to; by default the innermost one that goes on where the message is made, else
            the run.
        command: The command that a user's message carries.
        modes: The option that a user's message has of each mode; see `Mode`.
        created_at: ISO 8601 in UTC; the time of sending by default.

    Raises:
        TypeError: An action or element is none, or the modes are no dict of texts.

    Example:
        >>> message = cl.Message("Let me think")
        >>> await message.send()
        >>> message.content = "I have it."
        >>> await message.update()
    """

    _is_error = False
    _waits_for_answer = False

    def __init__(
        self,
        content: Any = "",
        author: str | None = None,
        language: str | None = None,
        actions: list[Any] | None = None,
        elements: list[Any] | None = None,
        type: MessageType = "assistant_message",  # Chainlit's name
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
        id: str | None = None,  # Chainlit's name
        parent_id: str | None = None,
        command: str | None = None,
        modes: dict[str, str] | None = None,
        created_at: str | None = None,
    ) -> None:
        super().__init__(elements)
        text, found_language = self._text_of(content)
        self._text = GrowingText(text)
        self.author = author
        self.language = language or found_language
        self.type: MessageType = type
        self.actions = _buttons(actions)
        self.metadata = dict(metadata) if metadata else {}
        self.tags = tags
        self.id = id or new_id()
        self.parent_id = self._given_parent_id = parent_id
        self._made_in = _place() if parent_id is None else None
        """The run that it was made in, and the step there, until it is shown."""
        self.command = command
        self.modes = _options(modes)
        self.created_at = created_at
        self.streaming = False
        self._session: BaseSession | None = None
        self._is_shown = False
        self._streamed: Step | None = None
        """The step as it was put whole, while text is added to it."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.type} {self.content[:60]!r}>"

    @property
    def content(self) -> str:
        """The text; empty where an object that shows itself, such as a figure, was given instead."""
        return self._text.text

    @content.setter
    def content(self, value: Any) -> None:
        self._text.text, language = self._text_of(value)
        self.language = self.language or language

    @property
    def thread_id(self) -> str | None:
        """The thread it was sent in, or None before it is sent."""
        return None if self._session is None else self._session.thread_id

    async def send(self) -> Self:
        """Show the message; a streamed one is finished. Sent in another session, it is a new message there.

        Returns:
            The message itself.

        Raises:
            NoSessionError: There is no session here.
            TypeError: `metadata` is no JSON.
            ValueError: The text has more than a million code points, or an element is larger than is kept.
            OSError: The file of an element cannot be read.
        """
        scope = current_scope()
        if self._session is not None and self._session is not scope.session:
            self.id, self.created_at, self._is_shown, self.streaming = new_id(), None, False, False
            self.parent_id = self._given_parent_id
        self._session = scope.session
        if self.elements or is_renaming(scope.session):
            await self._make_ready(scope)
        self._show(scope)
        scope.session.messages[self.id] = self
        await scope.session.room()
        return self

    async def update(self) -> bool:
        """Show the message as it is now.

        Returns:
            True.

        Raises:
            NoSessionError: There is no session here.
            ChatSessionsError: The message was never sent, or belongs to another session.
            ValueError: As for `send`.
            OSError: As for `send`.
        """
        scope = self._own_scope()
        if self.elements or is_renaming(scope.session):
            await self._make_ready(scope)
        self._show(scope)
        scope.session.messages[self.id] = self
        await scope.session.room()
        return True

    async def remove(self) -> bool:
        """Take the message out of the conversation and out of `chat_context`.

        Returns:
            True.

        Raises:
            ChatSessionsError: The message was never sent, or belongs to another session.
        """
        scope = self._own_scope()
        scope.session.messages.pop(self.id, None)
        self._emit(scope, RemoveStep(step_id=self.id))
        self._is_shown = self.streaming = False
        await scope.session.room()
        return True

    async def remove_actions(self) -> None:
        """Take all buttons away.

        Raises:
            ChatSessionsError: The message was never sent, or belongs to another session.
        """
        scope = self._own_scope()
        removed, self.actions = self.actions, []
        for action in removed:
            self._emit(scope, RemoveAction(step_id=self.id, action_id=action.id))
        await scope.session.room()

    async def stream_token(self, token: str, is_sequence: bool = False) -> None:
        """Add a piece of text at the end, and show it at once.

        Args:
            token: The text; an empty one does nothing.
            is_sequence: The token is the whole text so far, and takes the place of it.

        Raises:
            NoSessionError: There is no session here.
            ChatSessionsError: The message belongs to another session.
            ValueError: With it the text has more than a million code points.
        """
        if not token:
            return
        if not isinstance(token, str):
            raise TypeError(f"stream_token takes text; it was given {token.__class__.__name__!r}.")
        token = well_formed(token)
        if not is_sequence and self._text.length + len(token) > MAX_CONTENT:
            raise ValueError(f"A message may have {MAX_CONTENT:,} characters; with this token it has more.")
        scope = self._scope_to_stream_in()
        if (is_sequence or not self.streaming) and is_renaming(scope.session):
            await self._learn_name(scope)
        self._stream(scope, token, is_sequence=is_sequence)
        await scope.session.room()

    def append(self, token: str) -> None:
        """Add text at the end, as `stream_token` does, from code that cannot wait, such as a library's callback."""
        scope = self._scope_to_stream_in()
        self._stream(scope, well_formed(token)[: MAX_CONTENT - self._text.length], is_sequence=False)

    def finish(self) -> None:
        """Say that no more text comes, as `send` does, from code that cannot wait."""
        scope = self._own_scope()
        self._show(scope)
        scope.session.messages[self.id] = self

    def to_dict(self) -> dict[str, Any]:
        """Return the message with Chainlit's `StepDict` keys."""
        step: dict[str, Any] = msgspec.to_builtins(self._step())
        return {"output": "", "input": "", "metadata": {}, "streaming": False, "isError": False, **step}

    @classmethod
    def from_dict(cls, step: dict[str, Any]) -> Message:
        """Return the message that a `StepDict` describes.

        Raises:
            ValueError: The dict is no step.
        """
        try:
            return Message.from_step(msgspec.convert(step, Step))
        except msgspec.ValidationError as reason:
            raise ValueError(f"This is no message: {reason}.") from None

    @classmethod
    def from_step(cls, step: Step) -> Message:
        """Return the message that stands in a step."""
        message = Message(
            step.output,
            author=step.name,
            language=step.language,
            type=_TYPES.get(step.type, "assistant_message"),
            metadata=step.metadata,
            tags=step.tags,
            id=step.id,
            parent_id=step.parent_id,
            command=step.command,
            modes=step.modes,
            created_at=step.created_at,
            actions=[Action.from_struct(action, for_id=step.id) for action in step.actions],
        )
        message._is_shown = message._text.is_shown = True
        scope = find_scope()  # outside a session a message may still be read
        message._session = None if scope is None else scope.session
        message.elements = [
            Element.from_struct(element, for_id=step.id, session=message._session)
            for element in step.elements
            if IN_TEXT not in element.props  # what the text calls comes with it anew
        ]
        return message

    def _text_of(self, content: Any) -> tuple[str, str | None]:
        """Take an author's content, and return it as text, with the language that it turns out to be in."""
        if isinstance(content, str) and not self._display:  # most is text, and nothing stood there before
            return well_formed(content), None
        return ("", None) if self._take_content(content) else _as_text(content)

    def _own_scope(self) -> Scope:
        """Return the scope of the session that the message was sent in; code of another one may not touch it."""
        scope = current_scope()
        if self._session is None:
            raise ChatSessionsError("This message was not sent yet: await message.send() first.")
        if self._session is not scope.session:
            raise ChatSessionsError("This message belongs to another session. Make a new Message for this one.")
        return scope

    def _scope_to_stream_in(self) -> Scope:
        """Return the scope here; a message that is no session's yet is this one's from now on."""
        scope = current_scope()
        if self._session is None:
            self._session = scope.session
        return scope if self._session is scope.session else self._own_scope()

    def _show(self, scope: Scope) -> None:
        """Show the message whole, unless all that is new about it is that it is finished."""
        was_streaming, self.streaming = self.streaming, False
        if scope.run is not None:
            scope.run.streams.discard(self.id)
        streamed, self._streamed = self._streamed, None
        if was_streaming and self._text.is_shown and streamed is not None:
            before = msgspec.structs.replace(streamed, output="", streaming=False)
            if before == msgspec.structs.replace(self._step(), output=""):
                self._emit(scope, FinishStep(step_id=self.id))
                return
        self._emit_step(scope)

    def _emit_step(self, scope: Scope) -> None:
        if self._text.length > MAX_CONTENT:
            raise ValueError(f"A message may have {MAX_CONTENT:,} characters; this one has {self._text.length:,}.")
        self.author = self.author or scope.session.bot_name
        self.created_at = self.created_at or utc_now()
        if self.parent_id is None:
            run_id, parent_id = self._made_in or (None, None)
            is_here = scope.run is not None and scope.run.id == run_id
            self.parent_id = parent_id if is_here else parent_of_what_is_said(scope)
            self._made_in = None
        for action in self.actions:
            action.forId = self.id
        self._bring_elements_now(scope)
        scope.session.shown[self.id] = self
        step = self._step()
        # The names of viewers are theirs.
        name = step.name if self.type == "user_message" else shown_name(scope.session, step.name)
        shown = step if name == step.name else msgspec.structs.replace(step, name=name)
        self._emit(scope, PutStep(step=shown, replaces=self._is_shown))
        self._is_shown = self._text.is_shown = True
        self._streamed = step if self.streaming else None

    def _stream(self, scope: Scope, token: str, *, is_sequence: bool) -> None:
        if is_sequence:
            self.content = token
        if not (self.streaming and self._text.is_shown):
            self.streaming = True
            if scope.run is not None:
                scope.run.streams.add(self.id)
            self._emit_step(scope)
        if not is_sequence:
            more = AppendText(step_id=self.id, offset=self._text.length, text=token)
            scope.session.emit(more, run=scope.run)
            self._text.append(token)

    async def _make_ready(self, scope: Scope) -> None:
        """Do what may take a while before it is shown."""
        await self._learn_name(scope)
        await self._bring_elements(scope)

    async def _learn_name(self, scope: Scope) -> None:
        if self.type != "user_message":
            await learn_name(scope.session, self.author or scope.session.bot_name)

    def _emit(self, scope: Scope, event: HostEvent) -> None:
        scope.session.emit(event, run=scope.run)

    def _step(self) -> Step:
        return Step(
            id=self.id,
            type=self.type,
            name=self.author or "Assistant",
            thread_id=self.thread_id or "",
            parent_id=self.parent_id,
            output=self.content,
            created_at=self.created_at,
            is_error=self._is_error,
            streaming=self.streaming,
            wait_for_answer=self._waits_for_answer,
            language=self.language,
            metadata=self.metadata,
            tags=self.tags,
            command=self.command,
            modes=self.modes,
            actions=[action.as_struct() for action in self.actions] if self.actions else [],
            elements=[element.as_struct(self._session) for element in self.elements] if self.elements else [],
        )


class ErrorMessage(Message):
    """A message that says that something went wrong (Chainlit: `cl.ErrorMessage`).

    Args:
        content: The text.
        author: Who says it; the channel's bot name by default.
        fail_on_persist_error: For compatibility; a message is stored before it is confirmed either way.

    Example:
        >>> await cl.ErrorMessage("The database is not there.").send()
    """

    _is_error = True

    def __init__(self, content: Any, author: str | None = None, fail_on_persist_error: bool = False) -> None:
        super().__init__(content, author=author)


def _place() -> tuple[str, str | None] | None:
    """Return the run that goes on here and the step that what is made here belongs to; None in a cell."""
    scope = handler_scope()
    return None if scope is None or scope.run is None else (scope.run.id, parent_of_what_is_said(scope))


def _as_text(content: Any) -> tuple[str, str | None]:
    """Return an author's content as text, and the language that it turns out to be in."""
    if isinstance(content, str):
        return well_formed(content), None
    if isinstance(content, dict | list):
        try:
            return well_formed(json.dumps(content, indent=4, ensure_ascii=False)), "json"
        except (TypeError, ValueError):
            pass
    return well_formed(str(content)), "text"  # as it is: what an object says of itself is no Markdown


def _options(modes: Any) -> dict[str, str] | None:
    if modes is None:
        return None
    if not isinstance(modes, dict) or not all(isinstance(each, str) for pair in modes.items() for each in pair):
        raise TypeError('Message(modes=…) is a dict of texts, such as {"model": "small"}.')
    return dict(modes)


def _buttons(actions: Any) -> list[Action]:
    if not actions:
        return []
    buttons = list(actions)
    for button in buttons:
        if not isinstance(button, Action):
            raise TypeError(f"Message(actions=…) is a list of cl.Action; in it was {type(button).__name__!r}.")
    return buttons
