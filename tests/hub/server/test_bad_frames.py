"""What a viewer or a host should not have sent is answered with a code and a sentence, and harms nobody."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from jupyter_chat_sessions.hub.attachment import MAX_UNREADABLE
from jupyter_chat_sessions.protocol.frames import (
    MAX_FILES,
    MAX_TEXT,
    MAX_VIEWER_BYTES,
    Bye,
    ErrorFrame,
    Hello,
    HostBatch,
    HubFrame,
    HubLinkFrame,
    LinkHello,
    LinkRefused,
    Ping,
    Pong,
    Unpublish,
)

from .callers import API, Browser, Line, Server, SocketTab, a_host

MARK = "a secret that no log shows"


def message(**fields: Any) -> str:
    return json.dumps([{"type": "message", "clientId": str(uuid4()), "text": MARK, **fields}])


UNREADABLE: dict[str, tuple[str | bytes, str]] = {
    "not JSON": (f"{MARK}", "malformed"),
    "no array": (json.dumps({"type": "ping", "x": MARK}), "malformed"),
    "an array of no objects": (json.dumps([MARK]), "malformed"),
    "no type": (json.dumps([{"text": MARK}]), "malformed"),
    "bytes that are no text": (b"\xff\xfe" + MARK.encode(), "malformed"),
    "an unknown type": (json.dumps([{"type": "dance", "text": MARK}]), "unknown_type"),
    "a frame of the hub's": (json.dumps([{"type": "bye", "code": 1, "text": MARK}]), "unknown_type"),
    "a field missing": (json.dumps([{"type": "message", "text": MARK}]), "malformed"),
    "a wrong type": (message(text=[MARK]), "malformed"),
    "an id that is none": (message(clientId="../../etc/passwd"), "malformed"),
    "too long a text": (message(text=MARK + "x" * MAX_TEXT), "malformed"),
    "too deep": ("[" * 5000 + "]" * 5000, "malformed"),
    "too many frames": (json.dumps([{"type": "ping"}] * 65), "too_large"),
    "too large": (message(padding="x" * MAX_VIEWER_BYTES), "too_large"),
}


async def unattached(server: Server, browser: Browser) -> Line:
    """A viewer's socket that has not said hello."""
    return Line(await server.open_socket(f"{API}/viewer", {**browser.cookie, "Origin": server.origin}), HubFrame)


async def errors_until_pong(tab: SocketTab) -> list[ErrorFrame]:
    """Ping, read up to the answer, and return the errors that came before it."""
    errors: list[ErrorFrame] = []
    await tab.line.put(Ping())
    while True:
        frames = await tab.line.read()
        assert frames, f"closed with {tab.line.socket.close_code}"
        errors += [frame for frame in frames if isinstance(frame, ErrorFrame)]
        if Pong() in frames:
            return errors


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_what_cannot_be_read_is_answered_and_the_connection_lives(
    server: Server, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    sent, code = UNREADABLE[kind]
    async with a_host(server):
        tab = await (await server.browser()).new_tab()
        caplog.clear()
        await tab.line.socket.write_message(sent, binary=isinstance(sent, bytes))
        (error,) = await errors_until_pong(tab)
        assert error.code == code
        assert error.text.endswith(".")
        assert MARK not in error.text
        assert await tab.ask("still here") == "You said still here"
    (line,) = [record for record in caplog.records if record.name.startswith("jupyter_chat_sessions")]
    assert line.getMessage() == f"session {tab.viewing.session}: a frame of its viewer was refused ({code})"
    assert MARK not in caplog.text


async def test_the_good_frames_beside_a_bad_one_count(server: Server) -> None:
    async with a_host(server):
        tab = await (await server.browser()).new_tab()
        good = {"type": "message", "clientId": str(uuid4()), "text": "good"}
        await tab.line.socket.write_message(json.dumps([{"type": "dance"}, good, {"type": "ping", "unknownField": 1}]))
        await tab.until(lambda: tab.last == "You said good")
        assert [frame.code for frame in tab.frames if isinstance(frame, ErrorFrame)] == ["unknown_type"]
        assert Pong() in tab.frames


@pytest.mark.parametrize("frame", [Ping(), Unpublish(channel="lesson")], ids=["a viewer's", "a host's"])
async def test_before_the_hello_nothing_else_is_taken(server: Server, frame: Any) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        line = await unattached(server, browser)
        await line.put(frame)
        (error,) = await line.read()
        assert error.code == ("out_of_order" if isinstance(frame, Ping) else "unknown_type")
        await line.put(Hello(v=1, session=created["session"], secret=created["secret"]))
        assert (await line.read())[0].session == created["session"]
        assert server.hub.statistics().channels == 1


async def test_who_sends_nothing_but_rubbish_is_let_go(server: Server) -> None:
    line = await unattached(server, await server.browser())
    for _ in range(2 * MAX_UNREADABLE):
        await line.socket.write_message("rubbish")
    frames: list[Any] = []
    while more := await line.read():
        frames += more
    assert [frame.code for frame in frames] == ["malformed"] * MAX_UNREADABLE + [4400]
    assert isinstance(frames[-1], Bye)
    assert line.socket.close_code == 4400


@pytest.mark.parametrize("chat_config", [{"hello_timeout": 0.05}])
async def test_who_says_no_hello_is_let_go(server: Server) -> None:
    line = await unattached(server, await server.browser())
    assert await line.until_closed() == 4408


@pytest.mark.parametrize(
    ("change", "code", "close_code"),
    [({"v": 2}, "version", 4426), ({"secret": "wrong"}, "unknown_session", 4404)],
    ids=["another version", "a wrong secret"],
)
async def test_a_hello_that_is_refused_says_why_and_goodbye(
    server: Server, change: dict[str, Any], code: str, close_code: int
) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        line = await unattached(server, browser)
        await line.put(Hello(**{"v": 1, "session": created["session"], "secret": created["secret"], **change}))
        error, bye = await line.read()
        assert (error.code, bye.code, bye.text) == (code, close_code, error.text)
        assert await line.until_closed() == close_code


@pytest.mark.parametrize("chat_config", [{"max_tabs": 1}])
async def test_a_tab_too_many_is_told_so(server: Server) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        first = await browser.tab(created)
        line = await unattached(server, browser)
        await line.put(Hello(v=1, session=created["session"], secret=created["secret"]))
        assert await line.until_closed() == 4409
        assert await first.ask("Hello") == "You said Hello"


@pytest.mark.parametrize("chat_config", [{"heartbeat": 0.05}])
async def test_a_silent_line_beats(server: Server) -> None:
    line = await unattached(server, await server.browser())
    (frame,) = await line.read()
    assert type(frame).__name__ == "Heartbeat"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("rubbish", "malformed"),
        (json.dumps([{"type": "link_beat"}]), "out_of_order"),
        (json.dumps([{"type": "link_hello", "v": 2, "hostEpoch": "x"}]), "version"),
        (json.dumps([{"type": "link_hello", "v": 1, "hostEpoch": "x"}] * 2), "out_of_order"),
        (json.dumps([{"type": "dance"}]), "unknown_type"),
    ],
    ids=["not JSON", "no hello", "another version", "two hellos", "an unknown type"],
)
async def test_a_host_that_errs_is_refused_and_the_others_go_on(server: Server, sent: str, code: str) -> None:
    async with a_host(server):
        tab = await (await server.browser()).new_tab()
        line = Line(await server.open_socket(f"{API}/host", server.host_token), HubLinkFrame)
        await line.socket.write_message(sent)
        frames: list[Any] = []
        while more := await line.read():
            frames += more
        assert [frame.code for frame in frames if isinstance(frame, LinkRefused)] == [code]
        assert line.socket.close_code == 4400
        assert await tab.ask("Hello") == "You said Hello"


