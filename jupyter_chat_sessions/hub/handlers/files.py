"""Files between a viewer and the hub.

The one rule: what is given is checked by what its headers say before its body is read, and what is fetched is a
download that no browser runs.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import BinaryIO, ClassVar
from urllib.parse import unquote

from tornado import web
from tornado.iostream import StreamClosedError

from ...protocol.errors import RefusedError
from ...protocol.steps import is_id
from ..session import Session
from ..uploads import UNKNOWN_MIME, Upload
from .base import MAX_BODY_BYTES, ErrorBody, Refusal, refusals
from .operations import Content, Operation, UploadedBody, UploadedFiles
from .ranges import OutsideError, Part, part_of
from .rest import RestHandler

NAME_HEADER = "X-Chat-File-Name"
CHUNK_BYTES = 256 * 1024
"""Bytes of a file that are read and sent at a time."""


@web.stream_request_body
class FilesHandler(RestHandler):
    """What a viewer gives: said later with a message, or as the answer to a question."""

    operations: ClassVar = {
        "get": Operation("List what was given in a session and not said yet", UploadedFiles, needs_secret=True),
        "post": Operation(
            "Give a file, to be said with a message or as the answer to a question",
            UploadedBody,
            status=201,
            body=Content,
            query={"question": "string", "client": "string"},
            headers={NAME_HEADER: "string"},
            needs_secret=True,
        ),
    }

    _session: Session
    _upload: Upload | None = None
    _refusal: Refusal | None = None
    """Told once the body is over: it was small, or on its way."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Let in who may chat; of who gives something, check what it is before its body is read.

        Raises:
            Refusal: It is not taken. A small body is read all the same and thrown away: who still writes when the line
                is closed may never read why.
        """
        await super().prepare()
        if self.request.method != "POST":
            return
        size = 0
        try:
            self._session = await self.own_session(self.path_kwargs["session_id"])
            size = self._announced_size()
            with refusals():
                self._upload = self._begin_upload(size)
        except Refusal as refusal:
            if not 0 < size <= MAX_BODY_BYTES:
                raise
            self._refusal = refusal
        connection = self.request.connection
        if connection is not None:
            connection.set_max_body_size(size)  # type: ignore[attr-defined]  # of tornado's HTTP/1 connection, the only one
        host = self._session.channel.host if self._upload is not None else None
        self.note_activity(None if host is None else host.kernel_id)

    async def data_received(self, chunk: bytes) -> None:
        """Write what came, off the loop; tornado reads no further meanwhile."""
        if self._upload is None or self._refusal is not None:
            return
        try:
            with refusals():
                await asyncio.to_thread(self._upload.write, chunk)
        except Refusal as refusal:
            self._refusal = refusal
            self._discard()

    def on_connection_close(self) -> None:
        """The line was cut: nothing of what was given stays."""
        self._discard()
        super().on_connection_close()

    @web.authenticated
    async def get(self, session_id: str) -> None:
        """List what was given in a session and not said yet."""
        session = await self.own_session(session_id)
        whole = [upload for upload in session.files.every_upload if upload.is_whole]
        self.answer(UploadedFiles(files=[_body(upload) for upload in whole]))

    @web.authenticated
    async def post(self, session_id: str) -> None:
        """Answer once the file is safely here."""
        upload = self._upload
        if self._refusal is not None or upload is None:
            raise self._refusal or Refusal("malformed", "This request has no body.")
        try:
            with refusals():
                await asyncio.to_thread(upload.finish)
        except Refusal:
            self._discard()
            raise
        self._upload = None  # From now on it is the session's, also when the answer does not come through.
        self.answer(_body(upload), status=201)

    def _begin_upload(self, size: int) -> Upload:
        question_id = self.get_query_argument("question", None)
        client_id = self.get_query_argument("client", None)
        if client_id is not None and is_id(client_id) is None:
            raise RefusedError("malformed", "`client` is a UUID in lower case.")
        return self._session.files.begin_upload(
            name=unquote(self.request.headers.get(NAME_HEADER, ""), errors="replace"),
            mime=self.request.headers.get("Content-Type", ""),
            size=size,
            question_id=question_id,
            client_id=client_id,
        )

    def _announced_size(self) -> int:
        length = self.request.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.request.headers or not (length.isascii() and length.isdecimal()):
            raise Refusal("malformed", "Say the file's size in a `Content-Length` header.", status=411)
        return int(length)

    def _discard(self) -> None:
        if self._upload is not None:
            self._session.files.discard(self._upload.id)


class FileHandler(RestHandler):
    """A file of a session's conversation, or one that was given and is not said yet."""

    operations: ClassVar = {
        "get": Operation("Return a file of a conversation, or the part that `Range` says", Content, needs_secret=True),
        "delete": Operation("Remove what was given and not said yet", None, status=204, needs_secret=True),
    }

    @web.authenticated
    async def get(self, session_id: str, file_id: str) -> None:
        """Return a file of a conversation, or a part of it, as bytes to be saved: whoever shows it knows what it is."""
        session = await self.own_session(session_id)
        if session.files.is_unsettled(file_id):
            await session.files.settled()
        with refusals():
            path = session.files.path(file_id)
        file, size = await asyncio.to_thread(_opened, path)
        try:
            self.set_header("Content-Disposition", "attachment")
            self.set_header("Content-Security-Policy", "sandbox; default-src 'none'")
            self.set_header("X-Content-Type-Options", "nosniff")
            self.set_header("Accept-Ranges", "bytes")
            try:
                part = self._wanted_part(size)
            except OutsideError:
                self.set_header("Content-Range", f"bytes */{size}")
                self.answer(ErrorBody(code="malformed", text=f"The file has only {size:,} bytes."), status=416)
                return
            if part is not None:
                self.set_status(206)
                self.set_header("Content-Range", part.content_range(size))
            start, left = part or (0, size)
            self.set_header("Content-Type", UNKNOWN_MIME)
            self.set_header("Content-Length", left)
            self.set_header("Cache-Control", "no-store")
            await asyncio.to_thread(file.seek, start)
            while chunk := await asyncio.to_thread(file.read, min(CHUNK_BYTES, left)):
                left -= len(chunk)
                self.write(chunk)
                await self.flush()
        except StreamClosedError:
            return  # Whoever asked has gone away.
        finally:
            await asyncio.to_thread(file.close)
        self.finish()

    @web.authenticated
    async def delete(self, session_id: str, file_id: str) -> None:
        """Remove what was given and not said yet, by its id or the one that its viewer gave it."""
        session = await self.own_session(session_id)
        if not session.files.discard(file_id):
            raise Refusal("unknown_file", "There is no such file here, or it is part of the conversation.")
        await session.files.settled()  # whoever hears that it is gone may count on that
        self.set_status(204)
        self.finish()

    def _wanted_part(self, size: int) -> Part | None:
        """Return the part that is asked for. One that depends on a mark (`If-Range`) is none: no file has one here."""
        headers = self.request.headers
        return None if "If-Range" in headers else part_of(headers.get("Range"), size)


def _opened(path: Path) -> tuple[BinaryIO, int]:
    """Open a file, and return its size.

    Raises:
        Refusal: It has just gone.
    """
    try:
        return path.open("rb"), path.stat().st_size
    except OSError:
        raise Refusal("unknown_file", "There is no such file here.") from None


def _body(upload: Upload) -> UploadedBody:
    return UploadedBody(
        file=upload.id,
        name=upload.name,
        mime=upload.mime,
        bytes=upload.size,
        question_id=upload.question_id,
        client=upload.client_id,
    )
