"""Frames over an asyncio transport: what a client and a handler see is what they saw of tornado."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application
from tornado.websocket import WebSocketClosedError, WebSocketHandler, WebSocketProtocol, WebSocketProtocol13
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from jupyter_chat_sessions import message_line
from jupyter_chat_sessions.hub.handlers.websocket import TransportProtocol

from .callers import DEADLINE_S, Server, a_host

LIMIT = 1 << 20


class Echo(WebSocketHandler):
    """Says everything again; tells the test what it hears."""

    def initialize(self, heard: asyncio.Queue[Any]) -> None:
        self.heard = heard
        heard.put_nowait(self)

    @property
    def max_message_size(self) -> int:
        return LIMIT

    def prepare(self) -> None:
        for name in self.get_query_arguments("cookie"):
            self.set_cookie(name, "value", path="/")

    async def open(self, *args: Any, **kwargs: Any) -> None:
        await asyncio.sleep(0)
        if self.get_query_arguments("fail"):
            raise RuntimeError("a handler's own")
        self.is_opened = True

    def get_websocket_protocol(self) -> WebSocketProtocol | None:
        found = super().get_websocket_protocol()
        assert isinstance(found, WebSocketProtocol13)
        return TransportProtocol(self, found.mask_outgoing, found.params)

    def on_message(self, message: str | bytes) -> None:
        assert isinstance(message, bytes)
        assert self.is_opened
        if message == b"leave":
            self.close(4000, "as asked")
        elif message == b"fail":
            raise RuntimeError("a handler's own")
        else:
            self.write_message(message)

    def on_pong(self, data: bytes) -> None:
        self.heard.put_nowait(("pong", data))

    def on_close(self) -> None:
        self.heard.put_nowait(("close", self.close_code, self.close_reason))


class Client:
    """A client that does what a test says, byte by byte."""

    def __init__(self, port: int, heard: asyncio.Queue[Any]) -> None:
        self.heard = heard
        self.protocol: ClientProtocol
        self.answer: Response
        self.frames: list[Frame] = []
        self.port = port

    async def open(self, query: str = "", *, with_it: bytes = b"") -> None:
        self.protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{self.port}/{query}"))
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.protocol.send_request(self.protocol.connect())
        self.writer.write(b"".join(self.protocol.data_to_send()) + with_it)
        await self._read_some()
        assert self.protocol.handshake_exc is None
        self.handler: Echo = await self.hears()

    async def ask(self, request: bytes) -> bytes:
        """Send a request, and return what is answered."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(request)
        return await asyncio.wait_for(self.reader.read(65536), DEADLINE_S)

    async def hears(self) -> Any:
        return await asyncio.wait_for(self.heard.get(), DEADLINE_S)

    def send(self) -> None:
        self.writer.write(b"".join(self.protocol.data_to_send()))

    async def frame(self) -> Frame:
        while not self.frames:
            await self._read_some()
        return self.frames.pop(0)

    async def until_closed(self) -> None:
        while await self._read_some():
            pass

    async def _read_some(self) -> bytes:
        data = await asyncio.wait_for(self.reader.read(65536), DEADLINE_S)
        if data:
            self.protocol.receive_data(data)
            for event in self.protocol.events_received():
                if isinstance(event, Frame):
                    self.frames.append(event)
                elif isinstance(event, Response):
                    self.answer = event
        return data


@asynccontextmanager
async def a_client() -> AsyncIterator[Client]:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    server = HTTPServer(Application([("/", Echo, {"heard": heard})]))
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    server.add_socket(listening)
    client = Client(listening.getsockname()[1], heard)
    try:
        yield client
    finally:
        client.writer.close()
        server.stop()
        await server.close_all_connections()


async def test_a_message_is_heard_and_answered() -> None:
    async with a_client() as client:
        await client.open()
        client.protocol.send_text(b"one")
        client.protocol.send_binary(b"two")
        client.send()
        assert [(await client.frame()).data for _ in range(2)] == [b"one", b"two"]


async def test_what_is_said_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="jupyter_chat_sessions")
    async with a_client() as client:
        await client.open()
        client.protocol.send_text(b"a secret")
        client.send()
        assert (await client.frame()).data == b"a secret"
    assert "a secret" not in caplog.text


async def test_a_message_in_several_frames_is_one_message() -> None:
    async with a_client() as client:
        await client.open()
        client.protocol.send_text(b"a long ", fin=False)
        client.send()
        client.protocol.send_ping(b"between")
        client.protocol.send_continuation(b"mes", fin=False)
        client.protocol.send_continuation(b"sage", fin=True)
        client.send()
        pong, whole = await client.frame(), await client.frame()
        assert (pong.opcode, pong.data) == (Opcode.PONG, b"between")
        assert whole.data == b"a long message"


async def test_what_comes_with_the_handshake_is_not_lost() -> None:
    async with a_client() as client:
        early = ClientProtocol(parse_uri("ws://127.0.0.1/"))
        early.state = early.state.OPEN
        early.send_text(b"impatient")
        await client.open(with_it=b"".join(early.data_to_send()))
        assert (await client.frame()).data == b"impatient"


