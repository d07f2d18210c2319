"""Who is let in where: every route of the table, each of its methods, each kind of caller.

A new route is tested by being in `routes()`.
"""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import suppress
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from jupyter_server.auth import Authorizer, User
from tornado.httpclient import HTTPClientError
from tornado.web import RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from jupyter_chat_sessions.hub.handlers.routes import Route, routes
from jupyter_chat_sessions.protocol.frames import (
    PROTOCOL_VERSION,
    Bye,
    Hello,
    HubFrame,
    HubLinkFrame,
    SendMessage,
    encode_message,
)

from .callers import API, DEADLINE_S, Browser, Line, Server, a_host

HOST = f"GET {API}/host"
VIEWER = f"GET {API}/viewer"
PAGE = "GET chat-sessions/lesson"


class Door(NamedTuple):
    """One method of one route, with an address that fits its pattern."""

    method: str
    path: str
    is_socket: bool

    @property
    def name(self) -> str:
        """As the lists below write it."""
        return re.sub(r"[0-9a-f-]{36}", "ID", f"{self.method} {self.path}")


def doors() -> list[Door]:
    """Every method of every route."""
    return [
        Door(method, path_of(route), issubclass(route.handler, WebSocketHandler))
        for route in routes()
        for method in RequestHandler.SUPPORTED_METHODS
        if getattr(route.handler, method.lower()) is not RequestHandler._unimplemented_method
    ]


def path_of(route: Route) -> str:
    """Return an address that a route's pattern fits."""
    path = re.sub(r"\(\?P<(?:session|thread|file)_id>.*?\)", str(uuid4()), route.pattern)
    path = re.sub(r"\(\?P<channel>.*?\)", "lesson", path).removesuffix("/?").replace("\\", "")
    assert re.fullmatch(route.pattern, path)
    return path


EVERY_DOOR = {door.name for door in doors()}


async def let_in(server: Server, headers: dict[str, str], *, query: str = "", sockets: bool | None = None) -> set[str]:
    """Knock at every door (or at the sockets only, or all but them) and return those that open."""
    opened = set()
    for door in doors():
        if sockets is not None and door.is_socket is not sockets:
            continue
        code = await knock(server, door, headers, query=query)
        if code not in (302, 401, 403):
            assert code < 500, door
            opened.add(door.name)
    return opened


async def knock(server: Server, door: Door, headers: dict[str, str], *, query: str) -> int:
    if not door.is_socket:
        body: dict[str, str] | None = {} if door.method in ("POST", "PUT", "PATCH") else None
        response = await server.request(door.method, door.path + query, headers=headers, body=body)
        if response.code == 302:
            assert "/login?" in response.headers["Location"]
        return response.code
    try:
        socket = await server.open_socket(door.path + query, headers)
    except HTTPClientError as refused:
        return refused.code
    line = Line(socket, HubFrame | HubLinkFrame)
    with suppress(WebSocketClosedError):  # It is closed already.
        await socket.write_message('[{"type": "ping"}]')  # Both sockets answer: first a hello.
    frames = await line.read()
    if not any(isinstance(frame, Bye) for frame in frames):
        socket.close()
        return 101
    # A refusal in the place of the handshake's is a goodbye that says why, and nothing before or after it.
    (bye,) = frames
    assert await line.read() == []
    assert socket.close_code == bye.code
    assert bye.code in (4401, 4403)
    code: int = bye.code - 4000
    return code


def test_the_table_has_the_doors_that_these_tests_speak_of() -> None:
    assert {HOST, VIEWER, PAGE} < EVERY_DOOR
    assert len(EVERY_DOOR) == 20


async def test_nobody_without_credentials_is_let_in(server: Server) -> None:
    assert await let_in(server, {}) == set()
    assert await let_in(server, {"Origin": server.origin}) == set()


@pytest.mark.parametrize(
    "header",
    ["token wrong", "token", "Bearer wrong", "chat-host wrong", "chat-host"],
)
async def test_nobody_with_wrong_credentials_is_let_in(server: Server, header: str) -> None:
    assert await let_in(server, {"Authorization": header}) == set()
    assert await let_in(server, {"Authorization": header, "Origin": server.origin}) == set()


async def test_the_servers_token_opens_all_but_the_hosts_socket(server: Server) -> None:
    assert await let_in(server, server.token) == EVERY_DOOR - {HOST}


async def test_a_script_that_sends_the_token_each_time_is_given_no_cookie(server: Server) -> None:
    socket = await server.open_socket(f"{API}/viewer", server.token)
    assert "Upgrade" in socket.headers
    assert "Set-Cookie" not in socket.headers
    socket.close()


async def test_a_signed_in_browser_is_let_in_from_this_servers_pages(server: Server) -> None:
    browser = await server.browser()
    assert await let_in(server, browser.own_page) == EVERY_DOOR - {HOST}


