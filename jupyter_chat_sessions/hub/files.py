"""Files: what viewers give and what elements show, kept in a folder for each thread.

The one rule: a path is made of ids that were checked; no name that somebody gave is ever part of one.
"""

from __future__ import annotations

import shutil
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from uuid import uuid4

from jupyter_core.paths import jupyter_data_dir

from ..protocol.errors import RefusedError
from ..protocol.frames import FILE_PIECE_BYTES, FilePiece
from ..protocol.steps import Element, ElementType, Uploads, is_id
from .options import HubOptions

MAX_NAME = 255
"""Code points of a file's name."""
_PART = ".part"


def data_directory() -> Path:
    """Return the folder in Jupyter's data folder that conversations and their files are kept in."""
    return Path(jupyter_data_dir()) / "chat_sessions"


class FileStore:
    """Files on this machine's disk.

    Args:
        directory: Where; made when the first file comes. By default a temporary one, which goes with the process.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    def path(self, thread_id: str, file_id: str) -> Path:
        """Return where a file is, or would be.

        Raises:
            RefusedError: One of the ids is none.
        """
        if is_id(thread_id) is None or is_id(file_id) is None:
            raise RefusedError("malformed", "The id of a file is a UUID in lower case.")
        return self._folder / thread_id / file_id

    def write(self, thread_id: str, file_id: str, data: bytes, *, offset: int) -> None:
        """Write a piece of a file that is not whole yet; one at 0 begins it anew.

        Raises:
            RefusedError: The piece does not continue the file, or cannot be written.
        """
        path = self._part(thread_id, file_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with path.open("ab" if offset else "wb") as file:
                if file.tell() != offset:
                    raise RefusedError("out_of_order", "A piece of a file did not continue what was there.")
                file.write(data)
        except OSError as error:
            self.remove(thread_id, file_id)
            raise RefusedError("storage_full", f"The server cannot keep this file: {error.strerror}.") from None

    def finish(self, thread_id: str, file_id: str) -> None:
        """A file is whole: from now on it can be read.

        Raises:
            RefusedError: No piece of it was written.
        """
        try:
            self._part(thread_id, file_id).replace(self.path(thread_id, file_id))
        except OSError as error:
            raise RefusedError("storage_full", f"The server cannot keep this file: {error.strerror}.") from None

    def size(self, thread_id: str, file_id: str) -> int | None:
        """Return how many bytes a file has, or None where it is not here, or not whole."""
        try:
            return self.path(thread_id, file_id).stat().st_size
        except OSError:
            return None

    def read(self, thread_id: str, file_id: str, *, offset: int = 0, count: int = -1) -> bytes:
        """Return a part of a file.

        Raises:
            OSError: It is not here.
        """
        with self.path(thread_id, file_id).open("rb") as file:
            file.seek(offset)
            return file.read(count)

    def remove(self, thread_id: str, file_id: str) -> None:
        """Remove a file, whole or not."""
        self.path(thread_id, file_id).unlink(missing_ok=True)
        self._part(thread_id, file_id).unlink(missing_ok=True)

    def drop_thread(self, thread_id: str) -> None:
        """Remove all files of a thread."""
        if is_id(thread_id) is not None and self._exists:
            shutil.rmtree(self._folder / thread_id, ignore_errors=True)

    def _part(self, thread_id: str, file_id: str) -> Path:
        path = self.path(thread_id, file_id)
        return path.with_name(path.name + _PART)

    @property
    def _exists(self) -> bool:
        return self._directory is not None or self._temporary is not None

    @property
    def _folder(self) -> Path:
        if self._directory is not None:
            return self._directory
        if self._temporary is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="chat-files-", ignore_cleanup_errors=True)
        return Path(self._temporary.name)


class SessionFiles:
    """The files of one session: what was uploaded and not said yet, and what its host shows.

    Args:
        session_id: The session.
        thread_id: Its thread.
        store: Where files are.
        options: The limits.
    """

    def __init__(self, session_id: str, thread_id: str, store: FileStore, *, options: HubOptions) -> None:
        self._session_id = session_id
        self._thread_id = thread_id
        self._store = store
        self._options = options
        self._uploaded: dict[str, Upload] = {}
        """What viewers have given and not said yet."""
        self._bytes = 0

    # ---- of viewers --------------------------------------------------------------------------------------------------

    def begin_upload(
        self, *, name: str, mime: str, size: int, allowed: Uploads | None, question_id: str | None = None
    ) -> Upload:
        """Let a viewer give a file, before a byte of it is read.

        Args:
            name: As its owner calls it.
            mime: Its MIME type, as the browser says.
            size: How many bytes it has.
            allowed: Which files may be given here; None for none.
            question_id: The question that it answers, if it is for one.

        Raises:
            RefusedError: It is too large, of a kind that is not taken, empty, or too much is there already.
        """
        if allowed is None:
            raise RefusedError("forbidden", "This chat takes no files.")
        name = "".join(letter for letter in name if letter.isprintable())[:MAX_NAME].strip() or "file"
        if size <= 0:
            raise RefusedError("malformed", f"{name} is empty: there is nothing to send.")
        largest = min(allowed.max_bytes, self._options.max_file_bytes)
        if size > largest:
            raise RefusedError("too_large", f"{name} has {_megabytes(size)}; at most {_megabytes(largest)} are taken.")
        if not is_accepted(name, mime, allowed.accept):
            raise RefusedError("conflict", f"{name} is not taken here: only {', '.join(allowed.accept)}.")
        if sum(upload.question_id == question_id for upload in self._uploaded.values()) >= allowed.max_files:
            raise RefusedError("busy", f"At most {allowed.max_files} files are taken at a time. Send these first.")
        if self._bytes + size > self._options.max_session_bytes:
            raise RefusedError("too_large", "The files of this conversation are too large together.")
        self._bytes += size
        upload = Upload(self, str(uuid4()), name=name, mime=mime, size=size, question_id=question_id)
        self._uploaded[upload.id] = upload
        return upload

    def take(self, file_ids: list[str], *, question_id: str | None = None) -> list[Element]:
        """Return what was uploaded as the elements of what is said with it. It stays until `said`.

        Raises:
            RefusedError: One of them is not there, or not for this.
        """
        uploads = [self._uploaded.get(file_id) for file_id in file_ids]
        if any(upload is None or upload.question_id != question_id or not upload.is_whole for upload in uploads):
            raise RefusedError("conflict", "A file is not there any more. Attach it again.")
        return [upload.element() for upload in uploads if upload is not None]

    def said(self, file_ids: list[str]) -> None:
        """What was uploaded is part of the conversation now."""
        for file_id in file_ids:
            self._uploaded.pop(file_id, None)

    def discard(self, file_id: str) -> bool:
        """Remove what was uploaded and not said; return whether it was there."""
        upload = self._uploaded.pop(file_id, None)
        if upload is None:
            return False
        self._bytes -= upload.size
        self._store.remove(self._thread_id, file_id)
        return True

    def path(self, file_id: str) -> Path:
        """Return where a file of this session's thread is.

        Raises:
            RefusedError: There is none.
        """
        if self._store.size(self._thread_id, file_id) is None:
            raise RefusedError("unknown_file", "There is no such file here.")
        return self._store.path(self._thread_id, file_id)

    # ---- of the host -------------------------------------------------------------------------------------------------

    def put(self, file_id: str, data: bytes, *, offset: int, is_last: bool) -> None:
        """Keep a piece of a file of the host's.

        Raises:
            RefusedError: It is too large, or cannot be kept; nothing of it stays.
        """
        if offset + len(data) > self._options.max_file_bytes or (
            self._bytes + len(data) > self._options.max_session_bytes
        ):
            self._store.remove(self._thread_id, file_id)
            raise RefusedError("too_large", f"A file may have {_megabytes(self._options.max_file_bytes)}.")
        self._store.write(self._thread_id, file_id, data, offset=offset)
        self._bytes += len(data)
        if is_last:
            self._store.finish(self._thread_id, file_id)

    def piece(self, file_id: str, offset: int) -> FilePiece:
        """Return a piece of a file for the host, or why there is none."""
        size = self._store.size(self._thread_id, file_id)
        if size is None or not 0 <= offset <= size:
            return FilePiece(
                session=self._session_id,
                file=file_id,
                offset=offset,
                data=b"",
                error="This file is not there any more.",
            )
        data = self._store.read(self._thread_id, file_id, offset=offset, count=FILE_PIECE_BYTES)
        is_last = offset + len(data) >= size
        return FilePiece(session=self._session_id, file=file_id, offset=offset, data=data, is_last=is_last)

    # ---- the end -----------------------------------------------------------------------------------------------------

    def close(self, *, keep: bool) -> None:
        """The session is over: what was not said goes, and the rest, unless it is kept with the thread."""
        for file_id in list(self._uploaded):
            self.discard(file_id)
        if not keep:
            self._store.drop_thread(self._thread_id)

    # ---- for its uploads ---------------------------------------------------------------------------------------------

    def write(self, upload: Upload, data: bytes) -> None:
        """Write a piece of an upload."""
        self._store.write(self._thread_id, upload.id, data, offset=upload.received)

    def finish(self, upload: Upload) -> None:
        """An upload is whole."""
        self._store.finish(self._thread_id, upload.id)


class Upload:
    """A file on its way from a viewer."""

    def __init__(
        self, files: SessionFiles, id: str, *, name: str, mime: str, size: int, question_id: str | None
    ) -> None:
        self.id = id
        self.name = name
        self.mime = mime
        self.size = size
        self.question_id = question_id
        self.received = 0
        self.is_whole = False
        self._files = files

    def write(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            RefusedError: There are more than were announced, or they cannot be written.
        """
        if self.received + len(data) > self.size:
            raise RefusedError("malformed", f"{self.name} is larger than was said.")
        self._files.write(self, data)
        self.received += len(data)

    def finish(self) -> None:
        """Nothing more comes.

        Raises:
            RefusedError: Something is missing.
        """
        if self.received != self.size:
            raise RefusedError("malformed", f"{self.name} did not come whole.")
        self._files.finish(self)
        self.is_whole = True

    def cancel(self) -> None:
        """It was cut, or is not wanted any more: nothing of it stays."""
        self._files.discard(self.id)

    def element(self) -> Element:
        """Return the element that shows it."""
        return Element(
            id=str(uuid4()),
            type=type_of(self.mime),
            name=self.name,
            mime=self.mime,
            file=self.id,
            bytes=self.size,
        )


def type_of(mime: str) -> ElementType:
    """Return which element shows a file of a MIME type."""
    if mime == "application/pdf":
        return "pdf"
    kinds: dict[str, ElementType] = {"image": "image", "audio": "audio", "video": "video"}
    return kinds.get(mime.partition("/")[0], "file")


def is_accepted(name: str, mime: str, accept: list[str]) -> bool:
    """Return whether a file is of a kind that is taken: a MIME type, with `*` for any, or an ending."""
    if not accept:
        return True
    ending = PurePosixPath(name.lower()).suffix
    return any(
        ending == kind.lower() if kind.startswith(".") else fnmatchcase(mime.lower(), kind.lower()) for kind in accept
    )


def _megabytes(count: int) -> str:
    return f"{count / 1024 / 1024:.3g} MB"
