"""Importing the author's API is silent and light: it loads no server, no notebook, and writes nothing."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.integrations import PLACES
from jupyter_chat_sessions.names import NAMES_BY_MODULE

HEAVY = ["asyncio", "tornado", "sqlalchemy", "IPython", "ipywidgets", "anywidget", "ipykernel", "jupyter_server"]


@pytest.fixture
def run(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Run Python in an empty folder with an empty home."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    root = str(Path(__file__).parent.parent)
    environment = {
        "HOME": str(home),
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": root,
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=here,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )

    run.folders = (home, here)  # type: ignore[attr-defined]
    return run


def test_importing_loads_nothing_heavy(run) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import jupyter_chat_sessions as cl; from jupyter_chat_sessions.names import NAMES_BY_MODULE as names\n"
        "cl.input_widget, [getattr(cl, name) for some in names.values() for name in some]"
    )
    trace = run("-X", "importtime", "-c", code).stderr
    loaded = {line.rpartition("|")[2].strip() for line in trace.splitlines() if line.startswith("import time:")}
    assert "jupyter_chat_sessions.chat.message" in loaded
    assert [name for name in loaded if any(name == heavy or name.startswith(f"{heavy}.") for heavy in HEAVY)] == []


def test_the_command_tells_of_a_mistake_before_it_loads_a_server_or_a_database(run) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import sys; from jupyter_chat_sessions.cli import main; print(main(['run', 'nothing.py']))\n"
        "print([name for name in ('sqlalchemy', 'jupyter_server', 'ipykernel') if name in sys.modules])"
    )
    done = run("-c", code)
    assert "There is no Python file 'nothing.py'" in done.stderr
    assert done.stdout == "1\n[]\n"


def test_the_extension_loads_widgets_when_the_first_is_shown(run) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import sys; from IPython.core.interactiveshell import InteractiveShell as Shell\n"
        "Shell.instance().extension_manager.load_extension('jupyter_chat_sessions')\n"
        "print([name for name in ('anywidget', 'ipywidgets') if name in sys.modules])"
    )
    assert run("-c", code).stdout == "[]\n"


def test_importing_writes_and_prints_nothing(run) -> None:  # type: ignore[no-untyped-def]
    done = run("-c", "import jupyter_chat_sessions")
    assert (done.stdout, done.stderr) == ("", "")
    assert [list(folder.rglob("*")) for folder in run.folders] == [[], []]


def test_importing_starts_no_thread_and_no_link(run) -> None:  # type: ignore[no-untyped-def]
    code = "import threading, jupyter_chat_sessions; print(threading.active_count())"
    assert run("-c", code).stdout == "1\n"


def test_the_scripted_viewers_need_neither_server_nor_notebook(run) -> None:  # type: ignore[no-untyped-def]
    code = """
import asyncio, sys
import jupyter_chat_sessions as cl
from jupyter_chat_sessions.testing import Viewer

@cl.on_message
async def reply(message):
    await cl.Message(f"You said: {message.content}").send()

async def main():
    async with Viewer("Alice") as alice:
        print((await alice.say("Hello")).content)

asyncio.run(main())
print(sorted(set(sys.modules) & {"tornado", "IPython", "ipywidgets", "jupyter_server"}))
"""
    assert run("-c", code).stdout == "You said: Hello\n[]\n"


def test_every_name_is_where_type_checkers_find_it() -> None:
    """What `__init__.py` imports for type checkers is what is loaded when a name is first used."""
    package = Path(__file__).parent.parent / "jupyter_chat_sessions"
    found: dict[str, tuple[str, ...]] = {}
    for node in ast.walk(ast.parse((package / "__init__.py").read_text())):
        is_ours = isinstance(node, ast.ImportFrom) and node.level == 1 and node.module
        if is_ours and node.module.startswith(("chat.", "host.", "protocol.")):  # type: ignore[union-attr]
            found[node.module] = tuple(alias.name for alias in node.names)  # type: ignore[union-attr,index]
    assert found == NAMES_BY_MODULE
    elsewhere = {*PLACES, "__version__", "input_widget"}
    assert {name for names in found.values() for name in names} | elsewhere == set(cl.__all__)


def test_a_name_is_loaded_when_it_is_first_used(run) -> None:  # type: ignore[no-untyped-def]
    code = (
        "import sys, jupyter_chat_sessions as cl\n"
        "assert 'jupyter_chat_sessions.chat' not in sys.modules\n"
        "assert cl.Message is cl.Message and vars(cl)['Message'] is cl.Message\n"
        "assert set(cl.__all__) <= set(dir(cl))\n"
        "from jupyter_chat_sessions import input_widget, on_message\n"
        "try: cl.no_such_name\n"
        "except AttributeError as reason: print(reason)"
    )
    assert "no attribute 'no_such_name'" in run("-c", code).stdout
