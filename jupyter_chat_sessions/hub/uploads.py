"""What a viewer gives: checked before a byte of it is read, and nothing of it stays unless it comes whole.

The one rule: what a browser says of a file is a claim. Its name is text to be shown, and never part of a path.
"""

from __future__ import annotations

import mimetypes
import re
import threading
from typing import TYPE_CHECKING

from ..ids import new_id
from ..protocol.errors import RefusedError
from ..protocol.files import MAX_NAME, type_of
from ..protocol.steps import Element

if TYPE_CHECKING:
    from .disk import Disk
    from .file_store import FileStore

UNKNOWN_MIME = "application/octet-stream"

_is_mime = re.compile(r"[a-z0-9][\w.+-]*/[a-z0-9][\w.+-]*", re.ASCII).fullmatch


class Upload:
    """A file on its way from a viewer. `write`, `finish` and `cancel` may be called from different threads.

    Args:
        store: Where it is kept.
        disk: Removes it, where nobody may wait for that.
        thread_id: The conversation that it is for.
        name: As viewers read it.
        mime: Its MIME type.
        size: How many bytes it has.
        question_id: The question that it answers, if it is for one.
        client_id: The viewer's own id for it, if it gave one.
    """

    def __init__(
        self,
        store: FileStore,
        disk: Disk,
        thread_id: str,
        *,
        name: str,
        mime: str,
        size: int,
        question_id: str | None,
        client_id: str | None,
    ) -> None:
        self.id = new_id()
        self.name = name
        self.mime = mime
        self.size = size
        self.question_id = question_id
        self.client_id = client_id
        self.received = 0
        self.is_whole = False
        self._store = store
        self._disk = disk
        self._thread_id = thread_id
        self._is_cancelled = False
        self._busy = threading.Lock()

    def write(self, data: bytes) -> None:
        """Take the next bytes. Waits for the disk.

        Raises:
            RefusedError: There are more than were announced, they cannot be written, or it was cancelled.
        """
        with self._busy:
            self._check_wanted()
            if self.received + len(data) > self.size:
                raise RefusedError("malformed", f"{self.name} is larger than was said.")
            self._store.write(self._thread_id, self.id, data, offset=self.received)
            self.received += len(data)
        self._remove_if_cancelled()

    def finish(self) -> None:
        """Nothing more comes. Waits until the disk has it.

        Raises:
            RefusedError: Something is missing, it cannot be kept, or it was cancelled.
        """
        with self._busy:
            self._check_wanted()
            if self.received != self.size:
                raise RefusedError("malformed", f"{self.name} did not come whole. Attach it again.")
            self._store.hold(self._thread_id, self.id)
            self.is_whole = True
        self._remove_if_cancelled()

    def cancel(self) -> None:
        """It was cut, or is not wanted any more: nothing of it stays. Never waits.

        Where another thread is writing to it, that thread removes it.
        """
        self._is_cancelled = True
        self._disk.do(self._remove_if_cancelled)

    def keep(self) -> None:
        """It is part of the conversation: from now on it can be read. Waits for the disk."""
        self._store.keep(self._thread_id, self.id)

    def element(self) -> Element:
        """Return the element that shows it."""
        return Element(
            id=new_id(), type=type_of(self.mime), name=self.name, mime=self.mime, file=self.id, bytes=self.size
        )

    def _check_wanted(self) -> None:
        if self._is_cancelled:
            raise RefusedError("conflict", f"{self.name} is not wanted here any more.")

    def _remove_if_cancelled(self) -> None:
        if self._is_cancelled and self._busy.acquire(blocking=False):
            try:
                self._store.remove(self._thread_id, self.id)
            finally:
                self._busy.release()


def mime_of(given: str, name: str) -> str:
    """Return a file's MIME type as the browser says, or, where that says nothing, as its name does."""
    mime = given.partition(";")[0].strip().lower()
    if _is_mime(mime) is None or len(mime) > MAX_NAME or mime == UNKNOWN_MIME:
        return mimetypes.guess_type(name)[0] or UNKNOWN_MIME
    return mime
