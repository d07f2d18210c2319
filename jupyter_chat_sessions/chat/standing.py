"""What messages and steps have in common: elements stand with them, and one of these may be what they say."""

from __future__ import annotations

from typing import Any

from ..host.scope import Scope
from .element import Element
from .rich_display import Display, display_of, shown_elements


class Captured:
    """What was displayed while a step went on, and stands with it."""

    def __init__(self) -> None:
        self.displays: list[Display] = []
        self.by_display_id: dict[str, Display] = {}
        self.is_to_be_cleared = False
        """With the next display, what is there goes."""


class WithElements:
    """Something that elements stand with.

    Attributes:
        id: By which the elements name it.
        elements: What stands with it; authors may change the list, and put objects in that show themselves.
    """

    id: str

    def __init__(self, elements: Any) -> None:
        self.elements: list[Element] = [] if elements is None else shown_elements(elements, call=type(self).__name__)
        self._display: Display | None = None
        """What shows the object that was given as content, where one was."""

    @property
    def has_display(self) -> bool:
        """Whether an object that shows itself is what it says."""
        return self._display is not None

    def _take_content(self, value: Any) -> bool:
        """Let an object that shows itself be the content, in the place of an earlier one; return whether it is one.

        Raises:
            ChatSessionsError: It raises an exception when it is asked to show itself.
        """
        display = display_of(value)
        if self._display is not None:
            self.elements = [element for element in self.elements if element is not self._display]
        if display is not None:
            self.elements = [display, *self.elements]
        self._display = display
        return display is not None

    async def _bring_elements(self, scope: Scope) -> None:
        """Let the hub have what the elements show; what is still missing when this is shown, that brings."""
        if not self.elements:
            return
        self.elements = shown_elements(self.elements, call=type(self).__name__)
        for element in self.elements:
            await element.bring(scope.session)

    def _bring_elements_now(self, scope: Scope) -> None:
        """Do as `_bring_elements` does, and wait for nothing."""
        if not self.elements:
            return
        self.elements = shown_elements(self.elements, call=type(self).__name__)
        for element in self.elements:
            element.bring_now(scope.session)
            element.for_id = self.id
