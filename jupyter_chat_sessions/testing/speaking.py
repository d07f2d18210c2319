"""What a viewer says and gives, and what becomes of what it said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from ..hub.session import Session
from ..protocol.errors import ChatSessionsError
from ..protocol.frames import EditMessage, GiveEnv, Retry, SendAnswer, SendMessage, Stop
from ..protocol.steps import Element, Step
from .attending import Attending
from .reply import Reply
from .stage import DEFAULT_TIMEOUT_S


class Speaking(Attending):
    """Says things, with files, and takes them back."""

    async def say(
        self,
        text: str,
        *,
        command: str | None = None,
        modes: dict[str, str] | None = None,
        files: Sequence[str | Path] = (),
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> Reply:
        """Say something and wait until it is answered: until nothing runs, or a question waits.

        A question that waits is answered with the text; otherwise it is a message.

        Args:
            text: What to say.
            command: One of `commands`, which the message is marked with.
            modes: The option that is chosen of each mode; the defaults for those that are left out.
            files: What goes with it: paths of files, or ids from `upload`.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not answered in time.
            ChatSessionsError: It was refused.

        Example:
            >>> reply = await alice.say("What is in it?", files=[Path("notes.txt")])
        """
        given = [file if isinstance(file, str) else await self.upload(file) for file in files]
        return await self._answered(
            lambda: self.send(text, command=command, modes=modes, files=given), timeout_s=timeout_s
        )

    def send(
        self,
        text: str,
        *,
        command: str | None = None,
        modes: dict[str, str] | None = None,
        files: Sequence[str] = (),
    ) -> str:
        """Say something, with the ids of what was uploaded, and do not wait; return its client id."""
        client_id = str(uuid4())
        question = self.question
        if question is not None:
            self._command(SendAnswer(client_id=client_id, question_id=question.id, text=text, files=list(files)))
        else:
            self._command(
                SendMessage(client_id=client_id, text=text, command=command, modes=modes or {}, files=list(files))
            )
        return client_id

    async def upload(self, content: str | Path | bytes, *, name: str | None = None, mime: str = "") -> str:
        """Give a file, for the question that waits if it is answered with files, else for the next message.

        Args:
            content: The path of a file, or bytes.
            name: What it is called; the file's own name by default.
            mime: Its MIME type; by default the one that its name says.

        Returns:
            Its id, for `say` and `answer_files`.

        Raises:
            RefusedError: It is not taken; the error says why.
            OSError: The file cannot be read.

        Example:
            >>> notes = await alice.upload(b"Some text", name="notes.txt")
            >>> await alice.say("Here they are", files=[notes])
        """
        data = content if isinstance(content, bytes) else await asyncio.to_thread(Path(content).read_bytes)
        called = name or ("file" if isinstance(content, bytes) else Path(content).name)
        question = self.question
        question_id = question.id if question is not None and question.kind == "file" else None

        def give(session: Session) -> str:
            upload = session.files.begin_upload(name=called, mime=mime, size=len(data), question_id=question_id)
            upload.write(data)
            upload.finish()
            return upload.id

        return await self._at_hub(give)

    async def read(self, element: Element) -> bytes:
        """Return what an element shows, as a browser fetches it.

        Args:
            element: One of `elements`, or of `sidebar`.

        Raises:
            ChatSessionsError: Its content is not with the hub, or not in this session.

        Example:
            >>> reply = await alice.say("Draw a cat")
            >>> await alice.read(reply.elements[0])
            b'GIF89a...'
        """
        file = element.file
        if file is None:
            raise ChatSessionsError(f"The content of {element.name!r} is not with the hub: url is {element.url!r}.")
        return await self._at_hub(lambda session: session.files.path(file).read_bytes())

    async def answer_files(self, files: Sequence[str | Path], *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Answer the question that waits for files, and wait until that is answered.

        Args:
            files: Paths of files, or ids from `upload`.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not answered in time.
            ChatSessionsError: No question waits for files, or they were refused.
        """
        if self.question is None or self.question.kind != "file":
            raise ChatSessionsError("No question waits for files.")
        return await self.say("", files=files, timeout_s=timeout_s)

    async def edit(self, step: Step, text: str, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> Reply:
        """Change a message of this viewer's, and wait until it is answered anew; what was said after it is gone.

        Args:
            step: The message, from `steps`.
            text: What it says now.
            timeout_s: Seconds to wait.

        Raises:
            TimeoutError: It was not answered in time.
            ChatSessionsError: It was refused.
        """
        return await self._answered(
            lambda: self._command(EditMessage(client_id=str(uuid4()), step_id=step.id, text=text)), timeout_s=timeout_s
        )

    def retry(self, step: Step) -> str:
        """Press Retry on an interrupted message and do not wait; return the command's client id."""
        client_id = str(uuid4())
        self._command(Retry(client_id=client_id, step_id=step.id))
        return client_id

    def stop(self) -> None:
        """Press Stop."""
        self._open_line.send(Stop())

    def give_env(self, values: dict[str, str]) -> None:
        """Give the variables that the chat asks for."""
        self._command(GiveEnv(client_id=str(uuid4()), values=values))
