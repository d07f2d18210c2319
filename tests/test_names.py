"""`docs/from-chainlit.md` says truly which of Chainlit's names are here, and where each is tested."""

from __future__ import annotations

import pytest

import jupyter_chat_sessions
from tests.reference import names
from tests.reference.names import Row

ROWS = list(names.rows())
PUBLIC = [row for row in ROWS if not row.theme.startswith("cl.")]
AGAIN = "Run `python -m tests.reference.names --write`."


def label(row: Row) -> str:
    return row.name


def test_every_name_of_chainlits_stands_in_the_table_once() -> None:
    assert len(PUBLIC) == len({row.name for row in PUBLIC}) == 81


def test_the_tables_are_those_that_the_code_makes() -> None:
    """But for which tests are named: more of them make no table wrong."""
    stands, made = ([row._replace(tested_in=()) for row in each] for each in (names.written(), ROWS))
    assert stands == made, AGAIN


@pytest.mark.parametrize("row", names.written(), ids=label)
def test_a_name_is_tested_where_the_table_says(row: Row) -> None:
    if row.here != "not yet":
        assert row.tested_in, f"No test uses {row.name}. Write one, then: {AGAIN}"
    assert [file for file in row.tested_in if not names.is_used_in(row.theme, row.name, file)] == [], AGAIN


def test_what_is_public_beyond_chainlit_is_known() -> None:
    ours = {"AskTimeoutError", "ChatSessionsError", "HubUnreachableError", "NoSessionError", "ProtocolError"}
    ours |= {
        "RefusedError",
        "UnsupportedError",
        "MissingLibraryError",
        "HTTPSession",
        "WebsocketSession",
        "AskFileResponse",
        "SessionAccessor",
        "ThreadDict",
        "Element",
    }
    ours |= {"on_disconnect", "on_reconnect"}
    assert set(jupyter_chat_sessions.__all__) - {row.name for row in PUBLIC} == ours
