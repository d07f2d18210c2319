"""A line for HTTP requests, one after the other: as little as a load client needs."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self


class HttpLine:
    """A connection that stays open between requests.

    Args:
        port: Where the server listens.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def post(self, path: str, body: Any, *, headers: dict[str, str]) -> Any:
        """Send JSON; return the JSON that is answered.

        Raises:
            RuntimeError: The answer is no success.
        """
        content = json.dumps(body).encode()
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(content)}", "", ""]
        self._writer.write("\r\n".join(lines).encode() + content)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        status, *fields = head.split("\r\n")
        by_name = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
        answer = await self._reader.readexactly(int(by_name.get("content-length", "0")))
        if not status.split()[1].startswith("2"):
            raise RuntimeError(f"{status}: {answer[:300]!r}")
        return json.loads(answer)
