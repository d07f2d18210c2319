"""A part of a file over HTTP: the bytes that were asked for, to nobody else and no more runnable than the whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from tornado.httpclient import HTTPResponse

from jupyter_chat_sessions.hub.handlers.files import CHUNK_BYTES

from .callers import Browser, Server, a_host
from .test_files import give, say_with, told

CONTENT = bytes(range(251)) * (3 * CHUNK_BYTES // 251)
SIZE = len(CONTENT)


@asynccontextmanager
async def a_film(server: Server) -> AsyncIterator[tuple[Browser, dict[str, str], str]]:
    """A file in a conversation: whose browser, in which session, and its id."""
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        tab = await alice.tab(created)
        file = json.loads((await give(alice, created, CONTENT)).body)["file"]
        await say_with(tab, file)
        yield alice, created, file


async def ask_for(browser: Browser, created: Mapping[str, str], file: str, wanted: str, **headers: str) -> HTTPResponse:
    path = f"sessions/{created['session']}/files/{file}"
    return await browser.request("GET", path, secret=created["secret"], headers={"Range": wanted, **headers})


async def test_what_is_asked_for_comes_to_the_byte_and_is_no_more_runnable_than_the_whole(server: Server) -> None:
    parts = {
        "bytes=0-0": (0, 1),
        "bytes=10-299": (10, 300),
        f"bytes={CHUNK_BYTES - 1}-{2 * CHUNK_BYTES}": (CHUNK_BYTES - 1, 2 * CHUNK_BYTES + 1),
        f"bytes={SIZE - 5}-": (SIZE - 5, SIZE),
        "bytes=-5": (SIZE - 5, SIZE),
        f"bytes=-{SIZE + 5}": (0, SIZE),
        f"bytes=5-{10**15}": (5, SIZE),
    }
    async with a_film(server) as (alice, created, file):
        for wanted, (start, end) in parts.items():
            response = await ask_for(alice, created, file, wanted)
            assert response.code == 206, wanted
            assert response.body == CONTENT[start:end], wanted
            headers = response.headers
            assert headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"
            assert headers["Content-Length"] == str(end - start)
            assert headers["Content-Type"] == "application/octet-stream"
            assert headers["Content-Disposition"] == "attachment"
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers.get_list("Content-Security-Policy") == ["sandbox; default-src 'none'"]
            assert headers["Cache-Control"] == "no-store"


async def test_where_there_is_nothing_it_is_said_how_much_there_is(server: Server) -> None:
    async with a_film(server) as (alice, created, file):
        for wanted in (f"bytes={SIZE}-", f"bytes={SIZE + 7}-{SIZE + 9}", "bytes=-0"):
            response = await ask_for(alice, created, file, wanted)
            assert told(response) == (416, "malformed")
            assert response.headers["Content-Range"] == f"bytes */{SIZE}"


async def test_what_asks_for_no_single_part_is_answered_with_all(server: Server) -> None:
    async with a_film(server) as (alice, created, file):
        for wanted in ("bytes=0-1,4-5", "bytes=5-2", "bytes=-", "bytes=x-y", "lines=1-2", "bytes=1-" + "9" * 99):
            response = await ask_for(alice, created, file, wanted)
            assert (response.code, response.body) == (200, CONTENT), wanted
            assert response.headers["Accept-Ranges"] == "bytes"
        # The mark of another day's file: no file has one here.
        response = await ask_for(alice, created, file, "bytes=0-1", **{"If-Range": '"other"'})
        assert (response.code, response.body) == (200, CONTENT)


@pytest.mark.parametrize("wanted", ["bytes=0-1", f"bytes={10**15}-"])
async def test_a_part_is_refused_to_another_as_the_whole_is(server: Server, wanted: str) -> None:
    async with a_film(server) as (alice, created, file):
        bob = await server.browser()
        assert told(await ask_for(bob, await bob.create(), file, wanted)) == (404, "unknown_file")
        assert told(await ask_for(bob, created, file, wanted)) == (404, "unknown_session")
        without_secret = {**created, "secret": ""}
        assert told(await ask_for(alice, without_secret, file, wanted)) == (404, "unknown_session")
