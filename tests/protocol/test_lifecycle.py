"""What is not in the table does not happen, and the diagram in the docs is the table."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.protocol.lifecycle import TABLE, LifecycleError, Move, State, after

STATES = get_args(State)
MOVES = get_args(Move)


@pytest.mark.parametrize(("state", "move"), list(product(STATES, MOVES)))
def test_each_move_leads_where_the_table_says_or_is_refused_by_name(state: State, move: Move) -> None:
    if (state, move) in TABLE:
        assert after(state, move) == TABLE[state, move]
    else:
        with pytest.raises(LifecycleError, match=f"{state}.*{move}") as raised:
            after(state, move)
        assert isinstance(raised.value, ChatSessionsError)


def test_a_session_that_has_ended_stays_ended() -> None:
    assert not [move for state, move in TABLE if state == "ended"]


def test_every_state_can_be_reached_and_can_end() -> None:
    reached = {"unready"}
    while more := {TABLE[state, move] for state, move in TABLE if state in reached} - reached:
        reached |= more
    assert reached == set(STATES)
    assert all((state, "end") in TABLE for state in set(STATES) - {"ended"})


def test_nobody_who_looks_on_is_left_for_too_long_an_absence() -> None:
    assert ("live", "expire") not in TABLE


def test_the_diagram_in_the_docs_names_every_state_and_move() -> None:
    protocol = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
    diagram = protocol.split("## Life of a session")[1].split("## Host and hub")[0]
    for word in (*STATES, *MOVES):
        assert word in diagram
