"""The way to a hub over a WebSocket: every message whole and in order, and a clear end."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from jupyter_chat_sessions import message_line
from jupyter_chat_sessions.host import websocket
from jupyter_chat_sessions.host.wire import Wire, dial_websocket
from jupyter_chat_sessions.protocol.addresses import HubAddress
from jupyter_chat_sessions.protocol.errors import HubUnreachableError
from jupyter_chat_sessions.protocol.frames import MAX_HOST_BYTES

LIMIT_S = 10.0


@asynccontextmanager
async def a_hub(behaves: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[HubAddress]:
    """Serve WebSockets that behave so, to whoever has the token."""

    def let_in(connection: ServerConnection, request: Request) -> Response | None:
        if request.path == "/base/api/chat-sessions/host" and request.headers["Authorization"] == "chat-host right":
            return None
        return connection.respond(HTTPStatus.FORBIDDEN, "You are no host.\n")

    async with serve(behaves, "127.0.0.1", 0, process_request=let_in, max_size=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield HubAddress(url=f"http://127.0.0.1:{port}/base/", token="right")


@asynccontextmanager
async def connected(behaves: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[Wire]:
    async with a_hub(behaves) as address:
        wire = await dial_websocket(address)()
        yield wire
        wire.close()


async def echo(connection: ServerConnection) -> None:
    async for message in connection:
        assert isinstance(message, str), "JSON is text"
        await connection.send(message)


async def heard(wire: Wire) -> bytes | str | None:
    return await asyncio.wait_for(wire.receive(), LIMIT_S)


async def test_messages_of_any_size_come_back_in_order() -> None:
    sizes = [0, 1, 125, 126, 65_535, 65_536, websocket.READ_BYTES * 3 + 1, MAX_HOST_BYTES]
    async with connected(echo) as wire:
        said = [bytes(str(size % 10), "ascii") * size for size in sizes]
        for message in said:
            wire.send(message)
        assert [await heard(wire) for _ in said] == said


async def test_a_message_in_several_frames_is_one() -> None:
    async def in_parts(connection: ServerConnection) -> None:
        await connection.send(["[1,", "", "2", "]"])
        await connection.send("[3]")

    async with connected(in_parts) as wire:
        assert [await heard(wire) for _ in range(3)] == [b"[1,2]", b"[3]", None]


async def test_a_hub_that_asks_whether_the_host_lives_is_answered() -> None:
    alive = asyncio.Event()

    async def asks(connection: ServerConnection) -> None:
        await (await connection.ping(os.urandom(8)))
        alive.set()

    async with connected(asks):
        await asyncio.wait_for(alive.wait(), LIMIT_S)


async def test_what_came_before_the_end_is_read_before_the_end() -> None:
    async def says_goodbye(connection: ServerConnection) -> None:
        await connection.send("[1]")
        await connection.close()

    async with connected(says_goodbye) as wire:
        assert [await heard(wire) for _ in range(3)] == [b"[1]", None, None]
        wire.send(b"[2]")  # nobody hears it; the link sends it again on the next connection


async def test_what_is_said_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="jupyter_chat_sessions.host")
    async with connected(echo) as wire:
        wire.send(b'["a secret"]')
        assert await heard(wire) == b'["a secret"]'
    assert not [record for record in caplog.records if record.name.startswith("jupyter_chat_sessions")]


async def test_a_line_that_is_cut_is_an_end() -> None:
    async def cut(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with connected(cut) as wire:
        assert await heard(wire) is None


async def test_who_waits_hears_that_the_wire_was_closed_here() -> None:
    closed: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def waits(connection: ServerConnection) -> None:
        try:
            await connection.recv()
        except ConnectionClosed as end:
            closed.set_result(None if end.rcvd is None else end.rcvd.code)

    async with connected(waits) as wire:
        waiting = asyncio.ensure_future(wire.receive())
        await asyncio.sleep(0)
        wire.close()
        wire.close()
        assert await asyncio.wait_for(waiting, LIMIT_S) is None
        assert await asyncio.wait_for(closed, LIMIT_S) is not None, "the hub is told, and need not guess"


async def test_a_message_that_is_too_large_ends_the_connection() -> None:
    async def says_too_much(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            await connection.send("x" * (MAX_HOST_BYTES + 1))

    async with connected(says_too_much) as wire:
        assert await heard(wire) is None


async def test_a_hub_that_does_not_answer_the_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_line, "CLOSE_S", 0.01)
    gone = asyncio.Event()

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = (await reader.readuntil(b"\r\n\r\n")).split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0].decode()
        writer.write(_welcome(key))
        while await reader.read(1000):
            pass
        gone.set()

    server = await asyncio.start_server(deaf, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    wire = await dial_websocket(HubAddress(url=f"http://127.0.0.1:{port}/", token="right"))()
    wire.close()
    await asyncio.wait_for(gone.wait(), LIMIT_S)
    server.close()


def _welcome(key: str) -> bytes:
    from websockets.utils import accept_key

    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    return "\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept_key(key)}", "", ""]).encode()


async def test_a_host_that_is_not_let_in_is_told_so() -> None:
    async with a_hub(echo) as address:
        with pytest.raises(HubUnreachableError, match=r"cannot be reached: .*403"):
            await dial_websocket(HubAddress(url=address.url, token="wrong"))()


async def test_where_nobody_answers_it_is_said() -> None:
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    with pytest.raises(HubUnreachableError, match=f"http://127.0.0.1:{port}/ cannot be reached"):
        await dial_websocket(HubAddress(url=f"http://127.0.0.1:{port}/", token="right"))()


async def test_whoever_is_no_hub_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "CONNECT_S", 0.05)
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        gone.set()

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await silent(reader, writer)

    for answers in (silent, rude):
        gone.clear()
        server = await asyncio.start_server(answers, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(HubUnreachableError):
            await dial_websocket(HubAddress(url=f"http://127.0.0.1:{port}/", token="right"))()
        await asyncio.wait_for(gone.wait(), LIMIT_S)
        server.close()
