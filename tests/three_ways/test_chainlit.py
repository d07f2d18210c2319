"""The third way: under Chainlit itself, a viewer of the same app sees the same, but for what is listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .chainlit_viewer import ChainlitViewer
from .difference import Difference
from .differences import DIFFERENCES, unexplained
from .recording import NAMES, recorded, script_of
from .script import Arrive, Begin
from .view import View

# The first time, Chainlit is installed.
pytestmark = pytest.mark.timeout(300)

DOCUMENT = (Path(__file__).parents[2] / "docs" / "from-chainlit.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def used() -> set[Difference]:
    """The differences that were met."""
    return set()


@pytest.mark.parametrize("name", NAMES)
async def test_under_chainlit_the_same_is_seen(
    name: str, chainlit_ports: dict[str, int], used: set[Difference]
) -> None:
    viewer: ChainlitViewer | None = None
    try:
        for deed, expected in zip(script_of(name), recorded(name), strict=True):
            if isinstance(deed, Arrive):
                if viewer is not None:
                    await viewer.__aexit__()
                viewer = await ChainlitViewer(chainlit_ports[name], profile=deed.profile).__aenter__()
            assert viewer is not None
            await viewer.do(deed)

            def differs(view: View, expected: View = expected) -> list[str]:
                return unexplained(name, expected.lines(), view.lines(), used=used)

            is_passing = deed.is_passing or isinstance(deed, Begin)
            is_same = await viewer.wait_for(
                lambda view, is_quiet: (is_quiet or is_passing) and not differs(view)  # noqa: B023
            )
            if not is_passing:
                await viewer.settle()
                is_same = not differs(viewer.view())
            assert is_same, "\n".join([f"after {deed}:", *differs(viewer.view())])
    finally:
        if viewer is not None:
            await viewer.__aexit__()


def test_every_difference_that_is_listed_was_met(used: set[Difference]) -> None:
    assert [each for each in DIFFERENCES if each.app in NAMES and each not in used] == []


def test_differences_on_purpose_stand_in_the_document() -> None:
    rows = {each.row for each in DIFFERENCES if each.row is not None}
    assert {row for row in rows if not re.search(rf"^\| {re.escape(row)} \|", DOCUMENT, re.MULTILINE)} == set()
