"""`docs/api.md` says what the docstrings say, and each of these says what the name is for, with an example."""

from __future__ import annotations

import ast
from types import ModuleType

import pytest

import jupyter_chat_sessions
from tests.reference import api

NAMES = [name for names in api.themes().values() for name in names]


def documented() -> dict[str, object]:
    """Return each public name, and what public modules have, with what has its docstring."""
    found: dict[str, object] = {}
    for name in NAMES:
        thing = getattr(jupyter_chat_sessions, name)
        if isinstance(thing, ModuleType):
            found.update({f"{name}.{each}": getattr(thing, each) for each in thing.__all__})
        else:
            found[name] = api.documented(name)
    return found


DOCUMENTED = documented()


def test_the_reference_is_the_one_that_the_docstrings_make() -> None:
    made = api.DOCUMENT.read_text(encoding="utf-8") == api.page()
    assert made, "Run `python -m tests.reference.api --write`."


def test_every_public_name_stands_in_it_once() -> None:
    assert sorted([*NAMES, "__version__"]) == sorted(jupyter_chat_sessions.__all__)


@pytest.mark.parametrize("name", sorted(DOCUMENTED))
def test_a_name_says_what_it_is_for_with_an_example_that_is_python(name: str) -> None:
    parts = api.parts_of(api.docstring(DOCUMENTED[name]))
    assert parts[""], f"{name} has no docstring."
    assert parts.get("Example"), f"The docstring of {name} has no Example."
    ast.parse("\n".join(api._code(parts["Example"])))
