"""Without its library a name is there, and says how to get it when it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.alias import alias_module
from jupyter_chat_sessions.integrations import PLACES


@pytest.mark.parametrize("name", sorted(PLACES))
def test_it_says_which_extra_brings_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = PLACES[name]
    for module in [each for each in sys.modules if each.partition(".")[0] == place.library]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(sys.modules, f"jupyter_chat_sessions.integrations.{place.module}", raising=False)
    monkeypatch.setitem(sys.modules, place.library, None)
    assert hasattr(cl, name), "whoever looks whether it is there goes on"
    with pytest.raises(cl.MissingLibraryError, match=rf'pip install "jupyter-chat-sessions\[{place.extra}\]"'):
        getattr(cl, name)()
    with pytest.raises(ImportError):
        getattr(cl, name)()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("langchain.callbacks", "LangchainCallbackHandler"),
        ("langchain.callbacks", "AsyncLangchainCallbackHandler"),
        ("llama_index.callbacks", "LlamaIndexCallbackHandler"),
        ("openai", "instrument_openai"),
        ("mistralai", "instrument_mistralai"),
        ("semantic_kernel", "SemanticKernelFilter"),
    ],
)
def test_apps_find_it_where_chainlit_has_it(module: str, name: str) -> None:
    assert getattr(alias_module(f"chainlit.{module}", [name]), name) is getattr(cl, name)


def test_importing_the_package_imports_none_of_them() -> None:
    code = "import sys, jupyter_chat_sessions; print(sorted(set(sys.modules) & set(sys.argv[1:])))"
    libraries = sorted({place.library for place in PLACES.values()})
    done = subprocess.run([sys.executable, "-c", code, *libraries], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
