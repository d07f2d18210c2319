"""Ids are UUIDs of version 4, and nobody gets one twice."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

import pytest

from jupyter_chat_sessions.ids import AT_ONCE, new_id
from jupyter_chat_sessions.protocol.steps import is_id


def test_an_id_is_a_random_uuid() -> None:
    for _ in range(2 * AT_ONCE):
        made = new_id()
        assert is_id(made)
        assert str(UUID(made)) == made
        assert (UUID(made).version, UUID(made).variant) == (4, RFC_4122)


def test_threads_that_ask_at_once_get_ids_of_their_own() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: [new_id() for _ in range(1000)], range(8)))
    assert len({one for some in made for one in some}) == 8000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_process_gives_ids_of_its_own() -> None:
    new_id()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, "".join(new_id() for _ in range(10)).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as theirs:
        text = theirs.read()
    os.waitpid(child, 0)
    assert len(text) == 360
    assert not {text[at : at + 36] for at in range(0, 360, 36)} & {new_id() for _ in range(AT_ONCE)}
