"""The chat that belongs in a notebook.

%load_ext jupyter_chat_sessions
import jupyter_chat_sessions as cl

@cl.on_message
async def reply(message: cl.Message):
    await cl.Message(f"You said: {message.content}").send()

%chat_session
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from . import input_widget
    from .chat.action import Action, action_callback
    from .chat.app_hooks import on_app_shutdown, on_app_startup
    from .chat.ask import AskActionMessage, AskElementMessage, AskUserMessage
    from .chat.ask_file import AskFileMessage, AskFileResponse
    from .chat.author_rename import author_rename
    from .chat.cache import cache
    from .chat.callbacks import (
        on_chat_end,
        on_chat_resume,
        on_chat_start,
        on_disconnect,
        on_message,
        on_reconnect,
        on_stop,
    )
    from .chat.chat_context import chat_context
    from .chat.chat_settings import ChatSettings, on_settings_edit, on_settings_update
    from .chat.context import context
    from .chat.data_layer import data_layer
    from .chat.dataframe import Dataframe
    from .chat.element import Element
    from .chat.element_kinds import Audio, CustomElement, File, Image, Pdf, Text, Video
    from .chat.elsewhere import (
        CopilotFunction,
        InputAudioChunk,
        OutputAudioChunk,
        header_auth_callback,
        oauth_callback,
        on_audio_chunk,
        on_audio_end,
        on_audio_start,
        on_logout,
        on_mcp_connect,
        on_mcp_disconnect,
        on_shared_thread_view,
        on_slack_reaction_added,
        password_auth_callback,
    )
    from .chat.feedback import on_feedback
    from .chat.figure import Plotly, Pyplot
    from .chat.generation import ChatGeneration, CompletionGeneration, GenerationMessage
    from .chat.message import ErrorMessage, Message
    from .chat.modes import Mode, ModeOption
    from .chat.profiles import ChatProfile, set_chat_profiles
    from .chat.sidebar import ElementSidebar
    from .chat.starters import Starter, StarterCategory, set_starter_categories, set_starters
    from .chat.step import Step
    from .chat.step_decorator import step
    from .chat.stored_thread import ThreadDict
    from .chat.sync import make_async, run_sync, sleep
    from .chat.task_list import Task, TaskList, TaskStatus
    from .chat.user_session import SessionAccessor, user_session
    from .chat.window import on_window_message, send_window_message
    from .host.session_kinds import HTTPSession, WebsocketSession
    from .host.user import PersistedUser, User
    from .integrations.langchain import AsyncLangchainCallbackHandler, LangchainCallbackHandler
    from .integrations.llama_index import LlamaIndexCallbackHandler
    from .integrations.mistralai import instrument_mistralai
    from .integrations.openai import instrument_openai
    from .integrations.semantic_kernel import SemanticKernelFilter
    from .protocol.errors import (
        AskTimeoutError,
        ChatSessionsError,
        HubUnreachableError,
        MissingLibraryError,
        NoSessionError,
        ProtocolError,
        RefusedError,
        UnsupportedError,
    )

__all__ = [
    "Action",
    "AskActionMessage",
    "AskElementMessage",
    "AskFileMessage",
    "AskFileResponse",
    "AskTimeoutError",
    "AskUserMessage",
    "AsyncLangchainCallbackHandler",
    "Audio",
    "ChatGeneration",
    "ChatProfile",
    "ChatSessionsError",
    "ChatSettings",
    "CompletionGeneration",
    "CopilotFunction",
    "CustomElement",
    "Dataframe",
    "Element",
    "ElementSidebar",
    "ErrorMessage",
    "File",
    "GenerationMessage",
    "HTTPSession",
    "HubUnreachableError",
    "Image",
    "InputAudioChunk",
    "LangchainCallbackHandler",
    "LlamaIndexCallbackHandler",
    "Message",
    "MissingLibraryError",
    "Mode",
    "ModeOption",
    "NoSessionError",
    "OutputAudioChunk",
    "Pdf",
    "PersistedUser",
    "Plotly",
    "ProtocolError",
    "Pyplot",
    "RefusedError",
    "SemanticKernelFilter",
    "SessionAccessor",
    "Starter",
    "StarterCategory",
    "Step",
    "Task",
    "TaskList",
    "TaskStatus",
    "Text",
    "ThreadDict",
    "UnsupportedError",
    "User",
    "Video",
    "WebsocketSession",
    "__version__",
    "action_callback",
    "author_rename",
    "cache",
    "chat_context",
    "context",
    "data_layer",
    "header_auth_callback",
    "input_widget",
    "instrument_mistralai",
    "instrument_openai",
    "make_async",
    "oauth_callback",
    "on_app_shutdown",
    "on_app_startup",
    "on_audio_chunk",
    "on_audio_end",
    "on_audio_start",
    "on_chat_end",
    "on_chat_resume",
    "on_chat_start",
    "on_disconnect",
    "on_feedback",
    "on_logout",
    "on_mcp_connect",
    "on_mcp_disconnect",
    "on_message",
    "on_reconnect",
    "on_settings_edit",
    "on_settings_update",
    "on_shared_thread_view",
    "on_slack_reaction_added",
    "on_stop",
    "on_window_message",
    "password_auth_callback",
    "run_sync",
    "send_window_message",
    "set_chat_profiles",
    "set_starter_categories",
    "set_starters",
    "sleep",
    "step",
    "user_session",
]


def __getattr__(name: str) -> Any:
    """Return a name of the author's API: its module is loaded when the name is first used.

    A Jupyter server that serves chats needs none of them, and an author not all.
    """
    from .names import load

    value = load(name)
    if value is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Set up the magics and the link: what `%load_ext jupyter_chat_sessions` calls."""
    from .notebook import load

    load(shell)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Say where the server extension is: what `jupyter server` asks of a package that it enables."""
    from .hub.extension import ChatSessionsApp

    return [{"module": "jupyter_chat_sessions.hub.extension", "app": ChatSessionsApp}]


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics and the link away: what `%unload_ext jupyter_chat_sessions` calls."""
    from .notebook import unload

    unload(shell)
