"""How a `%%chat_session` cell looks: Markdown for people, plain text for everything else. Pure."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Sequence
from typing import Any

from ..protocol.steps import Element, Step

ANSWER_NEXT = "The next %%chat_session cell answers this question."
FILES_NEXT = "The next %%chat_session cell answers this question with files: write the path of each on a line."
PRESS = "%chat_session press LABEL presses a button."
WAITS = "What you said waits until then."
NOTHING = "No answer came."
SHOWN_TYPES = frozenset({"display", "image", "plotly", "text"})
"""Elements that a cell shows itself."""
_MAGIC = re.compile(r"%%?chat_session( press LABEL)?")


def as_mime_bundle(
    steps: Sequence[Step], *, bot_name: str, numbered: Collection[str] = (), notes: Sequence[str] = ()
) -> dict[str, str]:
    """Return what a cell shows of a conversation.

    Args:
        steps: What was said to the user.
        bot_name: Who speaks where no name is shown.
        numbered: The ids of those whose buttons answer a question, which the next cell may do by their numbers. The
            buttons of others have none: a number in the next cell is something that is said.
        notes: Lines from the chat itself, such as that a question waits.
    """
    buttons = [_buttons(step, is_numbered=step.id in numbered) for step in steps]
    markdown = [_markdown(step, labels, bot_name=bot_name) for step, labels in zip(steps, buttons, strict=True)]
    plain = [_plain(step, labels, bot_name=bot_name) for step, labels in zip(steps, buttons, strict=True)]
    markdown += ["*" + _MAGIC.sub(r"`\g<0>`", note) + "*" for note in notes]
    plain += [f"({note})" for note in notes]
    # What says nothing, such as a picture that is shown below, leaves no gap.
    return {"text/markdown": "\n\n".join(filter(None, markdown)), "text/plain": "\n\n".join(filter(None, plain))}


def element_bundle(element: Element, content: bytes | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how a cell shows what stands with a message: data by MIME type, and what is to be known of each.

    Args:
        element: The element.
        content: Its content, where that is here and not too large; without it, and for kinds that no cell shows, its
            name stands for it.
    """
    name = element.url or element.name
    plain = {"text/plain": f"[{element.type}: {name}]" if name else f"[{element.type}]"}
    if content is None:
        return plain, {}
    match element.type:
        case "display":
            bundle = json.loads(content)
            return {**plain, **bundle["data"]}, bundle["metadata"]
        case "image" if element.mime == "image/svg+xml":
            return {**plain, element.mime: content.decode(errors="replace")}, {}
        case "image" if element.mime in ("image/png", "image/jpeg", "image/gif"):
            return {**plain, element.mime: base64.b64encode(content).decode()}, {}
        case "plotly":
            return {**plain, "application/vnd.plotly.v1+json": json.loads(content)}, {}
        case "text":
            text = content.decode(errors="replace")
            fence = _fence(text)
            code = f"{fence}{element.language}\n{text}\n{fence}"
            return {"text/plain": text, "text/markdown": code if element.language else text}, {}
        case _:
            return plain, {}


def _markdown(step: Step, labels: Sequence[str], *, bot_name: str) -> str:
    text = step.output
    if step.language:
        fence = _fence(text)
        text = f"{fence}{step.language}\n{text}\n{fence}"
    if labels:
        text += "\n\n" + " ".join(f"`{label.replace('`', ' ')}`" for label in labels)
    if step.name != bot_name:
        text = f"**{step.name}**\n\n{text}"
    if step.is_error:
        # A class, not a colour: front ends give alerts the colours of their theme, and leave out style attributes.
        text = f'<div class="alert alert-block alert-danger">\n\n{text}\n\n</div>'
    return text


def _plain(step: Step, labels: Sequence[str], *, bot_name: str) -> str:
    name = "" if step.name == bot_name else f"{step.name}: "
    buttons = "".join(f"\n[{label}]" for label in labels)
    return f"{'Error: ' if step.is_error else ''}{name}{step.output}{buttons}"


def _buttons(step: Step, *, is_numbered: bool) -> list[str]:
    """Return what stands on a message's buttons."""
    labels = [action.label or action.name for action in step.actions]
    return [f"{number}: {label}" for number, label in enumerate(labels, 1)] if is_numbered else labels


def _fence(text: str) -> str:
    """Return backticks enough that nothing in the text ends the block."""
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return "`" * max(3, longest + 1)
