"""A session as cells know it: each cell hears of what it said itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest

from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.outbox import Outbox
from jupyter_chat_sessions.host.session import BaseSession
from jupyter_chat_sessions.notebook.following import Following
from jupyter_chat_sessions.protocol.frames import (
    ClearQuestion,
    HostRefused,
    OpenSession,
    PutQuestion,
    PutStep,
    UserInfo,
)
from jupyter_chat_sessions.protocol.steps import Question, Step


@pytest.fixture
def following() -> Iterator[Following]:
    opened = OpenSession(
        session=str(uuid4()), channel="demo", thread_id=str(uuid4()), user=UserInfo(identifier="notebook")
    )
    loop = asyncio.new_event_loop()
    yield Following(BaseSession(opened, app=App(), line=Outbox(wake=lambda: None), loop=loop))
    loop.close()


def test_a_refusal_is_for_the_cell_whose_words_it_is_about(following: Following) -> None:
    mine, other = str(uuid4()), str(uuid4())
    following.on_refused(HostRefused(session="s", code="conflict", text="of a handler's event"))
    following.on_refused(HostRefused(session="s", code="busy", text="other", client_id=other))
    assert following.refusal(mine) is None
    following.on_refused(HostRefused(session="s", code="conflict", text="mine", client_id=mine))
    refusal = following.refusal(mine)
    assert refusal is not None
    assert refusal.text == "mine"
    assert following.refusal(mine) is None, "it is told once"


def test_an_answer_is_said_once_its_question_is_closed(following: Following) -> None:
    question = Question(id=str(uuid4()), step_id=str(uuid4()), kind="text", timeout_s=60)
    answer = Step(id=str(uuid4()), type="user_message", name="Ada", parent_id=question.step_id, client_id=str(uuid4()))
    assert answer.client_id is not None
    following.on_event(PutQuestion(question=question))
    following.on_event(PutStep(step=answer))
    assert not following.said(answer.client_id)
    following.on_event(ClearQuestion(question_id=question.id, reason="answered"))
    assert following.said(answer.client_id)


def test_a_cell_that_keeps_its_loop_waits_for_the_verdict_on_its_own_words(following: Following) -> None:
    mine = str(uuid4())
    refused = HostRefused(session="s", code="conflict", text="mine", client_id=mine)
    threading.Thread(target=following.on_refused, args=[refused]).start()
    assert following.verdict(mine, limit_s=10) == refused
    assert following.verdict(mine, limit_s=0.01) is None
