"""What `import chainlit` means in an app's file: this package, under the names that such apps know.

Nothing here is put where other code could import it: an installed Chainlit stays what it is for everybody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from .compat.config import Config

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
    "chat_context.ChatContext": "chat.chat_context.ChatContext",
    "config.ChainlitConfigOverrides": "compat.config.ChainlitConfigOverrides",
    "config.FeaturesSettings": "compat.config.FeaturesSettings",
    "config.McpFeature": "compat.config.McpFeature",
    "config.ProjectSettings": "compat.config.ProjectSettings",
    "config.UISettings": "compat.config.UISettings",
    "context.ChainlitContext": "compat.context.ChainlitContext",
    "context.ChainlitContextException": "protocol.errors.NoSessionError",
    "context.context_var": "compat.context.context_var",
    "context.get_context": "chat.context.get_context",
    "context.init_http_context": "compat.context.init_http_context",
    "context.init_ws_context": "compat.context.init_ws_context",
    "context.local_steps": "compat.context.local_steps",
    "element.ElementBased": "chat.element.ElementBased",
    "element.ElementDict": "chat.element.ElementDict",
    "element.ElementDisplay": "chat.element.ElementDisplay",
    "element.ElementSize": "chat.element.ElementSize",
    "element.ElementType": "protocol.steps.ElementType",
    "emitter.BaseChainlitEmitter": "chat.emitter.Emitter",
    "emitter.ChainlitEmitter": "chat.emitter.Emitter",
    "langchain.callbacks.AsyncLangchainCallbackHandler": "AsyncLangchainCallbackHandler",
    "langchain.callbacks.LangchainCallbackHandler": "LangchainCallbackHandler",
    "langchain.callbacks.LangchainTracer": "LangchainCallbackHandler",
    "llama_index.callbacks.LlamaIndexCallbackHandler": "LlamaIndexCallbackHandler",
    "logger.logger": "compat.logger.logger",
    "message.MessageBase": "chat.message.Message",
    "mistralai.instrument_mistralai": "instrument_mistralai",
    "openai.instrument_openai": "instrument_openai",
    "semantic_kernel.SemanticKernelFilter": "SemanticKernelFilter",
    "session.BaseSession": "host.session.BaseSession",
    "session.ClientType": "compat.types.ClientType",
    "session.clean_metadata": "compat.session.clean_metadata",
    "session.ws_sessions_id": "compat.session.sessions",
    "session.ws_sessions_sid": "compat.session.sessions",
    "socket.persist_user_session": "compat.session.persist_user_session",
    "step.StepDict": "compat.types.StepDict",
    "step.StepType": "compat.types.StepType",
    "step.TrueStepType": "compat.types.TrueStepType",
    "data.base.BaseDataLayer": "chat.data_layer.BaseDataLayer",
    "data.utils.queue_until_user_message": "chat.data_layer.queue_until_user_message",
    "types.PageInfo": "chat.data_layer.PageInfo",
    "types.PaginatedResponse": "chat.data_layer.PaginatedResponse",
    "types.Pagination": "chat.data_layer.Pagination",
    "types.ThreadFilter": "chat.data_layer.ThreadFilter",
    "types.CommandDict": "chat.commands.CommandDict",
    "types.Feedback": "chat.feedback.Feedback",
    "types.MessageStepType": "compat.types.MessageStepType",
    "types.ToastType": "chat.emitter.ToastType",
    "user.UserDict": "host.user.UserDict",
    "user_session.UserSession": "chat.user_session.UserSession",
    "user_session.user_sessions": "compat.session.user_sessions",
    "utils.timestamp_utc": "compat.wrapping.timestamp_utc",
    "utils.utc_now": "times.utc_now",
    "utils.wrap_user_function": "compat.wrapping.wrap_user_function",
    "version.__version__": "_version.__version__",
}
"""What apps import that is not among this package's public names, and where it is."""

