"""Which files viewers may give, as authors write it: in a call, a magic's options, a configuration file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from mimetypes import guess_type
from pathlib import Path

from msgspec.structs import replace

from ..ids import new_id
from ..protocol.errors import RefusedError
from ..protocol.files import check_taken, name_of, type_of
from ..protocol.frames import MAX_FILES
from ..protocol.steps import Element, Uploads

MEGABYTE = 1024 * 1024

_is_mime = re.compile(r"[a-z0-9][\w.+-]*/(\*|[\w.+-]+)", re.ASCII | re.IGNORECASE).fullmatch
_is_ending = re.compile(r"\.[^\s/\\,;]+").fullmatch


def kinds_of(accept: Sequence[str] | Mapping[str, Sequence[str]]) -> list[str]:
    """Return the kinds of files that are meant; none where any may be given.

    Args:
        accept: MIME types (`text/plain`, `image/*`) and endings (`.csv`), or a dict of both: endings by MIME types.

    Raises:
        TypeError: It is neither a list nor a dict of such.
        ValueError: One of them is no MIME type and no ending.

    Example:
        >>> kinds_of({"text/plain": [".txt", ".py"]})
        ['text/plain', '.txt', '.py']
    """
    if isinstance(accept, str) or not isinstance(accept, Sequence | Mapping):
        raise TypeError(
            f"accept is a list such as ['text/plain', '.csv'], or a dict such as {{'text/plain': ['.txt']}}; it was "
            f"{accept!r}."
        )
    kinds: list[str] = []
    for kind in accept:
        kinds.append(_kind(kind))
        if isinstance(accept, Mapping):
            endings = accept[kind]
            if isinstance(endings, str) or not isinstance(endings, Sequence):
                raise TypeError(f"accept has a list of endings for each MIME type; for {kind!r} it was {endings!r}.")
            kinds += map(_kind, endings)
    return [] if "*/*" in kinds else list(dict.fromkeys(kinds))


def limits(uploads: Uploads, *, max_files: int | None = None, max_size_mb: float | None = None) -> Uploads:
    """Return what may be given with other limits, as far as some are given.

    Args:
        uploads: What may be given so far.
        max_files: At a time.
        max_size_mb: Of each, in megabytes (1024 · 1024 bytes).

    Raises:
        ValueError: A limit is not above 0, or too many files for one message.
    """
    if max_files is not None:
        if isinstance(max_files, bool) or not isinstance(max_files, int) or not 0 < max_files <= MAX_FILES:
            raise ValueError(f"max_files is a whole number from 1 to {MAX_FILES}; it was {max_files!r}.")
        uploads = replace(uploads, max_files=max_files)
    if max_size_mb is not None:
        is_number = isinstance(max_size_mb, int | float) and not isinstance(max_size_mb, bool)
        if not is_number or not isfinite(max_size_mb) or int(max_size_mb * MEGABYTE) < 1:
            raise ValueError(f"max_size_mb is a number of megabytes above 0; it was {max_size_mb!r}.")
        uploads = replace(uploads, max_bytes=int(max_size_mb * MEGABYTE))
    return uploads


def uploads_in_words(
    words: Sequence[str] | None,
    usual: Uploads | None,
    *,
    max_files: int | None = None,
    max_size_mb: float | None = None,
) -> Uploads | None:
    """Return which files may be given, as a line of options says it.

    Args:
        words: `off`, `any`, or MIME types and endings; None for what is usual.
        usual: What may be given where the options do not say.
        max_files: At a time.
        max_size_mb: Of each, in megabytes.

    Raises:
        ValueError: It cannot be understood.

    Example:
        >>> uploads_in_words(["off"], Uploads()) is None
        True
    """
    if words is not None:
        if list(words) == ["off"]:
            return None
        usual = replace(usual or Uploads(), accept=[] if list(words) == ["any"] else kinds_of(words))
    return usual and limits(usual, max_files=max_files, max_size_mb=max_size_mb)


def elements_of(paths: Sequence[Path], allowed: Uploads, *, max_bytes: int) -> list[Element]:
    """Return the elements that show files on this machine's disk, which are checked to be of those that are taken.

    Raises:
        RefusedError: One of them is not there, or not taken.
    """
    if len(paths) > allowed.max_files:
        raise RefusedError("busy", f"At most {allowed.max_files} files are taken; these are {len(paths)}.")
    elements = []
    for path in paths:
        if not path.is_file():
            raise RefusedError("unknown_file", f"There is no file {str(path)!r} here. Give the path of a file.")
        name, size = name_of(path.name), path.stat().st_size
        mime = guess_type(name)[0] or "application/octet-stream"
        check_taken(name, mime, size, allowed, max_bytes=max_bytes)
        elements.append(Element(id=new_id(), type=type_of(mime), name=name, mime=mime, bytes=size))
    return elements


def _kind(given: object) -> str:
    if not isinstance(given, str):
        raise TypeError(f"accept has MIME types such as 'text/plain' and endings such as '.csv'; {given!r} is no text.")
    kind = given.strip()
    if _is_ending(kind) or _is_mime(kind) or kind == "*/*":
        return kind
    hint = f" Did you mean '.{kind}'?" if kind.isalnum() else ""
    raise ValueError(
        f"accept has MIME types such as 'text/plain' or 'image/*', and endings such as '.csv'; {given!r} is neither."
        f"{hint}"
    )
