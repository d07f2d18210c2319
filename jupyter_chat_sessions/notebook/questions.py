"""A question that a cell asks, not a handler: `await cl.AskUserMessage(...).send()` in a cell."""

from __future__ import annotations

from pathlib import Path

from ..host.runtime import Runtime
from ..host.session import BaseSession
from ..protocol.errors import ChatSessionsError, RefusedError
from ..protocol.steps import Question
from .following import Following

HEARS_WIDGETS_SINCE = (7, 4)
"""The first ipykernel that takes what a page says to a widget while a cell awaits; in those before, it waits for the
cell's end (`Kernel.dispatch_shell`)."""
VERDICT_LIMIT_S = 5.0
"""How long the hub is waited for to take an answer, in seconds; later the cell hears of it as it awaits."""
WRITE_PATHS = "(the path of a file)"
_NOBODY = (
    "Nobody can answer this question: this cell's session is the notebook's own, and nobody sits at this "
    "notebook. Ask in a handler, or pick a viewer's session with `%chat_session use`."
)
_NOT_HEARD = (
    "Nobody can answer this question: nobody sits at this notebook, and its kernel hears the chat between cells alone. "
    "Ask in a handler, or install ipykernel 7.4 or newer."
)


def ask_in_cell(runtime: Runtime, following: Following, question: Question, text: str, *, is_chat_heard: bool) -> None:
    """See to it that somebody can answer while the cell waits.

    A viewer answers in the chat, and the cell says so. Where no answer could come from there, the question is put under
    the cell, as `input()` does: in the notebook's own session, since no other cell runs meanwhile, and where the chat
    is not heard.

    Args:
        runtime: Takes the answer.
        following: The session of who is asked, as cells know it.
        question: The question.
        text: What it says.
        is_chat_heard: Whether what is said in the chat gets here while a cell awaits.

    Raises:
        ChatSessionsError: Nobody is there to answer.
    """
    session = following.session
    if session.client_type != "notebook" and is_chat_heard:
        name = "the viewer" if session.user is None else session.user.display_name or session.user.identifier
        print(f"Waiting for {name} to answer in the chat …")  # noqa: T201
        return
    if question.kind == "file":
        text = f"{text} {WRITE_PATHS}"
    while True:
        try:
            answer = input(f"{text} ")
        except (NotImplementedError, RuntimeError, EOFError):  # ipykernel's error for "no input here" is the second
            raise ChatSessionsError(_NOBODY if is_chat_heard else _NOT_HEARD) from None
        try:
            client_id = give_answer(runtime, session, question, answer)
        except RefusedError as slip:  # such as one in a path: ask again
            print(slip)  # noqa: T201
            continue
        refusal = following.verdict(client_id, limit_s=VERDICT_LIMIT_S)
        if refusal is None or refusal.code == "question_closed":  # with what a viewer answered meanwhile
            return
        print(refusal.text)  # noqa: T201


def give_answer(runtime: Runtime, session: BaseSession, question: Question, text: str) -> str:
    """Give what somebody wrote in a cell as the answer to a question; return the answer's client id.

    Args:
        runtime: Takes the answer.
        session: Who answers.
        question: The question.
        text: The answer; for a question that is answered with files, the path of one, or a path on each line.

    Raises:
        RefusedError: It cannot be the answer.
    """
    if question.kind == "file":
        lines = [line.strip().strip("\"'") for line in text.splitlines()]
        paths = [Path(line).expanduser() for line in lines if line]
        if not paths:
            raise RefusedError("conflict", "This question is answered with files: write the path of one.")
        return runtime.answer_with_files(session, question, paths)
    return runtime.answer(session, question.id, text)
