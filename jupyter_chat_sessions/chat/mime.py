"""What a content is: its MIME type, told by how it begins, or by its name."""

from __future__ import annotations

import re
from pathlib import Path

_BEGINNINGS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(beginning, re.DOTALL), mime)
    for beginning, mime in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF....WEBP", "image/webp"),
        (rb"RIFF....WAVE", "audio/wav"),
        (rb"BM.{4}\x00{4}", "image/bmp"),
        (rb"....ftypavif", "image/avif"),
        (rb"....ftypM4A", "audio/mp4"),
        (rb"....ftyp", "video/mp4"),
        (rb"%PDF-", "application/pdf"),
        (rb"ID3|\xff[\xfb\xf3\xf2]", "audio/mpeg"),
        (rb"OggS", "audio/ogg"),
        (rb"fLaC", "audio/flac"),
        (rb"\x1aE\xdf\xa3.{,40}webm", "video/webm"),
        (rb"PK\x03\x04", "application/zip"),
        (rb"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]", "image/svg+xml"),
    )
)
_LOOKED_AT = 1024
"""Bytes at the beginning that tell what it is."""


def mime_of(
    content: bytes | str | None, *, path: str | None = None, name: str = "", url: str | None = None
) -> str | None:
    """Return the MIME type of a content, or None where it cannot be told.

    Args:
        content: The content, if it is here.
        path: Else a file that it is in.
        name: What it is called.
        url: Where it is, if it is elsewhere.

    Example:
        >>> mime_of(b"%PDF-1.7", name="report")
        'application/pdf'
    """
    import mimetypes  # here and not above: importing the author's API stays fast

    named = next((found for called in (path, name, url) if called and (found := mimetypes.guess_type(called)[0])), None)
    begins = _beginning(content, path if url is None else None)
    told = next((mime for pattern, mime in _BEGINNINGS if pattern.match(begins)), None)
    if told == "application/zip":  # what office programs write is a ZIP file, too, and its name says more
        return named or told
    return told or named


def _beginning(content: bytes | str | None, path: str | None) -> bytes:
    if content is not None:
        return content[:_LOOKED_AT] if isinstance(content, bytes) else content[:_LOOKED_AT].encode(errors="replace")
    if path is None:
        return b""
    try:
        with Path(path).open("rb") as file:
            return file.read(_LOOKED_AT)
    except OSError:
        return b""
