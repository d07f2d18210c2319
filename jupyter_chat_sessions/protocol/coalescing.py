"""Fewer frames for a viewer that reads slowly: text that continues text becomes one event.

The one rule: who applies the result has the same conversation and the same last number.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from .frames import AppendText, Numbered, encode

_BEGINNING = b'{"type":"event"'
_decode = msgspec.json.Decoder(Numbered).decode


def coalesce(frames: Iterable[bytes]) -> list[bytes]:
    """Merge adjacent text events of the same step.

    Args:
        frames: Encoded frames for a viewer, in order.

    Returns:
        Encoded frames; a merged event covers the numbers from `first` to `seq`.
    """
    merged: list[bytes] = []
    text: _Text | None = None
    for frame in frames:
        event = _decode(frame) if frame.startswith(_BEGINNING) else None
        if event is not None and isinstance(event.event, AppendText):
            if text is None or not text.takes(event):
                if text is not None:
                    merged.append(text.frame())
                text = _Text(event, event.event)
            continue
        if text is not None:
            merged.append(text.frame())
            text = None
        merged.append(frame)
    if text is not None:
        merged.append(text.frame())
    return merged


class _Text:
    """Text events that become one."""

    def __init__(self, numbered: Numbered, event: AppendText) -> None:
        self._first = numbered.first or numbered.seq
        self._seq = numbered.seq
        self._event = event
        self._parts = [event.text]
        self._length = len(event.text)

    def takes(self, numbered: Numbered) -> bool:
        """Take an event in if it continues this one; return whether it did."""
        event = numbered.event
        if (
            not isinstance(event, AppendText)
            or (event.step_id, event.into) != (self._event.step_id, self._event.into)
            or event.offset != self._event.offset + self._length
            or (numbered.first or numbered.seq) != self._seq + 1
        ):
            return False
        self._parts.append(event.text)
        self._length += len(event.text)
        self._seq = numbered.seq
        return True

    def frame(self) -> bytes:
        """Return the one event, encoded."""
        event = replace(self._event, text="".join(self._parts))
        return encode(Numbered(seq=self._seq, event=event, first=None if self._first == self._seq else self._first))
