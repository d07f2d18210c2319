"""The extension starts and stops with the server; in between, this user's kernels can find it, and nobody else."""

from __future__ import annotations

import gc
import os
import socket
import stat
from pathlib import Path

import pytest
from tornado.httpserver import HTTPServer
from tornado.web import Application

from jupyter_chat_sessions.host.discovery import find_hub
from jupyter_chat_sessions.hub.extension import BACKLOG, ChatSessionsApp, dial_url, let_many_knock
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.addresses import TOKEN_VARIABLE, URL_VARIABLE, HubAddress, runtime_file_name

from .callers import Server, a_host


@pytest.fixture(autouse=True)
def _no_server_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variables of a server around the tests, and none left behind."""
    for name in (URL_VARIABLE, TOKEN_VARIABLE):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.fixture
def runtime_file(jp_runtime_dir: Path) -> Path:
    return jp_runtime_dir / runtime_file_name(os.getpid())


def the_address(server: Server) -> HubAddress:
    token = server.host_token["Authorization"].removeprefix("chat-host ")
    return HubAddress(url=f"http://{server.app.ip}:{server.app.port}{server.base_url}", token=token)


async def test_what_is_loaded_when_it_starts_is_out_of_the_collectors_way(server: Server) -> None:
    gc.unfreeze()
    await server.start_extension()
    assert gc.get_freeze_count() > 10_000
    gc.unfreeze()


class NotingSocket(socket.socket):
    """A socket that notes how many may wait to be accepted."""

    backlog = 0

    def listen(self, backlog: int = 0, /) -> None:
        self.backlog = backlog
        super().listen(backlog)


async def test_thousands_may_knock_at_once() -> None:
    http_server = HTTPServer(Application())
    listening = NotingSocket()
    listening.bind(("127.0.0.1", 0))
    listening.listen(1)
    http_server.add_socket(listening)
    let_many_knock(http_server)
    assert listening.backlog == BACKLOG
    http_server.stop()


async def test_kernels_find_it_by_their_environment(server: Server) -> None:
    await server.start_extension()
    inherited = {name: os.environ[name] for name in (URL_VARIABLE, TOKEN_VARIABLE)}
    assert find_hub(inherited) == the_address(server)


async def test_kernels_find_it_by_a_file_that_only_this_user_can_read(server: Server, runtime_file: Path) -> None:
    await server.start_extension()
    assert stat.S_IMODE(runtime_file.stat().st_mode) == 0o600
    found = find_hub({"JPY_PARENT_PID": str(os.getpid())}, runtime_directory=runtime_file.parent)
    assert found == the_address(server)


@pytest.mark.parametrize("kind", ["a file that all can read", "a link to elsewhere"])
async def test_what_stands_in_the_place_of_the_file_is_not_written_into(
    server: Server, runtime_file: Path, tmp_path: Path, kind: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    if kind == "a link to elsewhere":
        runtime_file.symlink_to(elsewhere)
    else:
        runtime_file.write_text("old")
        runtime_file.chmod(0o644)
    await server.start_extension()
    assert elsewhere.read_text() == "untouched"
    assert not runtime_file.is_symlink()
    assert stat.S_IMODE(runtime_file.stat().st_mode) == 0o600


async def test_a_server_that_stops_takes_it_all_back(server: Server, runtime_file: Path) -> None:
    await server.start_extension()
    async with a_host(server):
        tab = await (await server.browser()).new_tab()
        await server.stop_extension()
        assert not runtime_file.exists()
        assert not {URL_VARIABLE, TOKEN_VARIABLE} & set(os.environ)
        assert find_hub(os.environ) is None
        assert server.hub.statistics().sessions == 1, "a session outlives the server"
        # Without a goodbye: the viewer comes back when the server is there again.
        assert await tab.line.until_closed() == 1012
        assert tab.viewing.bye is None


async def test_the_host_token_is_new_for_each_server_and_hard_to_guess(server: Server) -> None:
    (app,) = server.app.extension_manager.extension_apps["jupyter_chat_sessions"]
    assert isinstance(app, ChatSessionsApp)
    first = app.host_token
    app.initialize_settings()
    assert first != app.host_token
    assert len(first) >= 43


@pytest.mark.parametrize(
    ("ip", "host"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("", "127.0.0.1"), ("::", "[::1]"), ("::1", "[::1]")],
)
async def test_the_address_is_one_that_this_machine_can_dial(server: Server, ip: str, host: str) -> None:
    server.app.ip = ip
    assert dial_url(server.app) == f"http://{host}:{server.app.port}{server.base_url}"


async def test_a_server_on_a_unix_socket_cannot_be_dialled_and_says_so(
    server: Server, runtime_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.app.sock = "/tmp/jupyter.sock"
    assert dial_url(server.app) is None
    await server.start_extension()
    assert not runtime_file.exists()
    assert URL_VARIABLE not in os.environ
    assert "Chat sessions need a TCP port" in caplog.text


SETTINGS = {
    "session_timeout": 1.5,
    "host_grace": 2.5,
    "host_silence": 3.25,
    "hello_timeout": 3.5,
    "heartbeat": 4.5,
    "max_waiting": 5,
    "message_burst": 55,
    "messages_per_minute": 66.5,
    "max_tabs": 6,
    "max_sessions": 7,
    "max_sessions_per_user": 77,
    "snapshot_steps": 8,
    "window_events": 9,
    "window_bytes": 10,
    "max_write_buffer": 11,
    "reply_timeout": 12.5,
    "max_file_bytes": 88,
    "max_session_bytes": 99,
    "files_outlive_sessions": False,
}


@pytest.mark.parametrize("chat_config", [SETTINGS])
async def test_every_limit_can_be_set_in_jupyters_configuration(server: Server) -> None:
    options = server.hub.options
    assert sorted(getattr(options, name) for name in HubOptions.__struct_fields__) == sorted(SETTINGS.values())
    assert (options.session_timeout_s, options.max_tabs, options.max_write_buffer_bytes) == (1.5, 6, 11)


async def test_without_configuration_the_limits_are_those_of_the_protocol(server: Server) -> None:
    assert server.hub.options == HubOptions()
