"""The description of the REST interface, held against the handlers both ways."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import jsonschema
from tornado.httpclient import HTTPResponse
from tornado.web import RequestHandler

from jupyter_chat_sessions.hub.handlers.routes import API as API_PATTERN
from jupyter_chat_sessions.hub.handlers.routes import routes
from jupyter_chat_sessions.protocol.frames import PutFile

from .callers import API, Browser, Server, a_host

Operations = set[tuple[str, str]]


def implemented() -> Operations:
    """Every path and method that the handlers have, sockets and pages aside."""
    return {
        (route.path, method.lower())
        for route in routes()
        for method in RequestHandler.SUPPORTED_METHODS
        if route.path is not None and getattr(route.handler, method.lower()) is not RequestHandler._unimplemented_method
    }


def closed(schema: Any) -> Any:
    """Return a schema in which an object has no properties but those described."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {key: closed(part) for key, part in schema.items()}
    return {**parts, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else parts


async def fetch_document(server: Server) -> dict[str, Any]:
    response = await server.request("GET", f"{API}/openapi.json", headers=server.token)
    document: dict[str, Any] = json.loads(response.body)
    return document


class Check:
    """Holds responses against the description, and notes which operations were seen.

    Args:
        document: The description.
        browser: Who asks.
    """

    def __init__(self, document: dict[str, Any], browser: Browser) -> None:
        self.seen: Operations = set()
        self._document = document
        self._browser = browser

    async def call(
        self, method: str, path: str, *, secret: str = "", body: Any = None, query: str = "", **parts: str
    ) -> Any:
        """Call an operation and return its answer."""
        described = self._document["paths"][path][method]
        address = path.removeprefix("/").format(**parts) + query
        response = await self._browser.request(method.upper(), address, secret=secret, body=body)
        answers = described["responses"]
        if response.code >= 400:
            return self._checked(response, answers["default"])
        self.seen.add((path, method))
        assert str(response.code) in answers, response.code
        if body is not None:
            self._validate(body, described["requestBody"])
        return self._checked(response, answers[str(response.code)])

    async def download(self, path: str, query: str, **parts: str) -> None:
        """Fetch a file."""
        described = self._document["paths"][path]["get"]
        response = await self._browser.request("GET", path.removeprefix("/").format(**parts) + query)
        assert response.code == 200
        assert response.headers["Content-Type"] in described["responses"]["200"]["content"]
        assert response.headers["Content-Disposition"].startswith("attachment; ")
        self.seen.add((path, "get"))

    async def upload(self, path: str, content: bytes, *, secret: str, **parts: str) -> Any:
        """Give a file."""
        described = self._document["paths"][path]["post"]
        needed = {one["name"] for one in described["parameters"] if one["in"] == "header" and one["required"]}
        assert needed == {"X-Chat-Session-Secret", "X-Chat-File-Name"}
        assert list(described["requestBody"]["content"]) == ["application/octet-stream"]
        response = await self._browser.request(
            "POST",
            path.removeprefix("/").format(**parts),
            secret=secret,
            body=content,
            headers={"X-Chat-File-Name": "a.txt", "Content-Type": "text/plain"},
        )
        assert response.code == 201
        self.seen.add((path, "post"))
        return self._checked(response, described["responses"]["201"])

    async def read(self, path: str, *, secret: str, **parts: str) -> bytes:
        """Fetch a file of a conversation."""
        described = self._document["paths"][path]["get"]
        response = await self._browser.request("GET", path.removeprefix("/").format(**parts), secret=secret)
        assert response.code == 200
        assert list(described["responses"]["200"]["content"]) == [response.headers["Content-Type"]]
        self.seen.add((path, "get"))
        body: bytes = response.body
        return body

    def _checked(self, response: HTTPResponse, answer: dict[str, Any]) -> Any:
        if "content" not in answer:
            assert response.body == b""
            return None
        value = json.loads(response.body)
        assert response.headers["Content-Type"] == "application/json"
        self._validate(value, answer)
        return value

    def _validate(self, value: Any, described: dict[str, Any]) -> None:
        schema = described["content"]["application/json"]["schema"]
        whole = {**closed(schema), "components": closed(self._document["components"])}
        jsonschema.Draft202012Validator(whole).validate(value)


async def test_every_method_of_every_handler_is_described_and_nothing_else(server: Server) -> None:
    document = await fetch_document(server)
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert described == implemented()
    assert document["servers"] == [{"url": f"{server.base_url}{API_PATTERN}"}]
    assert document["openapi"] == "3.1.0"


async def test_every_operation_says_what_it_does_and_takes(server: Server) -> None:
    document = await fetch_document(server)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            parameters = {parameter["name"]: parameter for parameter in operation.get("parameters", [])}
            assert ("session_id" in parameters) == ("{session_id}" in path)
            assert ("X-Chat-Session-Secret" in parameters) == ("{session_id}" in path)
            assert ("requestBody" in operation) == (method == "post")


async def test_every_schema_that_is_named_is_there(server: Server) -> None:
    document = await fetch_document(server)
    assert references(document) == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def references(value: Any) -> set[str]:
    if isinstance(value, list):
        return {reference for part in value for reference in references(part)}
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
    return own | {reference for part in value.values() for reference in references(part)}


async def test_what_the_server_answers_is_as_described(server: Server) -> None:
    document = await fetch_document(server)
    async with a_host(server) as host:
        check = Check(document, await server.browser())
        created = await check.call(
            "post", "/sessions", body={"channel": "lesson", "language": "de-DE", "userEnv": {"KEY": "x"}}
        )
        session = {"session_id": created["session"], "secret": created["secret"]}
        await check.call("get", "/")
        await check.call("get", "/openapi.json")
        assert [one["name"] for one in (await check.call("get", "/channels"))["channels"]] == ["lesson"]
        assert (await check.call("get", "/channels/{channel}", channel="lesson"))["host"] == "connected"
        assert len((await check.call("get", "/sessions"))["sessions"]) == 1
        await check.call("post", "/sessions/{session_id}/messages", body={"text": "Hello"}, **session)
        asked = await check.call("post", "/sessions/{session_id}/messages", body={"text": "ask"}, **session)
        assert asked["status"] == "asking"
        told = await check.call("get", "/sessions/{session_id}", **session)
        assert told["snapshot"]["questions"] == [asked["question"]]
        steps = await check.call("get", "/sessions/{session_id}/steps", query="?limit=2", **session)
        assert (len(steps["steps"]), steps["earlier"]) == (2, len(told["snapshot"]["steps"]) - 2)
        before = steps["steps"][0]["id"]
        more = await check.call("get", "/sessions/{session_id}/steps", query=f"?before={before}", **session)
        assert more["steps"] + steps["steps"] == told["snapshot"]["steps"]
        files, one_file = "/sessions/{session_id}/files", "/sessions/{session_id}/files/{file_id}"
        given = await check.upload(files, b"content", **session)
        assert (await check.call("get", files, **session))["files"] == [given]
        await check.call("delete", one_file, file_id=given["file"], **session)
        shown = str(uuid4())
        await host.say(PutFile(session=created["session"], file=shown, offset=0, data=b"shown", is_last=True))
        await check.call("post", "/sessions/{session_id}/messages", body={"text": "Hello"}, **session)  # comes after it
        said = await check.upload(files, b"content", **session)
        with_file = {"text": "Look", "files": [said["file"]]}
        await check.call("post", "/sessions/{session_id}/messages", body=with_file, **session)
        assert await check.read(one_file, file_id=shown, **session) == b"shown"
        (thread,) = (await check.call("get", "/threads", query="?channel=lesson"))["threads"]
        assert (thread["thread"], thread["name"]) == (created["threadId"], "Hello")
        await check.download("/threads/{thread_id}/export", "?format=json", thread_id=thread["thread"])
        await check.call("delete", "/sessions/{session_id}", **session)
        again = await check.call(
            "post", "/sessions", body={"channel": "lesson", "userEnv": {"KEY": "x"}, "threadId": thread["thread"]}
        )
        assert again["threadId"] == created["threadId"]
        await check.call("delete", "/threads/{thread_id}", thread_id=thread["thread"])
        assert (await check.call("get", "/threads"))["threads"] == []
        assert check.seen == implemented()


async def test_refusals_are_as_described(server: Server) -> None:
    document = await fetch_document(server)
    check = Check(document, await server.browser())
    refusals = [
        await check.call("get", "/channels/{channel}", channel="nowhere"),
        await check.call("post", "/sessions", body={"channel": "nowhere"}),
        await check.call("post", "/sessions", body={"channel": 1}),
        await check.call("get", "/sessions/{session_id}", session_id=str(uuid4())),
        await check.call("delete", "/sessions/{session_id}", session_id=str(uuid4()), secret="x"),
        await check.call("delete", "/threads/{thread_id}", thread_id=str(uuid4())),
        await check.call("post", "/sessions", body={"channel": "nowhere", "threadId": str(uuid4())}),
        await check.call("get", "/threads", query="?limit=many"),
        await check.call("get", "/threads/{thread_id}/export", query="?format=docx", thread_id=str(uuid4())),
        await check.call("get", "/threads/{thread_id}/export", thread_id=str(uuid4())),
    ]
    assert [refusal["code"] for refusal in refusals] == [
        "unknown_channel",
        "unknown_channel",
        "malformed",
        "unknown_session",
        "unknown_session",
        "unknown_thread",
        "unknown_thread",
        "malformed",
        "malformed",
        "unknown_thread",
    ]
    assert check.seen == set()
