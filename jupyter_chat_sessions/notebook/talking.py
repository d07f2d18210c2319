"""A cell that says something as the user of a session, or presses a button: it shows what comes of it as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from IPython.display import DisplayHandle, display

from ..host.runtime import Runtime
from ..protocol.errors import ChatSessionsError, RefusedError
from ..protocol.steps import Element, Question, Step
from .following import Following
from .guards import interruptible
from .questions import give_answer
from .rendering import (
    ANSWER_NEXT,
    FILES_NEXT,
    NOTHING,
    PRESS,
    SHOWN_TYPES,
    WAITS,
    as_mime_bundle,
    element_bundle,
)

MAX_SHOWN_BYTES = 10 * 1024 * 1024
"""The largest element that a cell shows; of others it says the name."""
UPDATE_S = 0.1
"""The shortest time between two updates of what the cell shows, in seconds."""


class Talk:
    """What one cell says, and the reply.

    Args:
        runtime: The way to the session.
        following: The session, as cells know it.
        shows_updates: The front end can change what it has shown; a terminal cannot.
    """

    def __init__(self, runtime: Runtime, following: Following, *, shows_updates: bool) -> None:
        self._runtime = runtime
        self._following = following
        self._shows_updates = shows_updates
        self._handle: DisplayHandle | None = None
        self._shown: dict[str, str] = {}
        self._client_id = ""

    async def say(self, text: str) -> None:
        """Say it, and show the reply until all is answered or a question waits.

        Args:
            text: A message; the answer, where a question waits that the user has read.

        Raises:
            RefusedError: It was turned down.
            ChatSessionsError: The session ended meanwhile.
        """
        await self._let(partial(self._send, text))

    async def press(self, button: str) -> None:
        """Press a button, and show what comes of it likewise.

        Args:
            button: What stands on it, or its name.

        Raises:
            RefusedError: There is no such button, or the press was turned down.
            ChatSessionsError: The session ended meanwhile.
        """
        await self._let(partial(self._runtime.press, self._following.session, button))

    async def _let(self, send: Callable[[], str]) -> None:
        """Send something, and show what comes of it until all is answered or a question waits."""
        loop = asyncio.get_running_loop()
        changed = asyncio.Event()

        def on_change() -> None:
            loop.call_soon_threadsafe(changed.set)

        self._following.on_change = on_change
        try:
            with interruptible():
                self._client_id = send()
                await self._show_until_settled(changed)
        except (asyncio.CancelledError, KeyboardInterrupt):
            self._runtime.stop(self._following.session)
            self._show(notes=["Interrupted."])
            raise
        finally:
            self._following.on_change = None
            self._following.mark_shown(self._following.unshown())

    def _send(self, text: str) -> str:
        session = self._following.session
        question = self._question_to_answer()
        if question is not None:
            return give_answer(self._runtime, session, question, text)
        return self._runtime.say(session, text)

    def _question_to_answer(self) -> Question | None:
        """Return the question that the text answers. One that nobody has read yet is not answered by chance."""
        question = self._following.question
        if question is None:
            own = self._following.session.client_type == "notebook"
            return None if own else self._following.session.questions.oldest
        return question if self._following.is_shown(question.step_id) else None

    async def _show_until_settled(self, changed: asyncio.Event) -> None:
        while not self._is_settled():
            await changed.wait()
            changed.clear()
            if self._shows_updates and not self._is_settled():
                self._show()
                await asyncio.sleep(UPDATE_S)
        question = self._following.question
        notes = []
        if question is not None:
            next_cell = FILES_NEXT if question.kind == "file" else ANSWER_NEXT
            notes = [next_cell, WAITS] if self._following.waiting else [next_cell]
        steps = self._following.unshown()
        if question is None and any(step.actions for step in steps):
            notes = [PRESS]
        self._show(notes=[" ".join(notes)] if notes else [])
        await self._show_elements(steps)

    async def _show_elements(self, steps: list[Step]) -> None:
        """Show what stands with messages below them, once they are all there."""
        for element in [element for step in steps for element in step.elements]:
            data, metadata = element_bundle(element, await self._content(element))
            display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]

    async def _content(self, element: Element) -> bytes | None:
        if element.file is None or (element.bytes or 0) > MAX_SHOWN_BYTES or element.type not in SHOWN_TYPES:
            return None
        try:
            path = await self._following.session.files.fetch(element)
            return await asyncio.to_thread(Path(path).read_bytes)
        except (ChatSessionsError, OSError):  # its name stands for it
            return None

    def _is_settled(self) -> bool:
        refusal = self._following.refusal(self._client_id)
        if refusal is not None:
            raise RefusedError(refusal.code, refusal.text)
        if self._following.is_ended:
            raise ChatSessionsError("This session has ended. The next %%chat_session cell begins a new one.")
        return self._following.said(self._client_id) and self._following.is_quiet

    def _show(self, *, notes: list[str] | None = None) -> None:
        steps: list[Step] = self._following.unshown()
        if not steps and not notes:
            if self._handle is None and not self._is_settled():
                return
            notes = [NOTHING]
        bundle: dict[str, Any] = as_mime_bundle(
            steps,
            bot_name=self._following.session.bot_name,
            numbered=self._following.asked_with_buttons,
            notes=notes or [],
        )
        if bundle == self._shown:
            return
        self._shown = bundle
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)  # type: ignore[no-untyped-call]