async def test_a_host_whose_numbers_have_a_gap_is_refused_and_counts_as_cut_off(server: Server) -> None:
    line = Line(await server.open_socket(f"{API}/host", server.host_token), HubLinkFrame)
    await line.put(LinkHello(v=1, host_epoch="x"))
    await line.read()
    await line.put(HostBatch(seq=7, ack=0, frames=[]))
    (refused,) = await line.read()
    assert refused.code == "out_of_order"
    assert await line.until_closed() == 4400


# ---- bodies of requests ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("sessions", "{", "malformed"),
        ("sessions", "[]", "malformed"),
        ("sessions", "{}", "malformed"),
        ("sessions", '{"channel": "../x"}', "malformed"),
        ("sessions", '{"channel": "lesson", "language": 1}', "malformed"),
        ("sessions", '{"channel": "nowhere"}', "unknown_channel"),
        ("sessions", "[" * 5000 + "]" * 5000, "malformed"),
        ("sessions", json.dumps({"channel": "lesson", "x": "x" * MAX_VIEWER_BYTES}), "too_large"),
        ("messages", '{"text": ""}', "malformed"),
        ("messages", '{"text": "", "files": []}', "malformed"),
        ("messages", '{"text": "x", "files": ["../x"]}', "malformed"),
        ("messages", '{"text": "x", "files": "x"}', "malformed"),
        ("messages", json.dumps({"files": [str(uuid4()) for _ in range(MAX_FILES + 1)]}), "malformed"),
        ("messages", '{"text": "x", "clientId": "1"}', "malformed"),
        ("messages", json.dumps({"text": "x" * (MAX_TEXT + 1)}), "too_large"),
        ("steps?limit=0", None, "malformed"),
        ("steps?limit=201", None, "malformed"),
        ("steps?limit=x", None, "malformed"),
        ("steps?before=x", None, "malformed"),
    ],
)
async def test_a_bad_request_is_told_what_is_wrong(server: Server, path: str, body: str | None, code: str) -> None:
    async with a_host(server):
        browser = await server.browser()
        created = await browser.create()
        if path != "sessions":
            path = f"sessions/{created['session']}/{path}"
        response = await browser.request(
            "GET" if body is None else "POST",
            path,
            secret=created["secret"],
            body=body,
            headers={"Content-Type": "application/json"},
        )
        told = json.loads(response.body)
        assert told["code"] == code
        assert told["text"].endswith(".")
        assert response.code == {"malformed": 400, "unknown_channel": 404, "too_large": 413}[code]
        assert server.hub.statistics().sessions == 1
