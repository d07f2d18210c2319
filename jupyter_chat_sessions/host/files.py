"""The files of one session, as the host has them: what its viewer gave, and what the author shows.

They travel over the link in pieces, as everything does: in order, sent again after a cut, and without a second way that
would have to be secured. What the viewer gave stands in a temporary folder of the session, which goes with it.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from ..protocol.errors import ChatSessionsError
from ..protocol.frames import FILE_PIECE_BYTES, FilePiece, PutFile, WantFile
from ..protocol.steps import Element

if TYPE_CHECKING:
    from .session import Line


class HostFiles:
    """What a session's handlers read and show as files.

    Args:
        session_id: The session.
        line: The way to the hub.
        max_bytes: The largest file that the hub keeps.
    """

    def __init__(self, session_id: str, line: Line, *, max_bytes: int) -> None:
        self._session_id = session_id
        self._max_bytes = max_bytes
        self._line = line
        self._directory: str | None = None
        self._path_by_id: dict[str, str] = {}
        self._wanted: dict[str, Future[FilePiece]] = {}

    @property
    def directory(self) -> Path:
        """The session's own folder; made when it is asked for."""
        if self._directory is None:
            self._directory = tempfile.mkdtemp(prefix="chat-session-")
        return Path(self._directory)

    def put(self, content: bytes | str | Path) -> str:
        """Let the hub keep a content, and return the id by which viewers ask for it. From any thread; never waits.

        Whoever awaits should wait for `session.room()` afterwards.

        Args:
            content: Bytes, text, or the path of a file.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is larger than the hub keeps.
        """
        file_id = str(uuid4())
        for frame in self._pieces(file_id, content):
            self._line.put(frame)
        return file_id

    async def send(self, content: bytes | str | Path) -> str:
        """Do as `put` does, and wait while too much is on its way."""
        file_id = str(uuid4())
        for frame in self._pieces(file_id, content):
            self._line.put(frame)
            await self._line.room()
        return file_id

    async def fetch(self, element: Element) -> str:
        """Return the path of a file that the viewer gave, once it is here.

        Raises:
            ChatSessionsError: The hub has it no more.
        """
        import asyncio  # here and not above: importing the author's API stays fast

        file_id = element.file
        if file_id is None:
            raise ChatSessionsError(f"{element.name} has no file.")
        known = self._path_by_id.get(file_id)
        if known is not None:
            return known
        # Of the name only the ending, which says what it is: the rest may be anything.
        ending = PurePosixPath(element.name).suffix
        path = self.directory / f"{file_id}{ending if ending.isascii() and ending[1:].isalnum() else ''}"
        with path.open("wb") as file:
            is_last = False
            while not is_last:
                future: Future[FilePiece] = Future()
                self._wanted[file_id] = future
                self._line.put(WantFile(session=self._session_id, file=file_id, offset=file.tell()))
                piece = await asyncio.wrap_future(future)
                if piece.error is not None:
                    raise ChatSessionsError(f"{element.name}: {piece.error}")
                file.write(piece.data)
                is_last = piece.is_last
        self._path_by_id[file_id] = str(path)
        return str(path)

    def path_of(self, file_id: str | None) -> str | None:
        """Return the path of a file that was fetched, or None."""
        return self._path_by_id.get(file_id or "")

    def on_piece(self, piece: FilePiece) -> None:
        """A piece has come. On the link's thread."""
        future = self._wanted.pop(piece.file, None)
        if future is not None and not future.done():
            future.set_result(piece)

    def go_on_from(self, earlier: HostFiles) -> None:
        """Take over what this process knows of the session from before the hub gave it anew."""
        self._directory, earlier._directory = earlier._directory, None
        self._path_by_id = dict(earlier._path_by_id)

    def free(self) -> None:
        """The session is over: its folder goes."""
        wanted, self._wanted = self._wanted, {}
        for future in wanted.values():
            future.cancel()
        self._path_by_id.clear()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    def _pieces(self, file_id: str, content: bytes | str | Path) -> Iterator[PutFile]:
        offset = 0
        with _opened(content) as file:
            size = file.seek(0, io.SEEK_END)
            if size > self._max_bytes:  # said here, where its author can be told, and not by the hub
                raise ValueError(
                    f"This content has {size:,} bytes; the chat's server keeps at most {self._max_bytes:,} of one."
                )
            file.seek(0)
            data = file.read(FILE_PIECE_BYTES)
            is_last = False
            while not is_last:
                following = file.read(FILE_PIECE_BYTES)
                is_last = not following
                yield PutFile(session=self._session_id, file=file_id, offset=offset, data=data, is_last=is_last)
                offset += len(data)
                data = following


def _opened(content: bytes | str | Path) -> BinaryIO:
    if isinstance(content, Path):
        return content.open("rb")
    return io.BytesIO(content.encode(errors="replace") if isinstance(content, str) else content)
