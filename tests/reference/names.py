"""The tables of names in `docs/from-chainlit.md`: which of Chainlit's are here, tested where, and what differs.

    python -m tests.reference.names --write

makes them anew of `chainlit.toml`, of what the package has, and of the tests that use each name.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import jupyter_chat_sessions
from jupyter_chat_sessions.chat.context import Emitter
from jupyter_chat_sessions.host.session import BaseSession

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "from-chainlit.md"
NOTES = Path(__file__).parent / "chainlit.toml"
BEGIN = "<!-- names: made by `python -m tests.reference.names --write` of tests/reference/chainlit.toml -->"
END = "<!-- /names -->"
PREFIXES = {"adapted": "adapted", "instead": "says what to use instead"}
MOST_FILES = 3


class Row(NamedTuple):
    """What the table says of a name.

    Attributes:
        theme: The table that it stands in.
        name: Chainlit's.
        here: `yes`, `adapted`, `says what to use instead` or `not yet`.
        tested_in: The test files that use it most.
        note: What differs.
    """

    theme: str
    name: str
    here: str
    tested_in: tuple[str, ...]
    note: str

    def __str__(self) -> str:
        files = ", ".join(f"`{file}`" for file in self.tested_in)
        return f"| `{self.name}` | {self.here} | {files} | {self.note} |"


def rows() -> Iterator[Row]:
    """Yield what there is to say of each name. Which tests are named stays as it is, as long as it is true."""
    named = {(row.theme, row.name): row.tested_in for row in written()}
    for theme, names in tomllib.loads(NOTES.read_text(encoding="utf-8")).items():
        for name, note in names.items():
            prefix, _, rest = note.partition(": ")
            verdict, note = (PREFIXES[prefix], rest) if prefix in PREFIXES else ("yes", note)
            here = verdict if is_here(theme, name) else "not yet"
            files = tuple(file for file in named.get((theme, name), ()) if is_used_in(theme, name, file))
            yield Row(theme, name, here, files or tested_in(theme, name), note)


def is_here(theme: str, name: str) -> bool:
    """Return whether the package has a name."""
    if theme == "cl.context.emitter":
        return hasattr(Emitter, name)
    if theme == "cl.context.session":
        return hasattr(BaseSession, name) or re.search(rf"\bself\.{name}\b", inspect.getsource(BaseSession)) is not None
    return name in jupyter_chat_sessions.__all__


def tested_in(theme: str, name: str) -> tuple[str, ...]:
    """Return the test files that use a name, the ones that use it most first."""
    uses = {path: len(_use(theme, name).findall(text)) for path, text in _tests().items()}
    found = sorted((path for path, count in uses.items() if count), key=lambda path: (-uses[path], path))
    return tuple(found[:MOST_FILES])


def is_used_in(theme: str, name: str, path: str) -> bool:
    """Return whether a test file uses a name."""
    return _use(theme, name).search(_tests().get(path, "")) is not None


def _use(theme: str, name: str) -> re.Pattern[str]:
    if theme == "cl.context.emitter":
        return re.compile(rf"\bemitter\.{name}\b")
    if theme == "cl.context.session":
        return re.compile(rf"\bsession\.{name}\b")
    return re.compile(
        rf"\b(?:cl|chainlit)\.{name}\b|^\s*from (?:jupyter_chat_sessions|chainlit)\S* import .*\b{name}\b", re.M
    )


@cache
def _tests() -> dict[str, str]:
    """Return the text of each file that tests something, by its path in `tests/`."""
    return {
        path.relative_to(TESTS).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(TESTS.rglob("*.py"))
        if path.relative_to(TESTS).parts[0] not in ("benchmarks", "chaos", "reference", "matrix", "typing")
    }


def tables() -> str:
    """Return the tables as the document has them."""
    parts: list[str] = []
    theme = None
    for row in rows():
        if row.theme != theme:
            theme = row.theme
            title = f"`{theme}`" if theme.startswith("cl.") else theme
            parts += ["", f"### {title}", "", "| name | here | tested in | what differs |", "|---|---|---|---|"]
        parts.append(str(row))
    return "\n".join([BEGIN, *parts, "", END])


def written() -> list[Row]:
    """Return the rows that stand in the document."""
    found: list[Row] = []
    theme = ""
    for line in _parts()[1].splitlines():
        if line.startswith("### "):
            theme = line.removeprefix("### ").strip("`")
        elif match := re.fullmatch(r"\| `(\w+)` \| ([\w ]+) \| (.*?) \| (.*?) ?\|", line):
            name, here, files, note = match.groups()
            found.append(Row(theme, name, here, tuple(re.findall(r"`([^`]+)`", files)), note))
    return found


def _parts() -> tuple[str, str, str]:
    text = DOCUMENT.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    inside, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{DOCUMENT} has no place for the tables: {BEGIN} … {END}")
    return before, inside, after


def main() -> None:
    """Write the tables, or print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write them into the document")
    if not parser.parse_args().write:
        sys.stdout.write(tables() + "\n")
        return
    before, _, after = _parts()
    DOCUMENT.write_text(f"{before}{tables()}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
