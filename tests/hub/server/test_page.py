"""The page of a chat, and what it lets a browser do."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from jupyter_chat_sessions.assets import static_imports, static_text
from jupyter_chat_sessions.protocol.frames import ChannelSettings

from .callers import Server, a_host


def policy(header: str) -> dict[str, str]:
    """A Content-Security-Policy, by directive."""
    parts = [part.strip().partition(" ") for part in header.split(";")]
    return {name: sources for name, _, sources in parts}


async def test_the_page_lets_nothing_in_but_what_this_server_sends(server: Server) -> None:
    response = await server.request("GET", "chat-sessions/lesson", headers=server.token)
    assert policy(response.headers["Content-Security-Policy"]) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "media-src": "'self' blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "frame-src": "blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'self'",
    }


async def test_the_page_tells_nobody_where_it_is_and_keeps_to_itself(server: Server) -> None:
    response = await server.request("GET", "chat-sessions/lesson", headers=server.token)
    told = {
        name: response.headers[name]
        for name in (
            "Referrer-Policy",
            "Cross-Origin-Opener-Policy",
            "Cache-Control",
            "X-Content-Type-Options",
            "Content-Type",
        )
    }
    assert told == {
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Content-Type": "text/html; charset=UTF-8",
    }


async def test_the_page_fits_its_own_policy(server: Server) -> None:
    page = (await server.request("GET", "chat-sessions/lesson", headers=server.token)).body.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, flags=re.DOTALL)
    assert [("src=" in attributes or 'type="application/json"' in attributes) for attributes, _ in scripts] == [
        True
    ] * 2
    assert "style=" not in page
    assert "<style" not in page
    assert not re.search(r"\son\w+=", page)


async def test_what_the_page_loads_is_served(server: Server) -> None:
    page = (await server.request("GET", "chat-sessions/lesson", headers=server.token)).body.decode()
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 2 + len(static_imports("page.js"))
    for address in addresses:
        assert address.startswith(f"{server.base_url}static/jupyter_chat_sessions/")
        response = await server.request("GET", address.removeprefix(server.base_url), headers=server.token)
        assert response.code == 200, address


async def test_the_page_asks_at_once_for_all_that_its_script_begins_with(server: Server) -> None:
    page = (await server.request("GET", "chat-sessions/lesson", headers=server.token)).body.decode()
    preloaded = set(re.findall(r'rel="modulepreload" href="[^"]*/static/jupyter_chat_sessions/([^"]+)"', page))
    imported = set(re.findall(r'(?:from|import)"\./([^"]+)"', static_text("page.js")))
    assert imported
    assert imported <= preloaded
    assert not any("highlight" in name or "math" in name for name in preloaded), "what is not needed yet can wait"


@pytest.mark.parametrize("channel", ["lesson", "Über uns 1", "a.b-c_d"])
async def test_the_page_knows_its_channel_published_or_not(server: Server, channel: str) -> None:
    response = await server.request("GET", f"chat-sessions/{quote(channel)}", headers=server.token)
    config = re.search(r'id="chat-sessions-config">(.*?)</script>', response.body.decode())
    assert config is not None
    told = json.loads(config.group(1))
    assert (told["channel"], told["baseUrl"]) == (channel, server.base_url)
    assert f"<title>{channel}</title>" in response.body.decode()


@pytest.mark.parametrize("channel", ["<script>alert(1)", "</script>", '"', " lead", "x" * 101, "a&b"])
async def test_what_is_no_channel_name_has_no_page(server: Server, channel: str) -> None:
    response = await server.request("GET", f"chat-sessions/{quote(channel, safe='')}", headers=server.token)
    assert response.code == 404
    assert "<script>alert" not in response.body.decode()


async def test_no_secret_stands_in_the_page(server: Server) -> None:
    page = (await server.request("GET", "chat-sessions/lesson", headers=server.token)).body.decode()
    assert str(server.app.identity_provider.token) not in page
    assert server.host_token["Authorization"].removeprefix("chat-host ") not in page


async def test_images_of_other_servers_are_loaded_only_where_the_author_says_so(server: Server) -> None:
    async with a_host(server, ChannelSettings(name="pictures", title="Pictures", allow_remote_images=True)):
        pages = [
            await server.request("GET", f"chat-sessions/{name}", headers=server.token)
            for name in ("pictures", "lesson")
        ]
    loose, strict = (policy(page.headers["Content-Security-Policy"]) for page in pages)
    assert loose["img-src"] == "'self' data: blob: https:"
    assert {**loose, "img-src": strict["img-src"]} == strict
