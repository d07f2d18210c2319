"""The side panel: elements that stand beside the conversation until something else does."""

from __future__ import annotations

import msgspec

from ..host.scope import current_scope
from . import arguments
from .element import Element, elements_of
from .panel import show_panel, shown_panel


class ElementSidebar:
    """The panel beside the conversation (Chainlit: `cl.ElementSidebar`). It survives reloads.

    Example:
        >>> await cl.ElementSidebar.set_title("Your order")
        >>> await cl.ElementSidebar.set_elements([cl.Text(content="One tea")], key="order")
        >>> await cl.ElementSidebar.set_elements([])  # closes it
    """

    @staticmethod
    async def set_title(title: str) -> None:
        """Set what stands above the elements, and open the panel.

        Args:
            title: A few words.

        Raises:
            TypeError: It is no text.
            NoSessionError: There is no session here.
        """
        scope = current_scope()
        show_panel(scope, {**shown_panel(scope), "title": arguments.text("ElementSidebar.set_title(title)", title)})
        await scope.session.room()

    @staticmethod
    async def set_elements(elements: list[Element], key: str | None = None) -> None:
        """Show elements in the panel and open it, or close it.

        Args:
            elements: The elements; an empty list closes the panel.
            key: What is shown, in a word: while the panel shows what was set with the same key, it stays as it is.

        Raises:
            TypeError: Something in the list is no element, or the key is no text.
            ValueError: An element is larger than is kept.
            OSError: The file of an element cannot be read.
            NoSessionError: There is no session here.
        """
        scope = current_scope()
        given = elements_of(elements, call="ElementSidebar.set_elements")
        arguments.text_or_none("ElementSidebar.set_elements(key=…)", key)
        before = shown_panel(scope)
        if not given:
            show_panel(scope, None)
        elif key is None or before.get("key") != key or not before["elements"]:
            for element in given:
                await element.bring(scope.session)
            structs = [msgspec.to_builtins(element.as_struct(scope.session)) for element in given]
            show_panel(scope, {"title": before["title"], "key": key, "elements": structs})
        await scope.session.room()
