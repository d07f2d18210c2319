"""The kinds of elements whose content is what their author gives: pictures, texts, documents, recordings, files."""

from __future__ import annotations

from typing import Any

from ..protocol.errors import UnsupportedError
from .element import Element


class Image(Element):
    """A picture (Chainlit: `cl.Image`). Arguments as for `Element`.

    Example:
        >>> cat = cl.Image(name="cat", path="cat.png")
        >>> await cl.Message("Look:", elements=[cat]).send()
    """

    type = "image"
    _size = "medium"


class Text(Element):
    """A text that is shown as Markdown, or as code (Chainlit: `cl.Text`). Arguments as for `Element`.

    Example:
        >>> cl.Text(name="answer", content="print(42)", language="python", display="side")
    """

    type = "text"
    _mime = "text/plain"


class Pdf(Element):
    """A document (Chainlit: `cl.Pdf`).

    Args:
        name: See `Element`.
        page: The page that is shown first, from 1.
        given: As for `Element`.

    Raises:
        ValueError: There is no such page.

    Example:
        >>> cl.Pdf(name="report", path="report.pdf", page=3)
    """

    type = "pdf"
    _mime = "application/pdf"

    def __init__(self, name: str = "", *, page: int | None = None, **given: Any) -> None:
        if page is not None and (not isinstance(page, int) or isinstance(page, bool) or page < 1):
            raise ValueError(f"Pdf(page=…) is the number of a page, from 1; it was {page!r}.")
        super().__init__(name, **given)
        self.page = page

    def _props(self) -> dict[str, Any]:
        return {} if self.page is None else {"page": self.page}

    def _take_props(self, props: dict[str, Any]) -> None:
        self.page = props.get("page")


class Audio(Element):
    """A recording (Chainlit: `cl.Audio`).

    Args:
        name: See `Element`.
        auto_play: Play it when it is shown, where the browser lets a page do so.
        given: As for `Element`.

    Example:
        >>> cl.Audio(name="speech.mp3", path="speech.mp3", auto_play=True)
    """

    type = "audio"

    def __init__(self, name: str = "", *, auto_play: bool = False, **given: Any) -> None:
        super().__init__(name, **given)
        self.auto_play = bool(auto_play)

    def _props(self) -> dict[str, Any]:
        return {"autoPlay": True} if self.auto_play else {}

    def _take_props(self, props: dict[str, Any]) -> None:
        self.auto_play = bool(props.get("autoPlay"))


class Video(Element):
    """A film (Chainlit: `cl.Video`).

    Args:
        name: See `Element`.
        player_config: For compatibility: what Chainlit's player is told. The browser's own player is used here.
        given: As for `Element`.

    Raises:
        TypeError: `player_config` is no dict.

    Example:
        >>> cl.Video(name="demo", path="demo.mp4")
    """

    type = "video"
    _size = "medium"

    def __init__(self, name: str = "", *, player_config: dict[str, Any] | None = None, **given: Any) -> None:
        if not isinstance(player_config, dict | None):
            raise TypeError(f"Video(player_config=…) is a dict; it was {player_config.__class__.__name__!r}.")
        super().__init__(name, **given)
        self.player_config = player_config

    def _props(self) -> dict[str, Any]:
        return {} if self.player_config is None else {"playerConfig": self.player_config}

    def _take_props(self, props: dict[str, Any]) -> None:
        self.player_config = props.get("playerConfig")


class File(Element):
    """A file to download (Chainlit: `cl.File`). Arguments as for `Element`.

    What a viewer gives with a message is one, or an `Image`, `Pdf`, `Audio` or `Video`; its `path` is a file that can
    be opened.

    Example:
        >>> cl.File(name="results.csv", content="a,b")
    """

    type = "file"


class CustomElement(Element):
    """An element written in JSX (Chainlit: `cl.CustomElement`). It is not there yet in this version.

    Args:
        name: The name of its JSX file.
        props: What that is given.
        given: As for `Element`.

    Raises:
        UnsupportedError: Always.

    Example:
        >>> cl.CustomElement(name="Map", props={"zoom": 3})  # raises an UnsupportedError
    """

    type = "custom"

    def __init__(self, name: str = "", *, props: dict[str, Any] | None = None, **given: Any) -> None:
        raise UnsupportedError(
            "CustomElement(…) shows JSX of the app's own, which is not there yet in this version. "
            "cl.Text, cl.Image, cl.Plotly and cl.Dataframe show what they are given."
        )
