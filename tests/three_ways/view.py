"""What a viewer sees, in one form for all three ways: as lines of text that can be laid beside each other.

Left out is what is never the same (ids, times), and how each way is built: the step that stands for the run of a
handler. Who says something and what it stands inside are told by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import NamedTuple

SHOWN_AROUND = ("task", "side panel")
HANDLERS = ("on_chat_start", "on_message", "on_chat_resume", "on_audio_end")


MAX_SEEN = 4096
CONTENTS_SEEN = ("image", "text", "pdf", "audio", "video", "file")
"""Whose content is compared; what a library writes, it may write in another way tomorrow."""


class SeenElement(NamedTuple):
    """What stands with a message or a step.

    Attributes:
        type: Chainlit's word.
        name: As it is called.
        display: Where it is shown.
        content: A digest of its content, where that is compared.
    """

    type: str
    name: str
    display: str
    content: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.type, repr(self.name), self.display, self.content)))


def digest(content: bytes) -> str:
    """Return a sign for a content: its length and a part of its hash; the length alone is not told of what is drawn."""
    return "" if len(content) > MAX_SEEN else f"{len(content)} bytes {sha256(content).hexdigest()[:8]}"


@dataclass(frozen=True)
class SeenStep:
    """A message, or a step on the way to one.

    Attributes:
        id: Only for telling what stands inside it.
        type: Chainlit's word.
        author: Whose message it is, or the step's name.
        text: What it says; of a step, what came out of it.
        input: What went into a step, where it is shown.
        parent: The id of what it stands inside.
        is_error: It is marked as one.
        language: It is shown as code.
        elements: What stands with it.
        buttons: Their labels.
    """

    id: str
    type: str
    author: str
    text: str = ""
    input: str = ""
    parent: str | None = None
    is_error: bool = False
    language: str | None = None
    elements: tuple[SeenElement, ...] = ()
    buttons: tuple[str, ...] = ()

    @property
    def is_message(self) -> bool:
        """Somebody says it."""
        return self.type.endswith("_message")

    @property
    def is_handler(self) -> bool:
        """It only stands for the run of a handler."""
        return self.type == "run" and self.author in HANDLERS


@dataclass(frozen=True)
class View:
    """Everything that a viewer sees at one moment.

    Attributes:
        steps: In the order in which they came.
        question: What kind of answer is waited for.
        around: What stands around the conversation, a line for each.
        passing: What came by since the viewer last did something: toasts.
    """

    steps: Sequence[SeenStep] = ()
    question: str | None = None
    around: Sequence[str] = ()
    passing: Sequence[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return it in full."""
        steps = [step for step in self.steps if not step.is_handler]
        names = {step.id: step.author for step in steps if not step.is_message}
        lines = [line for step in steps for line in _lines_of(step, names.get(step.parent or ""))]
        return [*lines, *self._rest()]

    def shown_lines(self) -> list[str]:
        """Return what of it a page shows by itself: Markdown without its marks, steps inside what they belong to.

        Settings, commands, modes and the like are shown where one looks for them; that they are there shows when a
        script uses them.
        """
        steps = [step for step in self.steps if not step.is_handler]
        names = {step.id: step.author for step in steps if not step.is_message}
        lines = [
            line
            for step in _nested(steps)
            for line in _lines_of(_as_shown(step), None if step.is_message else names.get(step.parent or ""))
        ]
        around = [line for line in self.around if line.startswith(SHOWN_AROUND)]
        toasts = [line for line in self.passing if line.startswith("toast")]
        return [*lines, *replace(self, around=around, passing=toasts)._rest()]

    def newest_text(self) -> str:
        """Return what the newest message that is not the viewer's says."""
        said = [step.text for step in self.steps if step.is_message and step.type != "user_message"]
        return said[-1] if said else ""

    def _rest(self) -> Iterator[str]:
        if self.question is not None:
            yield f"waits for {self.question}"
        yield from sorted(self.around)
        yield from self.passing


def plain(text: str) -> str:
    """Return Markdown as it reads once it is rendered: good enough for what the apps here say."""
    text = re.sub(r"^(`{3,})\w*$", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(#+|[-*]|\d+\.|>) +", "", text, flags=re.MULTILINE)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"\*\*|`|(?<!\w)[*_]|[*_](?!\w)", "", text).split())


def _lines_of(step: SeenStep, inside: str | None) -> Iterator[str]:
    mine = f"viewer{''.join(step.author.partition(' /')[1:])}"
    who = mine if step.type == "user_message" else f"{step.type} {step.author}"
    marks = [f"inside {inside}"] if inside else []
    marks += ["error"] if step.is_error else []
    marks += [f"as {step.language}"] if step.language else []
    told = f" ({', '.join(marks)})" if marks else ""
    taken = f" {step.input!r} →" if step.input else ""
    yield f"{who}{told}:{taken} {step.text!r}"
    for element in sorted(map(str, step.elements)):  # Chainlit sends them at once, and they come as it happens
        yield f"    shows {element}"
    for button in step.buttons:
        yield f"    button {button}"


def _as_shown(step: SeenStep) -> SeenStep:
    elements = tuple(
        each._replace(content="") if each.display == "inline" else SeenElement("link", each.name, "")
        for each in step.elements
    )
    step = replace(step, elements=elements)
    if step.is_message:
        return replace(step, text=plain(step.text), language=None)
    return replace(step, text=plain(f"{step.input}\n{step.text}"), input="", language=None)


def _nested(steps: list[SeenStep]) -> Iterator[SeenStep]:
    """Yield the steps with what stands inside each right behind it. A message stands by itself."""
    traces = {step.id for step in steps if not step.is_message}

    def inside(parent: str) -> Iterator[SeenStep]:
        for step in steps:
            if step.parent == parent and not step.is_message:
                yield step
                yield from inside(step.id)

    for step in steps:
        if step.is_message or step.parent not in traces:
            yield step
            if not step.is_message:
                yield from inside(step.id)
