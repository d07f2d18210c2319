"""A question that a cell asks, not a handler: `await cl.AskUserMessage(...).send()` in a cell."""

from __future__ import annotations

from ..host.runtime import Runtime
from ..host.session import BaseSession
from ..protocol.errors import ChatSessionsError


def ask_in_cell(runtime: Runtime, session: BaseSession, question_id: str, text: str) -> None:
    """See to it that somebody can answer while the cell waits.

    A viewer answers in the chat, and the cell says so. In the notebook's own session nobody could: no other cell runs
    meanwhile. There the question is put under the cell, as `input()` does.

    Raises:
        ChatSessionsError: Nobody is there to answer.
    """
    if session.client_type != "notebook":
        name = "the viewer" if session.user is None else session.user.display_name or session.user.identifier
        print(f"Waiting for {name} to answer in the chat …")  # noqa: T201
        return
    try:
        answer = input(f"{text} ")
    except (NotImplementedError, RuntimeError, EOFError):  # ipykernel's error for "no input here" is the second
        raise ChatSessionsError(
            "Nobody can answer this question: this cell's session is the notebook's own, and nobody sits at this "
            "notebook. Ask in a handler, or pick a viewer's session with `%chat_session use`."
        ) from None
    runtime.answer(session, question_id, answer)
