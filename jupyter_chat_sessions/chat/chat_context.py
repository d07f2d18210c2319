"""`chat_context`: the messages of this session, for a model's prompt."""

from __future__ import annotations

from ..host.scope import current_session
from ..host.session import BaseSession
from ..protocol.steps import Step
from .message import Message


class ChatContext:
    """The messages of the session that this code runs for (Chainlit: `cl.chat_context`).

    The user's messages and every message sent are in it by themselves. That a run was stopped is no message and is not
    in it. After a kernel restart it is what the viewer reads, without what only says that something went wrong.

    Example:
        >>> cl.chat_context.to_openai()
        [{'role': 'user', 'content': 'Hello'}]
    """

    def get(self) -> list[Message]:
        """Return the messages, oldest first, in a list of the caller's own.

        Raises:
            NoSessionError: There is no session here.
        """
        return list(_messages(current_session()).values())

    def add(self, message: Message) -> Message:
        """Add a message, unless it is there already, and return it.

        Raises:
            NoSessionError: There is no session here.
        """
        _messages(current_session()).setdefault(message.id, message)
        return message

    def remove(self, message: Message) -> bool:
        """Take a message out; return whether it was there.

        Raises:
            NoSessionError: There is no session here.
        """
        return _messages(current_session()).pop(message.id, None) is not None

    def clear(self) -> None:
        """Take all messages out.

        Raises:
            NoSessionError: There is no session here.
        """
        _messages(current_session()).clear()

    def to_openai(self) -> list[dict[str, str]]:
        """Return the messages as role and content.

        What is neither the assistant's nor the user's has the role `system`.

        Raises:
            NoSessionError: There is no session here.
        """
        roles = {"assistant_message": "assistant", "user_message": "user"}
        return [{"role": roles.get(message.type, "system"), "content": message.content} for message in self.get()]


def note_received(message: Message) -> None:
    """Note a user's message that a handler is given; one that is given again, after Retry, is the last word again."""
    session = current_session()
    messages = _messages(session)
    messages.pop(message.id, None)
    messages[message.id] = session.shown[message.id] = message


def _messages(session: BaseSession) -> dict[str, Message]:
    """Return the session's messages by id; what was said under an earlier kernel is read when first asked for."""
    earlier, session.earlier_steps = session.earlier_steps, ()
    if earlier:
        before = {step.id: Message.from_step(step) for step in earlier if _belongs(step)}
        session.messages = {**before, **session.messages}
        for message in before.values():
            session.shown[message.id] = message
    return session.messages


def _belongs(step: Step) -> bool:
    # A message that still waits is noted when its handler is given it.
    return step.type in _MESSAGES and not step.is_error and step.status not in ("queued", "running")


_MESSAGES = ("user_message", "assistant_message", "system_message")

chat_context = ChatContext()
"""The messages of the session that this code runs for."""
