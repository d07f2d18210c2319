"""Figures as elements: drawn once, when the element is made, so that the author's figure may change afterwards."""

from __future__ import annotations

import io
import sys
from typing import Any

from .element import Element
from .element_kinds import Image

PNG_DOTS_PER_INCH = 200
"""As Chainlit draws them."""


class Pyplot(Image):
    """A figure of matplotlib's, as a picture (Chainlit: `cl.Pyplot`).

    Args:
        name: See `Element`.
        figure: The figure; pyplot's current one by default.
        given: As for `Element`.

    Raises:
        TypeError: It is no figure of matplotlib's.
        ValueError: It cannot be drawn, or none is given and none is open.

    Example:
        >>> figure, axes = plt.subplots()
        >>> axes.plot([1, 2, 3])
        >>> await cl.Message("The curve:", elements=[cl.Pyplot(figure=figure)]).send()

    Chainlit's asks for `figure`.
    """

    _mime = "image/png"

    def __init__(self, name: str = "", *, figure: Any = None, **given: Any) -> None:
        self.figure = _current_figure() if figure is None else figure
        super().__init__(name, **{**given, "content": png_of(self.figure)})


class Plotly(Element):
    """A figure of plotly's, which viewers can move and zoom (Chainlit: `cl.Plotly`).

    Args:
        name: See `Element`.
        figure: The figure.
        given: As for `Element`.

    Raises:
        TypeError: It is no figure of plotly's.
        ValueError: It cannot be written as JSON.

    Example:
        >>> figure = plotly.graph_objects.Figure(data=[plotly.graph_objects.Bar(y=[2, 1, 3])])
        >>> await cl.Message("The bars:", elements=[cl.Plotly(name="bars", figure=figure)]).send()

    Chainlit's changes the layout of the author's figure; here the page sees to it that it fits.
    """

    type = "plotly"
    _mime = "application/json"
    _size = "medium"

    def __init__(self, name: str = "", *, figure: Any = None, **given: Any) -> None:
        self.figure = figure
        super().__init__(name, **{**given, "content": json_of(figure)})


def is_matplotlib_figure(figure: object) -> bool:
    """Return whether an object is a figure of matplotlib's, without importing that."""
    kind = getattr(sys.modules.get("matplotlib.figure"), "Figure", None)
    return kind is not None and isinstance(figure, kind)


def is_plotly_figure(figure: object) -> bool:
    """Return whether an object is a figure of plotly's, without importing that."""
    kind = getattr(sys.modules.get("plotly.basedatatypes"), "BaseFigure", None)
    return kind is not None and isinstance(figure, kind)


def _current_figure() -> Any:
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not pyplot.get_fignums():
        raise ValueError("Pyplot(figure=…) is missing, and pyplot has no figure open that could be meant.")
    return pyplot.gcf()


def png_of(figure: Any) -> bytes:
    """Draw a figure of matplotlib's.

    Raises:
        TypeError: It is none.
        ValueError: It cannot be drawn.
    """
    if not is_matplotlib_figure(figure):
        raise TypeError(
            f"Pyplot(figure=…) is a figure of matplotlib's; it was {type(figure).__name__!r}."
            + (" Its `figure` is one." if is_matplotlib_figure(getattr(figure, "figure", None)) else "")
        )
    image = io.BytesIO()
    try:
        figure.savefig(image, format="png", dpi=PNG_DOTS_PER_INCH, bbox_inches="tight", backend="Agg")
    except Exception as reason:  # whatever is in it
        raise ValueError(f"This figure cannot be drawn: {reason}") from reason
    return image.getvalue()


def json_of(figure: Any) -> str:
    """Write a figure of plotly's as JSON.

    Raises:
        TypeError: It is none.
        ValueError: It cannot be written.
    """
    if not is_plotly_figure(figure):
        raise TypeError(f"Plotly(figure=…) is a figure of plotly's; it was {type(figure).__name__!r}.")
    try:
        return str(figure.to_json())
    except Exception as reason:  # whatever is in it
        raise ValueError(f"This figure cannot be written as JSON: {reason}") from reason
