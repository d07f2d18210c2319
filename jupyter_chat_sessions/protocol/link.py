"""One end of the link between host and hub: numbers, acknowledgements, and what has to be sent again.

Both ends are the same class. The one rule: a frame is dropped here only when the other end has said that it has it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from .errors import ProtocolError

Out = TypeVar("Out")
In = TypeVar("In")


class Batch(NamedTuple, Generic[Out]):
    """Frames that travel in one message, and the number of the first."""

    first: int
    frames: list[Out]


class LinkEnd(Generic[Out, In]):
    """Numbers what goes out, keeps it until it is acknowledged, and lets each incoming frame pass once.

    Example:
        >>> here, there = LinkEnd(), LinkEnd()
        >>> first = here.number(["a", "b"])
        >>> there.receive(first, ["a", "b"])
        ['a', 'b']
        >>> there.receive(first, ["a", "b"])  # sent again after a cut: nothing new
        []
        >>> here.acknowledged(there.received)
        >>> here.unacknowledged()
        (3, [])
        >>> here.number(["c", "d"]), here.after(3)
        (3, ['d'])
    """

    def __init__(self) -> None:
        self.received = 0
        """The number of the last frame that came in."""
        self._sent = 0
        self._kept: deque[Out] = deque()

    @property
    def sent(self) -> int:
        """The number of the last frame that goes out."""
        return self._sent

    @property
    def kept(self) -> int:
        """How many frames wait for their acknowledgement."""
        return len(self._kept)

    def number(self, frames: Sequence[Out]) -> int:
        """Take frames to be sent and return the number of the first."""
        first = self._sent + 1
        self._sent += len(frames)
        self._kept.extend(frames)
        return first

    def acknowledged(self, number: int) -> None:
        """Let go of what the other end has.

        Raises:
            ProtocolError: The other end claims to have what was never sent.
        """
        if number > self._sent:
            raise ProtocolError("out_of_order", f"Frame {number} was acknowledged, but only {self._sent} were sent.")
        while self._sent - len(self._kept) < number:
            self._kept.popleft()

    def unacknowledged(self) -> tuple[int, list[Out]]:
        """Return what has to be sent again on a new connection, with the number of the first."""
        return self._sent - len(self._kept) + 1, list(self._kept)

    def after(self, number: int) -> list[Out]:
        """Return what has a higher number and is not acknowledged, in order."""
        kept = self._kept
        return [kept[index] for index in range(max(-len(kept), number - self._sent), 0)]

    def amend(self, change: Callable[[Out], Out]) -> None:
        """Change what is kept to be sent again; each frame keeps its number."""
        self._kept = deque(change(frame) for frame in self._kept)

    def receive(self, first: int, frames: Sequence[In]) -> list[In]:
        """Return those of the frames that did not come before.

        Args:
            first: The number of the first of them.
            frames: The frames of one batch, in order.

        Raises:
            ProtocolError: Frames before these are missing.
        """
        if first > self.received + 1:
            raise ProtocolError("out_of_order", f"Frame {first} came when {self.received + 1} was next.")
        new = list(frames[self.received + 1 - first :])
        self.received += len(new)
        return new

    def restart(self) -> list[Out]:
        """Begin anew with an other end that knows nothing of this one; return what was not acknowledged."""
        kept = list(self._kept)
        self.__init__()  # type: ignore[misc]
        return kept


def batches(first: int, frames: Sequence[Out], *, size: Callable[[Out], int], max_bytes: int) -> Iterator[Batch[Out]]:
    """Part numbered frames into batches that fit into one message each.

    Args:
        first: The number of the first frame.
        frames: The frames, in order.
        size: Returns the encoded size of one, in bytes.
        max_bytes: The most in one batch; a single frame above it makes a batch of its own.

    Example:
        >>> [(batch.first, batch.frames) for batch in batches(7, ["aa", "b", "cc"], size=len, max_bytes=3)]
        [(7, ['aa', 'b']), (9, ['cc'])]
    """
    batch: list[Out] = []
    weight = 0
    for frame in frames:
        weight += size(frame)
        if batch and weight > max_bytes:
            yield Batch(first, batch)
            first, batch, weight = first + len(batch), [], size(frame)
        batch.append(frame)
    if batch:
        yield Batch(first, batch)
