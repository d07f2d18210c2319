"""Files in what is said over HTTP: those that were given for it, once, and a clear word about any other."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from jupyter_chat_sessions.protocol.frames import Deliver, DeliverAnswer
from jupyter_chat_sessions.protocol.steps import Step

from .callers import Browser, Server, a_host
from .test_files import RawUpload, fetch, give, until

JSON, STREAM = "application/json", "text/event-stream"


async def given(browser: Browser, created: dict[str, str], name: str = "notes.txt", *, question: str = "") -> str:
    """Give a file and return its id."""
    query = f"?question={question}" if question else ""
    response = await give(browser, created, name.encode(), name=name, query=query)
    assert response.code == 201
    file: str = json.loads(response.body)["file"]
    return file


async def post(browser: Browser, created: dict[str, str], *, accept: str = JSON, **body: Any) -> tuple[int, Any]:
    """Say something, and return the status and what the session said to it, or why not."""
    response = await browser.request(
        "POST",
        f"sessions/{created['session']}/messages",
        secret=created["secret"],
        body=body,
        headers={"Accept": accept},
    )
    text = response.body.decode()
    if response.code == 200 and accept == STREAM:
        text = text.rstrip("\n").rpartition("event: done\ndata: ")[2]
    return response.code, json.loads(text)


def said(server: Server, created: dict[str, str]) -> list[Step]:
    """Return what the viewer has said, as the hub has it."""
    steps = server.hub._sessions[created["session"]].conversation.steps
    return [step for step in steps if step.type == "user_message"]


@pytest.mark.parametrize("accept", [JSON, STREAM])
async def test_a_message_goes_with_the_files_that_were_given_for_it(server: Server, accept: str) -> None:
    async with a_host(server) as host:
        alice = await server.browser()
        created = await alice.create()
        files = [await given(alice, created, name) for name in ("a.txt", "b.txt")]
        status, reply = await post(alice, created, accept=accept, text="Look", files=files)
        assert (status, reply["status"]) == (200, "done")
        assert [step["output"] for step in reply["steps"]] == ["You said Look"]
        (delivered,) = [frame.step for frame in host.frames if isinstance(frame, Deliver)]
        assert [(each.name, each.file) for each in delivered.elements] == [("a.txt", files[0]), ("b.txt", files[1])]
        assert (await fetch(alice, created, files[0])).body == b"a.txt"


async def test_a_message_may_be_files_alone(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        file = await given(alice, created)
        status, _ = await post(alice, created, files=[file])
        assert status == 200
        assert [[each.file for each in step.elements] for step in said(server, created)] == [[file]]


async def test_a_message_sent_again_with_its_files_is_one_and_with_others_is_refused(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        file, other = await given(alice, created), await given(alice, created)
        message = {"text": "Look", "clientId": str(uuid4())}
        first = await post(alice, created, **message, files=[file])
        assert await post(alice, created, **message, files=[file]) == first
        assert (await post(alice, created, **message, files=[other]))[0] == 409
        assert (await post(alice, created, **message))[0] == 409
        assert len(said(server, created)) == 1


async def test_what_is_not_there_or_anothers_or_not_whole_is_refused_and_the_rest_waits_to_be_said(
    server: Server,
) -> None:
    async with a_host(server):
        alice, bob = await server.browser(), await server.browser()
        hers, his = await alice.create(), await bob.create()
        file, anothers = await given(alice, hers), await given(bob, his)
        gone = (409, {"code": "conflict", "text": "A file is not there any more. Attach it again."})
        for missing in (anothers, str(uuid4())):
            assert await post(alice, hers, text="Look", files=[file, missing]) == gone
        async with RawUpload(alice, hers, {"Content-Length": "1000000"}) as upload:
            await upload.write(bytes(1000))
            files = server.hub._sessions[hers["session"]].files
            await until(lambda: len(files.every_upload) == 2)
            status, refusal = await post(alice, hers, text="Look", files=[files.every_upload[-1].id])
        assert (status, refusal["code"]) == (409, "conflict")
        assert "still on its way" in refusal["text"]
        assert said(server, hers) == []
        assert (await post(alice, hers, text="Look", files=[file]))[0] == 200
        assert await post(alice, hers, text="Again", files=[file]) == gone


async def test_a_question_for_files_is_answered_with_those_that_were_given_for_it(server: Server) -> None:
    async with a_host(server) as host:
        alice = await server.browser()
        created = await alice.create()
        _, asking = await post(alice, created, text="ask for files")
        assert asking["status"] == "asking"
        for_question = await given(alice, created, "a.csv", question=asking["question"]["id"])
        for_message = await given(alice, created, "b.csv")
        status, refusal = await post(alice, created, files=[for_message])
        assert (status, refusal["text"]) == (
            409,
            "b.csv was given for something else than this question. Attach it again.",
        )
        assert (await post(alice, created, text="a text"))[1]["text"] == (
            "This question is answered with files: attach one."
        )
        answer = {"files": [for_question], "clientId": str(uuid4())}
        status, reply = await post(alice, created, **answer)
        assert (status, [step["output"] for step in reply["steps"]]) == (200, ["Hello a.csv"])
        assert await post(alice, created, **answer) == (status, reply)
        other = {**answer, "files": [for_message]}
        assert (await post(alice, created, **other))[1]["code"] == "conflict"
        assert len([frame for frame in host.frames if isinstance(frame, DeliverAnswer)]) == 1


async def test_a_question_for_a_text_takes_no_files_and_they_wait_to_be_said(server: Server) -> None:
    async with a_host(server):
        alice = await server.browser()
        created = await alice.create()
        file = await given(alice, created)
        await post(alice, created, text="ask")
        status, refusal = await post(alice, created, text="Alice", files=[file])
        assert (status, refusal["code"]) == (409, "conflict")
        assert refusal["text"] == "The question that is open takes no files. Answer it first, and send them then."
        assert (await post(alice, created, text="Alice"))[1]["status"] == "done"
        assert (await post(alice, created, text="Look", files=[file]))[0] == 200
