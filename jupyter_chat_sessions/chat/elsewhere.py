"""Names of Chainlit's that have no meaning in a notebook, or none yet: they can be imported, and say what to use.

What only registers a function takes it, warns once, and gives it back: an app that has it runs. What would do
something raises an error.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypedDict, TypeVar

from ..host.current import current_app
from ..protocol.errors import UnsupportedError

F = TypeVar("F", bound=Callable[..., Any])

_JUPYTER_SAYS = "Jupyter says who a viewer is: read cl.context.session.user, or set up the server's identity provider."
_NO_MICROPHONE = "there is no microphone here yet: let people upload a recording with cl.AskFileMessage."
_NO_MCP = "viewers do not connect MCP servers here yet: connect to yours with the mcp package in on_chat_start."


def password_auth_callback(func: F) -> F:
    """Take a function that would check a name and a password, and never call it (Chainlit: the same name).

    Args:
        func: Takes a name and a password.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.password_auth_callback  # warns
        ... def check(username, password): ...

    People have signed in to Jupyter: `cl.context.session.user` is who they are.
    """
    return _ignored("password_auth_callback", func, _JUPYTER_SAYS)


def header_auth_callback(func: F) -> F:
    """Take a function that would read who somebody is from a request, and never call it (Chainlit: the same name).

    Args:
        func: Takes the headers.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.header_auth_callback  # warns
        ... def check(headers): ...

    People have signed in to Jupyter: `cl.context.session.user` is who they are.
    """
    return _ignored("header_auth_callback", func, _JUPYTER_SAYS)


def oauth_callback(func: F) -> F:
    """Take a function that would let somebody in by another site's word, and never call it (Chainlit: the same name).

    Args:
        func: Takes what the provider says.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.oauth_callback  # warns
        ... def check(provider_id, token, raw_user_data, default_user): ...

    People have signed in to Jupyter. Chainlit's raises an error where no provider is configured.
    """
    return _ignored("oauth_callback", func, _JUPYTER_SAYS)


def on_logout(func: F) -> F:
    """Take a function that would run when somebody signs out, and never call it (Chainlit: the same name).

    Args:
        func: Takes the request and the response.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_logout  # warns
        ... def left(request, response): ...

    People sign out of Jupyter; `cl.on_chat_end` runs when a session is over.
    """
    return _ignored("on_logout", func, "people sign out of Jupyter: cl.on_chat_end runs when a session is over.")


def on_audio_start(func: F) -> F:
    """Take a function that would run when somebody begins to speak, and never call it (Chainlit: the same name).

    Args:
        func: Takes nothing.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_audio_start  # warns
        ... async def begin(): ...

    There is no microphone here yet; `cl.AskFileMessage` takes a recording.
    """
    return _ignored("on_audio_start", func, _NO_MICROPHONE)


def on_audio_chunk(func: F) -> F:
    """Take a function that would be given what somebody says, and never call it (Chainlit: the same name).

    Args:
        func: Takes an `InputAudioChunk`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_audio_chunk  # warns
        ... async def hear(chunk): ...

    There is no microphone here yet; `cl.AskFileMessage` takes a recording.
    """
    return _ignored("on_audio_chunk", func, _NO_MICROPHONE)


def on_audio_end(func: F) -> F:
    """Take a function that would run when somebody has spoken, and never call it (Chainlit: the same name).

    Args:
        func: Takes nothing.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_audio_end  # warns
        ... async def end(): ...

    There is no microphone here yet; `cl.AskFileMessage` takes a recording.
    """
    return _ignored("on_audio_end", func, _NO_MICROPHONE)


def on_mcp_connect(func: F) -> F:
    """Take a function that would run when a viewer connects an MCP server, and never call it (Chainlit: the same name).

    Args:
        func: Takes the connection and its client session.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_mcp_connect  # warns
        ... async def connected(connection, session): ...

    The author connects to servers, with the `mcp` package in `cl.on_chat_start`.
    """
    return _ignored("on_mcp_connect", func, _NO_MCP)


def on_mcp_disconnect(func: F) -> F:
    """Take a function that would run when a viewer lets an MCP server go, and never call it (Chainlit: the same name).

    Args:
        func: Takes the connection's name and its client session.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_mcp_disconnect  # warns
        ... async def gone(name, session): ...

    The author connects to servers, with the `mcp` package in `cl.on_chat_start`.
    """
    return _ignored("on_mcp_disconnect", func, _NO_MCP)


def on_shared_thread_view(func: F) -> F:
    """Take a function that would let people see others' conversations, and never call it (Chainlit: the same name).

    Args:
        func: Takes the thread and who looks.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_shared_thread_view  # warns
        ... async def may_see(thread, viewer): ...

    A conversation is its owner's here; whoever wants to give it away exports it as a file.
    """
    return _ignored(
        "on_shared_thread_view", func, "a conversation is its owner's: it is given away as an exported file."
    )


def on_slack_reaction_added(func: F) -> F:
    """Take a function that would run when somebody reacts in Slack, and never call it (Chainlit: the same name).

    Args:
        func: Takes Slack's event.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_slack_reaction_added  # warns
        ... async def reacted(event): ...

    There is no Slack here; `cl.on_feedback` runs when somebody rates a message.
    """
    return _ignored(
        "on_slack_reaction_added", func, "there is no Slack here: cl.on_feedback runs when a message is rated."
    )


@dataclass
class InputAudioChunk:
    """A piece of what somebody says (Chainlit: `cl.InputAudioChunk`). Nothing makes one: there is no microphone yet.

    Attributes:
        isStart: It is the first.
        mimeType: What kind of sound.
        elapsedTime: Since the beginning, milliseconds.
        data: The sound.

    Example:
        >>> cl.InputAudioChunk(isStart=True, mimeType="pcm16", elapsedTime=0, data=b"").mimeType
        'pcm16'
    """

    isStart: bool  # noqa: N815  # Chainlit's names
    mimeType: str  # noqa: N815
    elapsedTime: float  # noqa: N815
    data: bytes


class OutputAudioChunk(TypedDict):
    """A piece of what a bot says (Chainlit: `cl.OutputAudioChunk`): a dict. To send one raises an `UnsupportedError`.

    Attributes:
        track: Which of several voices.
        mimeType: What kind of sound.
        data: The sound.

    Example:
        >>> cl.OutputAudioChunk(track="1", mimeType="pcm16", data=b"")["track"]
        '1'
    """

    track: str
    mimeType: str
    data: bytes


@dataclass
class CopilotFunction:
    """A function of the page around the chat (Chainlit: `cl.CopilotFunction`). There is no such page here.

    Attributes:
        name: The function's name.
        args: Its arguments.

    Example:
        >>> await cl.CopilotFunction(name="colour", args={"name": "red"}).acall()
        Traceback (most recent call last):
        jupyter_chat_sessions.protocol.errors.UnsupportedError: CopilotFunction.acall: …
    """

    name: str
    args: dict[str, Any]

    def acall(self) -> NoReturn:
        """Say that there is nothing to call.

        Raises:
            UnsupportedError: Always.
        """
        raise unsupported(
            "CopilotFunction.acall",
            "the chat is part of no other page; cl.send_window_message tells something to the page that shows it.",
        )


def unsupported(name: str, instead: str) -> UnsupportedError:
    """Return the error that says what to use in the place of a name."""
    return UnsupportedError(f"{name}: {instead}")


def no_audio(name: str) -> UnsupportedError:
    """Return the error for whoever sends sound."""
    return unsupported(name, "there is no live audio here yet; cl.Audio shows a recording under a message.")


def _ignored(name: str, func: F, instead: str) -> F:
    if not callable(func):
        raise TypeError(f"@{name} decorates a function; it was given {type(func).__name__!r}.")
    if current_app().is_first_warning(name):
        warnings.warn(f"@{name} is not called here: {instead}", stacklevel=3)
    return func
