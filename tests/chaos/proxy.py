"""A TCP proxy that fails in every way a network does, exactly when and where it is told to.

Each connection through it is a `Line` of two `Direction`s. What is told to the proxy holds for every line that there is
and for those to come; what is told to a line, for that one alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Literal, Self

Break = Literal["rst", "fin"]
_CHUNK = 65536


class Direction:
    """One direction of a line.

    Attributes:
        passed: Bytes that have gone through.
    """

    def __init__(self, line: Line) -> None:
        self.passed = 0
        self._line = line
        self._flows = asyncio.Event()
        self._flows.set()
        self._cut_at: int | None = None
        self._cut_how: Break = "fin"
        self._forbidden: bytes | None = None
        self._bytes_per_s: float | None = None

    def stall(self) -> None:
        """Let nothing through, and say nothing of it: the line stays open."""
        self._flows.clear()

    def resume(self) -> None:
        """Let everything through again."""
        self._flows.set()

    def cut_after(self, count: int, *, how: Break = "fin") -> None:
        """Break the line once so many bytes more have gone through: also in the middle of a frame.

        With FIN they all arrive; RST takes back from the other end what it has not read yet.
        """
        self._cut_at, self._cut_how = self.passed + count, how

    def cut_before(self, text: bytes) -> None:
        """Break the line in front of the first part that holds a text: nothing of that part goes through."""
        self._forbidden = text

    def limit(self, bytes_per_s: float | None) -> None:
        """Let no more through than so many bytes a second; None for no limit."""
        self._bytes_per_s = bytes_per_s

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry bytes until the line is gone."""
        loop = asyncio.get_running_loop()
        while True:
            await self._flows.wait()
            size = _CHUNK if self._bytes_per_s is None else max(1, int(self._bytes_per_s / 20))
            data = await reader.read(size)
            await self._flows.wait()
            if not data:
                return
            if self._forbidden is not None and self._forbidden in data:
                self._line.cut()
                return
            is_last = self._cut_at is not None and self.passed + len(data) >= self._cut_at
            if is_last and self._cut_at is not None:
                data = data[: self._cut_at - self.passed]
            began = loop.time()
            self.passed += len(data)
            writer.write(data)
            await writer.drain()
            if is_last:
                await _sent(writer)
                self._line.cut(self._cut_how)
                return
            if self._bytes_per_s is not None:
                await asyncio.sleep(len(data) / self._bytes_per_s - (loop.time() - began))


class Line:
    """A connection through the proxy.

    Attributes:
        to_server: What the one who dialled says.
        to_client: What it hears.
        number: Its place among the lines of the proxy, from 1.
    """

    def __init__(self, number: int, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.number = number
        self.to_server = Direction(self)
        self.to_client = Direction(self)
        self._writers = (client, server)

    def cut(self, how: Break = "rst") -> None:
        """Break the line, towards both ends."""
        for writer in self._writers:
            if how == "rst":
                _reset_on_close(writer)
            writer.transport.abort()

    def stall(self) -> None:
        """Let nothing through in either direction."""
        self.to_server.stall()
        self.to_client.stall()

    def resume(self) -> None:
        """Let everything through again."""
        self.to_server.resume()
        self.to_client.resume()


class FaultProxy:
    """Carries TCP connections to a port of this machine, and breaks them.

    Args:
        to_port: Where the server listens.

    Attributes:
        port: Where the proxy listens.
        lines: The connections that are open now, oldest first.
        on_line: Called with each new line before a byte has gone through: the place for faults of single lines.
    """

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self.lines: list[Line] = []
        self.on_line: Callable[[Line], None] | None = None
        self.receive_bytes: int | None = None
        """How much of what the server says the system may keep on each new line before the proxy reads it."""
        self.refused = 0
        """Connections that were turned down."""
        self._to_port = to_port
        self._is_open = True
        self._count = 0
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._on_connection, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self, how: Break = "rst") -> None:
        """Break every line that there is."""
        for line in list(self.lines):
            line.cut(how)

    def refuse(self) -> None:
        """Turn down every new connection, until `heal`."""
        self._is_open = False

    def heal(self) -> None:
        """Let connections be made, and everything through."""
        self._is_open = True
        self.on_line = None
        for line in self.lines:
            line.resume()

    async def outage(self, duration_s: float, how: Break = "rst") -> None:
        """Break every line, and let none be made for a while."""
        self.refuse()
        self.cut(how)
        await asyncio.sleep(duration_s)
        self.heal()

    async def wait_for_refused(self, count: int = 1) -> None:
        """Wait until so many connections more have been turned down."""
        wanted = self.refused + count
        async with self._changed:
            await self._changed.wait_for(lambda: self.refused >= wanted)

    def _on_connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: asyncio would complain of each that is cancelled.
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._is_open:
                await self._carry(reader, writer)
            else:
                await self._turn_down(writer)
        finally:
            writer.transport.abort()

    async def _turn_down(self, writer: asyncio.StreamWriter) -> None:
        _reset_on_close(writer)
        writer.transport.abort()
        async with self._changed:
            self.refused += 1
            self._changed.notify_all()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await self._dial()
        except OSError:
            return await self._turn_down(writer)
        self._count += 1
        line = Line(self._count, writer, far_writer)
        self.lines.append(line)
        if self.on_line is not None:
            self.on_line(line)
        pumps = [
            asyncio.create_task(line.to_server.pump(reader, far_writer)),
            asyncio.create_task(line.to_client.pump(far_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            self.lines.remove(line)
            far_writer.close()
            with contextlib.suppress(OSError):
                await _sent(writer)
        return None

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        far = socket.socket()
        if self.receive_bytes is not None:
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_bytes)
        far.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(far, ("127.0.0.1", self._to_port))
        except OSError:
            far.close()
            raise
        return await asyncio.open_connection(sock=far)


def _reset_on_close(writer: asyncio.StreamWriter) -> None:
    """Let closing say RST, not FIN, and drop what was not sent."""
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def _sent(writer: asyncio.StreamWriter) -> None:
    """Wait until nothing waits in this process any more."""
    writer.transport.set_write_buffer_limits(0)
    await writer.drain()
