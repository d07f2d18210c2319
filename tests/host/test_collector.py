"""A host looks for garbage less often, unless its author has decided otherwise."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from jupyter_chat_sessions.host.collector import COLLECT_AFTER, collect_less_often
from jupyter_chat_sessions.host.runtime import Runtime
from jupyter_chat_sessions.host.wire import Wire
from jupyter_chat_sessions.protocol.errors import HubUnreachableError


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    found = gc.get_threshold()
    yield
    gc.set_threshold(*found)


@pytest.mark.parametrize("pythons_own", [(700, 10, 10), (2000, 10, 10)])
def test_what_is_on_its_way_is_not_taken_for_what_stays(pythons_own: tuple[int, int, int]) -> None:
    gc.set_threshold(*pythons_own)
    collect_less_often()
    assert gc.get_threshold() == (COLLECT_AFTER, *pythons_own[1:])


@pytest.mark.parametrize("decided", [(0, 10, 10), (123, 4, 5), (50_000, 10, 10)])
def test_who_has_decided_it_is_left_alone(decided: tuple[int, int, int]) -> None:
    gc.set_threshold(*decided)
    collect_less_often()
    assert gc.get_threshold() == decided


def test_a_host_begins_with_it() -> None:
    async def dial() -> Wire:
        raise HubUnreachableError("There is none.")

    gc.set_threshold(700, 10, 10)
    link = Runtime().connect(dial)
    link.close()
    assert gc.get_threshold() == (COLLECT_AFTER, 10, 10)
