"""Apps' files served to browsers: a Jupyter server of its own, and the host in this process.

What `jupyter chat-sessions run app.py` does; of several apps each has its page.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import webbrowser
from asyncio.subprocess import Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from secrets import token_hex
from urllib.parse import urlencode, urlsplit

from .app_file import AppFile
from .host.current import current_runtime
from .host.discovery import find_hub
from .host.wire import dial_websocket
from .listening import USUAL_PORT, check_free
from .protocol.addresses import HubAddress
from .protocol.errors import ChatSessionsError, HubUnreachableError
from .protocol.frames import ChannelSettings
from .protocol.steps import Uploads, is_channel_name

START_LIMIT_S = 60.0
LOOK_S = 0.1
"""How often it is looked whether the server has started, in seconds: it tells nobody."""
ANSWER_LIMIT_S = 10.0
STOP_LIMIT_S = 10.0


Allow = Callable[[Uploads | None], Uploads | None]
"""Returns which files viewers may give, of what an app's settings say of that."""


async def serve(
    files: Mapping[str, AppFile],
    *,
    host: str,
    port: int | None,
    is_headless: bool,
    allow: Allow = lambda usual: usual,
) -> None:
    """Serve apps until the server ends or this task is cancelled.

    Args:
        files: The apps, by the names of their chats.
        host: The address that the server listens at.
        port: Its port; None for the usual one, or the next that is free.
        is_headless: Open no browser.
        allow: Says which files viewers may give; what each app's settings say by default.

    Raises:
        ChatSessionsError: `allow` does not understand what was asked for, a name cannot be a chat's, the port is taken,
            or the server did not start.
        Exception: Whatever a file raises.
    """
    for name in files:
        if not is_channel_name(name):
            raise ChatSessionsError(f"{name!r} cannot be a chat's name. Give another with --name.")
    if port is not None:
        check_free(port, host=host)
    apps = [(_settings(name, file, allow), file.load()) for name, file in files.items()]
    runtime = current_runtime()
    server = await _start(next(iter(files.values())), host=host, port=port)
    try:
        address, token = await _started(server)
        if port is None and urlsplit(address.url).port != USUAL_PORT:
            sys.stdout.write(f"Port {USUAL_PORT} is taken; this is the next that was free.\n")
        runtime.connect(dial_websocket(address))
        for settings, app in apps:
            published = runtime.publish(settings, loop=asyncio.get_running_loop(), app=app)
            path = await asyncio.wait_for(asyncio.wrap_future(published), ANSWER_LIMIT_S)
            page = f"{address.url}{path}" + (f"?{urlencode({'token': token})}" if token else "")
            sys.stdout.write(f"The chat is at {page}\n")
            if not is_headless:
                await asyncio.to_thread(webbrowser.open, page)
        sys.stdout.write("Stop it with Ctrl+C.\n")
        sys.stdout.flush()
        await server.wait()
        raise ChatSessionsError("The server has ended by itself; what it said stands above.")
    finally:
        await asyncio.to_thread(runtime.close)
        await runtime.wait_ended(asyncio.get_running_loop())
        with suppress(ProcessLookupError):
            server.terminate()
        try:
            await asyncio.wait_for(server.wait(), STOP_LIMIT_S)
        except TimeoutError:
            server.kill()


def stop_on_terminate(task: asyncio.Task[None]) -> None:
    """Let the system's polite way to end this process end the server as well."""
    with suppress(NotImplementedError):  # Windows has no such signals
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _settings(name: str, file: AppFile, allow: Allow) -> ChannelSettings:
    config = file.config()
    try:
        uploads = allow(config.uploads)
    except ValueError as reason:
        options = "--uploads takes off, any, or kinds with commas between; --max-files and --max-file-mb take numbers"
        raise ChatSessionsError(f"{options}. {reason}") from None
    if config.without_meaning is not None:
        sys.stderr.write(f"{config.without_meaning}\n")
    return ChannelSettings(
        name=name,
        title=name,
        bot_name=config.name or "Assistant",
        required_env=list(config.user_env),
        uploads=uploads,
        can_edit=config.can_edit,
        session_timeout_s=config.session_timeout_s,
        readme=config.readme,
    )


async def _start(file: AppFile, *, host: str, port: int | None) -> Process:
    options = [
        f"--ServerApp.ip={host}",
        f"--ServerApp.port={USUAL_PORT if port is None else port}",
        f"--ServerApp.root_dir={file.path.parent}",
        "--ServerApp.open_browser=False",
        "--Application.log_level=WARN",  # of JupyterLab's, too, where that is installed
        "--ServerApp.jpserver_extensions=jupyter_chat_sessions=True",
    ]
    if port is not None:
        options.append("--ServerApp.port_retries=0")  # it was named: another would not be what was meant
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # in a container one often is root, and whoever runs this means it
    environment = dict(os.environ)
    environment.setdefault("JUPYTER_TOKEN", token_hex(24))  # one that it made itself it would show with other addresses
    # A group of its own: Ctrl+C is for this process, and the server would ask whether it is meant.
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jupyter_server", *options, env=environment, start_new_session=True
    )


async def _started(server: Process) -> tuple[HubAddress, str]:
    """Return where the server's hub is, and the token that opens the page, once it is there."""
    # Slow to import: the server starts beside it.
    from jupyter_server.serverapp import list_running_servers

    try:
        async with asyncio.timeout(START_LIMIT_S):
            while True:
                if server.returncode is not None:
                    raise ChatSessionsError("The Jupyter server did not start; what it said stands above.")
                address = find_hub({"JPY_PARENT_PID": str(server.pid)})
                running = [each for each in list_running_servers() if each["pid"] == server.pid]
                if address is not None and running:
                    return address, str(running[0].get("token", ""))
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise HubUnreachableError(f"The Jupyter server did not start within {START_LIMIT_S:g} s.") from None
