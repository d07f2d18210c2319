"""Files on this machine's disk, in a folder for each thread.

The one rule: a path is made of ids that were checked; no name that somebody gave is ever part of one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Container
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from jupyter_core.paths import jupyter_data_dir

from ..protocol.errors import RefusedError
from ..protocol.steps import is_id

_PART = ".part"
"""Is still being written."""
_HELD = ".held"
"""Is whole, and no part of the conversation yet."""


def data_directory() -> Path:
    """Return the folder in Jupyter's data folder that conversations and their files are kept in."""
    return Path(jupyter_data_dir()) / "chat_sessions"


class FileStore:
    """Files on this machine's disk. From any thread, one at a time for each file.

    Args:
        directory: Where; made when the first file comes. By default a temporary one, which goes with the process.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._making = threading.Lock()

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
        path = self._with(thread_id, file_id, _PART)
        try:
            with path.open("r+b") if offset else _begun(path) as file:
                if file.seek(0, os.SEEK_END) != offset:
                    raise RefusedError("out_of_order", "A piece of a file did not continue what was there.")
                file.write(data)
        except FileNotFoundError:  # what was there was refused
            raise RefusedError("out_of_order", "A piece of a file came that was not begun.") from None
        except OSError as error:
            self.remove(thread_id, file_id)
            raise _cannot_keep(error) from None

    def finish(self, thread_id: str, file_id: str) -> None:
        """A file is whole: from now on it can be read.

        Raises:
            RefusedError: No piece of it was written.
        """
        self._move(self._with(thread_id, file_id, _PART), self.path(thread_id, file_id))

    def hold(self, thread_id: str, file_id: str) -> None:
        """A file is whole, and waits to become part of the conversation. Returns once the disk has it.

        Raises:
            RefusedError: It cannot be kept.
        """
        part = self._with(thread_id, file_id, _PART)
        try:
            with part.open("rb") as file:
                os.fsync(file.fileno())
        except OSError as error:
            raise _cannot_keep(error) from None
        self._move(part, self._with(thread_id, file_id, _HELD))

    def keep(self, thread_id: str, file_id: str) -> None:
        """What was held becomes part of the conversation: from now on it can be read. Twice is no error.

        Raises:
            RefusedError: It is not there.
        """
        if self.size(thread_id, file_id) is None:
            self._move(self._with(thread_id, file_id, _HELD), self.path(thread_id, file_id))

    def begin_thread(self, thread_id: str, *, said: Container[str] = ()) -> dict[str, int]:
        """Remove what was left unsaid of a thread, and return how many bytes each of its files has, by id.

        Args:
            thread_id: The thread.
            said: Files that its newest steps have. The server may have been killed before it could keep them.
        """
        sizes: dict[str, int] = {}
        if not self._exists:
            return sizes
        with suppress(OSError), os.scandir(self._folder / thread_id) as entries:
            for entry in entries:
                file_id = entry.name.removesuffix(_HELD)
                if file_id != entry.name and file_id in said:
                    sizes[file_id] = entry.stat().st_size
                    with suppress(RefusedError):  # it stays as it is, and is tried again the next time
                        self.keep(thread_id, file_id)
                elif entry.name.endswith((_PART, _HELD)):
                    Path(entry.path).unlink(missing_ok=True)
                else:
                    sizes[entry.name] = entry.stat().st_size
        return sizes

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
        """Remove a file, whole or not; and the folder, if it was the last one."""
        for path in (self.path(thread_id, file_id), *(self._with(thread_id, file_id, end) for end in (_PART, _HELD))):
            with suppress(OSError):  # a disk that fails: the refusal that follows says so
                path.unlink(missing_ok=True)
        with suppress(OSError):  # others are in it
            self.path(thread_id, file_id).parent.rmdir()

    def drop_thread(self, thread_id: str) -> None:
        """Remove all files of a thread."""
        if is_id(thread_id) is not None and self._exists:
            shutil.rmtree(self._folder / thread_id, ignore_errors=True)

    def _with(self, thread_id: str, file_id: str, ending: str) -> Path:
        path = self.path(thread_id, file_id)
        return path.with_name(path.name + ending)

    def _move(self, path: Path, to: Path) -> None:
        try:
            path.replace(to)
        except OSError as error:
            raise _cannot_keep(error) from None

    @property
    def _exists(self) -> bool:
        return self._directory is not None or self._temporary is not None

    @property
    def _folder(self) -> Path:
        if self._directory is not None:
            return self._directory
        if self._temporary is None:
            with self._making:
                self._temporary = self._temporary or tempfile.TemporaryDirectory(
                    prefix="chat-files-", ignore_cleanup_errors=True
                )
        return Path(self._temporary.name)


def _begun(path: Path) -> BinaryIO:
    """Open a new file. Its folder may go with the last of others at that very moment: then it is made anew."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            return path.open("wb")
        except FileNotFoundError:
            if path.parent.exists():
                raise


def _cannot_keep(error: OSError) -> RefusedError:
    return RefusedError("storage_full", f"The server cannot keep this file now: {error.strerror}.")
