"""A viewer without manners: a plain socket that says what it is told to, and reads only when it is told to.

It knows as much of WebSockets as that takes: whole text frames, masked with zeros, and the code of a close frame.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
from collections.abc import Iterator
from typing import Any, Self

from jupyter_chat_sessions.protocol.frames import PROTOCOL_VERSION, Frame, Hello, encode_message

from .server import LIMIT_S, TOKEN

_TEXT, _CLOSE = 1, 8
_HANDSHAKE = (
    "GET /api/chat-sessions/viewer HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: token {token}\r\n\r\n"
)


class RawClient:
    """A connection of a viewer, let in by its hello.

    Args:
        port: Where the server listens.
        credentials: The session's id and secret.
        receive_bytes: How much the system may keep for it unread; as much as it likes by default.
        version: The protocol's, as it says.
        is_silent: It says no hello.

    Attributes:
        close_code: With what the server has closed; None before it has.
    """

    def __init__(
        self,
        port: int,
        credentials: tuple[str, str],
        *,
        receive_bytes: int | None = None,
        version: int = PROTOCOL_VERSION,
        is_silent: bool = False,
    ) -> None:
        self.close_code: int | None = None
        self._socket = socket.socket()
        self._socket.settimeout(LIMIT_S)
        if receive_bytes is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)  # before it is announced
        self._socket.connect(("127.0.0.1", port))
        self._incoming = self._socket.makefile("rb", buffering=0)
        self._socket.sendall(_HANDSHAKE.format(port=port, token=TOKEN).encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._take(1)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        session, secret = credentials
        if not is_silent:
            self.say(Hello(v=version, session=session, secret=secret))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave without a word."""
        self._incoming.close()
        self._socket.close()

    def say(self, *frames: Frame) -> None:
        """Send frames as fast as they go, each in a message of its own.

        Raises:
            OSError: The line is gone.
        """
        self._socket.sendall(b"".join(_masked(encode_message([frame])) for frame in frames))

    def send(self, payload: bytes, *, opcode: int = _TEXT) -> None:
        """Send a message, whatever is in it.

        Raises:
            OSError: The line is gone.
        """
        self._socket.sendall(_masked(payload, opcode=opcode))

    def until_welcome(self) -> None:
        """Read the answer to the hello."""
        opcode, payload = self._message()
        assert opcode == _TEXT, payload
        assert json.loads(payload)[0]["type"] == "welcome", payload[:200]

    def hang_up(self) -> None:
        """Close the line, also under somebody who reads from it."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def frames(self) -> Iterator[dict[str, Any]]:
        """Read what comes until the line is closed."""
        while True:
            try:
                opcode, payload = self._message()
            except (EOFError, ConnectionError):
                return
            if opcode == _CLOSE:
                self.close_code = struct.unpack("!H", payload[:2])[0] if payload else None
                return
            if opcode == _TEXT:
                yield from json.loads(payload)

    def _message(self) -> tuple[int, bytes]:
        first, length = self._take(2)
        if length == 126:
            [length] = struct.unpack("!H", self._take(2))
        elif length == 127:
            [length] = struct.unpack("!Q", self._take(8))
        return first & 15, self._take(length)

    def _take(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            part = self._incoming.read(count)
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def _masked(payload: bytes, *, opcode: int = _TEXT) -> bytes:
    head = bytes([0x80 | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    elif len(payload) < 65536:
        head += b"\xfe" + struct.pack("!H", len(payload))
    else:
        head += b"\xff" + struct.pack("!Q", len(payload))
    return head + bytes(4) + payload
