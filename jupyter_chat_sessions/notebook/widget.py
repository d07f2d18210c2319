"""The chat under a cell.

The one rule: what a page writes into a trait is trusted for nothing; the kernel does not even take it in.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from ..assets import static_text, static_version

logger = logging.getLogger(__name__)

OnMessage = Callable[[dict[str, Any]], None]


class ChatWidget(anywidget.AnyWidget):
    """A view of a channel. Each page that shows it is a viewer with a session of its own.

    Args:
        channel: The channel's name.
        title: As viewers read it.
        height: A CSS length.
        mode: `server` where a Jupyter server has the hub, `kernel` where the hub is in the kernel.
        notebook: A text that is this running notebook's alone, by which a page finds its session again.
        on_message: Called with each custom message of a page that the widget does not answer itself, on the thread that
            it comes on.
    """

    channel = traitlets.Unicode().tag(sync=True)
    title = traitlets.Unicode().tag(sync=True)
    height = traitlets.Unicode("420px").tag(sync=True)
    mode = traitlets.Enum(["server", "kernel"], "server").tag(sync=True)
    notebook = traitlets.Unicode().tag(sync=True)
    static_version = traitlets.Unicode().tag(sync=True)
    _esm = traitlets.Unicode().tag(sync=True)

    def __init__(
        self, *, channel: str, title: str, height: str, mode: str, notebook: str, on_message: OnMessage
    ) -> None:
        super().__init__(
            channel=channel,
            title=title,
            height=height,
            mode=mode,
            notebook=notebook,
            static_version=static_version(),
            _esm=static_text("loader.js"),
        )
        self._on_page_message: OnMessage | None = on_message
        self.on_msg(self._on_custom_message)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Leave aside what a page says about the traits."""

    def close(self) -> None:
        """Take the widget off every page, and let go of what listens to it."""
        self._on_page_message = None
        self.on_msg(self._on_custom_message, remove=True)
        super().close()

    @property
    def place_in_saved_notebook(self) -> dict[str, str]:
        """What stands where the chat was once the notebook is opened again.

        Beside a Jupyter server it is an output of its own, which JupyterLab and Notebook hide while they show the chat:
        where a widget cannot be shown, they write of an error, and not the text that comes with it. Other front ends do
        not hide it, but take that text.
        """
        text = f"Chat “{self.title}”. Run this cell in Jupyter to talk with it."
        return {"text/plain": text, "text/html": f'<p class="jcs-saved"><em>{html.escape(text)}</em></p>'}

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        text = {"text/plain": ""} if self.mode == "server" else self.place_in_saved_notebook
        return {**data, **text}, metadata

    def _on_custom_message(self, widget: object, content: object, buffers: object) -> None:
        if not isinstance(content, dict):
            return
        if content.get("kind") == "bundle":
            self.send({"kind": "bundle", "script": static_text("chat-inline.js"), "style": static_text("chat.css")})
        elif self._on_page_message is not None:
            self._on_page_message(content)
