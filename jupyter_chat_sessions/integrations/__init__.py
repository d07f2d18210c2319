"""What other libraries do, shown as steps: LangChain, LlamaIndex, OpenAI, Mistral, Semantic Kernel.

Each library is optional and is imported when its name is first used: the author's import stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple, NoReturn

from ..protocol.errors import MissingLibraryError


class Place(NamedTuple):
    """Where a name is, and what it needs.

    Attributes:
        module: In this package.
        library: What has to be installed, as `import` calls it.
        extra: The extra of this package that brings it.
    """

    module: str
    library: str
    extra: str


PLACES = {
    "AsyncLangchainCallbackHandler": Place("langchain", "langchain_core", "langchain"),
    "LangchainCallbackHandler": Place("langchain", "langchain_core", "langchain"),
    "LlamaIndexCallbackHandler": Place("llama_index", "llama_index", "llama-index"),
    "SemanticKernelFilter": Place("semantic_kernel", "semantic_kernel", "semantic-kernel"),
    "instrument_mistralai": Place("mistralai", "mistralai", "mistral"),
    "instrument_openai": Place("openai", "openai", "openai"),
}


def load(name: str) -> Any:
    """Return what a name means. Without its library that is something that says so when it is used.

    Args:
        name: One of `PLACES`.

    Example:
        >>> load("instrument_openai")()
    """
    place = PLACES[name]
    try:
        return getattr(import_module(f"{__name__}.{place.module}"), name)
    except ModuleNotFoundError as reason:
        if (reason.name or "").partition(".")[0] != place.library:
            raise
        return _missing(name, place)


def need(name: str) -> None:
    """Make sure that the library of a name is there.

    Raises:
        MissingLibraryError: It is not installed.
    """
    place = PLACES[name]
    try:
        import_module(place.library)
    except ModuleNotFoundError:
        raise _missing_library(name, place) from None


def _missing(name: str, place: Place) -> type:
    """Return a class in the place of what cannot be had, so that whoever looks whether it is there goes on."""

    def say_so(cls: type, *_: Any, **__: Any) -> NoReturn:
        raise _missing_library(name, place)

    return type(name, (), {"__new__": say_so, "__doc__": f"Needs {place.library}, which is not installed."})


def _missing_library(name: str, place: Place) -> MissingLibraryError:
    return MissingLibraryError(
        f'{name} needs {place.library}, which is not installed: pip install "jupyter-chat-sessions[{place.extra}]"'
    )