async def test_the_hosts_token_opens_the_hosts_socket_and_nothing_else(server: Server) -> None:
    assert await let_in(server, server.host_token) == {HOST}


async def test_no_browser_is_let_in_as_a_host(server: Server) -> None:
    # A browser always names the origin of the page that opens a socket.
    assert await let_in(server, {**server.host_token, "Origin": server.origin}) == set()


async def test_a_socket_is_not_opened_from_another_origin(server: Server) -> None:
    browser = await server.browser()
    assert await let_in(server, {**browser.cookie, "Origin": "https://evil.example"}, sockets=True) == set()


async def test_a_socket_with_a_cookie_alone_is_not_opened(server: Server) -> None:
    browser = await server.browser()
    assert await let_in(server, browser.cookie, sockets=True) == set()


@pytest.mark.parametrize("origin", ["https://evil.example", None], ids=["foreign origin", "no origin"])
async def test_a_token_in_a_sockets_address_is_worth_nothing(server: Server, origin: str | None) -> None:
    query = f"?token={server.app.identity_provider.token}"
    headers = {} if origin is None else {"Origin": origin}
    assert await let_in(server, headers, query=query, sockets=True) == set()
    assert await let_in(server, {"Origin": server.origin}, query=query, sockets=True) == set()
    # Nor does it lift the check of the origin for who has a cookie too.
    browser = await server.browser()
    assert await let_in(server, {**browser.cookie, **headers}, query=query, sockets=True) == set()


async def test_a_page_that_is_not_signed_in_is_told_so_and_others_are_refused_in_the_handshake(server: Server) -> None:
    socket = await server.open_socket(f"{API}/viewer", {"Origin": server.origin})
    (bye,) = await Line(socket, HubFrame).read()
    assert (bye.code, "Sign in" in bye.text) == (4401, True)
    for headers in ({}, {"Origin": "https://evil.example"}, {**server.token, "Host": "evil.example"}):
        with pytest.raises(HTTPClientError) as refused:
            await server.open_socket(f"{API}/viewer", headers)
        assert refused.value.code == 403


