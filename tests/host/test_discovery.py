"""A kernel finds the server that started it: by the environment, else by the server's runtime file."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_chat_sessions.host.discovery import find_hub
from jupyter_chat_sessions.protocol.addresses import TOKEN_VARIABLE, URL_VARIABLE, HubAddress, runtime_file_name

HERE = HubAddress(url="http://127.0.0.1:8888/", token="from the environment")
FILE = HubAddress(url="http://127.0.0.1:9999/base/", token="from the file")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / runtime_file_name(4711)).write_text('{"url": "http://127.0.0.1:9999/base/", "token": "from the file"}')
    return tmp_path


def test_the_environment_comes_first(directory: Path) -> None:
    environment = {URL_VARIABLE: HERE.url, TOKEN_VARIABLE: HERE.token, "JPY_PARENT_PID": "4711"}
    assert find_hub(environment, runtime_directory=directory) == HERE


@pytest.mark.parametrize(
    "half", [{}, {URL_VARIABLE: HERE.url}, {TOKEN_VARIABLE: HERE.token}, {URL_VARIABLE: "", TOKEN_VARIABLE: ""}]
)
def test_without_it_the_runtime_file_of_the_parent_is_read(half: dict[str, str], directory: Path) -> None:
    assert find_hub({**half, "JPY_PARENT_PID": "4711"}, runtime_directory=directory) == FILE


@pytest.mark.parametrize("parent", ["", "4712", "0", "-1", "../4711", "4711\n", "²"])
def test_another_processs_file_is_not_read(parent: str, directory: Path) -> None:
    assert find_hub({"JPY_PARENT_PID": parent}, runtime_directory=directory) is None


def test_no_parent_no_hub(directory: Path) -> None:
    assert find_hub({}, runtime_directory=directory) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"url": "http://x/"}', b'{"url": 1, "token": 2}', b"\xff"])
def test_a_file_that_cannot_be_read_is_no_hub(content: bytes, tmp_path: Path) -> None:
    (tmp_path / runtime_file_name(4711)).write_bytes(content)
    assert find_hub({"JPY_PARENT_PID": "4711"}, runtime_directory=tmp_path) is None


def test_jupyters_own_folder_is_the_default(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(directory))
    assert find_hub({"JPY_PARENT_PID": "4711"}) == FILE
