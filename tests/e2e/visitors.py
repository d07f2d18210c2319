"""People with browsers: each has a browser context of their own, and everything that it complains about is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, WebSocket, expect

_WATCH_POLICY = """
addEventListener('securitypolicyviolation', (event) => console.error(
    `CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@dataclass
class Socket:
    """What went over one WebSocket."""

    url: str
    received: list[str | bytes] = field(default_factory=list)
    sent: list[str | bytes] = field(default_factory=list)

    @property
    def is_chat(self) -> bool:
        """It carries a chat, not a kernel."""
        return "/api/chat-sessions/viewer" in self.url

    def has_received(self, word: str) -> bool:
        """Whether a word came over it."""
        return any(word.encode() in frame if isinstance(frame, bytes) else word in frame for frame in self.received)

    def frames(self, kind: str, *, sent: bool = False) -> list[dict[str, Any]]:
        """Return the chat frames of a kind."""
        messages = self.sent if sent else self.received
        return [frame for message in messages for frame in json.loads(message) if frame["type"] == kind]


Visit = Callable[..., "Visitor"]
"""Let a person come: `visit("bob", "channel")`; see the fixture `visit`."""


class Visitor:
    """A person with a browser of their own.

    Args:
        name: What the person is called in the files that a failed test leaves.
        context: Their browser's profile.
    """

    def __init__(self, name: str, context: BrowserContext) -> None:
        self.name = name
        self.context = context
        self.sockets: list[Socket] = []
        self._complaints: list[str] = []
        self._expected: list[str] = []
        context.add_init_script(_WATCH_POLICY)
        self.page = self.new_page()

    @property
    def chat(self) -> Chat:
        """The chat that the person looks at."""
        return Chat(self.page)

    @property
    def complaints(self) -> list[str]:
        """What the browser's console reported and no test expected."""
        return [text for text in self._complaints if not any(re.search(known, text) for known in self._expected)]

    def has_complained(self, text: str) -> bool:
        """Whether the browser's console reported something, expected or not."""
        return any(text in complaint for complaint in self._complaints)

    @property
    def chat_sockets(self) -> list[Socket]:
        """The sockets that carried chats, the newest last."""
        return [socket for socket in self.sockets if socket.is_chat]

    def new_page(self) -> Page:
        """Open another tab."""
        page = self.context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self._complaints.append(f"uncaught: {error}"))
        page.on("websocket", self._on_websocket)
        return page

    def expect_complaint(self, pattern: str) -> None:
        """Say that the browser will report something that the test brings about on purpose."""
        self._expected.append(pattern)

    def photograph(self, folder: Path) -> None:
        """Save what every tab shows."""
        for number, page in enumerate(self.context.pages):
            page.screenshot(path=folder / f"{self.name}-{number}.png")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _on_websocket(self, websocket: WebSocket) -> None:
        socket = Socket(websocket.url)
        self.sockets.append(socket)
        websocket.on("framereceived", lambda frame: socket.received.append(frame))
        websocket.on("framesent", lambda frame: socket.sent.append(frame))


class Chat:
    """A chat as people and assistive technology find it: by roles and names."""

    def __init__(self, page: Page, *, within: Locator | None = None) -> None:
        place = page.locator("body") if within is None else within
        self.page = page
        self.root = place.locator(".jcs")
        self.log = place.get_by_role("log", name="Conversation")
        self.messages = self.log.get_by_role("article")
        self.replies = self.log.locator("article[data-step-type=assistant_message]")
        self.box = place.get_by_role("textbox", name="Message")
        self.send = place.get_by_role("button", name="Send", exact=True)
        self.stop = place.get_by_role("button", name="Stop", exact=True)
        self.new_chat = place.get_by_role("button", name="New chat")
        self.status = self.root.locator(".jcs-header").get_by_role("status")
        self.conversations = place.get_by_role("button", name="Conversations", exact=True)

    def say(self, text: str) -> None:
        """Write something and press Enter, as soon as there is a session that takes it."""
        self.box.fill(text)
        expect(self.send).to_be_enabled()
        self.box.press("Enter")

    def expect_reply(self, text: str | re.Pattern[str], *, timeout_s: float = 10.0) -> Locator:
        """Wait for a reply that has a text; return it. It is there once."""
        reply = self.replies.filter(has_text=text)
        expect(reply).to_have_count(1, timeout=timeout_s * 1000)
        return reply

    def expect_status(self, text: str, *, timeout_s: float = 15.0) -> None:
        """Wait for a state of the connection."""
        expect(self.status).to_have_text(text, timeout=timeout_s * 1000)

    def lightness(self) -> float:
        """Return how light the ground is that the chat is written on, from 0 for black to 1 for white."""
        return float(self.root.evaluate(_LIGHTNESS_OF_GROUND))


_LIGHTNESS_OF_GROUND = """
(root) => {
    const pixel = document.createElement('canvas').getContext('2d');
    pixel.fillStyle = getComputedStyle(root).backgroundColor;
    pixel.fillRect(0, 0, 1, 1);
    return pixel.getImageData(0, 0, 1, 1).data.slice(0, 3).reduce((sum, part) => sum + part) / 765;
}
"""
