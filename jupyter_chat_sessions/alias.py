"""What `import chainlit` means in an app's file: this package, under the names that such apps know.

Nothing here is put where other code could import it: an installed Chainlit stays what it is for everybody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

ALIAS = "chainlit"
_US = __name__.rpartition(".")[0]

PUBLIC: dict[str, tuple[str, ...]] = {
    "action": ("Action",),
    "cache": ("cache",),
    "callbacks": (
        "action_callback",
        "author_rename",
        "data_layer",
        "header_auth_callback",
        "oauth_callback",
        "on_app_shutdown",
        "on_app_startup",
        "on_audio_chunk",
        "on_audio_end",
        "on_audio_start",
        "on_chat_end",
        "on_chat_resume",
        "on_chat_start",
        "on_feedback",
        "on_logout",
        "on_mcp_connect",
        "on_mcp_disconnect",
        "on_message",
        "on_settings_edit",
        "on_settings_update",
        "on_shared_thread_view",
        "on_stop",
        "on_window_message",
        "password_auth_callback",
        "send_window_message",
        "set_chat_profiles",
        "set_starter_categories",
        "set_starters",
    ),
    "chat_context": ("chat_context",),
    "chat_settings": ("ChatSettings",),
    "context": ("context",),
    "element": (
        "Audio",
        "CustomElement",
        "Dataframe",
        "Element",
        "File",
        "Image",
        "Pdf",
        "Plotly",
        "Pyplot",
        "Task",
        "TaskList",
        "TaskStatus",
        "Text",
        "Video",
    ),
    "message": (
        "AskActionMessage",
        "AskElementMessage",
        "AskFileMessage",
        "AskUserMessage",
        "ErrorMessage",
        "Message",
    ),
    "mode": ("Mode", "ModeOption"),
    "session": ("HTTPSession", "WebsocketSession"),
    "sidebar": ("ElementSidebar",),
    "step": ("Step", "step"),
    "sync": ("make_async", "run_sync"),
    "types": (
        "AskFileResponse",
        "ChatProfile",
        "Feedback",
        "InputAudioChunk",
        "OutputAudioChunk",
        "Starter",
        "StarterCategory",
        "ThreadDict",
    ),
    "user": ("PersistedUser", "User"),
    "user_session": ("SessionAccessor", "user_session"),
}
"""Submodules of Chainlit's, and which of this package's public names apps import from each."""

ELSEWHERE = {
    "emitter.BaseChainlitEmitter": "chat.emitter.Emitter",
    "emitter.ChainlitEmitter": "chat.emitter.Emitter",
    "types.CommandDict": "chat.commands.CommandDict",
    "types.Feedback": "chat.feedback.Feedback",
    "types.ToastType": "chat.emitter.ToastType",
    "context.ChainlitContext": "chat.context.Context",
    "context.ChainlitContextException": "protocol.errors.NoSessionError",
    "context.get_context": "chat.context.get_context",
    "session.BaseSession": "host.session.BaseSession",
    "user_session.UserSession": "chat.user_session.UserSession",
    "utils.utc_now": "host.times.utc_now",
}
"""What apps import that is not among this package's public names, and where it is."""

INSTEAD = {
    "auth": "Who a viewer is, Jupyter says: `cl.context.session.user`.",
    "cli": "Run the file with `%chat_session run FILE` or `jupyter chat-sessions run FILE`.",
    "config": "A chat is configured where it is opened; of `.chainlit/config.toml`, name and user_env are read.",
    "data": "Conversations are stored by the Jupyter server; its `ChatSessions.database_url` says where.",
    "oauth_providers": "Who a viewer is, Jupyter says: `cl.context.session.user`.",
    "server": "Routes of your own belong into a Jupyter server extension.",
    "socket": "There is no Socket.IO here; `user_session` is kept by itself.",
}
"""For submodules that have no meaning here, or none yet: what to use."""


class AliasModule(ModuleType):
    """A module of Chainlit's that has this package's names. Each is looked up when it is asked for."""

    def __getattr__(self, name: str) -> Any:
        is_pythons = name.startswith("__") and name != "__version__"
        for found in () if is_pythons else _candidates(self.__name__, name):
            return found
        raise AttributeError(_explanation(self.__name__, name))


def alias_module(name: str, names: Sequence[str] | None) -> ModuleType:
    """Return what an import statement gives an app's code.

    Args:
        name: The module, such as `chainlit.input_widget`.
        names: What stands behind `from … import`; empty for a plain `import`, which gives the top module.

    Raises:
        ImportError: It is not here. The sentence says what to use.

    Example:
        >>> alias_module("chainlit", ["Message"]).Message
        <class 'jupyter_chat_sessions.chat.message.Message'>
    """
    module = _module(name)
    for wanted in names or ():
        if wanted != "*" and not hasattr(module, wanted):
            raise ImportError(_explanation(name, wanted), name=name)
    return module if names else _module(ALIAS)


def _module(name: str) -> ModuleType:
    if name == ALIAS:
        top = AliasModule(ALIAS)
        top.__path__ = []
        top.__all__ = import_module(_US).__all__  # type: ignore[attr-defined]
        return top
    submodule = name.partition(".")[2]
    own = _own_submodule(submodule)
    if own is not None:
        return own
    if submodule in PUBLIC or any(known.startswith(f"{submodule}.") for known in ELSEWHERE):
        module = AliasModule(name)
        module.__all__ = [each for each in PUBLIC.get(submodule, ()) if hasattr(module, each)]  # type: ignore[attr-defined]
        return module
    raise ImportError(_explanation(ALIAS, submodule), name=name)


def _own_submodule(name: str) -> ModuleType | None:
    """Return a module of this package that has the same name and is meant for apps, or None."""
    if name != "input_widget":
        return None
    try:
        return import_module(f"{_US}.{name}")
    except ModuleNotFoundError:
        return None


def _candidates(module: str, name: str) -> Iterator[Any]:
    """Yield what a name of a module may mean, the likeliest first."""
    us = import_module(_US)
    submodule = module.partition(".")[2]
    if submodule in ("", *PUBLIC) and (not submodule or name in PUBLIC[submodule]) and hasattr(us, name):
        yield getattr(us, name)
    place = ELSEWHERE.get(f"{submodule}.{name}")
    if place is not None:
        where, _, attribute = place.rpartition(".")
        yield getattr(import_module(f"{_US}.{where}"), attribute)
    if not submodule and (name in PUBLIC or _own_submodule(name) is not None):
        yield _module(f"{ALIAS}.{name}")


def _explanation(module: str, name: str) -> str:
    submodule = module.partition(".")[2]
    instead = INSTEAD.get(submodule or name, "The table in docs/from-chainlit.md says what is here.")
    return f"{module} has no {name!r} in Jupyter Chat Sessions. {instead}"
