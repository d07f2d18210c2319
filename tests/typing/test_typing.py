"""A type checker agrees with what users write: handlers keep their signatures, accessors know their type."""

from __future__ import annotations

from pathlib import Path

from mypy import api

HERE = Path(__file__).parent


def test_users_snippets_are_typed_as_they_expect() -> None:
    """Each `type: ignore` in them stands for an error that must be found: unused ones are errors themselves."""
    arguments = ["--strict", "--warn-unused-ignores", "--config-file", "", "--follow-imports", "silent"]
    output, errors, status = api.run([*arguments, str(HERE / "snippets.py")])
    assert (status, errors) == (0, ""), output


def test_the_package_says_that_it_is_typed() -> None:
    assert (HERE.parents[1] / "jupyter_chat_sessions" / "py.typed").exists()
