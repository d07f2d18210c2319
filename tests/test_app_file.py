"""An app written for `chainlit run` is loaded as it is, apart from other apps and from an installed Chainlit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jupyter_chat_sessions import Message
from jupyter_chat_sessions.app_file import AppConfig, AppFile
from jupyter_chat_sessions.host.current import current_runtime
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.protocol.steps import Uploads
from jupyter_chat_sessions.testing import Stage, Viewer

ECHO = """\
import chainlit as cl
from tools import decorated

@cl.on_chat_start
async def start():
    cl.user_session.set("count", 0)

@cl.on_message
async def main(message: cl.Message):
    import chainlit
    assert chainlit is not None and chainlit.Message is cl.Message
    cl.user_session.set("count", cl.user_session.get("count") + 1)
    await cl.Message(content=decorated(message.content)).send()

if __name__ == "__main__":
    raise SystemExit("not here")
"""


def written(folder: Path, **files: str) -> AppFile:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return AppFile(folder / "app.py")


async def test_an_app_for_chainlit_runs_unchanged(tmp_path: Path) -> None:
    file = written(tmp_path, app=ECHO, tools="def decorated(text):\n    return f'<{text}>'\n")
    async with Stage(file.load()), Viewer("Alice") as alice:
        assert (await alice.say("Hello")).content == "<Hello>"


async def test_two_apps_have_handlers_and_neighbours_of_their_own(tmp_path: Path) -> None:
    tools = "import chainlit as cl\ndef decorated(text):\n    return '{}' + text\n"
    first = written(tmp_path / "a", app=ECHO, tools=tools.format("first ")).load()
    second = written(tmp_path / "b", app=ECHO, tools=tools.format("second ")).load()
    for app, says in ((first, "first Hi"), (second, "second Hi"), (first, "first Hi")):
        async with Stage(app), Viewer("Alice") as alice:
            assert (await alice.say("Hi")).content == says
    assert current_runtime().app.handler("on_message") is None


async def test_a_file_that_is_loaded_again_is_read_anew(tmp_path: Path) -> None:
    written(tmp_path, app=ECHO, tools="def decorated(text):\n    return 'old ' + text\n").load()
    # Longer, so that no clock is fine enough to take it for the old one.
    file = written(tmp_path, app=ECHO, tools="def decorated(text):\n    return 'and new ' + text\n")
    async with Stage(file.load()), Viewer("Alice") as alice:
        assert (await alice.say("Hi")).content == "and new Hi"


def test_nothing_is_written_beside_it(tmp_path: Path) -> None:
    written(tmp_path, app=ECHO, tools="def decorated(text):\n    return text\n").load()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["app.py", "tools.py"]


def test_an_installed_chainlit_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site"
    installed.mkdir()
    (installed / "chainlit.py").write_text("Message = 'theirs'\n")
    monkeypatch.syspath_prepend(str(installed))
    file = written(tmp_path / "app", app="import chainlit\nfrom chainlit import Message\nFOUND = Message\n")
    file.load()
    [module] = [each for name, each in sys.modules.items() if name.startswith("_chat_app_") and hasattr(each, "FOUND")]
    assert module.FOUND is Message
    assert "chainlit" not in sys.modules
    import chainlit  # type: ignore[import-not-found]

    monkeypatch.delitem(sys.modules, "chainlit")
    assert chainlit.Message == "theirs"


@pytest.mark.parametrize(
    "statement",
    [
        "import chainlit",
        "import chainlit as cl\ncl.Message, cl.user_session.get, cl.context.session",
        "from chainlit import *\nMessage, on_message, user_session",
        "from chainlit import Message, on_message as heard",
        "import chainlit.types\nchainlit.Message",
        "import chainlit.types as t\nt.ThreadDict",
        "from chainlit.types import ThreadDict",
        "from chainlit.types import ChatProfile, CommandDict, Feedback, Starter, ToastType",
        "from chainlit.mode import Mode, ModeOption",
        "from chainlit.emitter import BaseChainlitEmitter, ChainlitEmitter",
        "from chainlit.context import context, get_context, ChainlitContextException",
        "from chainlit.user_session import user_session, SessionAccessor",
        "from chainlit.session import WebsocketSession, HTTPSession, BaseSession",
        "from chainlit.sync import run_sync, make_async",
        "from chainlit.utils import utc_now\nassert utc_now().endswith('Z')",
        "import chainlit as cl\nassert not hasattr(cl, 'no_such_thing') and cl.__version__",
        "from package.inner import VALUE\nassert VALUE == 7",
        "import package.inner\nassert package.inner.VALUE == 7",
        "from package import inner\nassert inner.VALUE == 7",
        "import json.decoder, os.path as p\njson.decoder.JSONDecoder, p.join",
        "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int\n",
    ],
)
def test_the_ways_to_import(tmp_path: Path, statement: str) -> None:
    statement = statement.replace(", cl.context.session", "")
    inner = "from .base import seven\nfrom chainlit import Message\nVALUE = seven()\n"
    base = "def seven():\n    return 7\n"
    written(tmp_path, app=statement, package____init__="", package__inner=inner, package__base=base).load()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("from chainlit.server import app", r"chainlit\.server has no 'app' .* Jupyter server extension"),
        (
            "from chainlit.data.sql_alchemy import SQLAlchemyDataLayer",
            r"no 'data\.sql_alchemy' .*ChatSessions\.database_url",
        ),
        ("from chainlit import nothing_of_this_name", "chainlit has no 'nothing_of_this_name'"),
        ("from chainlit.types import Nothing", "chainlit.types has no 'Nothing' in Jupyter Chat Sessions"),
        ("from chainlit.auth import create_jwt", "no 'create_jwt' .* Who a viewer is, Jupyter says"),
    ],
)
def test_what_is_not_here_is_named_with_what_to_use(tmp_path: Path, statement: str, says: str) -> None:
    before = set(sys.modules)
    with pytest.raises(ImportError, match=says):
        written(tmp_path, app=statement).load()
    assert set(sys.modules) <= before | {"chainlit"}, "nothing of an app that failed stays"


def test_an_app_that_cannot_run_says_what_it_raised(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        written(tmp_path, app="1 / 0").load()


@pytest.mark.parametrize("path", ["nothing.py", "folder", "notes.txt"])
def test_what_is_no_app_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("Hi")
    with pytest.raises(ChatSessionsError, match="There is no Python file"):
        AppFile(tmp_path / path)


def test_the_configuration_beside_it_is_read(tmp_path: Path) -> None:
    file = written(tmp_path, app="")
    assert file.config() == AppConfig()
    (tmp_path / ".chainlit").mkdir()
    config = tmp_path / ".chainlit" / "config.toml"
    config.write_text('[project]\nuser_env = ["A_KEY", 3]\n[UI]\nname = "Ada"\n')
    assert file.config() == AppConfig(name="Ada", user_env=("A_KEY",))
    config.write_text("[UI\n")
    with pytest.raises(ChatSessionsError, match=r"config\.toml cannot be read"):
        file.config()


@pytest.mark.parametrize(
    ("lines", "uploads"),
    [
        ("", Uploads()),
        ("enabled = false", None),
        ('enabled = true\naccept = ["*/*"]\nmax_files = 3\nmax_size_mb = 0.5', Uploads(max_files=3, max_bytes=524288)),
        ('accept = ["image/*", ".csv"]', Uploads(accept=["image/*", ".csv"])),
        ('accept = {"text/plain" = [".txt", ".md"]}', Uploads(accept=["text/plain", ".txt", ".md"])),
    ],
)
def test_which_files_may_be_given_stands_in_the_configuration(
    tmp_path: Path, lines: str, uploads: Uploads | None
) -> None:
    file = written(tmp_path, app="")
    (tmp_path / ".chainlit").mkdir()
    (tmp_path / ".chainlit" / "config.toml").write_text(f"[features.spontaneous_file_upload]\n{lines}\n")
    assert file.config().uploads == uploads


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('accept = ["csv"]', "Did you mean '.csv'?"),
        ('accept = "image/*"', "accept is a list"),
        ("max_files = 0", "max_files is a whole number from 1 to 100; it was 0"),
        ('max_size_mb = "big"', "max_size_mb is a number of megabytes"),
    ],
)
def test_what_cannot_be_meant_by_the_configuration_is_said(tmp_path: Path, lines: str, says: str) -> None:
    file = written(tmp_path, app="")
    (tmp_path / ".chainlit").mkdir()
    (tmp_path / ".chainlit" / "config.toml").write_text(f"[features.spontaneous_file_upload]\n{lines}\n")
    with pytest.raises(ChatSessionsError, match=r"config\.toml") as raised:
        file.config()
    assert says in str(raised.value)
