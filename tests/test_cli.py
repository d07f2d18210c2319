"""The command line: what is stored can be listed, exported and purged, unless a server has it open."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import nbformat
import pytest
from hub.store.test_store import a_step, a_thread, opened, write
from msgspec.structs import replace

from jupyter_chat_sessions.cli import main
from jupyter_chat_sessions.hub.sql.opening import open_store
from jupyter_chat_sessions.hub.store import PutStep, PutThread, ThreadRecord


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "chat_sessions"


@pytest.fixture
def thread(directory: Path) -> ThreadRecord:
    thread = replace(a_thread(channel="Über 1"), name="Hello there")
    steps = [replace(a_step("Hello there"), name="Alice"), replace(a_step("print(1)\n```\n"), language="python")]

    async def fill() -> None:
        async with opened(open_store(None, directory=directory)) as store:
            await write(store, PutThread(thread), *(PutStep(thread.id, at, step) for at, step in enumerate(steps)))

    asyncio.run(fill())
    return thread


def test_conversations_are_listed(thread: ThreadRecord, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    shown = capsys.readouterr().out
    assert thread.id in shown
    assert "Über 1  Hello there" in shown
    assert main(["list", "--channel", "other"]) == 0
    assert capsys.readouterr().out == ""


def test_a_conversation_is_exported_to_read_to_work_with_and_to_go_on_in(
    thread: ThreadRecord, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", thread.id]) == 0
    text = (tmp_path / capsys.readouterr().out.strip()).read_text()
    assert text.startswith("# Hello there\n\n*Über 1, 2026-01-02")
    assert "````python\nprint(1)\n```\n\n````" in text, "what was said cannot close the fence around it"
    assert main(["export", thread.id, "--format", "json", "--output", "-"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert [step["output"] for step in exported["steps"]] == ["Hello there", "print(1)\n```\n"]
    assert main(["export", thread.id, "--format", "notebook", "--output", "x.ipynb"]) == 0
    notebook = nbformat.read(tmp_path / "x.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert "### Alice\n\nHello there" in notebook.cells[1].source


def test_nothing_is_overwritten_and_nothing_is_purged_by_mistake(
    thread: ThreadRecord, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.md").write_text("precious")
    assert main(["export", thread.id, "--output", "mine.md"]) == 1
    assert "Name another with --output" in capsys.readouterr().err
    assert (tmp_path / "mine.md").read_text() == "precious"
    assert main(["purge", "--older-than-days", "0"]) == 1
    assert "--yes" in capsys.readouterr().err
    assert main(["purge", "--older-than-days", "0", "--yes", "--channel", "other"]) == 0
    assert capsys.readouterr().out == "0 conversations removed\n"
    assert main(["purge", "--older-than-days", "0", "--yes"]) == 0
    assert capsys.readouterr().out == "1 conversation removed\n"


def test_what_a_server_has_open_is_left_alone(
    thread: ThreadRecord, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = open_store(None, directory=directory)
    assert main(["list"]) == 1
    assert "Stop it first" in capsys.readouterr().err
    asyncio.run(store.aclose())
    assert main(["list"]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list"], "no stored conversations"),
        (["--database-url", "nonsense", "list"], "cannot be used"),
    ],
)
def test_where_there_is_nothing_it_says_so(
    arguments: list[str], said: str, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    assert said in capsys.readouterr().err
    assert not directory.exists()


def test_an_unknown_conversation_is_said_to_be(thread: ThreadRecord, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "00000000-0000-4000-8000-000000000000"]) == 1
    assert "`jupyter chat-sessions list` shows them" in capsys.readouterr().err
