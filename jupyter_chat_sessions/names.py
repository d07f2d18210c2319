"""Where each name of the author's API is: it is loaded when it is first used.

The one rule: importing the package loads none of them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

NAMES_BY_MODULE = {
    "chat.action": ("Action", "action_callback"),
    "chat.app_hooks": ("on_app_shutdown", "on_app_startup"),
    "chat.ask": ("AskActionMessage", "AskElementMessage", "AskUserMessage"),
    "chat.ask_file": ("AskFileMessage", "AskFileResponse"),
    "chat.author_rename": ("author_rename",),
    "chat.cache": ("cache",),
    "chat.callbacks": (
        "on_chat_end",
        "on_chat_resume",
        "on_chat_start",
        "on_disconnect",
        "on_message",
        "on_reconnect",
        "on_stop",
    ),
    "chat.chat_context": ("chat_context",),
    "chat.chat_settings": ("ChatSettings", "on_settings_edit", "on_settings_update"),
    "chat.context": ("context",),
    "chat.data_layer": ("data_layer",),
    "chat.dataframe": ("Dataframe",),
    "chat.element": ("Element",),
    "chat.element_kinds": ("Audio", "CustomElement", "File", "Image", "Pdf", "Text", "Video"),
    "chat.elsewhere": (
        "CopilotFunction",
        "InputAudioChunk",
        "OutputAudioChunk",
        "header_auth_callback",
        "oauth_callback",
        "on_audio_chunk",
        "on_audio_end",
        "on_audio_start",
        "on_logout",
        "on_mcp_connect",
        "on_mcp_disconnect",
        "on_shared_thread_view",
        "on_slack_reaction_added",
        "password_auth_callback",
    ),
    "chat.feedback": ("on_feedback",),
    "chat.figure": ("Plotly", "Pyplot"),
    "chat.generation": ("ChatGeneration", "CompletionGeneration", "GenerationMessage"),
    "chat.message": ("ErrorMessage", "Message"),
    "chat.modes": ("Mode", "ModeOption"),
    "chat.profiles": ("ChatProfile", "set_chat_profiles"),
    "chat.sidebar": ("ElementSidebar",),
    "chat.starters": ("Starter", "StarterCategory", "set_starter_categories", "set_starters"),
    "chat.step": ("Step",),
    "chat.step_decorator": ("step",),
    "chat.stored_thread": ("ThreadDict",),
    "chat.sync": ("make_async", "run_sync", "sleep"),
    "chat.task_list": ("Task", "TaskList", "TaskStatus"),
    "chat.user_session": ("SessionAccessor", "user_session"),
    "chat.window": ("on_window_message", "send_window_message"),
    "host.session_kinds": ("HTTPSession", "WebsocketSession"),
    "host.user": ("PersistedUser", "User"),
    "protocol.errors": (
        "AskTimeoutError",
        "ChatSessionsError",
        "HubUnreachableError",
        "MissingLibraryError",
        "NoSessionError",
        "ProtocolError",
        "RefusedError",
        "UnsupportedError",
    ),
}
"""What `__init__.py` imports for type checkers; a test holds the two together."""
_MODULE_OF = {name: module for module, names in NAMES_BY_MODULE.items() for name in names}


def load(name: str) -> Any:
    """Return what a name means; None where it means nothing.

    Args:
        name: A name of the author's API.

    Example:
        >>> load("Message")
        <class 'jupyter_chat_sessions.chat.message.Message'>
    """
    if name == "input_widget":
        return import_module(f"{__package__}.input_widget")
    if name in _MODULE_OF:
        value = getattr(import_module(f"{__package__}.{_MODULE_OF[name]}"), name)
        setattr(sys.modules[str(__package__)], name, value)  # found without us from now on
        return value
    from .integrations import PLACES
    from .integrations import load as load_with_library

    return load_with_library(name) if name in PLACES else None
