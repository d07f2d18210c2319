"""What one session holds of files: what its viewers have given and not said yet, and what its host shows.

The one rule: of a file that is refused, cut or taken back, nothing stays, and nothing of it counts. What is here is
known without a look at the disk: that may be slow, and does what it is given later (`Disk`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from ..protocol.errors import RefusedError
from ..protocol.files import check_taken, megabytes, name_of
from ..protocol.frames import FILE_PIECE_BYTES, MAX_FILES, FilePiece
from ..protocol.steps import Element, Uploads
from .disk import Disk
from .file_store import FileStore
from .options import HubOptions
from .uploads import Upload, mime_of

logger = logging.getLogger(__name__)

MAX_REFUSED = 64
"""Files of which it is remembered why they are not here, the newest: their viewers ask at once."""
MAX_PARTING = 8
"""Files that stay a while after nothing shows them any more: whoever was told of one may be about to fetch it."""


class _Arriving:
    """A file that the host is giving."""

    __slots__ = ("bytes", "is_whole")

    def __init__(self) -> None:
        self.bytes = 0
        """How many have come."""
        self.is_whole = False
        """All have, and the disk may still be busy with them."""


class SessionFiles:
    """The files of one session: what was uploaded and not said yet, and what its host shows.

    Args:
        session_id: The session.
        thread_id: Its thread.
        store: Where files are.
        disk: Who waits for that.
        options: The limits.
        allowed: Tells which files may be given with a message, or for a question; raises `RefusedError` for none.
        is_shown: Tells whether the conversation shows a file, as far as it is here.
        sizes: What the thread has from before: how many bytes each file has, by id.
    """

    def __init__(
        self,
        session_id: str,
        thread_id: str,
        store: FileStore,
        disk: Disk,
        *,
        options: HubOptions,
        allowed: Callable[[str | None], Uploads],
        is_shown: Callable[[str], bool],
        sizes: Mapping[str, int],
    ) -> None:
        self._session_id = session_id
        self._thread_id = thread_id
        self._store = store
        self._disk = disk
        self._options = options
        self._allowed = allowed
        self._uploads: dict[str, Upload] = {}
        """What viewers have given, or are giving, and not said yet."""
        self._being_said: dict[str, Upload] = {}
        """What is being stored with what they say: nobody takes it back any more."""
        self._arriving: dict[str, _Arriving] = {}
        """What the host is giving, until the disk has it."""
        self._keeping: tuple[str, ...] = ()
        """What was just said: the disk may still have it as what was not."""
        self._sizes = dict(sizes)
        """What is part of the conversation, or was put by the host, and can be read: how many bytes it has."""
        self._refused: dict[str, str] = {}
        """Why what the host gave is not here, in words for who asks for it; the oldest first."""
        self._parting: list[str] = []
        """What the host shows no more and is still here, oldest first."""
        self._is_shown = is_shown
        self._bytes = sum(sizes.values())
        self._is_closed = False

    # ---- of viewers --------------------------------------------------------------------------------------------------

    def begin_upload(
        self, *, name: str, mime: str, size: int, question_id: str | None = None, client_id: str | None = None
    ) -> Upload:
        """Let a viewer give a file with a message, or as the answer to a question, before a byte of it is read.

        Args:
            name: As its owner calls it.
            mime: Its MIME type, as the browser says.
            size: How many bytes it has.
            question_id: The question that it answers, if it is for one.
            client_id: The viewer's own id for it: what it gave under that before and has not said is replaced.

        Raises:
            RefusedError: No files are taken here, or the question is closed. Or the file is too large, of a kind that
                is not taken, or empty, or too much is there already.
        """
        if self._is_closed:
            raise RefusedError("ended", "This conversation has ended. Start a new chat.")
        allowed = self._allowed(question_id)
        name = name_of(name)
        mime = mime_of(mime, name)
        check_taken(name, mime, size, allowed, max_bytes=self._options.max_file_bytes)
        if client_id is not None:
            self.discard(client_id)
        self._check_count(allowed, question_id)
        if self._bytes + size > self._options.max_session_bytes:
            raise RefusedError("too_large", "The files of this conversation are too large together. Start a new chat.")
        self._bytes += size
        upload = self._upload(name, mime, size, question_id=question_id, client_id=client_id)
        self._uploads[upload.id] = upload
        return upload

    def adopt(self, elements: list[Element], *, question_id: str) -> list[str]:
        """Take files that the host has put as what was given for a question; return their ids.

        Raises:
            RefusedError: The question is closed, or a file is not there, or is not taken: then none of them stays.
        """
        file_ids = [element.file for element in elements if element.file is not None]
        try:
            for element in elements:
                self._adopt(element, question_id=question_id)
        except RefusedError:
            for file_id in file_ids:
                self.drop(file_id)
            raise
        return file_ids

    def drop(self, file_id: str) -> None:
        """Remove a file that the host has put and nothing tells of."""
        if file_id not in self._being_said and not self.discard(file_id) and file_id in self._sizes:
            self._bytes -= self._sizes.pop(file_id)
            self._remove(file_id)

    @property
    def every_upload(self) -> list[Upload]:
        """What viewers have given, or are giving, and are not saying yet."""
        return list(self._uploads.values())

    def uploads(self, question_id: str | None = None) -> list[Upload]:
        """Return those of them that are for a question, or for a message."""
        return [upload for upload in self._uploads.values() if upload.question_id == question_id]

    def take(self, file_ids: list[str], *, question_id: str | None = None) -> list[Element]:
        """Return what was uploaded as the elements of what is said with it, which ends with `said` or `give_back`.

        Raises:
            RefusedError: One of them is not there, or not for this.
        """
        taken = [self._sayable(file_id, question_id) for file_id in dict.fromkeys(file_ids)]
        for upload in taken:
            self._being_said[upload.id] = self._uploads.pop(upload.id)
        return [upload.element() for upload in taken]

    def said(self, file_ids: list[str]) -> None:
        """What was uploaded is part of the conversation now, and stored as such: the disk may follow."""
        for file_id in file_ids:
            upload = self._being_said.pop(file_id, None)
            if upload is not None:
                self._sizes[file_id] = upload.size
                self._keeping += (file_id,)
                self._disk.do(upload.keep, partial(self._on_kept, file_id))

    def give_back(self, file_ids: list[str]) -> None:
        """What was taken could not be said: it waits to be said again, unless there is no more to say."""
        for file_id in file_ids:
            upload = self._being_said.pop(file_id, None)
            if upload is not None:
                self._uploads[file_id] = upload
                if self._is_closed:
                    self.discard(file_id)

    def discard(self, file_id: str) -> bool:
        """Remove what was uploaded and not said, by its id or the viewer's own; return whether it was there."""
        found = [upload for upload in self._uploads.values() if file_id in (upload.id, upload.client_id)]
        for upload in found:
            del self._uploads[upload.id]
            self._sizes.pop(upload.id, None)
            self._bytes -= upload.size
            upload.cancel()
        return bool(found)

    def close_question(self, question_id: str) -> None:
        """A question is closed: what was uploaded for it and is not its answer goes."""
        for upload in self.uploads(question_id):
            self.discard(upload.id)

    def path(self, file_id: str) -> Path:
        """Return where a file of this session's thread is.

        Raises:
            RefusedError: There is none.
        """
        if file_id not in self._sizes:
            raise RefusedError("unknown_file", self._refused.get(file_id, "There is no such file here."))
        return self._store.path(self._thread_id, file_id)

    # ---- of the host -------------------------------------------------------------------------------------------------

    def put(
        self,
        file_id: str,
        data: bytes,
        *,
        offset: int,
        is_last: bool,
        then: Callable[[RefusedError | None], None],
    ) -> None:
        """Keep a piece of a file of the host's.

        Args:
            file_id: The file.
            data: The piece.
            offset: Where in the file it stands.
            is_last: The file ends with it.
            then: Called once the piece is kept, or with why it is not: it is too large, or cannot be kept. Then nothing
                of the file stays, and its other pieces are passed over.
        """
        try:
            arriving = self._expected(file_id, len(data), offset)
        except RefusedError as error:
            then(error)
            return
        if arriving is None:  # of a file that was refused: said once
            then(None)
            return
        arriving.bytes += len(data)
        arriving.is_whole = is_last
        self._bytes += len(data)

        def write() -> None:
            self._store.write(self._thread_id, file_id, data, offset=offset)
            if is_last:
                self._store.finish(self._thread_id, file_id)

        self._disk.do(write, partial(self._on_written, file_id, arriving, is_last, then))

    def part_with(self, file_id: str) -> None:
        """Let a file go that the host has put and shows no more; not at once: somebody may be about to fetch it."""
        if file_id not in self._parting and not self._is_given(file_id):
            self._parting.append(file_id)
        self._part(MAX_PARTING)

    def piece(self, file_id: str, offset: int, *, then: Callable[[FilePiece], None]) -> None:
        """Call back with a piece of a file for the host, or with why there is none."""
        size = self._sizes.get(file_id)
        nothing = FilePiece(session=self._session_id, file=file_id, offset=offset, data=b"")
        if size is None or not 0 <= offset <= size:
            then(replace(nothing, error="This file is not there any more."))
            return

        def on_read(read: Future[bytes]) -> None:
            error = read.exception()
            if error is None:
                data = read.result()
                then(replace(nothing, data=data, is_last=offset + len(data) >= size))
            else:  # what else the host has said stands behind this and must be heard
                why = error.strerror if isinstance(error, OSError) else error
                then(replace(nothing, error=f"The server cannot read this file now: {why}."))

        read = partial(self._store.read, self._thread_id, file_id, offset=offset, count=FILE_PIECE_BYTES)
        self._disk.do(read, on_read)

    def is_unsettled(self, file_id: str) -> bool:
        """Whether a file is on its way to where it is read from: `settled` waits for that."""
        return file_id in self._arriving or file_id in self._keeping

    async def settled(self) -> None:
        """Return once all that was given and taken away up to now is on the disk, or gone from it."""
        await self._disk.run(lambda: None)

    # ---- the end -----------------------------------------------------------------------------------------------------

    def close(self, *, keep: bool) -> None:
        """The session is over: what was not said goes, and the rest, unless it is kept with the thread."""
        self._is_closed = True
        for file_id in list(self._uploads):
            self.discard(file_id)
        for file_id, arriving in list(self._arriving.items()):
            if not arriving.is_whole:
                self._forget_arriving(file_id)
        self._part(0)
        for upload in self._being_said.values():
            self._disk.do(upload.keep)  # what it goes with is about to be in the thread
        if not keep:
            self._disk.do(partial(self._store.drop_thread, self._thread_id))

    def _adopt(self, element: Element, *, question_id: str) -> None:
        allowed = self._allowed(question_id)
        size = None if element.file is None else self._sizes.get(element.file)
        if element.file is None or size is None or self._is_given(element.file):
            raise RefusedError("unknown_file", f"{name_of(element.name)} is not here.")
        name = name_of(element.name)
        mime = mime_of(element.mime or "", name)
        check_taken(name, mime, size, allowed, max_bytes=self._options.max_file_bytes)
        self._check_count(allowed, question_id)
        upload = self._upload(name, mime, size, question_id=question_id)
        upload.id, upload.received, upload.is_whole = element.file, size, True
        self._uploads[upload.id] = upload

    def _upload(
        self, name: str, mime: str, size: int, *, question_id: str | None, client_id: str | None = None
    ) -> Upload:
        return Upload(
            self._store,
            self._disk,
            self._thread_id,
            name=name,
            mime=mime,
            size=size,
            question_id=question_id,
            client_id=client_id,
        )

    def _sayable(self, file_id: str, question_id: str | None) -> Upload:
        """Return what was uploaded whole for a question, or for a message.

        Raises:
            RefusedError: It is not there, not whole, or for something else.
        """
        upload = self._uploads.get(file_id)
        if upload is None:
            raise RefusedError("conflict", "A file is not there any more. Attach it again.")
        if not upload.is_whole:
            raise RefusedError("conflict", f"{upload.name} is still on its way. Send this again when it is here.")
        if upload.question_id != question_id:
            what = "a question, and not for a message" if question_id is None else "something else than this question"
            raise RefusedError("conflict", f"{upload.name} was given for {what}. Attach it again.")
        return upload

    def _is_given(self, file_id: str) -> bool:
        """Whether a viewer has given it, or is giving or saying it."""
        return file_id in self._uploads or file_id in self._being_said

    def _check_count(self, allowed: Uploads, question_id: str | None) -> None:
        most = min(allowed.max_files, MAX_FILES)
        if len(self.uploads(question_id)) >= most:
            raise RefusedError("busy", f"At most {most} {'file is' if most == 1 else 'files are'} taken at a time.")

    def _part(self, most: int) -> None:
        """Remove what was parted with, but for the newest, and for what is shown again."""
        while len(self._parting) > most:
            file_id = self._parting.pop(0)
            if not self._is_shown(file_id):
                self.drop(file_id)

    def _expected(self, file_id: str, size: int, offset: int) -> _Arriving | None:
        """Return the file that a piece belongs to, or None where that was refused before.

        Raises:
            RefusedError: It is refused now, and nothing of it stays.
        """
        arriving = self._arriving.get(file_id)
        if offset == 0:
            is_whole = arriving is not None and arriving.is_whole
            if not is_whole:
                self._forget_arriving(file_id)
            if is_whole or self._is_given(file_id) or file_id in self._sizes:
                raise RefusedError("conflict", "A file with this id is here already; it stays as it is.")
            self._refused.pop(file_id, None)
            arriving = self._arriving[file_id] = _Arriving()
        if arriving is None:
            return None
        try:
            self._check_room(size, offset)
        except RefusedError as error:
            self._refuse(file_id, error)
            raise
        return arriving

    def _check_room(self, size: int, offset: int) -> None:
        if offset + size > self._options.max_file_bytes:
            raise RefusedError("too_large", f"A file may have {megabytes(self._options.max_file_bytes)}.")
        if self._bytes + size > self._options.max_session_bytes:
            self._part(0)
        if self._bytes + size > self._options.max_session_bytes:
            raise RefusedError("too_large", "The files of this conversation are too large together.")

    def _on_written(
        self,
        file_id: str,
        arriving: _Arriving,
        is_last: bool,
        then: Callable[[RefusedError | None], None],
        written: Future[None],
    ) -> None:
        if self._arriving.get(file_id) is not arriving:  # it was refused, begun anew, or let go, and that is told
            then(None)
            return
        error = written.exception()
        if error is not None:
            refusal = _refusal_of(error)
            self._refuse(file_id, refusal)
            then(refusal)
            return
        if is_last:
            del self._arriving[file_id]
            self._sizes[file_id] = arriving.bytes
        then(None)

    def _on_kept(self, file_id: str, kept: Future[None]) -> None:
        self._keeping = tuple(other for other in self._keeping if other != file_id)
        error = kept.exception()
        if error is not None:  # it is still there, and is tried again when the thread is taken up
            logger.error("what was said with file %s cannot be read now: %s", file_id, error)

    def _refuse(self, file_id: str, error: RefusedError) -> None:
        """Nothing of a file stays, and whoever asks for it will read why."""
        self._forget_arriving(file_id)
        self._refused[file_id] = error.text
        if len(self._refused) > MAX_REFUSED:
            del self._refused[next(iter(self._refused))]

    def _forget_arriving(self, file_id: str) -> None:
        arriving = self._arriving.pop(file_id, None)
        if arriving is not None:
            self._bytes -= arriving.bytes
            self._remove(file_id)

    def _remove(self, file_id: str) -> None:
        self._disk.do(partial(self._store.remove, self._thread_id, file_id))


def _refusal_of(error: BaseException) -> RefusedError:
    if isinstance(error, RefusedError):
        return error
    logger.error("a file could not be kept", exc_info=error)
    return RefusedError("internal", "The server could not keep this file.")
