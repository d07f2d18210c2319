"""What a viewer gives: checked before a byte of it is read, and nothing of it stays unless it comes whole.

The one rule: what a browser says of a file is a claim. Its name is text to be shown, and never part of a path.
"""

from __future__ import annotations

import mimetypes
import re
import threading
from typing import TYPE_CHECKING
from uuid import uuid4

from ..protocol.errors import RefusedError
from ..protocol.steps import Element, ElementType, Uploads

if TYPE_CHECKING:
    from .files import FileStore

MAX_NAME = 255
"""Code points of a file's name."""
UNKNOWN_MIME = "application/octet-stream"

_is_mime = re.compile(r"[a-z0-9][\w.+-]*/[a-z0-9][\w.+-]*", re.ASCII).fullmatch


class Upload:
    """A file on its way from a viewer. `write`, `finish` and `cancel` may be called from different threads.

    Args:
        store: Where it is kept.
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
        thread_id: str,
        *,
        name: str,
        mime: str,
        size: int,
        question_id: str | None,
        client_id: str | None,
    ) -> None:
        self.id = str(uuid4())
        self.name = name
        self.mime = mime
        self.size = size
        self.question_id = question_id
        self.client_id = client_id
        self.received = 0
        self.is_whole = False
        self._store = store
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
        self._remove_if_cancelled()

    def keep(self) -> None:
        """It is about to be part of the conversation: from now on it can be read."""
        self._store.keep(self._thread_id, self.id)

    def element(self) -> Element:
        """Return the element that shows it."""
        return Element(
            id=str(uuid4()), type=type_of(self.mime), name=self.name, mime=self.mime, file=self.id, bytes=self.size
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


def name_of(given: str) -> str:
    """Return a file's name as it may be shown, and joined to a folder by an author who does not think of the worst.

    Line breaks, marks that turn the direction of writing, and what stands before a path's last separator go.
    """
    visible = "".join(letter for letter in given[: 16 * MAX_NAME] if letter.isprintable())
    last = re.split(r"[/\\]", visible)[-1][-MAX_NAME:].strip()
    return "file" if last in ("", ".", "..") else last


def mime_of(given: str, name: str) -> str:
    """Return a file's MIME type as the browser says, or, where that says nothing, as its name does."""
    mime = given.partition(";")[0].strip().lower()
    if _is_mime(mime) is None or len(mime) > MAX_NAME or mime == UNKNOWN_MIME:
        return mimetypes.guess_type(name)[0] or UNKNOWN_MIME
    return mime


def type_of(mime: str) -> ElementType:
    """Return which element shows a file of a MIME type."""
    if mime == "application/pdf":
        return "pdf"
    kinds: dict[str, ElementType] = {"image": "image", "audio": "audio", "video": "video"}
    return kinds.get(mime.partition("/")[0], "file")


def check_taken(name: str, mime: str, size: int, allowed: Uploads, *, max_bytes: int) -> None:
    """Check that a file is of those that are taken.

    Args:
        name: Its name.
        mime: Its MIME type.
        size: How many bytes it has.
        allowed: Which are taken here.
        max_bytes: What the server takes at most, in bytes.

    Raises:
        RefusedError: It is empty, too large, or of another kind.
    """
    if size <= 0:
        raise RefusedError("malformed", f"{name} is empty: there is nothing to send.")
    largest = min(allowed.max_bytes, max_bytes)
    if size > largest:
        raise RefusedError("too_large", f"{name} has {megabytes(size)}; at most {megabytes(largest)} are taken.")
    if not is_accepted(name, mime, allowed.accept):
        raise RefusedError("conflict", f"{name} is not taken here: only {', '.join(allowed.accept)}.")


def is_accepted(name: str, mime: str, accept: list[str]) -> bool:
    """Return whether a file is of a kind that is taken: a MIME type, with `*` for any, or an ending."""
    return not accept or any(_fits(kind.lower(), name.lower(), mime) for kind in accept)


def megabytes(count: int) -> str:
    """Return a number of bytes as people read it."""
    return f"{count / 1024 / 1024:.3g} MB" if count >= 1024 * 1024 else f"{max(count, 1) / 1024:.3g} kB"


def _fits(kind: str, name: str, mime: str) -> bool:
    if kind.startswith("."):
        return name.endswith(kind)
    if kind in ("*", "*/*"):
        return True
    return mime.startswith(kind[:-1]) if kind.endswith("/*") else mime == kind
