"""Files over HTTP: checked before they are read, whole or not at all, and given back as nothing that a browser runs."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from tornado.httpclient import HTTPResponse

from jupyter_chat_sessions.hub.file_store import data_directory
from jupyter_chat_sessions.protocol.frames import ChannelSettings, PutFile, PutQuestion, PutStep, SendMessage
from jupyter_chat_sessions.protocol.steps import Question, Step, Uploads

from .callers import API, DEADLINE_S, Browser, Server, SocketTab, a_host


async def give(
    browser: Browser,
    created: Mapping[str, str],
    content: bytes = b"content",
    *,
    name: str = "notes.txt",
    mime: str = "text/plain",
    query: str = "",
    secret: str | None = None,
) -> HTTPResponse:
    """Give a file as a page does."""
    return await browser.request(
        "POST",
        f"sessions/{created['session']}/files{query}",
        secret=created["secret"] if secret is None else secret,
        body=content,
        headers={"X-Chat-File-Name": quote(name, safe="", errors="replace"), "Content-Type": mime},
    )


async def fetch(browser: Browser, created: Mapping[str, str], file: str) -> HTTPResponse:
    return await browser.request("GET", f"sessions/{created['session']}/files/{file}", secret=created["secret"])


def told(response: HTTPResponse) -> tuple[int, str]:
    """Return status and code of a refusal, which has a sentence."""
    body = json.loads(response.body)
    assert body["text"]
    return response.code, body["code"]


def on_disk() -> list[Path]:
    """Every file that the server keeps, whole or not."""
    # Not `rglob`: it fails where a folder goes while it looks, and the server's own thread takes folders away.
    return sorted(Path(folder) / name for folder, _, names in os.walk(data_directory() / "files") for name in names)


async def say_with(tab: SocketTab, *files: str) -> Step:
    """Say something with files and return the step that it becomes."""
    command = SendMessage(client_id=str(uuid4()), text="Look", files=list(files))
    for frame in tab.viewing.command(command):
        await tab.line.put(frame)
    await tab.until(lambda: tab.viewing.is_quiet)
    (step,) = [step for step in tab.viewing.conversation.steps if step.client_id == command.client_id]
    return step


async def test_what_is_given_stands_with_what_is_said_and_can_be_fetched(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        tab = await alice.tab(created)
        content = bytes(range(256)) * 4096
        response = await give(alice, created, content, name="Größe ½.bin", mime="application/x-thing; v=1")
        given = json.loads(response.body)
        assert response.code == 201
        assert given == {
            "file": given["file"],
            "name": "Größe ½.bin",
            "mime": "application/x-thing",
            "bytes": len(content),
        }
        step = await say_with(tab, given["file"])
        (element,) = step.elements
        assert (element.name, element.file, element.bytes) == ("Größe ½.bin", given["file"], len(content))
        assert (await fetch(alice, created, given["file"])).body == content


async def test_a_file_is_given_back_as_a_download_that_no_browser_runs(server: Server) -> None:
    async with a_host(server) as host:
        alice = await server.browser()
        created = await alice.create()
        tab = await alice.tab(created)
        file = str(uuid4())
        page = b"<script>alert(1)</script>"
        await host.say(PutFile(session=created["session"], file=file, offset=0, data=page, is_last=True))
        await tab.ask("Hello")
        response = await fetch(alice, created, file)
        assert response.body == page
        headers = response.headers
        assert headers["Content-Type"] == "application/octet-stream"
        assert headers["Content-Disposition"] == "attachment"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers.get_list("Content-Security-Policy") == ["sandbox; default-src 'none'"]
        assert headers["Cache-Control"] == "no-store"


async def test_a_file_of_one_session_is_refused_to_another(server: Server) -> None:
    async with a_host(server):
        alice, bob = await server.browser(), await server.browser()
        hers, also_hers, his = await alice.create(), await alice.create(), await bob.create()
        tab = await alice.tab(hers)
        file = json.loads((await give(alice, hers)).body)["file"]
        for browser, session in ((alice, also_hers), (bob, his)):
            delete = await browser.request(
                "DELETE", f"sessions/{session['session']}/files/{file}", secret=session["secret"]
            )
            assert told(delete) == (404, "unknown_file")
        await say_with(tab, file)
        assert (await fetch(alice, hers, file)).code == 200
        assert told(await fetch(alice, also_hers, file)) == (404, "unknown_file")
        assert told(await fetch(bob, his, file)) == (404, "unknown_file")
        assert told(await fetch(bob, hers, file)) == (404, "unknown_session")


async def test_what_was_given_and_not_said_can_be_listed_and_taken_back(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        client = str(uuid4())
        given = json.loads((await give(alice, created, query=f"?client={client}")).body)
        assert given["client"] == client
        path = f"sessions/{created['session']}/files"
        listed = await alice.request("GET", path, secret=created["secret"])
        assert json.loads(listed.body) == {"files": [given]}
        # Its viewer may never have heard the answer: its own id for it does as well.
        taken_back = await alice.request("DELETE", f"{path}/{client}", secret=created["secret"])
        assert taken_back.code == 204
        assert on_disk() == []
        again = await alice.request("DELETE", f"{path}/{given['file']}", secret=created["secret"])
        assert told(again) == (404, "unknown_file")


async def test_what_is_given_a_second_time_replaces_the_first(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        client = str(uuid4())
        for content in (b"first", b"second"):
            assert (await give(alice, created, content, query=f"?client={client}")).code == 201
        await until(lambda: [path.read_bytes() for path in on_disk()] == [b"second"])


LIMITED = ChannelSettings(name="lesson", title="Lesson", uploads=Uploads(accept=["image/*"], max_files=1, max_bytes=10))


async def test_a_file_that_is_not_taken_is_refused_with_a_sentence(server: Server) -> None:
    async with a_host(server, LIMITED):
        alice = await server.browser()
        created = await alice.create()
        image = {"name": "a.png", "mime": "image/png"}
        assert told(await give(alice, created, b"", **image)) == (400, "malformed")
        assert told(await give(alice, created, bytes(11), **image)) == (413, "too_large")
        assert told(await give(alice, created, bytes(300_000), **image)) == (413, "too_large")
        assert told(await give(alice, created, name="a.exe", mime="application/x-msdownload")) == (409, "conflict")
        assert told(await give(alice, created, query="?client=../../etc", **image)) == (400, "malformed")
        assert told(await give(alice, created, query=f"?question={uuid4()}", **image)) == (409, "question_closed")
        assert (await give(alice, created, **image)).code == 201
        assert told(await give(alice, created, **image)) == (429, "busy")
        assert len(on_disk()) == 1


async def test_a_chat_without_files_takes_none(server: Server) -> None:
    async with a_host(server, ChannelSettings(name="lesson", title="Lesson", uploads=None)):
        alice = await server.browser()
        assert told(await give(alice, await alice.create())) == (403, "forbidden")


async def test_a_question_takes_the_files_that_it_asks_for_whatever_the_chat_takes(server: Server) -> None:
    async with a_host(server, ChannelSettings(name="lesson", title="Lesson", uploads=None)) as host:
        alice = await server.browser()
        created = await alice.create()
        tab = await alice.tab(created)
        asking = Step(id=str(uuid4()), type="assistant_message", name="Bot", output="Your data?")
        uploads = Uploads(accept=[".csv"], max_files=1)
        question = Question(id=str(uuid4()), step_id=asking.id, kind="file", uploads=uploads)
        await host.emit(created["session"], PutStep(step=asking), PutQuestion(question=question))
        await tab.until(lambda: bool(tab.viewing.conversation.questions))
        query = f"?question={question.id}"
        assert told(await give(alice, created, name="a.txt", query=query)) == (409, "conflict")
        given = await give(alice, created, name="A.CSV", query=query)
        assert given.code == 201
        assert json.loads(given.body)["questionId"] == question.id
        assert told(await give(alice, created, name="b.csv", query=query)) == (429, "busy")


class RawUpload:
    """A request that a test writes piece by piece."""

    def __init__(self, browser: Browser, created: Mapping[str, str], headers: Mapping[str, str]) -> None:
        address = f"127.0.0.1:{browser.server.app.port}"
        self._port = browser.server.app.port
        fields = {
            "Host": address,
            **browser.own_page,
            "X-Chat-Session-Secret": created["secret"],
            "X-Chat-File-Name": "big.bin",
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        path = f"{browser.server.base_url}{API}/sessions/{created['session']}/files"
        self._head = f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode()

    async def __aenter__(self) -> RawUpload:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        await self.write(self._head)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def status(self) -> int:
        line = await asyncio.wait_for(self._reader.readline(), DEADLINE_S)
        return int(line.split()[1])

    def cut(self) -> None:
        self._writer.transport.abort()


async def test_what_is_too_large_is_refused_before_a_byte_of_it_is_read(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        async with RawUpload(alice, created, {"Content-Length": str(10**12)}) as upload:
            assert await upload.status() == 413
        async with RawUpload(alice, created, {"Content-Length": str(10**12), "Expect": "100-continue"}) as upload:
            assert await upload.status() == 413
        async with RawUpload(alice, created, {"Transfer-Encoding": "chunked"}) as upload:
            assert await upload.status() == 411
        async with RawUpload(alice, created, {}) as upload:
            assert await upload.status() == 411
        assert on_disk() == []


async def test_of_an_upload_that_is_cut_nothing_stays(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        session = server.hub._sessions[created["session"]]
        async with RawUpload(alice, created, {"Content-Length": "1000000"}) as upload:
            await upload.write(bytes(500_000))
            await until(lambda: bool(on_disk()))
            assert [one.is_whole for one in session.files.every_upload] == [False]
            upload.cut()
            await until(lambda: not session.files.every_upload)
        await until(lambda: not on_disk())
        # And it does not count any more.
        assert (await give(alice, created)).code == 201


async def test_of_an_upload_nothing_stays_when_its_session_ends_meanwhile(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        async with RawUpload(alice, created, {"Content-Length": "1000000"}) as upload:
            await upload.write(bytes(500_000))
            await until(lambda: bool(on_disk()))
            await alice.request("DELETE", f"sessions/{created['session']}", secret=created["secret"])
            await upload.write(bytes(500_000))
            assert await upload.status() == 409
        await until(lambda: not on_disk())


async def until(condition: object) -> None:
    """Let the server go on until something is true."""
    assert callable(condition)
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\evil.exe", "evil.exe"),
        ("..", "file"),
        ("", "file"),
        ("a\x00b\r\nX-Evil: 1.txt", "abX-Evil: 1.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        ("<img src=x onerror=alert(1)>.png", "<img src=x onerror=alert(1)>.png"),
        ("%2e%2e%2fpasswd", "%2e%2e%2fpasswd"),
        ("x" * 4000 + ".txt", "x" * 251 + ".txt"),
    ],
)
async def test_a_hostile_name_is_text_and_no_path(server: Server, name: str, shown: str) -> None:
    async with a_host(server):
        alice = await server.browser()
        response = await give(alice, await alice.create(), name=name)
        assert json.loads(response.body)["name"] == shown
        (path,) = on_disk()
        assert path.name == f"{json.loads(response.body)['file']}.held"
