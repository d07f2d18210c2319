"""A viewer in a page: drives the widget's custom messages as the browser's code does where there is no server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from real_kernel import Page

from jupyter_chat_sessions.protocol.frames import (
    MAX_HOST_BYTES,
    Decoder,
    HubFrame,
    SendAnswer,
    SendMessage,
    encode,
    join,
)
from jupyter_chat_sessions.protocol.viewing import Viewing


class WidgetViewer:
    """Somebody who looks at the widget in a page.

    Args:
        page: The page; it must have the widget's comm.
        comm_id: The widget's comm; the page's last one by default.
        channel: The chat.
    """

    def __init__(self, page: Page, *, comm_id: str | None = None, channel: str = "demo") -> None:
        self._page = page
        self._comm_id = comm_id or page.comm_ids[-1]
        self._decoder = Decoder(HubFrame, max_bytes=MAX_HOST_BYTES)
        self._read = 0
        request = str(uuid4())
        self._send({"kind": "create", "request": request, "body": {"channel": channel}})
        created = self._await_message(lambda message: message.get("request") == request)
        assert created["status"] == 201, created
        self.viewing = Viewing(created["body"]["session"], created["body"]["secret"])
        self.connect()

    @property
    def session(self) -> str:
        """The session's id."""
        return self.viewing.session

    @property
    def transcript(self) -> list[str]:
        """What was said, in order."""
        return [step.output for step in self.viewing.conversation.steps]

    def connect(self) -> None:
        """Say hello on a new connection."""
        self.connection = str(uuid4())
        self.viewing.welcome = None
        self._send({"kind": "open", "connection": self.connection})
        hello = self.viewing.hello()
        self.send_frames(join([encode(hello)]).decode())
        self.wait_for(lambda: self.viewing.welcome is not None)

    def show(self) -> None:
        """Tell the kernel which session this page shows."""
        self._send({"kind": "shown", "session": self.session})

    def say(self, text: str, *, is_cell_running: bool = False) -> None:
        """Say something, or answer what is asked, and wait until it is answered."""
        questions = self.viewing.conversation.questions
        client_id = str(uuid4())
        command = (
            SendAnswer(client_id=client_id, question_id=questions[0].id, text=text)
            if questions
            else SendMessage(client_id=client_id, text=text)
        )
        self.send_frames(
            join([encode(frame) for frame in self.viewing.command(command)]).decode(), waits=not is_cell_running
        )
        self.wait_for(lambda: self.viewing.is_quiet)

    def send_frames(self, data: str, *, waits: bool = True) -> None:
        """Send one message of frames."""
        self._send({"kind": "frames", "connection": self.connection, "data": data}, waits=waits)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something is true of what this viewer sees."""

        def holds() -> bool:
            self._read_messages()
            return condition()

        self._page.wait_for(holds)

    def _send(self, content: dict[str, Any], *, waits: bool = True) -> None:
        self._page.send_to_widget(content, comm_id=self._comm_id, waits=waits)

    def _await_message(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        self._page.wait_for(lambda: any(condition(message) for message in self._page.comm_messages))
        return next(message for message in self._page.comm_messages if condition(message))

    def _read_messages(self) -> None:
        messages, self._read = self._page.comm_messages[self._read :], len(self._page.comm_messages)
        for message in messages:
            if message.get("kind") == "frames" and message.get("connection") == self.connection:
                for frame in self._decoder.frames(message["data"]):
                    self.viewing.receive(frame)
