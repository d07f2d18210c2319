"""What a viewer hears."""

from __future__ import annotations

from dataclasses import dataclass

from ..protocol.steps import Element, Question, Step


@dataclass(frozen=True)
class Reply:
    """What a viewer heard after it said something.

    Attributes:
        steps: Every step that came, the viewer's own left out.
        question: The question that waits for an answer now, or None.
    """

    steps: list[Step]
    question: Question | None

    @property
    def content(self) -> str:
        """The text of the last message; empty when none came. Intermediate steps are none."""
        messages = [step for step in self.steps if step.is_message]
        return messages[-1].output if messages else ""

    @property
    def elements(self) -> list[Element]:
        """The elements that came with them, in order."""
        return [element for step in self.steps for element in step.elements]

    def __str__(self) -> str:
        return self.content


def said(step: Step) -> tuple[str, list[Element]]:
    """Return what makes a step of earlier on part of a reply: that it says or shows something else now."""
    return step.output, step.elements