INSTEAD = {
    "auth": "Who a viewer is, Jupyter says: `cl.context.session.user`.",
    "cli": "Run the file with `%chat_session run FILE` or `jupyter chat-sessions run FILE`.",
    "config": "A chat is configured where it is opened; `config` tells what `.chainlit/config.toml` says.",
    "data": "Conversations are stored by the Jupyter server: its `ChatSessions.database_url` says where. To be told of "
    "them beside it, derive a class from `chainlit.data.BaseDataLayer`.",
    "discord": "There is no Discord here.",
    "markdown": "An app's `chainlit.md` is read where the app is opened.",
    "mcp": "Connect to a server with the `mcp` package in `on_chat_start`.",
    "oauth_providers": "Who a viewer is, Jupyter says: `cl.context.session.user`.",
    "server": "Routes of your own belong into a Jupyter server extension.",
    "slack": "There is no Slack here.",
    "socket": "There is no Socket.IO here; `user_session` is kept by itself.",
    "teams": "There is no Teams here.",
    "utils.mount_chainlit": "The Jupyter server shows the chat: `jupyter chat-sessions run FILE`.",
}
"""For modules and names that have no meaning here, or not all of them: what to use."""


class AliasModule(ModuleType):
    """A module of Chainlit's that has this package's names. Each is looked up when it is asked for.

    Args:
        name: Chainlit's name of it.
        folder: Where the app is that asks.
    """

    def __init__(self, name: str, *, folder: Path | None) -> None:
        super().__init__(name)
        self.__path__ = []
        self._folder = folder

    def __getattr__(self, name: str) -> Any:
        is_pythons = name.startswith("__") and name != "__version__"
        for found in () if is_pythons else _candidates(self.__name__, name, self._folder):
            return found
        raise AttributeError(_explanation(self.__name__, name))


def alias_module(name: str, names: Sequence[str] | None, *, folder: Path | None = None) -> ModuleType:
    """Return what an import statement gives an app's code.

    Args:
        name: The module, such as `chainlit.input_widget`.
        names: What stands behind `from … import`; empty for a plain `import`, which gives the top module.
        folder: Where the app is, for its configuration.

    Raises:
        ImportError: It is not here. The sentence says what to use.

    Example:
        >>> alias_module("chainlit", ["Message"]).Message
        <class 'jupyter_chat_sessions.chat.message.Message'>
    """
    module = _module(name, folder)
    for wanted in names or ():
        if wanted != "*" and not hasattr(module, wanted):
            raise ImportError(_explanation(name, wanted), name=name)
    return module if names else _module(ALIAS, folder)


def _module(name: str, folder: Path | None) -> ModuleType:
    submodule = name.partition(".")[2]
    own = _own_submodule(submodule)
    if own is not None:
        return own
    if not _is_known(submodule):
        raise ImportError(_explanation(ALIAS, submodule), name=name)
    module = AliasModule(name, folder=folder)
    public = PUBLIC.get(submodule, ()) if submodule else import_module(_US).__all__
    module.__all__ = [each for each in public if not submodule or hasattr(module, each)]  # type: ignore[attr-defined]
    return module


def _is_known(submodule: str) -> bool:
    """Return whether Chainlit has such a module, or one in it, that apps import."""
    places = (*PUBLIC, *ELSEWHERE, *(name for name in INSTEAD if "." not in name))
    return not submodule or any(place == submodule or place.startswith(f"{submodule}.") for place in places)


def _own_submodule(name: str) -> ModuleType | None:
    """Return a module of this package that has the same name and is meant for apps, or None."""
    if name not in ("data", "input_widget"):
        return None
    try:
        return import_module(f"{_US}.{name}")
    except ModuleNotFoundError:
        return None


def _candidates(module: str, name: str, folder: Path | None) -> Iterator[Any]:
    """Yield what a name of a module may mean, the likeliest first."""
    us = import_module(_US)
    submodule = module.partition(".")[2]
    if (not submodule or name in PUBLIC.get(submodule, ())) and hasattr(us, name):
        yield getattr(us, name)
    place = ELSEWHERE.get(f"{submodule}.{name}")
    if place is not None:
        where, _, attribute = place.rpartition(".")
        yield getattr(import_module(f"{_US}.{where}".rstrip(".")), attribute)
    if (submodule, name) == ("config", "config"):
        yield Config(folder or Path())
    inner = f"{submodule}.{name}".lstrip(".")
    if _own_submodule(inner) is not None or _is_known(inner):
        yield _module(f"{ALIAS}.{inner}", folder)


def _explanation(module: str, name: str) -> str:
    submodule = module.partition(".")[2]
    wholes = (f"{submodule}.{name}", submodule, submodule.partition(".")[0], name.partition(".")[0])
    instead = next((INSTEAD[whole] for whole in wholes if whole in INSTEAD), None)
    return f"{module} has no {name!r} in Jupyter Chat Sessions. {instead or 'docs/from-chainlit.md says what is here.'}"
