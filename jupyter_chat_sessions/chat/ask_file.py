"""A question that is answered with files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..host.accepting import kinds_of, limits
from ..host.scope import current_scope
from ..protocol.steps import Uploads
from .ask import AskMessage
from .message import MessageType


@dataclass(frozen=True)
class AskFileResponse:
    """A file that a viewer gave as an answer (Chainlit: `AskFileResponse`).

    Attributes:
        id: Its id; `cl.context.session.files` has it too.
        name: As its owner calls it: text to be shown, without anything that would be a path.
        path: Where it is; it can be opened until the session ends.
        size: How many bytes it has.
        type: Its MIME type, as the viewer's browser says.

    Example:
        >>> [file] = await cl.AskFileMessage("Your data, please", accept=["text/csv"]).send()
        >>> Path(file.path).read_text()
    """

    id: str
    name: str
    path: str
    size: int
    type: str


class AskFileMessage(AskMessage):
    """A question that is answered with files (Chainlit: `cl.AskFileMessage`).

    It survives reloads and reconnects; its time stands still while nobody looks at the chat. What is not taken is
    refused before it is sent. In a cell that nobody's chat answers, the path of a file on disk answers it.

    What the viewer gave stands in the conversation as a message of theirs, where Chainlit shows it under the question.

    Args:
        content: The question, as Markdown.
        accept: MIME types (`text/plain`, `image/*`) and endings (`.csv`), or a dict of MIME types with lists of
            endings; `["*/*"]` for any file.
        max_size_mb: Megabytes of each file.
        max_files: How many files.
        author: Who asks; the channel's bot name by default.
        type: Whose message it is.
        timeout: Seconds to wait for the answer.
        raise_on_timeout: Raise when nobody answers in time.

    Raises:
        TypeError: `accept` is neither a list nor a dict.
        ValueError: `accept`, `max_size_mb`, `max_files` or `timeout` cannot be.

    Example:
        >>> files = await cl.AskFileMessage("Your data?", accept=["text/csv"]).send()
        >>> with open(files[0].path) as file:
        ...     header = file.readline()
    """

    _kind = "file"

    def __init__(
        self,
        content: Any,
        accept: Sequence[str] | Mapping[str, Sequence[str]],
        max_size_mb: float = 2,
        max_files: int = 1,
        author: str | None = None,
        type: MessageType = "assistant_message",  # Chainlit's name
        timeout: float = 90,
        raise_on_timeout: bool = False,
    ) -> None:
        super().__init__(content, author, type, timeout, raise_on_timeout)
        self.accept = accept
        self.max_size_mb = max_size_mb
        self.max_files = max_files
        self._uploads = limits(Uploads(accept=kinds_of(accept)), max_files=max_files, max_size_mb=max_size_mb)

    async def send(self) -> list[AskFileResponse] | None:  # type: ignore[override]  # Chainlit's: a question returns its answer
        """Ask, and wait for the files.

        Returns:
            The files, in the order in which they were given; None when nobody answered in time.

        Raises:
            AskTimeoutError: Nobody answered in time, and `raise_on_timeout` is set. It is a `TimeoutError`.
            NoSessionError: There is no session here.
        """
        answer = await self._ask()
        scope = current_scope()
        self._emit_step(scope)
        self._in_time(answer)
        if answer is None:
            return None
        files = []
        for element in answer.files:
            path = await scope.session.files.fetch(element)
            files.append(
                AskFileResponse(
                    id=element.file or element.id,
                    name=element.name,
                    path=path,
                    size=element.bytes or 0,
                    type=element.mime or "application/octet-stream",
                )
            )
        return files
