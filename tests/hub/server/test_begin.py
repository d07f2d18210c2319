"""A session may be begun over the socket that it is then shown on, with the rights and the refusals of the request."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import REGISTRY
from tornado.httpclient import HTTPClientError

from jupyter_chat_sessions.protocol.frames import (
    PROTOCOL_VERSION,
    Begin,
    Begun,
    Bye,
    ErrorFrame,
    Hello,
    HubFrame,
    Welcome,
)

from .callers import API, Browser, Line, Server, a_host


async def a_line(server: Server, browser: Browser, *, origin: str | None = None) -> Line:
    headers = {**browser.cookie, "Origin": origin or server.origin}
    return Line(await server.open_socket(f"{API}/viewer", headers), HubFrame)


def begin(**wanted: object) -> Begin:
    return Begin(**{"v": PROTOCOL_VERSION, "channel": "lesson", **wanted})  # type: ignore[arg-type]


async def test_it_is_made_and_welcomed_on_one_line(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        line = await a_line(server, alice)
        await line.put(begin(language="de-DE"))
        begun, welcome, *_ = await line.read()
        assert isinstance(begun, Begun)
        assert isinstance(welcome, Welcome)
        assert (welcome.session, welcome.thread_id, welcome.resumed) == (begun.session, begun.thread_id, False)
        listed = await alice.request("GET", f"sessions/{begun.session}", secret=begun.secret)
        assert listed.code == 200


@pytest.mark.parametrize(
    ("wanted", "code"),
    [({"channel": "nothing"}, "unknown_channel"), ({"v": 99}, "version"), ({"channel": "../x"}, "malformed")],
)
async def test_what_the_request_refuses_it_refuses_and_the_line_may_ask_again(
    server: Server, wanted: dict[str, object], code: str
) -> None:
    async with a_host(server):
        alice = await server.browser()
        line = await a_line(server, alice)
        await line.put(begin(**wanted))
        [refusal] = await line.read()
        assert isinstance(refusal, ErrorFrame)
        assert refusal.code == code
        assert server.hub.statistics().sessions == 0
        await line.put(begin())
        begun, *_ = await line.read()
        assert isinstance(begun, Begun)


async def test_a_page_of_another_origin_begins_nothing(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        with pytest.raises(HTTPClientError, match="403"):
            await a_line(server, alice, origin="https://evil.example")
        assert server.hub.statistics().sessions == 0


async def test_who_is_not_signed_in_begins_nothing(server: Server) -> None:
    async with a_host(server):
        stranger = Browser(server)
        line = await a_line(server, stranger)
        await line.put(begin())
        [bye] = await line.read()
        assert isinstance(bye, Bye)
        assert bye.code == 4401
        assert await line.until_closed() == 4401
        assert server.hub.statistics().sessions == 0


async def test_it_belongs_to_who_began_it(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        line = await a_line(server, alice)
        await line.put(begin())
        begun, *_ = await line.read()
        other = await a_line(server, await server.browser())
        await other.put(Hello(v=PROTOCOL_VERSION, session=begun.session, secret=begun.secret))
        refusal = (await other.read())[0]
        assert isinstance(refusal, ErrorFrame)
        assert refusal.code == "unknown_session"


async def test_a_line_that_shows_a_session_begins_no_other(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        line = await a_line(server, alice)
        await line.put(begin())
        begun, *frames = await line.read()
        await line.put(Hello(v=PROTOCOL_VERSION, session=begun.session, secret=begun.secret), begin())
        while len(refused := [frame.code for frame in frames if isinstance(frame, ErrorFrame)]) < 2:
            frames += await line.read()
        assert refused == ["out_of_order", "out_of_order"]
        assert server.hub.statistics().sessions == 1


async def test_who_asks_twice_in_one_breath_begins_once(server: Server) -> None:
    async with a_host(server):
        line = await a_line(server, await server.browser())
        await line.put(begin(), begin())
        frames = await line.read()
        while not any(isinstance(frame, Welcome) for frame in frames):
            frames += await line.read()
        assert [type(frame) for frame in frames[:3]] == [ErrorFrame, Begun, Welcome]
        assert server.hub.statistics().sessions == 1


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
async def test_a_handshake_is_counted_and_written_of_for_who_debugs(
    server: Server, caplog: pytest.LogCaptureFixture, level: str
) -> None:
    def count() -> float:
        name, handler = "http_request_duration_seconds_count", "jupyter_chat_sessions.hub.handlers.viewer.ViewerSocket"
        labels = {"method": "GET", "handler": handler, "status_code": "101"}
        return REGISTRY.get_sample_value(name, labels) or 0.0

    server.app.log_level = level
    server.app.log.setLevel(logging.DEBUG)  # as Jupyter has it, whatever is shown
    alice = await server.browser()
    before = count()
    with caplog.at_level(logging.DEBUG):
        await a_line(server, alice)
        with pytest.raises(HTTPClientError):
            await a_line(server, alice, origin="https://elsewhere.example")
    assert count() == before + 1
    written = [record.getMessage() for record in caplog.records if f"{API}/viewer" in record.getMessage()]
    assert [text[:3] for text in written] == (["101", "403"] if level == "DEBUG" else ["403"])
