"""Ids are UUIDs of version 4, and nobody gets one twice."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from uuid import RFC_4122, UUID

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


def test_a_process_that_is_begun_from_this_one_gives_ids_of_its_own() -> None:
    new_id()  # so that there are some that a fork would have, too
    has_fork = "fork" in multiprocessing.get_all_start_methods()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork" if has_fork else "spawn")) as child:
        theirs = {child.submit(new_id).result() for _ in range(10)}
    assert len(theirs) == 10
    assert not theirs & {new_id() for _ in range(AT_ONCE)}
