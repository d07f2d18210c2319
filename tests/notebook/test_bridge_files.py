"""Files of a widget's pages where there is no server: the same checks, in pieces that messages can carry."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any
from uuid import uuid4

import pytest
from test_bridge import Page, opened

from jupyter_chat_sessions.notebook import bridge_files
from jupyter_chat_sessions.testing import Stage


async def ask(page: Page, kind: str, created: dict[str, Any], **body: Any) -> dict[str, Any]:
    """Ask the kernel something, and return its answer."""
    request = str(uuid4())
    opens = {"session": created["session"], "secret": created["secret"]}
    page.bridge.receive({"kind": kind, "request": request, "body": {**opens, **body}})
    return await page.first(kind=kind, request=request)


async def give(page: Page, created: dict[str, Any], *pieces: bytes, size: int | None = None) -> dict[str, Any]:
    """Give a file in pieces, and return the last answer."""
    size = sum(map(len, pieces)) if size is None else size
    answer = await ask(page, "upload", created, name="../a.txt", mime="", size=size)
    file = answer["body"].get("file")
    for piece in pieces:
        answer = await ask(page, "upload_piece", created, file=file, data=b64encode(piece).decode())
    return answer


def files_of(stage: Stage, created: dict[str, Any]) -> list[bool]:
    """Return whether each upload of the session is whole."""
    session = stage.embedded.hub._sessions[created["session"]]
    return [upload.is_whole for upload in session.files.every_upload]


async def test_a_file_is_given_in_pieces_and_fetched_in_pieces_once_it_is_said() -> None:
    async with opened() as (stage, page, created):
        given = await give(page, created, b"one ", b"two")
        assert given["status"] == 200
        described = given["body"]
        assert (described["name"], described["mime"], described["bytes"]) == ("a.txt", "text/plain", 7)
        assert (await ask(page, "files", created))["body"] == {"files": [described]}
        unsaid = await ask(page, "file", created, file=described["file"], offset=0)
        assert (unsaid["status"], unsaid["body"]["code"]) == (404, "unknown_file")
        session = stage.embedded.hub._sessions[created["session"]]
        session.files.take([described["file"]])
        session.files.said([described["file"]])
        piece = await ask(page, "file", created, file=described["file"], offset=4)
        assert (b64decode(piece["body"]["data"]), piece["body"]["isLast"]) == (b"two", True)


async def test_what_is_more_than_was_said_leaves_nothing() -> None:
    async with opened() as (stage, page, created):
        answer = await give(page, created, b"one", b"too much", size=5)
        assert (answer["status"], answer["body"]["code"]) == (403, "malformed")
        assert files_of(stage, created) == []


async def test_an_upload_of_a_page_that_is_gone_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_files, "SILENCE_S", 0.0)
    async with opened() as (stage, page, created):
        begun = await ask(page, "upload", created, name="a.txt", mime="", size=5)
        late = await ask(page, "upload_piece", created, file=begun["body"]["file"], data="")
        assert late["body"]["code"] == "conflict"
        assert files_of(stage, created) == []


async def test_no_request_about_files_is_answered_without_the_sessions_secret() -> None:
    async with opened() as (_, page, created):
        file = (await give(page, created, b"mine"))["body"]["file"]
        stranger = {**created, "secret": "guessed"}
        asked = [
            await ask(page, "files", stranger),
            await ask(page, "file", stranger, file=file, offset=0),
            await ask(page, "upload", stranger, name="a", mime="", size=1),
            await ask(page, "upload_piece", stranger, file=file, data=""),
            await ask(page, "remove_file", stranger, file=file),
        ]
        assert {answer["body"]["code"] for answer in asked} == {"unknown_session"}
        removed = await ask(page, "remove_file", created, file=file)
        assert removed["status"] == 200
        again = await ask(page, "remove_file", created, file=file)
        assert again["body"]["code"] == "unknown_file"
