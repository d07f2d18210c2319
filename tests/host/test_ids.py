"""Ids are as the protocol and other libraries want them, and no two are the same."""

from __future__ import annotations

from uuid import RFC_4122, UUID

from jupyter_chat_sessions.host.ids import new_id
from jupyter_chat_sessions.protocol.steps import is_id


def test_an_id_is_a_random_uuid() -> None:
    ids = [new_id() for _ in range(1000)]
    assert all(map(is_id, ids))
    assert {(UUID(each).version, UUID(each).variant, str(UUID(each)) == each) for each in ids} == {(4, RFC_4122, True)}
    assert len(set(ids)) == 1000


def test_every_digit_but_two_is_random() -> None:
    digits = [new_id().replace("-", "") for _ in range(1000)]
    seen = [len(set(column)) for column in zip(*digits, strict=True)]
    assert seen == [16] * 12 + [1] + [16] * 3 + [4] + [16] * 15
