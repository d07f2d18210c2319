"""`docs/from-chainlit.md` says truly which of Chainlit's names are here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import jupyter_chat_sessions

DOCUMENT = (Path(__file__).parents[1] / "docs" / "from-chainlit.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| (yes|not yet) \|", DOCUMENT, re.MULTILINE)


def test_every_name_of_chainlits_stands_in_the_table_once() -> None:
    assert len(ROWS) == len({name for name, _ in ROWS}) == 81


@pytest.mark.parametrize(("name", "here"), ROWS)
def test_the_table_is_true(name: str, here: str) -> None:
    assert (here == "yes") is (name in jupyter_chat_sessions.__all__)


def test_what_is_public_beyond_chainlit_is_known() -> None:
    ours = {"AskTimeoutError", "ChatSessionsError", "HubUnreachableError", "NoSessionError", "ProtocolError"}
    ours |= {"RefusedError", "HTTPSession", "WebsocketSession", "SessionAccessor", "ThreadDict"}
    ours |= {"on_disconnect", "on_reconnect"}
    assert set(jupyter_chat_sessions.__all__) - {name for name, _ in ROWS} == ours
