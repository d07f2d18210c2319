"""What the host has to say and has not sent yet.

The one rule: `put` may be called from any thread, and never waits or touches a loop. What it takes, the hub can read:
one frame that it could not would cost every viewer the connection.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from ..protocol.frames import MAX_HOST_BYTES, AppendText, Emit, HostFrame, PutFile, RunChanged, encode
from ..protocol.steps import FINAL_RUN_STATUSES, is_id
from .file_lane import FileLane, Part

MAX_WAITING_FRAMES = 4096
MAX_WAITING_BYTES = 4 * 1024 * 1024
"""Above either, code that can wait does (`room`)."""
MAX_WAITING_FILE_BYTES = 2 * 1024 * 1024
"""Above it, who sends a file waits (`room_for_files`); nobody else does."""
MAX_PIECES_AWAY = 2
"""Pieces of files that are sent and not confirmed: what anybody says meanwhile waits behind no more than these."""
MAX_FRAME_BYTES = MAX_HOST_BYTES - 4096
"""Bytes in one frame; what is left is for the batch around it."""
MAX_HELD_FRAMES = 64
"""With so many they leave with the next `hurry`, though more is about to come: the other end has work meanwhile."""
MAX_TEXT_LENGTH = 64 * 1024
"""Code points that gather in one frame of text."""

_NOTHING = b""
"""In the place of a frame that is not to be sent after all."""
_as_hub_reads = msgspec.json.Decoder(HostFrame)


class Outbox:
    """Frames on their way to the hub, oldest first.

    Args:
        wake: Called, from the thread that puts, when there is something to send and nobody was told so yet.
        watch: Called likewise when something is held back: `look` is to be called now and then from then on.
    """

    def __init__(self, *, wake: Callable[[], None], watch: Callable[[], None] = lambda: None) -> None:
        self._wake = wake
        self._watch = watch
        self._lock = threading.Lock()
        self._frames: list[Part] = []
        self._begun: dict[str, int] = {}
        """Where among them a run is said to begin."""
        self._text: _Text | None = None
        self._is_told = False
        """Somebody was told that there is something to send."""
        self._held_by = 0
        """How many hold back what is put."""
        self._is_watched = False
        self._holds = self._takes = 0
        self._looked_at = (0, 0, False)
        """Those two at the last look, and whether anything waited."""
        self._lane = FileLane()
        self._bytes = 0
        """Of all that is here, and of what was sent and is not confirmed, but for pieces of files."""
        self._file_bytes = 0
        """Of those."""
        self._unsettled = 0
        self._sent: deque[tuple[int, bool]] = deque()
        """Of what was sent and is not confirmed: the size, and whether it is a piece of a file."""
        self._pieces_away = 0
        self._waiting: list[Future[None]] = []
        self._waiting_with_files: list[Future[None]] = []

    def put(self, frame: HostFrame) -> None:
        """Queue a frame. Text for the step that the last frame was about joins it.

        Of a run that ends before its beginning has left only the end is said: nobody could have seen that it ran.

        Pieces of files take turns with each other, and let everybody else go first but their own session. They are
        encoded when they leave, by who takes them: all those of a large file at once would hold the loop of who puts.

        Args:
            frame: What to send.

        Raises:
            TypeError: Something in it is no JSON.
            ValueError: The hub would not read it: it is too large, or something in it is not as the protocol wants.
        """
        if isinstance(frame, Emit) and isinstance(frame.event, AppendText) and len(frame.event.text) < MAX_TEXT_LENGTH:
            if not is_id(frame.event.step_id):
                raise ValueError(f"The id of a step is a UUID; this was {frame.event.step_id!r}.")
            frame.event.text.encode()  # half a surrogate pair fails here, where its author can be told
            self._put_text(frame.session, frame.event)
            return
        part = frame if isinstance(frame, PutFile) else _checked(frame)
        with self._lock:
            self._settle_text()
            if isinstance(frame, RunChanged):
                self._note_run(frame)
            self._append(part, getattr(frame, "session", None))
        if not self._held_by:
            self._tell()

    def hold(self) -> None:
        """Hold back what is put from now on until `hurry` is called, but no longer than until the second `look`.

        Text is never held back. What a handler says before it first waits for something leaves together, with its
        beginning and its end.
        """
        with self._lock:
            self._held_by += 1
            self._holds += 1
            is_watched, self._is_watched = self._is_watched, True
        if not is_watched:
            self._watch()

    def hurry(self) -> None:
        """Let what was held back leave, once for each `hold`; the last, or much of it, leaves now."""
        with self._lock:
            self._held_by = max(0, self._held_by - 1)
            is_due = not self._held_by or len(self._frames) >= MAX_HELD_FRAMES
        if is_due:
            self._tell_of_what_was_held()

    def look(self) -> bool:
        """Let go what has been held back since the last look: whoever holds it does not wait but works.

        Returns:
            Whether to look again after a while.
        """
        with self._lock:
            holds, takes, had_any = self._looked_at
            self._looked_at = (self._holds, self._takes, bool(self._frames or self._lane))
            goes_on = self._is_watched = self._holds != holds
            is_late = had_any and self._takes == takes
            if not goes_on:
                is_late = is_late or self._held_by > 0
                self._held_by = 0
        if is_late:
            self._tell_of_what_was_held()
        return goes_on

    def take(self, *, is_last: bool = False) -> list[bytes]:
        """Return what is to be sent, encoded, and forget it.

        Args:
            is_last: Nothing will be taken after this: files go whole.
        """
        return [_encoded(part) for part in self._take(is_last=is_last)]

    def forget(self) -> None:
        """Forget what is to be sent."""
        self._take(is_last=True)
        self.settled(0)

    def settled(self, unsettled: int) -> None:
        """Note how many frames were sent and are not confirmed; let those go on who wait for room."""
        ready: list[Future[None]] = []
        with self._lock:
            self._unsettled = unsettled
            while len(self._sent) > unsettled:
                size, is_piece = self._sent.popleft()
                if is_piece:
                    self._file_bytes -= size
                    self._pieces_away -= 1
                else:
                    self._bytes -= size
            if not self._is_full():
                ready += self._waiting
                self._waiting.clear()
            if not self._is_full_of_files():
                ready += self._waiting_with_files
                self._waiting_with_files.clear()
            has_next_piece = bool(self._lane) and self._pieces_away < MAX_PIECES_AWAY
        for future in ready:
            if not future.done():
                future.set_result(None)
        if has_next_piece:
            self._tell()

    @property
    def has_room(self) -> bool:
        """Whether `room` would not wait."""
        count = len(self._frames) + self._lane.behind + self._unsettled
        return count <= MAX_WAITING_FRAMES and self._bytes <= MAX_WAITING_BYTES

    async def room(self) -> None:
        """Wait while too much is on its way, files apart. On any loop."""
        if not self.has_room:
            await self._wait(self._is_full, self._waiting)

    async def room_for_files(self) -> None:
        """Wait while too much of files is on its way, or of anything. On any loop."""
        await self.room()
        await self._wait(self._is_full_of_files, self._waiting_with_files)

    def _take(self, *, is_last: bool) -> list[Part]:
        with self._lock:
            self._is_told = False
            self._takes += 1
            self._settle_text()
            parts = [part for part in self._frames if part is not _NOTHING]
            self._frames = []
            self._begun.clear()
            if self._lane:
                parts += self._lane.take(sys.maxsize if is_last else MAX_PIECES_AWAY - self._pieces_away)
            for part in parts:
                is_piece = isinstance(part, PutFile)
                self._sent.append((_size(part), is_piece))
                self._pieces_away += is_piece
            return parts

    async def _wait(self, is_full: Callable[[], bool], waiting: list[Future[None]]) -> None:
        with self._lock:
            if not is_full():
                return
            future: Future[None] = Future()
            waiting.append(future)
        try:
            await asyncio.wrap_future(future)
        finally:
            with self._lock:
                if future in waiting:  # given up
                    waiting.remove(future)

    def _is_full(self) -> bool:
        return not self.has_room

    def _is_full_of_files(self) -> bool:
        return self._file_bytes > MAX_WAITING_FILE_BYTES

    def _note_run(self, change: RunChanged) -> None:
        """Note where a run begins, or take that back: it is over."""
        if change.status not in FINAL_RUN_STATUSES:
            if change.session not in self._lane:
                self._begun[change.run] = len(self._frames)
            return
        place = self._begun.pop(change.run, None)
        if place is not None and change.session not in self._lane:
            self._bytes -= _size(self._frames[place])
            self._frames[place] = _NOTHING

    def _append(self, part: Part, session: str | None) -> None:
        is_piece = isinstance(part, PutFile)
        if is_piece:
            self._file_bytes += _size(part)
        else:
            self._bytes += _size(part)
        if session is not None and (is_piece or session in self._lane):
            self._lane.put(session, part)
        else:
            self._frames.append(part)

    def _put_text(self, session: str, event: AppendText) -> None:
        with self._lock:
            if self._text is not None and self._text.continues(session, event):
                self._text.add(event.text)
                return
            self._settle_text()
            self._text = _Text(session, event)
        self._tell()

    def _tell_of_what_was_held(self) -> None:
        if self._frames or self._lane:
            self._tell()

    def _tell(self) -> None:
        with self._lock:
            is_told, self._is_told = self._is_told, True
        if not is_told:
            self._wake()

    def _settle_text(self) -> None:
        if self._text is not None:
            self._append(encode(self._text.frame()), self._text.session)
            self._text = None


def _size(part: Part) -> int:
    return len(part.data if isinstance(part, PutFile) else part)


def _encoded(part: Part) -> bytes:
    return encode(part) if isinstance(part, PutFile) else part


def _checked(frame: HostFrame) -> bytes:
    """Encode a frame as the hub will read it."""
    encoded = encode(frame)
    if isinstance(frame, RunChanged):  # made of nothing that an author gives
        return encoded
    if len(encoded) > MAX_FRAME_BYTES:
        raise ValueError(f"This is too large to show: {len(encoded):,} bytes; at most {MAX_FRAME_BYTES:,} are sent.")
    try:
        _as_hub_reads.decode(encoded)
    except msgspec.ValidationError as reason:
        raise ValueError(f"The chat cannot show this: {reason}.") from None
    return encoded


class _Text:
    """Text for one step, still growing."""

    def __init__(self, session: str, event: AppendText) -> None:
        self.session = session
        self.event = event
        self.parts = [event.text]
        self.length = len(event.text)

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def continues(self, session: str, event: AppendText) -> bool:
        if self.event.offset + self.length != event.offset or self.length + len(event.text) > MAX_TEXT_LENGTH:
            return False
        return session == self.session and event.step_id == self.event.step_id and event.into == self.event.into

    def frame(self) -> Emit:
        return Emit(session=self.session, event=msgspec.structs.replace(self.event, text="".join(self.parts)))
