"""`chat_context`: the messages of this session, for a model's prompt."""

from __future__ import annotations

from ..host.scope import current_session
from .message import Message


class ChatContext:
    """The messages of the session that this code runs for (Chainlit: `cl.chat_context`).

    The user's messages and every message sent are in it by themselves. That a run was stopped is no message and is not
    in it.

    Example:
        >>> cl.chat_context.to_openai()
        [{'role': 'user', 'content': 'Hello'}]
    """

    def get(self) -> list[Message]:
        """Return the messages, oldest first, in a list of the caller's own.

        Raises:
            NoSessionError: There is no session here.
        """
        return list(current_session().messages)

    def add(self, message: Message) -> Message:
        """Add a message, unless it is there already, and return it.

        Raises:
            NoSessionError: There is no session here.
        """
        messages = current_session().messages
        if not any(known is message for known in messages):
            messages.append(message)
        return message

    def remove(self, message: Message) -> bool:
        """Take a message out; return whether it was there.

        Raises:
            NoSessionError: There is no session here.
        """
        messages = current_session().messages
        for index, known in enumerate(messages):
            if known is message:
                del messages[index]
                return True
        return False

    def clear(self) -> None:
        """Take all messages out.

        Raises:
            NoSessionError: There is no session here.
        """
        current_session().messages.clear()

    def to_openai(self) -> list[dict[str, str]]:
        """Return the messages as role and content.

        What is neither the assistant's nor the user's has the role `system`.

        Raises:
            NoSessionError: There is no session here.
        """
        roles = {"assistant_message": "assistant", "user_message": "user"}
        return [{"role": roles.get(message.type, "system"), "content": message.content} for message in self.get()]


chat_context = ChatContext()
"""The messages of the session that this code runs for."""