@pytest.mark.parametrize("wait_for_goodbye", [False, True])
async def test_a_refused_socket_reaches_nothing_of_the_hub_whatever_it_sends(
    server: Server, wait_for_goodbye: bool
) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        hello = Hello(v=PROTOCOL_VERSION, session=created["session"], secret=created["secret"])
        message = SendMessage(client_id=str(uuid4()), text="Hello")
        reader, writer = await asyncio.open_connection("127.0.0.1", server.app.port)
        address = f"127.0.0.1:{server.app.port}"
        upgrade = (
            f"GET {server.base_url}{API}/viewer HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        writer.write(upgrade.encode())
        heard = b""
        if wait_for_goodbye:
            heard = await asyncio.wait_for(reader.readuntil(b"not signed in"), DEADLINE_S)
        for text in (encode_message([hello, message]), encode_message([hello])):
            writer.write(client_frame(0x1, text))
        writer.write(client_frame(0x8, b""))
        heard += await asyncio.wait_for(reader.read(), DEADLINE_S)
        writer.close()
        assert heard.startswith(b"HTTP/1.1 101 ")
        assert heard.count(b'"type"') == heard.count(b'"type":"bye"') == 1
        assert (4401).to_bytes(2) + b"not signed in" in heard
        assert server.hub.statistics().viewers == 0
        session = await alice.request("GET", f"sessions/{created['session']}", secret=created["secret"])
        assert session.code == 200
        assert b"user_message" not in session.body


def client_frame(opcode: int, payload: bytes) -> bytes:
    """Return a WebSocket frame as a client sends it, with a mask of zeros."""
    assert len(payload) < 2**16
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + len(payload).to_bytes(2)
    return bytes([0x80 | opcode]) + length + bytes(4) + payload


class NoChat(Authorizer):
    """Lets people do everything but chat."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        """Judge by the resource alone."""
        return resource != "chat_sessions"


class OnlyReading(Authorizer):
    """Lets people read, and not act."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        """Judge by the action alone."""
        return action == "read"


class OnlyChat(Authorizer):
    """Lets people chat, and do nothing else: no kernel, no contents."""

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        """Judge by the resource alone."""
        return resource == "chat_sessions"


@pytest.mark.parametrize("server_config", [{"authorizer_class": NoChat}])
async def test_an_authorizer_that_denies_chatting_closes_every_door(server: Server) -> None:
    browser = Browser(server)
    response = await server.request("GET", "api/status", headers=server.token)
    for line in response.headers.get_list("Set-Cookie"):
        name, _, rest = line.partition("=")
        browser.cookies[name] = rest.partition(";")[0]
    assert await let_in(server, server.token) == set()
    own_page = {**browser.cookie, "Origin": server.origin}
    assert await let_in(server, own_page, sockets=True) == set()
    (bye,) = await Line(await server.open_socket(f"{API}/viewer", own_page), HubFrame).read()
    assert (bye.code, "Ask its owner" in bye.text) == (4403, True)


@pytest.mark.parametrize("server_config", [{"authorizer_class": NoChat}])
async def test_an_authorizer_has_no_say_about_hosts(server: Server) -> None:
    assert await let_in(server, server.host_token) == {HOST}


@pytest.mark.parametrize("server_config", [{"authorizer_class": OnlyReading}])
async def test_who_may_only_read_opens_no_socket_and_changes_nothing(server: Server) -> None:
    readable = {door.name for door in doors() if door.method == "GET" and not door.is_socket}
    assert await let_in(server, server.token) == readable


@pytest.mark.parametrize("server_config", [{"authorizer_class": OnlyChat}])
async def test_who_may_only_chat_can_and_is_not_shown_tracebacks(server: Server) -> None:
    assert await let_in(server, server.token) == EVERY_DOOR - {HOST}
    async with a_host(server):
        tab = await (await server.browser()).new_tab()
        assert await tab.ask("Hello") == "You said Hello"
        assert tab.viewing.welcome is not None
        assert not tab.viewing.welcome.is_owner
    response = await server.request("GET", "api/kernels", headers=server.token)
    assert response.code == 403


async def test_who_may_run_code_is_the_owner(server: Server) -> None:
    async with a_host(server):
        tab = await (await server.browser()).new_tab()
        assert tab.viewing.welcome is not None
        assert tab.viewing.welcome.is_owner


async def test_a_refused_program_is_told_so_and_not_sent_to_a_login_page(server: Server) -> None:
    response = await server.request("GET", f"{API}/sessions")
    body = json.loads(response.body)
    assert (response.code, body["code"]) == (403, "forbidden")
    assert "Sign in" in body["text"]


async def test_unknown_foreign_and_wrong_secret_are_answered_the_same(server: Server) -> None:
    async with a_host(server):
        alice, bob = await server.browser(), await server.browser()
        created = await alice.create()
        session, secret = created["session"], created["secret"]
        answers = set()
        for who, id_, key in (
            (bob, session, secret),
            (alice, session, "wrong"),
            (alice, session, ""),
            (alice, str(uuid4()), secret),
        ):
            for method, path, body in (
                ("GET", "", None),
                ("DELETE", "", None),
                ("GET", "/steps", None),
                ("POST", "/messages", {"text": "Hello"}),
                ("GET", "/files", None),
                ("POST", "/files", "content"),
                ("GET", f"/files/{uuid4()}", None),
                ("DELETE", f"/files/{uuid4()}", None),
            ):
                response = await who.request(method, f"sessions/{id_}{path}", secret=key, body=body)
                answers.add((response.code, response.body))
        ((status, told),) = answers
        assert (status, json.loads(told)["code"]) == (404, "unknown_session")
        assert (await alice.request("GET", f"sessions/{session}", secret=secret)).code == 200
        assert json.loads((await bob.request("GET", "sessions")).body) == {"sessions": []}


# ---- forgery from other sites ----------------------------------------------------------------------------------------


async def test_a_form_of_another_site_does_nothing(server: Server) -> None:
    async with a_host(server):
        browser = await server.browser()
        form = {**browser.cookie, "Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
        response = await server.request("POST", f"{API}/sessions", headers=form, body="channel=lesson")
        assert response.code in (403, 404)
        assert server.hub.statistics().sessions == 0


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
async def test_what_can_be_sent_across_sites_without_asking_is_not_read(server: Server, content_type: str) -> None:
    async with a_host(server):
        browser = await server.browser()
        headers = {**browser.own_page, "Content-Type": content_type}
        response = await server.request("POST", f"{API}/sessions", headers=headers, body='{"channel": "lesson"}')
        # A form of several parts is refused by tornado already.
        assert response.code == (400 if content_type.startswith("multipart") else 415)
        assert json.loads(response.body)["code"] == "malformed"
        assert server.hub.statistics().sessions == 0


@pytest.mark.parametrize("token", [None, "guessed"], ids=["none", "wrong"])
async def test_a_browsers_post_needs_the_xsrf_token(server: Server, token: str | None) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        headers = {**browser.cookie, "Origin": server.origin, "X-Chat-Session-Secret": created["secret"]}
        if token is not None:
            headers["X-XSRFToken"] = token
        session = f"{API}/sessions/{created['session']}"
        for method, path, body in (
            ("POST", f"{API}/sessions", {"channel": "lesson"}),
            ("POST", f"{session}/messages", {"text": "Hello"}),
            ("POST", f"{session}/files", "content"),
            ("DELETE", f"{session}/files/{uuid4()}", None),
            ("DELETE", session, None),
        ):
            response = await server.request(method, path, headers=headers, body=body)
            told = json.loads(response.body)
            assert (response.code, told["code"]) == (403, "forbidden")
            assert "`X-XSRFToken` header" in told["text"]
            assert "`Authorization` header" in told["text"]
        assert server.hub.statistics().sessions == 1