async def test_cookies_go_with_the_answer() -> None:
    async with a_client() as client:
        await client.open("?cookie=one&cookie=two")
        assert client.answer.headers.get_all("Set-Cookie") == ["one=value; Path=/", "two=value; Path=/"]


async def test_a_line_whose_handler_does_not_open_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    async with a_client() as client:
        await client.open("?fail=1")
        assert await client.hears() == ("close", None, None)
    assert "a handler's own" in caplog.text


async def test_a_handshake_without_a_key_is_refused() -> None:
    async with a_client() as client:
        client.protocol = ClientProtocol(parse_uri(f"ws://127.0.0.1:{client.port}/"))
        request = client.protocol.connect()
        del request.headers["Sec-WebSocket-Key"]
        assert b" 400 " in (await client.ask(request.serialize())).partition(b"\r\n")[0]


async def test_a_pong_is_told() -> None:
    async with a_client() as client:
        await client.open()
        client.handler.ping(b"there?")
        assert (await client.frame()).opcode is Opcode.PING
        client.send()  # the answer is the client's own
        assert await client.hears() == ("pong", b"there?")


async def test_who_closes_is_answered_and_the_handler_knows_why() -> None:
    async with a_client() as client:
        await client.open()
        client.protocol.send_close(4123, "enough")
        client.send()
        await client.until_closed()
        assert client.protocol.close_rcvd is not None
        assert client.protocol.close_rcvd.code == 4123
        assert await client.hears() == ("close", 4123, "enough")
        with pytest.raises(WebSocketClosedError):
            client.handler.write_message("too late")


async def test_a_handler_closes_with_its_reason() -> None:
    async with a_client() as client:
        await client.open()
        client.protocol.send_text(b"leave")
        client.send()
        assert (await client.frame()).opcode is Opcode.CLOSE
        client.send()
        await client.until_closed()
        assert client.protocol.close_rcvd is not None
        assert (client.protocol.close_rcvd.code, client.protocol.close_rcvd.reason) == (4000, "as asked")
        assert (await client.hears())[0] == "close"


async def test_who_does_not_answer_a_close_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_line, "CLOSE_S", 0.0)
    async with a_client() as client:
        await client.open()
        client.protocol.send_text(b"leave")
        client.send()
        assert await client.hears() == ("close", None, None)


async def test_a_line_that_breaks_is_told() -> None:
    async with a_client() as client:
        await client.open()
        client.writer.transport.abort()
        assert await client.hears() == ("close", None, None)


async def test_a_message_that_is_too_large_closes_the_line_with_a_code() -> None:
    async with a_client() as client:
        await client.open()
        client.protocol.send_text(b"x" * (LIMIT + 1))
        client.send()
        assert (await client.frame()).opcode is Opcode.CLOSE
        assert client.protocol.close_rcvd is not None
        assert client.protocol.close_rcvd.code == 1009
        client.writer.transport.abort()
        assert (await client.hears())[0] == "close"


@pytest.mark.parametrize("rubbish", [b"\x81\x01a", b"\xff\xff\xff\xff", b"GET / HTTP/1.1\r\n\r\n"])
async def test_what_is_no_frame_closes_the_line(rubbish: bytes) -> None:
    async with a_client() as client:
        await client.open()
        client.writer.write(rubbish)
        await client.until_closed()
        assert client.protocol.close_rcvd is not None
        assert client.protocol.close_rcvd.code == 1002


async def test_a_handler_that_fails_loses_its_own_line_only(caplog: pytest.LogCaptureFixture) -> None:
    async with a_client() as client:
        await client.open()
        client.protocol.send_text(b"fail")
        client.send()
        assert await client.hears() == ("close", None, None)
    assert "a handler's own" in caplog.text


async def test_what_the_other_end_does_not_read_is_not_said_to_be_written() -> None:
    async with a_client() as client:
        await client.open()
        large = b"y" * (LIMIT // 2)
        written = [client.handler.write_message(large)]
        while written[-1].done():
            written.append(client.handler.write_message(large))
        for _ in written:
            assert (await client.frame()).data == large
        await asyncio.wait_for(written[-1], DEADLINE_S)


async def test_what_is_served_over_tls_stays_tornados() -> None:
    context = ssl.create_default_context()
    plain = IOStream(socket.socket())
    over_tls = IOStream(context.wrap_socket(socket.socket(), server_hostname="localhost"))
    assert TransportProtocol.can_take(plain)
    assert not TransportProtocol.can_take(over_tls)
    plain.close()
    over_tls.close()


async def test_hosts_and_viewers_are_served_by_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []
    made = TransportProtocol.connection_made

    def note(line: TransportProtocol, transport: asyncio.BaseTransport) -> None:
        served.append(type(line.handler).__name__)
        made(line, transport)

    monkeypatch.setattr(TransportProtocol, "connection_made", note)
    async with a_host(server):
        await (await server.browser()).new_tab()
    assert served == ["HostSocket", "ViewerSocket"]
