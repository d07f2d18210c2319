"""Files between a widget's pages and the hub inside the kernel: in pieces, each asked for and answered.

The one rule: every request proves itself by the session's secret, as over HTTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from ..hub.hub import Hub
from ..hub.session import Session
from ..hub.uploads import Upload
from ..protocol.errors import RefusedError
from ..protocol.frames import FILE_PIECE_BYTES

SILENCE_S = 60.0
"""An upload of which nothing more has come for so long is cut, in seconds: a page that is gone does not say so."""


class BridgeFiles:
    """Answers what pages ask about files. On the hub's loop.

    Args:
        hub: The hub.
        loop: Its loop.
        find_session: Returns the session that an id and a secret open; raises `RefusedError`.
    """

    def __init__(
        self, hub: Hub, loop: asyncio.AbstractEventLoop, *, find_session: Callable[[str, str], Session]
    ) -> None:
        self._hub = hub
        self._loop = loop
        self._find_session = find_session
        self._arriving: dict[str, tuple[Upload, asyncio.TimerHandle]] = {}

    async def answer(self, kind: str, body: Any) -> dict[str, Any]:
        """Return the answer to a request.

        Raises:
            ValidationError: It cannot be read.
            RefusedError: It is turned down.
        """
        match kind:
            case "file":
                return await self._piece(msgspec.convert(body, _WantedPiece))
            case "files":
                wanted = msgspec.convert(body, _OfSession)
                every = self._find_session(wanted.session, wanted.secret).files.every_upload
                return {"files": [_described(upload) for upload in every if upload.is_whole]}
            case "upload":
                return self._begin(msgspec.convert(body, _BegunUpload))
            case "upload_piece":
                return await self._take(msgspec.convert(body, _GivenPiece))
            case _:
                removed = msgspec.convert(body, _OfFile)
                if not self._find_session(removed.session, removed.secret).files.discard(removed.file):
                    raise _unknown_file()
                return {}

    async def _piece(self, wanted: _WantedPiece) -> dict[str, Any]:
        path = self._find_session(wanted.session, wanted.secret).files.path(wanted.file)

        def read() -> tuple[bytes, int]:
            with path.open("rb") as file:
                file.seek(wanted.offset)
                return file.read(FILE_PIECE_BYTES), path.stat().st_size

        try:
            data, size = await asyncio.to_thread(read)
        except OSError:
            raise _unknown_file() from None
        return {"data": msgspec.to_builtins(data), "isLast": wanted.offset + len(data) >= size}

    def _begin(self, begun: _BegunUpload) -> dict[str, Any]:
        session = self._find_session(begun.session, begun.secret)
        upload = session.files.begin_upload(
            name=begun.name, mime=begun.mime, size=begun.size, question_id=begun.question, client_id=begun.client
        )
        self._wait_for_more(session, upload)
        return {"file": upload.id}

    async def _take(self, given: _GivenPiece) -> dict[str, Any]:
        session = self._find_session(given.session, given.secret)
        upload, silence = self._arriving.get(given.file, (None, None))
        if upload is None or silence is None or upload not in session.files.every_upload:
            raise RefusedError("conflict", "This file is not expected any more. Attach it again.")
        silence.cancel()
        del self._arriving[given.file]
        try:
            await asyncio.to_thread(upload.write, given.data)
            if upload.received == upload.size:
                await asyncio.to_thread(upload.finish)
                return _described(upload)
        except RefusedError:
            session.files.discard(upload.id)
            raise
        self._wait_for_more(session, upload)
        return {}

    def _wait_for_more(self, session: Session, upload: Upload) -> None:
        def give_up() -> None:
            self._arriving.pop(upload.id, None)
            session.files.discard(upload.id)

        self._arriving[upload.id] = upload, self._loop.call_later(SILENCE_S, give_up)


class _OfSession(Struct):
    session: str
    secret: str


class _OfFile(_OfSession):
    file: str


class _WantedPiece(_OfFile):
    offset: int


class _BegunUpload(_OfSession):
    name: str
    mime: str
    size: int
    question: str | None = None
    client: str | None = None


class _GivenPiece(_OfFile):
    data: bytes


def _described(upload: Upload) -> dict[str, Any]:
    return {
        "file": upload.id,
        "name": upload.name,
        "mime": upload.mime,
        "bytes": upload.size,
        "questionId": upload.question_id,
        "client": upload.client_id,
    }


def _unknown_file() -> RefusedError:
    return RefusedError("unknown_file", "There is no such file here.")
