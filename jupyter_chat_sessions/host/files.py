"""The files of one session, as the host has them: what its viewer gave, and what the author shows.

They travel over the link in pieces, as everything does: in order, sent again after a cut, and without a second way that
would have to be secured. What the viewer gave stands in a temporary folder of the session, which goes with it.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from os import PathLike
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, TypedDict, cast
from uuid import uuid4

from ..ids import new_id
from ..protocol.errors import ChatSessionsError, RefusedError
from ..protocol.frames import FILE_PIECE_BYTES, DropFile, FilePiece, HostEvent, HostRefused, PutFile, WantFile
from ..protocol.steps import Element
from .refused_files import RefusedFiles
from .shown_files import ShownFiles

if TYPE_CHECKING:
    from .line import Line

MAX_ENDING = 32
"""Characters of a file's ending: a name on a disk may not have any length."""


class KeptFile(TypedDict):
    """A file that stands in a session's folder, with Chainlit's keys."""

    id: str
    path: str
    name: str
    type: str
    size: int


class HostFiles(Mapping[str, KeptFile]):
    """What a session's handlers read and show as files (Chainlit: `context.session.files`).

    As a mapping: what stands in its folder, by id.

    Args:
        session_id: The session.
        line: The way to the hub.
        max_bytes: The largest file that the hub keeps.
        warn: Shows a sentence to the author.

    Example:
        >>> [file["name"] for file in cl.context.session.files.values()]
        ['notes.txt']
    """

    def __init__(self, session_id: str, line: Line, *, max_bytes: int, warn: Callable[[str], None]) -> None:
        self._session_id = session_id
        self.max_bytes = max_bytes
        self._warn = warn
        self._line = line
        self._directory: str | None = None
        self._kept: dict[str, KeptFile] = {}
        self._wanted: dict[tuple[str, int], list[Future[FilePiece]]] = {}
        self._lock = threading.Lock()
        self._shown = ShownFiles()
        self._refused = RefusedFiles()

    def __getitem__(self, file_id: str) -> KeptFile:
        return self._kept[file_id]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def directory(self) -> Path:
        """The session's own folder; made when it is asked for."""
        if self._directory is None:
            self._directory = tempfile.mkdtemp(prefix="chat-session-")
        return Path(self._directory)

    def put(self, content: bytes | str | Path, *, name: str | None = None) -> str:
        """Let the hub keep a content, and return the id by which viewers ask for it. From any thread; never waits.

        Whoever awaits should wait for `session.room()` afterwards.

        Args:
            content: Bytes, text, or the path of a file.
            name: What the author calls it, where the author is to be warned if the hub does not keep it.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is larger than the hub keeps.
        """
        file_id = new_id()
        if name is not None:
            self._refused.name(file_id, name)
        for frame in self._pieces(file_id, content):
            self._line.put(frame)
        return file_id

    def put_to_show(self, content: bytes | str | Path, *, name: str = "") -> str:
        """Do as `put` does; once it was shown and is no more, the hub is told to let it go.

        Args:
            content: As for `put`.
            name: What the author calls it, for a warning that the hub does not keep it.
        """
        file_id = new_id()
        self._refused.name(file_id, name)
        with self._to_show(file_id):
            for frame in self._pieces(file_id, content):
                self._line.put(frame)
        return file_id

    async def send(self, content: bytes | str | Path, *, name: str = "") -> str:
        """Do as `put_to_show` does, and wait while too much is on its way.

        Raises:
            RefusedError: The hub does not keep it, and has said so in time; of what comes later the author is warned.
        """
        file_id = new_id()
        self._refused.name(file_id, name)
        with self._to_show(file_id):
            await self._send(file_id, content)
        return file_id

    def on_refused(self, refusal: HostRefused) -> bool:
        """Something was turned down; return whether it is a file and its author is told. On the link's thread."""
        file_id = refusal.file
        if file_id is None or not (file_id in self._shown or file_id in self._kept or self._refused.is_for(file_id)):
            return False
        self._shown.forget(file_id)
        warning = self._refused.take(file_id, refusal)
        if warning is not None:
            self._warn(warning)
        return True

    def is_to_show(self, file_id: str) -> bool:
        """Return whether a file was put to be shown, and was not let go since."""
        return file_id in self._shown

    def note(self, event: HostEvent) -> None:
        """An event is on its way: let go of what it was the last to show."""
        self._drop(self._shown.after(event))

    def forget(self, step_ids: list[str]) -> None:
        """Steps are gone: let go of what only they showed."""
        self._drop(self._shown.without(step_ids))

    async def persist(
        self, name: str, mime: str, *, path: str | PathLike[str] | None = None, content: bytes | str | None = None
    ) -> str:
        """Keep a file in the session's folder and at the hub, and return its id.

        Raises:
            ValueError: There is neither a path nor a content, or the file is empty or too large.
            RefusedError: The hub does not keep it.
            OSError: It cannot be read.
        """
        import asyncio  # here and not above: importing the author's API stays fast

        if path is None and content is None:
            raise ValueError("persist_file needs a path or a content: say what the file holds.")
        file_id = new_id()
        kept = self.directory / f"{file_id}{_ending(name)}"

        def copy() -> int:
            source = Path(path) if content is None and path is not None else content or b""
            with _opened(source) as file, kept.open("wb") as to:
                shutil.copyfileobj(file, to)
                return to.tell()

        size = await asyncio.to_thread(copy)
        if not size:
            kept.unlink()
            raise ValueError(f"persist_file was given an empty file, {name!r}: there is nothing to keep.")
        self._refused.name(file_id, name)
        try:
            await self._send(file_id, kept)
        except (ValueError, RefusedError):
            kept.unlink()
            raise
        self._kept[file_id] = KeptFile(id=file_id, path=str(kept), name=name, type=mime, size=size)
        return file_id

    async def fetch(self, element: Element) -> str:
        """Return the path of a file that the viewer gave, once it is here.

        Raises:
            ChatSessionsError: The hub has it no more.
        """
        file_id = element.file
        if file_id is None:
            raise ChatSessionsError(f"{element.name} has no file.")
        known = self._kept.get(file_id)
        if known is not None:
            return known["path"]
        path = self.directory / f"{file_id}{_ending(element.name)}"
        arriving = path.with_name(f"{path.name}.{uuid4().hex}")  # Somebody else may be fetching it, too.
        try:
            with arriving.open("wb") as file:
                is_last = False
                while not is_last:
                    piece = await self._piece(file_id, file.tell())
                    if piece.error is not None:
                        raise ChatSessionsError(f"{element.name}: {piece.error}")
                    file.write(piece.data)
                    is_last = piece.is_last
                size = file.tell()
            arriving.replace(path)
        finally:
            arriving.unlink(missing_ok=True)
        mime = element.mime or "application/octet-stream"
        self._kept[file_id] = KeptFile(id=file_id, path=str(path), name=element.name, type=mime, size=size)
        return str(path)

    def path_of(self, file_id: str | None) -> str | None:
        """Return the path of a file that was fetched, or None."""
        kept = self._kept.get(file_id or "")
        return None if kept is None else kept["path"]

    def on_piece(self, piece: FilePiece) -> None:
        """A piece has come. On the link's thread."""
        with self._lock:
            waiting = self._wanted.pop((piece.file, piece.offset), [])
        for future in waiting:
            if not future.done():
                future.set_result(piece)

    def go_on_from(self, earlier: HostFiles) -> None:
        """Take over what this process knows of the session from before the hub gave it anew."""
        self._directory, earlier._directory = earlier._directory, None
        self._kept = dict(earlier._kept)

    def free(self) -> None:
        """The session is over: its folder goes."""
        with self._lock:
            wanted, self._wanted = self._wanted, {}
        for waiting in wanted.values():
            for future in waiting:
                future.cancel()
        self._kept.clear()
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)
            self._directory = None

    @contextmanager
    def _to_show(self, file_id: str) -> Iterator[None]:
        """Count a file as one to be shown from its first piece on, unless it cannot be sent."""
        self._shown.put(file_id)
        try:
            yield
        except BaseException:
            self._shown.forget(file_id)
            raise

    async def _send(self, file_id: str, content: bytes | str | Path) -> None:
        try:
            for frame in self._pieces(file_id, content):
                if not frame.is_last:  # the call that sends a single piece is over before anything is heard of it
                    self._refused.begin(file_id)
                self._line.put(frame)
                await self._line.room_for_files()
                self._refused.check(file_id)
        finally:
            refusal = self._refused.end(file_id)
        if refusal is not None:
            raise refusal

    def _drop(self, file_ids: list[str]) -> None:
        for file_id in file_ids:
            self._line.put(DropFile(session=self._session_id, file=file_id))

    async def _piece(self, file_id: str, offset: int) -> FilePiece:
        import asyncio  # here and not above: importing the author's API stays fast

        future: Future[FilePiece] = Future()
        with self._lock:
            self._wanted.setdefault((file_id, offset), []).append(future)
        self._line.put(WantFile(session=self._session_id, file=file_id, offset=offset))
        return await asyncio.wrap_future(future)

    def _pieces(self, file_id: str, content: bytes | str | Path) -> Iterator[PutFile]:
        parts = _parts(content, most=self.max_bytes)
        offset, data = 0, next(parts, b"")
        is_last = False
        while not is_last:
            following = next(parts, b"")
            is_last = not following
            yield PutFile(session=self._session_id, file=file_id, offset=offset, data=data, is_last=is_last)
            offset += len(data)
            data = following


