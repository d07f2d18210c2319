"""Between browser and server: a line that can be cut, a gate for WebSockets, and a port that nobody may call."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self

from playwright.sync_api import Page, WebSocketRoute


class _OnALoop:
    """Runs an asyncio server on a thread of its own: the main thread belongs to the browser's loop."""

    port: int

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=type(self).__name__, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection."""
        raise NotImplementedError

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Python 3.11 reports a connection's task that was cancelled as an error, though `_stop` has cancelled it.
        with contextlib.suppress(asyncio.CancelledError):
            await self.on_connection(reader, writer)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _stop(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class CutLine(_OnALoop):
    """Forwards TCP to a port of this machine until it is cut.

    Args:
        to_port: Where the server listens.
    """

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._is_cut = False
        self._holds_uploads = False
        self._writers: set[asyncio.StreamWriter] = set()
        self.refused = threading.Event()
        """Set when somebody tried to connect while the line was cut."""

    def cut(self) -> None:
        """Break every connection, without a goodbye, and let none be made."""
        self._do(self._cut())

    def mend(self) -> None:
        """Let connections be made again."""
        self._is_cut = False
        self.refused.clear()

    def hold_uploads(self, is_held: bool) -> None:
        """Let of each file that is sent from now on only the beginning through, until the line is cut."""
        self._holds_uploads = is_held

    async def on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            self.refused.set()
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        self._writers |= {writer, far_writer}
        try:
            await asyncio.gather(_pump(reader, far_writer, self._is_held), _pump(far_reader, writer))
        finally:
            self._writers -= {writer, far_writer}

    def _is_held(self, data: bytes) -> bool:
        return self._holds_uploads and data.startswith(b"POST ") and b"/files?" in data.partition(b"\r\n")[0]

    async def _cut(self) -> None:
        self._is_cut = True
        for writer in self._writers:
            writer.transport.abort()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_held: Callable[[bytes], bool] = lambda data: False
) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
            if is_held(data):
                await _until_closed(reader)
                break
    writer.close()


async def _until_closed(reader: asyncio.StreamReader) -> None:
    """Read no further, and wait until whoever writes has gone."""
    transport: Any = reader._transport  # type: ignore[attr-defined]
    while not transport.is_closing():
        await asyncio.sleep(0.01)


class ForbiddenPort(_OnALoop):
    """Notes who calls it."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls.append((await reader.readline()).decode(errors="replace").strip())
        writer.close()


class WebSocketGate:
    """Lets a page's WebSockets through until it is shut; everything else, such as a reload, goes on.

    Args:
        page: Before it opens any of them.
        url: A pattern for the sockets' addresses.
    """

    def __init__(self, page: Page, url: str) -> None:
        self._shut_code: int | None = None
        self._passing: list[tuple[WebSocketRoute, WebSocketRoute]] = []
        page.route_web_socket(url, self._on_socket)

    def shut(self, *, code: int = 1011) -> None:
        """Close those that are open, and each that comes."""
        self._shut_code = code
        for browser, server in self._passing:
            server.close()
            browser.close(code=code)
        self._passing.clear()

    def open(self) -> None:
        """Let them through again."""
        self._shut_code = None

    def say(self, message: str) -> None:
        """Send the browser a message that the server has not sent."""
        for browser, _ in self._passing:
            browser.send(message)

    def _on_socket(self, browser: WebSocketRoute) -> None:
        if self._shut_code is not None:
            browser.close(code=self._shut_code)
        else:
            self._passing.append((browser, browser.connect_to_server()))
