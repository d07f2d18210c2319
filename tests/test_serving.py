"""`jupyter chat-sessions run app.py` serves an app's file, and takes everything with it when it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import psutil
import pytest

from jupyter_chat_sessions.cli import main
from jupyter_chat_sessions.listening import USUAL_PORT

LIMIT_S = 30.0
APP = """\
import chainlit as cl

@cl.on_message
async def main(message: cl.Message):
    await cl.Message(f"You said: {message.content}").send()

@cl.on_app_shutdown
async def shutdown():
    print("shut down")
"""


@contextmanager
def running(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command with folders of its own."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER_", "JPY_"))},
        "JUPYTER_NO_CONFIG": "1",
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    command = [sys.executable, "-m", "jupyter_chat_sessions.cli", "run", *options]
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_file_is_served_and_talked_with(tmp_path: Path) -> None:
    (tmp_path / "tutor.py").write_text(APP)
    (tmp_path / ".chainlit").mkdir()
    (tmp_path / ".chainlit" / "config.toml").write_text('[UI]\nname = "Ada"\n')
    with running(tmp_path, "tutor.py", "--port", "0", "--headless") as process:
        assert process.stdout is not None
        page = re.fullmatch(r"The chat is at (\S+)\n", process.stdout.readline())
        assert page is not None
        [server] = psutil.Process(process.pid).children()
        with urlopen(page[1], timeout=LIMIT_S) as answer:
            assert answer.status == 200
        address = urlsplit(page[1])
        assert address.path == "/chat-sessions/tutor"
        [token] = parse_qs(address.query)["token"]
        api = f"http://{address.netloc}/api/chat-sessions/sessions"
        made = posted(api, {"channel": "tutor"}, Authorization=f"token {token}")
        said = posted(
            f"{api}/{made['session']}/messages",
            {"text": "Hello"},
            **{"Authorization": f"token {token}", "X-Chat-Session-Secret": made["secret"]},
        )
        assert [(step["name"], step["output"]) for step in said["steps"]] == [("Ada", "You said: Hello")]
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0
        assert process.stdout.read().endswith("\nshut down\n"), "the app has its `on_app_shutdown`"
        assert not psutil.pid_exists(server.pid)
        assert process.stderr is not None
        assert "LabApp" not in process.stderr.read(), "what JupyterLab has to tell is not about the chat"
    beside = {path.name for path in tmp_path.iterdir()} - {"data", "runtime"}
    assert beside == {"tutor.py", ".chainlit"}, "nothing is written beside an app"


def test_several_files_are_served_each_with_a_page_and_handlers_of_its_own(tmp_path: Path) -> None:
    for name in ("tutor", "guide"):
        (tmp_path / f"{name}.py").write_text(APP.replace("You said", f"{name} heard"))
    with running(tmp_path, "tutor.py", "guide.py", "--port", "0", "--headless") as process:
        assert process.stdout is not None
        for name in ("tutor", "guide"):
            page = re.fullmatch(r"The chat is at (\S+)\n", process.stdout.readline())
            assert page is not None
            address = urlsplit(page[1])
            assert address.path == f"/chat-sessions/{name}"
            authorization = f"token {parse_qs(address.query)['token'][0]}"
            api = f"http://{address.netloc}/api/chat-sessions/sessions"
            made = posted(api, {"channel": name}, Authorization=authorization)
            said = posted(
                f"{api}/{made['session']}/messages",
                {"text": "Hello"},
                **{"Authorization": authorization, "X-Chat-Session-Secret": str(made["secret"])},
            )
            assert [step["output"] for step in said["steps"]] == [f"{name} heard: Hello"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that something listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_port_that_was_named_and_is_taken_is_an_error_that_says_what_to_do(tmp_path: Path, taken_port: int) -> None:
    (tmp_path / "tutor.py").write_text(APP)
    with running(tmp_path, "tutor.py", "--port", str(taken_port), "--headless") as process:
        told, error = process.communicate(timeout=LIMIT_S)
        assert (process.returncode, told) == (1, "")
        assert error == (
            f"Port {taken_port} is taken: something else listens there. Stop that, name another port with --port, or "
            "leave --port out, and a free one is found.\n"
        )


def test_without_a_port_the_next_free_one_is_found_and_said(tmp_path: Path) -> None:
    (tmp_path / "tutor.py").write_text(APP)
    with ExitStack() as stack:
        with suppress(OSError):  # where something else listens there, that will do
            stack.enter_context(socket.create_server(("127.0.0.1", USUAL_PORT)))
        process = stack.enter_context(running(tmp_path, "tutor.py", "--headless"))
        assert process.stdout is not None
        assert process.stdout.readline() == f"Port {USUAL_PORT} is taken; this is the next that was free.\n"
        page = re.fullmatch(r"The chat is at (\S+)\n", process.stdout.readline())
        assert page is not None
        assert urlsplit(page[1]).port not in (USUAL_PORT, None)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0


@pytest.mark.parametrize(
    ("file", "options", "says"),
    [
        ("other.py", [], "There is no Python file"),
        ("tutor.py", ["--name", "a/b"], "cannot be a chat's name"),
        ("tutor.py", ["guide.py", "--name", "both"], "--name is for one app"),
        ("tutor.py", ["./tutor.py"], "Two of the files have the same name"),
        ("tutor.py", ["--uploads", "off,pictures"], "--uploads takes off, any, or kinds"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_sentence(tmp_path: Path, file: str, options: list[str], says: str) -> None:
    (tmp_path / "tutor.py").write_text(APP)
    (tmp_path / "guide.py").write_text(APP)
    with running(tmp_path, file, *options) as process:
        _, error = process.communicate(timeout=LIMIT_S)
        assert says in error
        assert "Traceback" not in error
        assert process.returncode == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--port", "70000"], "--port is a number from 0 to 65535, 0 for any that is free; it was 70000.\n"),
        (["--port", "0", "--host", "192.0.2.1"], "Nothing can listen at 192.0.2.1, port 0 "),
        (["--max-files", "0"], "max_files is a whole number from 1 to 100; it was 0.\n"),
        (["--max-file-mb", "-1"], "max_size_mb is a number of megabytes above 0; it was -1.0.\n"),
    ],
)
def test_a_slip_in_an_option_is_said_before_a_server_starts(
    tmp_path: Path, options: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tutor.py").write_text(APP)
    assert main(["run", str(tmp_path / "tutor.py"), *options]) == 1
    assert says in capsys.readouterr().err


def test_the_command_says_which_files_viewers_may_give(tmp_path: Path) -> None:
    (tmp_path / "tutor.py").write_text(APP)
    options = ["--uploads", "image/*, .csv", "--max-files", "2", "--max-file-mb", "0.001"]
    with running(tmp_path, "tutor.py", *options, "--port", "0", "--headless") as process:
        assert process.stdout is not None
        page = re.fullmatch(r"The chat is at (\S+)\n", process.stdout.readline())
        assert page is not None
        address = urlsplit(page[1])
        authorization = f"token {parse_qs(address.query)['token'][0]}"
        api = f"http://{address.netloc}/api/chat-sessions/sessions"
        made = posted(api, {"channel": "tutor"}, Authorization=authorization)

        def status(name: str, content: bytes = b"1,2") -> int:
            headers = {
                "Authorization": authorization,
                "X-Chat-Session-Secret": str(made["secret"]),
                "X-Chat-File-Name": name,
                "Content-Type": "application/octet-stream",
            }
            try:
                with urlopen(Request(f"{api}/{made['session']}/files", content, headers), timeout=LIMIT_S) as answer:
                    return int(answer.status)
            except HTTPError as error:
                return error.code

        assert [status(name) for name in ("table.csv", "program.exe")] == [201, 409]
        assert status("large.csv", b"," * 1049) == 413
        assert [status("second.csv"), status("third.csv")] == [201, 429]
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0


def posted(url: str, body: dict[str, str], **headers: str) -> dict[str, object]:
    """Post JSON and return the answer's."""
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    try:
        with urlopen(request, timeout=LIMIT_S) as answer:
            return dict(json.load(answer))
    except HTTPError as refusal:
        raise AssertionError(refusal.read().decode()) from None
