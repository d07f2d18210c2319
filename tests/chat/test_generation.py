"""What a model was asked and said is plain data with Chainlit's keys."""

from __future__ import annotations

import json

import pytest

import jupyter_chat_sessions as cl


def test_a_chat_comes_back_from_its_dict() -> None:
    said = cl.GenerationMessage(role="assistant", content="Hello!")
    generation = cl.ChatGeneration(
        id="1",
        provider="openai",
        model="tiny",
        settings={"temperature": 0},
        messages=[cl.GenerationMessage(role="user", content="Hi")],
        message_completion=said,
        token_count=3,
        tt_first_token=12.5,
    )
    written = generation.to_dict()
    assert (written["type"], written["messageCompletion"], written["tokenCount"]) == ("CHAT", said, 3)
    assert written["ttFirstToken"] == 12.5
    assert cl.ChatGeneration.from_dict(json.loads(json.dumps(written))) == generation


def test_a_completion_comes_back_from_its_dict_and_has_no_id_of_its_own() -> None:
    generation = cl.CompletionGeneration(prompt="Once", completion=" upon a time")
    written = generation.to_dict()
    assert (written["type"], written["completion"], "id" in written) == ("COMPLETION", " upon a time", False)
    assert cl.CompletionGeneration.from_dict(written) == generation


def test_a_dict_of_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match="ChatGeneration is of the type 'CHAT'; the dict says 'COMPLETION'"):
        cl.ChatGeneration.from_dict(cl.CompletionGeneration().to_dict())


def test_two_of_them_share_nothing() -> None:
    one, other = cl.ChatGeneration(), cl.ChatGeneration()
    assert one.messages is not None
    one.messages.append(cl.GenerationMessage(role="user", content="Hi"))
    assert other.messages == []
