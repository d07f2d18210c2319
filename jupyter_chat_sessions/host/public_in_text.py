"""Pictures that a text calls by an address of `public/`, as in `![A cat](/public/cat.png)`.

The one rule: a text fetches nothing by itself. What it calls so goes with its step as an element, as other pictures do,
and the page shows that where the text has it. Of a text that is still growing, when it is finished.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import NAMESPACE_URL, uuid5

from msgspec.structs import replace

from ..protocol.frames import FinishStep, HostEvent, PutElement, PutStep
from ..protocol.steps import Element
from .public import PREFIX, PublicFolder, PublicPictures
from .still_held import StillHeld

IN_TEXT = "inText"
"""The prop of such an element: the address that the text has in its place."""
MAX_BYTES = 8 * 1024 * 1024
"""Of one such picture; who has a larger one shows it with `cl.Image`."""
MAX_PICTURES = 20
"""In one text."""

_CALLED = re.compile(rf"!\[[^\]\n]{{0,500}}\]\(\s{{0,9}}<?({PREFIX}[^\s)>]{{1,500}})")


class PicturesInText:
    """The pictures that the texts of one session call.

    Args:
        pictures: What the session is shown of `public/`: each picture goes to the hub once, however many texts call it.
        said: The session's messages and steps that are shown, by id: what was streamed is looked up there at its end,
            so that no token waits for this.
    """

    def __init__(self, pictures: PublicPictures, said: StillHeld) -> None:
        self._pictures = pictures
        self._said = said

    def shown(self, event: HostEvent, folder: PublicFolder) -> Sequence[HostEvent]:
        """Return an event as viewers are to have it, with what shows the pictures that its text calls."""
        match event:
            case PutStep(step=step) if step.type != "user_message" and not step.language:
                called = self._called(step.output, folder)
                if called:
                    return (replace(event, step=replace(step, elements=[*step.elements, *called])),)
            case FinishStep(step_id=step_id):
                called = self._called(self._text_of(step_id), folder)
                return (*(PutElement(step_id=step_id, element=element) for element in called), event)
        return (event,)

    def _text_of(self, step_id: str) -> str:
        """Return the text of a message, or a step's output; of code, and of what nobody has any more, nothing."""
        said = self._said.get(step_id)
        if said is None or said.language:
            return ""
        text: str = said.content if hasattr(said, "content") else said.output
        return text

    def _called(self, text: str, folder: PublicFolder) -> list[Element]:
        if PREFIX not in text:
            return []
        elements = []
        for address in list(dict.fromkeys(_CALLED.findall(text)))[:MAX_PICTURES]:
            path = folder.find_picture(address, max_bytes=MAX_BYTES)
            picture = None if path is None else self._pictures.show(path)
            if path is not None and picture is not None:
                elements.append(
                    Element(
                        id=str(uuid5(NAMESPACE_URL, f"{picture.file}{address}")),
                        type="image",
                        name=path.name,
                        mime=picture.mime,
                        file=picture.file,
                        bytes=picture.bytes,
                        props={IN_TEXT: address},
                    )
                )
        return elements
