"""The error tree. Foreign exceptions become one of these in the modules at the edge, nowhere else.

ChatSessionsError               everything this package raises on purpose
├── ProtocolError               a peer sent what the protocol does not allow; carries a code
├── RefusedError                a request was understood and turned down; carries a code
├── NoSessionError              no session is in sight here (Chainlit: ChainlitContextException)
├── HubUnreachableError         no Jupyter server with the extension could be reached
├── UnsupportedError            something of Chainlit's that has no meaning here; says what to use instead
├── MissingLibraryError         an optional library is not installed (also an ImportError)
└── AskTimeoutError             nobody answered in time (also a TimeoutError)
"""

from __future__ import annotations

from typing import Literal

ErrorCode = Literal[
    "malformed",  # not JSON, not an object, a wrong type
    "unknown_type",  # a frame type this end does not know
    "out_of_order",  # a known frame at the wrong time
    "too_large",  # over a size limit
    "version",  # the two ends speak different versions
    "unknown_session",  # no such session, or not yours: the same answer for both
    "unknown_channel",  # nothing of that name has been published
    "forbidden",  # known to the server, and not allowed to do this
    "conflict",  # a client id used again for something else
    "channel_taken",  # another live host publishes that channel
    "busy",  # the queue of this session is full
    "question_closed",  # the question was answered, expired or withdrawn
    "missing_env",  # required variables were not given
    "no_host",  # the notebook is not running
    "ended",  # the session has ended
    "too_fast",  # more than the limits allow; again after the time that the error names
    "storage_full",  # nothing can be stored now; again after the time that the error names
    "storage_off",  # the server has nowhere to keep conversations
    "unknown_thread",  # no such stored conversation, or not yours: the same answer for both
    "unknown_file",  # no such file in this session
    "internal",  # our fault; the log has the id
]


class ChatSessionsError(Exception):
    """Base of every error that this package raises on purpose.

    Example:
        >>> try:
        ...     await message.update()
        ... except cl.ChatSessionsError as reason:
        ...     print(reason)
    """


class _CodedError(ChatSessionsError):
    def __init__(self, code: ErrorCode, text: str) -> None:
        super().__init__(text)
        self.code: ErrorCode = code
        self.text = text


class ProtocolError(_CodedError):
    """A peer sent something that the protocol does not allow.

    Attributes:
        code: The machine's word for it, as it travels in an error frame.
        text: One sentence for a person: what is wrong and what to do.
        client_id: Of a viewer's frame that could not be read: the id by which the viewer knows it, where it had one.

    Example:
        >>> raise cl.ProtocolError("malformed", "This is no JSON.")
    """

    def __init__(self, code: ErrorCode, text: str, *, client_id: str | None = None) -> None:
        super().__init__(code, text)
        self.client_id = client_id


class RefusedError(_CodedError):
    """A well-formed request was turned down.

    Attributes:
        code: The machine's word for it, as it travels in an error frame.
        text: One sentence for a person: why, and what to do.

    Example:
        >>> raise cl.RefusedError("busy", "Too much waits here; try again soon.")
    """


class NoSessionError(ChatSessionsError):
    """There is no session here: the code runs in no handler, and no cell's session is known.

    Example:
        >>> try:
        ...     name = cl.user_session.get("name")
        ... except cl.NoSessionError:
        ...     name = None
    """


class HubUnreachableError(ChatSessionsError):
    """No Jupyter server with the extension could be reached from this process.

    Example:
        >>> try:
        ...     cl.run_sync(cl.Message("Done").send())
        ... except cl.HubUnreachableError:
        ...     print("The server is away.")
    """


class UnsupportedError(ChatSessionsError):
    """Something of Chainlit's that has no meaning here, or none yet. The sentence says what to use instead.

    Example:
        >>> try:
        ...     await cl.context.emitter.send_audio_interrupt()
        ... except cl.UnsupportedError as reason:
        ...     print(reason)
    """


class MissingLibraryError(ChatSessionsError, ImportError):
    """An optional library is not installed. The sentence says how to install it.

    Example:
        >>> try:
        ...     cl.instrument_openai()
        ... except cl.MissingLibraryError as reason:
        ...     print(reason)
    """


class AskTimeoutError(ChatSessionsError, TimeoutError):
    """Nobody answered a question within its time.

    Example:
        >>> try:
        ...     await cl.AskUserMessage("Still there?", timeout=10, raise_on_timeout=True).send()
        ... except cl.AskTimeoutError:
        ...     await cl.Message("Good night.").send()
    """