def _parts(content: bytes | str | Path, *, most: int) -> Iterator[bytes]:
    """Yield a content part by part: what is in memory already as views of it, which copy nothing.

    Raises:
        OSError: The file cannot be read.
        ValueError: It has more bytes than `most`.
    """
    if isinstance(content, Path):
        with content.open("rb") as file:
            _check_size(file.seek(0, io.SEEK_END), most)
            file.seek(0)
            while data := file.read(FILE_PIECE_BYTES):
                yield data
    else:
        view = memoryview(content.encode(errors="replace") if isinstance(content, str) else content)
        _check_size(len(view), most)
        for start in range(0, len(view), FILE_PIECE_BYTES):
            yield cast(bytes, view[start : start + FILE_PIECE_BYTES])  # which is encoded as bytes are


def _check_size(size: int, most: int) -> None:
    if size > most:  # said here, where its author can be told, and not by the hub
        raise ValueError(f"This content has {size:,} bytes; the chat's server keeps at most {most:,} of one.")


def _ending(name: str) -> str:
    """Return of a name only the ending, which says what the file is: the rest may be anything."""
    ending = PurePosixPath(name).suffix
    return ending if ending.isascii() and ending[1:].isalnum() and len(ending) <= MAX_ENDING else ""


def _opened(content: bytes | str | Path) -> BinaryIO:
    if isinstance(content, Path):
        return content.open("rb")
    return io.BytesIO(content.encode(errors="replace") if isinstance(content, str) else content)
