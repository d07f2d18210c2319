"""The first way: what a scripted viewer hears is what the script says."""

from __future__ import annotations

import pytest

from .recording import NAMES, recorded, script_of


@pytest.mark.parametrize("name", NAMES)
def test_a_scripted_viewer_hears_what_the_script_says(name: str) -> None:
    for deed, view in zip(script_of(name), recorded(name), strict=True):
        assert deed.hears in view.newest_text(), "\n".join([f"after {deed}:", *view.lines()])
