"""How a viewer of each contestant speaks: what it opens, what it says, and what the answers mean.

A dialect is one viewer's. It reads each message with the same JSON decoder, so that none is heavier on the load client
than it has to be, and tells its viewer of two things only: text that came, and that a reply is complete.
"""

from __future__ import annotations

import json
from typing import Any, Protocol
from uuid import uuid4

import msgspec

from ..chaos.scene import CHANNEL
from ..chaos.server import TOKEN
from .http import HttpLine

decode = msgspec.json.decode


class Ear(Protocol):
    """Who listens to a dialect."""

    def on_text(self, text: str) -> None:
        """A part of a reply came."""

    def on_reply(self, text: str | None) -> None:
        """A reply is complete; its text, where it is said again at the end."""


class Dialect(Protocol):
    """One viewer's way to speak."""

    path: str
    headers: dict[str, str]

    async def prepare(self, line: HttpLine) -> None:
        """Do what is done over HTTP before the socket is opened."""

    def hello(self) -> list[bytes]:
        """Return what is said first."""

    def say(self, text: str) -> bytes:
        """Return a user's message."""

    def read(self, data: bytes, ear: Ear) -> list[bytes]:
        """Take a message apart; return what has to be said to it."""


class Ours:
    """Jupyter Chat Sessions."""

    path = "/api/chat-sessions/viewer"

    def __init__(self) -> None:
        self.headers = {"Authorization": f"token {TOKEN}"}
        self._hello: dict[str, Any] = {"type": "hello", "v": 1}
        self._begin = {"type": "begin", "v": 1, "channel": CHANNEL}

    async def prepare(self, line: HttpLine) -> None:
        """Nothing has to be done."""

    def as_new(self) -> Ours:
        """Return a viewer of the same session that has read nothing yet."""
        new = Ours()
        new._hello |= {key: self._hello[key] for key in ("session", "secret")}
        return new

    def hello(self) -> list[bytes]:
        """Ask for a session, or say which one, and how far it was read."""
        return [json.dumps([self._hello if "session" in self._hello else self._begin]).encode()]

    def say(self, text: str) -> bytes:
        """Send a message under an id of its own."""
        return json.dumps([{"type": "message", "clientId": str(uuid4()), "text": text}]).encode()

    def read(self, data: bytes, ear: Ear) -> list[bytes]:
        """See `Dialect.read`."""
        frames = decode(data)
        for frame in frames:
            match frame["type"]:
                case "event":
                    self._hello["lastSeq"] = frame["seq"]
                    self._on_event(frame["event"], ear)
                case "begun":
                    self._hello |= {"session": frame["session"], "secret": frame["secret"]}
                    if len(frames) == 1:  # it was once that a hello had to follow
                        return self.hello()
                case "welcome":
                    self._hello |= {"epoch": frame["epoch"]}
                    snapshot = frame.get("snapshot")
                    if snapshot is not None:
                        self._hello["lastSeq"] = frame["seq"]
                        for step in snapshot.get("steps", []):
                            self._on_event({"type": "put_step", "step": step}, ear)
                    elif frame["seq"] == self._hello["lastSeq"]:
                        ear.on_reply(None)  # it is whole again
                case "error" | "bye":
                    raise RuntimeError(f"{frame}")
        return []

    def _on_event(self, event: dict[str, Any], ear: Ear) -> None:
        match event["type"]:
            case "append_text":
                ear.on_text(event["text"])
            case "finish_step":
                ear.on_reply(None)
            case "put_step":
                step = event["step"]
                if step["type"] == "assistant_message":
                    if step.get("streaming"):
                        ear.on_text(step.get("output", ""))
                    else:
                        ear.on_reply(step["output"])


class Chainlit:
    """Chainlit: Socket.IO over Engine.IO 4."""

    path = "/ws/socket.io/?EIO=4&transport=websocket"

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self._session = str(uuid4())

    async def prepare(self, line: HttpLine) -> None:
        """Nothing has to be done."""

    def hello(self) -> list[bytes]:
        """Wait for Engine.IO to open."""
        return []

    def say(self, text: str) -> bytes:
        """Emit a `client_message`."""
        message = {"id": str(uuid4()), "name": "user", "type": "user_message", "output": text, "threadId": ""}
        message["createdAt"] = "2026-01-01T00:00:00.000Z"
        return b"42" + json.dumps(["client_message", {"message": message, "fileReferences": []}]).encode()

    def read(self, data: bytes, ear: Ear) -> list[bytes]:
        """See `Dialect.read`."""
        match data[:2]:
            case b"42":
                event, *given = decode(data[2:])
                match event:
                    case "stream_start":
                        ear.on_text(given[0]["output"])
                    case "stream_token":
                        ear.on_text(given[0]["token"])
                    case "new_message" | "update_message" if given[0]["type"] == "assistant_message":
                        ear.on_reply(given[0]["output"])
                return []
            case b"2":
                return [b"3"]
            case b"40":
                return [b'42["connection_successful"]']
            case _ if data[:1] == b"0":
                auth = {"clientType": "webapp", "sessionId": self._session, "threadId": "", "userEnv": "{}"}
                return [b"40" + json.dumps(auth).encode()]
            case _:
                raise RuntimeError(data[:200].decode())


class Relay:
    """The raw relay."""

    path = "/viewer"

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    async def prepare(self, line: HttpLine) -> None:
        """Nothing has to be done."""

    def hello(self) -> list[bytes]:
        """Say nothing."""
        return []

    def say(self, text: str) -> bytes:
        """Say it."""
        return text.encode()

    def read(self, data: bytes, ear: Ear) -> list[bytes]:
        """See `Dialect.read`."""
        for kind, text in decode(data):
            match kind:
                case "token":
                    ear.on_text(text)
                case _:
                    ear.on_reply(text or None)
        return []


class Jupyter(Relay):
    """A bare socket of a Jupyter server: the greeting alone, in the relay's words."""

    path = "/bare"

    def __init__(self) -> None:
        self.headers = {"Authorization": f"token {TOKEN}"}


DIALECTS: dict[str, type[Ours | Chainlit | Relay]] = {
    "ours": Ours,
    "chainlit": Chainlit,
    "relay": Relay,
    "jupyter": Jupyter,
}
