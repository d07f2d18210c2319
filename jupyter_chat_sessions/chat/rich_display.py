"""Objects that show themselves: figures, tables, widgets, formulas, whatever a notebook cell can display.

What such an object says of itself is a MIME bundle: the same thing as HTML, as a picture, as text, for whoever shows it
to choose from. The protocol is IPython's (`_repr_html_` and the like), which other libraries know, too. IPython itself
is not known here: where there is one, the notebook layer puts it behind the runtime's `format_display`.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from typing import Any

from ..host.current import current_runtime
from ..host.displays import Bundle
from ..protocol.errors import ChatSessionsError
from .element import Element, elements_of
from .figure import is_matplotlib_figure, is_plotly_figure, json_of, png_of
from .texts import said, well_formed

METHODS = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "text/latex": "_repr_latex_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
    "application/pdf": "_repr_pdf_",
    "application/json": "_repr_json_",
}
"""What an object may say of itself, and by which method."""
BUNDLE_METHOD = "_repr_mimebundle_"

MAX_PLAIN = 10_000
"""Code points of the plain text that stands for what cannot be shown."""
PLOTLY = "application/vnd.plotly.v1+json"

_PLAIN = (str, bytes, bytearray, memoryview, dict, list, tuple, set, frozenset, int, float, complex, type(None), type)
_SHOWN_OTHERWISE = (*_PLAIN, Element)

FindPrinter = Callable[[Any, str], Callable[[Any], Any] | None]
"""Returns what somebody has registered for objects of this kind and a MIME type, or None."""


class Display(Element):
    """An object that shows itself, as an element. Authors give the object; this is what becomes of it.

    Args:
        shown: The object.
        given: As for `Element`.

    Raises:
        TypeError: It does not show itself.
        ChatSessionsError: It raises an exception when it is asked to.
    """

    type = "display"
    _mime = "application/json"

    def __init__(self, shown: Any, **given: Any) -> None:
        bundle = bundle_of(shown)
        if bundle is None:
            raise TypeError(f"An object of type {type_name(shown)!r} has no display of its own.")
        super().__init__(**{"name": type_name(shown), **given, "content": written(bundle)})


def display_of(value: Any) -> Display | None:
    """Return what shows an object, or None for one that is shown as text.

    Raises:
        ChatSessionsError: It raises an exception when it is asked to show itself.
    """
    if isinstance(value, _SHOWN_OTHERWISE):
        return None
    bundle = bundle_of(value)
    return None if bundle is None else display_of_bundle(bundle, name=type_name(value))


def display_of_bundle(bundle: Bundle, *, name: str = "") -> Display:
    """Return what shows a MIME bundle."""
    display = Display.__new__(Display)
    Element.__init__(display, name, content=written(bundle))
    return display


def shown_elements(given: Any, *, call: str) -> list[Element]:
    """Return what an author gives as elements: elements, and objects that show themselves.

    Raises:
        TypeError: It is no list, or something in it is neither.
        ChatSessionsError: Something in it raises an exception when it is asked to show itself.
    """
    if isinstance(given, list | tuple):
        given = [display_of(each) or each for each in given]
    return elements_of(given, call=call)


def bundle_of(value: Any) -> Bundle | None:
    """Return what an object says of itself, or None where that is nothing but text.

    Raises:
        ChatSessionsError: It raises an exception when it is asked to.
    """
    format_display = current_runtime().format_display
    return own_bundle_of(value) if format_display is None else format_display(value)


def own_bundle_of(value: Any, *, find_printer: FindPrinter = lambda value, mime: None) -> Bundle | None:
    """Do as `bundle_of` does, without asking anybody else.

    Args:
        value: The object.
        find_printer: Finds what is registered for objects of this kind; that is asked before the object is.
    """
    if is_plotly_figure(value):  # what it says of itself depends on where plotly thinks that it is
        return Bundle({PLOTLY: json.loads(json_of(value)), "text/plain": type_name(value)}, {})
    data: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    if _method(value, BUNDLE_METHOD) is not None:
        found, about = _parted(_asked(value, BUNDLE_METHOD, _mimebundle))
        data.update(found or {})
        metadata.update(about)
    for mime, name in METHODS.items():
        show = find_printer(value, mime) or _method(value, name)
        if show is None or mime in data:
            continue
        found, about = _parted(_asked(value, name, show))
        if found is not None:
            data[mime] = found
            metadata.update({mime: about} if about else {})
    if not data and is_matplotlib_figure(value):
        data["image/png"] = png_of(value)
    if not data.keys() - {"text/plain"}:
        return None
    data.setdefault("text/plain", said(value)[:MAX_PLAIN])
    return Bundle(data, metadata)


def written(bundle: Bundle) -> str:
    """Return a MIME bundle as JSON: what is no text is Base64.

    Raises:
        ChatSessionsError: Something in it is no JSON.
    """
    data = {
        mime: base64.b64encode(value).decode() if isinstance(value, bytes | bytearray | memoryview) else value
        for mime, value in bundle.data.items()
    }
    whole = {"data": data, "metadata": bundle.metadata}
    try:
        try:
            return well_formed(json.dumps(whole, ensure_ascii=False, allow_nan=False, default=said))
        except ValueError:  # a number that JSON does not have
            return well_formed(json.dumps(_finite(whole), ensure_ascii=False, allow_nan=False, default=said))
    except (TypeError, ValueError, RecursionError) as reason:
        raise ChatSessionsError(f"This object cannot be shown: what it says of itself is no JSON: {reason}.") from None


def type_name(value: object) -> str:
    """Return what kind of object it is, as viewers read it."""
    return type(value).__name__


def _method(value: Any, name: str) -> Callable[[Any], Any] | None:
    """Return a method of an object's class: some objects say of any name that they have it."""
    method = getattr(type(value), name, None)
    return method if callable(method) else None


def _mimebundle(value: Any) -> Any:
    return value._repr_mimebundle_(include=None, exclude=None)


def _asked(value: Any, method: str, show: Callable[[Any], Any]) -> Any:
    try:
        return show(value)
    except Exception as reason:  # whatever its author's code raises
        raise ChatSessionsError(
            f"An object of type {type_name(value)!r} cannot be shown: "
            f"its {method} raised {type_name(reason)}: {said(reason)}"
        ) from reason


def _parted(result: Any) -> tuple[Any, dict[str, Any]]:
    """Return what a method returned, and what it said about it, if it did."""
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict | None):
        return result[0], result[1] or {}
    return result, {}


def _finite(value: Any) -> Any:
    """Return what JSON has of a value: a number that is none becomes null."""
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
