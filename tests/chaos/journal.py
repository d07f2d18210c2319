"""Journals: what each viewer and the bot's author write down while it happens, one JSON array a line.

The one rule: a line is written before the act that it announces (`Sent`, `Began`, `Said`), and after the one that it
reports (`Accepted`, `Ended`), so that a crash in between can be told from a lie.

A text begins with its *key*, `canary/number`: the canary is its session's own, and shows where the text belongs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal, Self

import msgspec
from msgspec import Struct

_KEY = re.compile(r"[0-9a-z]+/[0-9]+(?= |$)")


class Record(Struct, frozen=True, array_like=True):
    """A line of a journal."""

    session: str


# ---- what viewers write ----------------------------------------------------------------------------------------------


class Opened(Record, frozen=True, tag="opened"):
    """A viewer has joined a session."""

    viewer: str
    canary: str


class Sent(Record, frozen=True, tag="sent"):
    """A viewer says something for the first time."""

    viewer: str
    client: str
    kind: Literal["message", "answer", "retry"]
    key: str = ""
    digest: str = ""
    target: str = ""
    """The question that is answered, or the step that is run again."""


class Accepted(Record, frozen=True, tag="accepted"):
    """What a viewer said was confirmed."""

    viewer: str
    client: str
    step: str


class Refused(Record, frozen=True, tag="refused"):
    """What a viewer said was turned down for good."""

    viewer: str
    client: str
    code: str


class Welcomed(Record, frozen=True, tag="welcomed"):
    """A connection was answered."""

    viewer: str
    epoch: str
    seq: int
    """Where the viewer stands now: its snapshot's number, or the last event that it has."""
    resumed: bool


class Applied(Record, frozen=True, tag="applied"):
    """A viewer applied events whose numbers follow each other."""

    viewer: str
    first: int
    last: int


class Shown(Record, frozen=True, tag="shown"):
    """A viewer sees a step for the first time."""

    viewer: str
    step: str


class SeenStep(Struct, frozen=True, array_like=True):
    """A step as an observer has it."""

    id: str
    is_user: bool
    key: str
    digest: str
    length: int
    client: str = ""
    parent: str = ""
    status: str = ""
    is_error: bool = False
    is_streaming: bool = False


class Viewed(Record, frozen=True, tag="viewed"):
    """All that a viewer has before it at the end."""

    viewer: str
    steps: list[SeenStep]


# ---- what the bot's author writes ------------------------------------------------------------------------------------


class Began(Record, frozen=True, tag="began"):
    """A handler takes a message."""

    run: str
    key: str
    kernel: int = 0


class Ended(Record, frozen=True, tag="ended"):
    """A handler is done with it."""

    run: str
    outcome: Literal["done", "raised", "cancelled"]


class Said(Record, frozen=True, tag="said"):
    """A handler sends a message."""

    run: str
    step: str
    key: str
    digest: str


class Streams(Record, frozen=True, tag="streams"):
    """A handler begins to stream a message: `stream_text(key, tokens)`."""

    run: str
    step: str
    key: str
    tokens: int


class Asked(Record, frozen=True, tag="asked"):
    """A handler asks."""

    run: str


class Answered(Record, frozen=True, tag="answered"):
    """A handler has its answer."""

    run: str
    key: str


AnyRecord = (
    Opened
    | Sent
    | Accepted
    | Refused
    | Welcomed
    | Applied
    | Shown
    | Viewed
    | Began
    | Ended
    | Said
    | Streams
    | Asked
    | Answered
)

# ---- texts -----------------------------------------------------------------------------------------------------------


def key_of(text: str) -> str:
    """Return the key that a text begins with; empty where it has none."""
    found = _KEY.match(text)
    return "" if found is None else found[0]


def canary_of(key: str) -> str:
    """Return the canary of a key."""
    return key.partition("/")[0]


def digest(text: str) -> str:
    """Return a text's fingerprint."""
    return blake2b(text.encode(), digest_size=8).hexdigest()


def stream_tokens(key: str, count: int) -> Iterator[str]:
    """Return what the bot streams for a message; some tokens have more UTF-16 units than code points."""
    yield f"{key} "
    for number in range(1, count):
        yield f"{number}🙂é " if number % 7 == 0 else f"{number} "


def stream_text(key: str, count: int) -> str:
    """Return the whole text of a stream."""
    return "".join(stream_tokens(key, count))


def seen_step(step: Any) -> SeenStep:
    """Return what is noted of a `protocol.steps.Step`."""
    return SeenStep(
        id=step.id,
        is_user=step.type == "user_message",
        key=key_of(step.output),
        digest=digest(step.output),
        length=len(step.output),
        client=step.client_id or "",
        parent=step.parent_id or "",
        status=step.status or "",
        is_error=step.is_error,
        is_streaming=step.streaming,
    )


# ---- files -----------------------------------------------------------------------------------------------------------


class Journal:
    """A file that lines are appended to, each whole: also where the writer is killed, and where several write.

    Args:
        path: The file; made if it is not there.
        buffered: Lines gather until `flush`: for a writer that is never killed.
    """

    def __init__(self, path: Path, *, buffered: bool = False) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._encode = msgspec.json.Encoder().encode
        self._gathered: list[bytes] | None = [] if buffered else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, record: AnyRecord) -> None:
        """Append a record."""
        line = self._encode(record) + b"\n"
        if self._gathered is None:
            os.write(self._file, line)
            return
        self._gathered.append(line)
        if len(self._gathered) >= 4096:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        if self._gathered:
            left = memoryview(b"".join(self._gathered))
            self._gathered.clear()
            while left:
                left = left[os.write(self._file, left) :]

    def close(self) -> None:
        """Write what has gathered, and close the file."""
        self.flush()
        os.close(self._file)


def read_journals(paths: Iterable[Path]) -> Iterator[AnyRecord]:
    """Return the records of journals, each in its order."""
    decode = msgspec.json.Decoder(AnyRecord).decode
    for path in paths:
        with path.open("rb") as lines:
            for line in lines:
                yield decode(line)
