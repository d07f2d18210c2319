"""A stored conversation as a file: Markdown to read, JSON to work with, a notebook to go on in.

Pure: what there is to write arrives as arguments.
"""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple

import msgspec

from ..protocol.steps import Element, Step
from .store import ThreadRecord

Format = Literal["markdown", "json", "notebook"]


class Exported(NamedTuple):
    """A file.

    Attributes:
        name: What to call it.
        media_type: What it is.
        content: What stands in it.
    """

    name: str
    media_type: str
    content: bytes


_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_SUFFIX = {"markdown": "md", "json": "json", "notebook": "ipynb"}
MEDIA_TYPES = {"markdown": "text/markdown", "json": "application/json", "notebook": "application/x-ipynb+json"}


def export(thread: ThreadRecord, steps: list[Step], to: Format) -> Exported:
    """Write a conversation as a file.

    Args:
        thread: The thread.
        steps: All its steps, in order.
        to: `markdown`, `json`, or `notebook` (nbformat 4.5).

    Example:
        >>> export(thread, steps, "markdown").name
        'demo-2026-01-02.md'
    """
    writers = {"markdown": _markdown, "json": _json, "notebook": _notebook}
    safe = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in thread.channel)
    name = f"{safe}-{thread.created_at[:10]}.{_SUFFIX[to]}"
    return Exported(name, MEDIA_TYPES[to], writers[to](thread, steps))


def _title(thread: ThreadRecord) -> str:
    return thread.name or f"A conversation in {thread.channel}"


def _markdown(thread: ThreadRecord, steps: list[Step]) -> bytes:
    parts = [f"# {_title(thread)}", f"*{thread.channel}, {thread.created_at}*"]
    parts += [_section(step) for step in steps if not step.is_call]
    return ("\n\n".join(parts) + "\n").encode()


def _section(step: Step) -> str:
    """Return a step as a section of Markdown: who, when, and what; code in a fence that it cannot close."""
    heading = f"{'###' if step.is_message else '####'} {step.name}" + (
        f" · {step.created_at}" if step.created_at else ""
    )
    text = step.output
    if step.language:
        fence = "```"
        while fence in text:
            fence += "`"
        text = f"{fence}{step.language}\n{text}\n{fence}"
    if step.is_error:
        text = f"**Error:** {text}"
    if step.status == "interrupted":
        text = f"{text}\n\n*(interrupted)*".lstrip()
    if step.elements:
        text = f"{text}\n\n{_with(step.elements)}".lstrip()
    return f"{heading}\n\n{text}".rstrip()


def _with(elements: list[Element]) -> str:
    """Return what stands with a step, by name: a name is a name, whatever Markdown would make of it."""
    names = [_PUNCTUATION.sub(r"\\\g<0>", " ".join(element.name.split()) or element.type) for element in elements]
    return f"*With: {', '.join(names)}*"


def _json(thread: ThreadRecord, steps: list[Step]) -> bytes:
    content = {
        "id": thread.id,
        "channel": thread.channel,
        "name": thread.name,
        "createdAt": thread.created_at,
        "steps": steps,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def _notebook(thread: ThreadRecord, steps: list[Step]) -> bytes:
    cells = [_cell("title", f"# {_title(thread)}\n\n*{thread.channel}, {thread.created_at}*")]
    cells += [_cell(step.id, _section(step)) for step in steps if not step.is_call]
    content: dict[str, Any] = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def _cell(cell_id: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": source.splitlines(keepends=True)}
