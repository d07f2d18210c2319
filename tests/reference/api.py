"""`docs/api.md`: every public name with what its docstring says, by theme.

    python -m tests.reference.api --write

makes it anew.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import jupyter_chat_sessions
from tests.reference.names import NOTES

DOCUMENT = Path(__file__).parents[2] / "docs" / "api.md"
SECTIONS = ("Args", "Attributes", "Returns", "Raises", "Example")
BEYOND = "Not in Chainlit"
HEAD = """# The author's API

`import jupyter_chat_sessions as cl`, or, in an app's file, `import chainlit as cl`.
What is different from Chainlit and why stands in [Coming from Chainlit](from-chainlit.md).

<!-- made of the docstrings by `python -m tests.reference.api --write` -->
"""


def themes() -> dict[str, list[str]]:
    """Return the public names by theme: Chainlit's as `chainlit.toml` has them, then what is ours alone."""
    public = set(jupyter_chat_sessions.__all__) - {"__version__"}
    by_theme = {
        theme: [name for name in names if name in public]
        for theme, names in tomllib.loads(NOTES.read_text(encoding="utf-8")).items()
        if not theme.startswith("cl.")
    }
    by_theme[BEYOND] = sorted(public - {name for names in by_theme.values() for name in names})
    return {theme: names for theme, names in by_theme.items() if names}


def documented(name: str) -> Any:
    """Return what has the docstring of a name: of an object such as `user_session`, its class."""
    found = getattr(jupyter_chat_sessions, name)
    is_object = not (inspect.isroutine(found) or isinstance(found, type | ModuleType))
    return type(found) if is_object else found


def docstring(thing: Any) -> str:
    """Return its own docstring; what is inherited says nothing of it."""
    text = vars(thing).get("__doc__") if isinstance(thing, type) else thing.__doc__
    return inspect.cleandoc(text or "")


def parts_of(text: str) -> dict[str, str]:
    """Return a Google docstring's sections by their names; what stands outside them under an empty one."""
    parts: dict[str, list[str]] = {"": []}
    current = ""
    for line in text.splitlines():
        heading = re.fullmatch(r"(\w+):", line)
        if heading and heading[1] in SECTIONS:
            current = heading[1]
            parts[current] = []
        elif current and line and not line.startswith(" "):
            current = ""
            parts[""] += ["", line]
        else:
            parts[current].append(line)
    return {name: dedent("\n".join(lines)).strip() for name, lines in parts.items()}


def signature(name: str, thing: Any) -> str:
    """Return how it is called, in few words: names and defaults."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return name
    given = [
        str(each.replace(annotation=inspect.Parameter.empty)) for each in parameters if each.name not in ("self", "cls")
    ]
    if any(each.kind is each.KEYWORD_ONLY for each in parameters) and not any("*" in each for each in given):
        first = next(index for index, each in enumerate(parameters) if each.kind is each.KEYWORD_ONLY)
        given.insert(first - (len(parameters) - len(given)), "*")
    return f"{name}({', '.join(given)})"


def rendered(text: str) -> Iterator[str]:
    """Yield a docstring as Markdown."""
    parts = parts_of(text)
    yield parts[""]
    for title in ("Args", "Attributes", "Returns", "Raises"):
        if title in parts:
            yield f"**{title if title != 'Args' else 'Arguments'}**"
            yield _listed(parts[title]) if title != "Returns" else parts[title]
    if "Example" in parts:
        yield "```python\n" + "\n".join(_code(parts["Example"])) + "\n```"


def _listed(section: str) -> str:
    items: list[str] = []
    for line in section.splitlines():
        named = re.fullmatch(r"([\w, *]+?): (.*)", line)
        if named and not line.startswith(" "):
            items.append(f"- `{named[1]}`: {named[2]}")
        elif line.strip():
            items.append(f"  {line.strip()}")
    return "\n".join(items)


def _code(example: str) -> Iterator[str]:
    """Yield an example's lines: what is typed, and what it shows as a comment."""
    is_doctest = ">>>" in example
    for line in example.splitlines():
        if not is_doctest:
            yield line
        elif line.startswith((">>>", "...")):
            yield line[4:]
        elif line.strip():
            yield f"# {line}"


def members(thing: Any) -> Iterator[tuple[str, str]]:
    """Yield what a class has for its users: how it is called, and the first sentence about it."""
    for name, member in vars(thing).items():
        if name.startswith("_"):
            continue
        wrapped = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if isinstance(wrapped, property):
            yield f".{name}", _first(wrapped.fget)
        elif inspect.isfunction(wrapped) and docstring(wrapped):
            is_async = "await " if inspect.iscoroutinefunction(wrapped) else ""
            yield f"{is_async}.{signature(name, wrapped)}", _first(wrapped)


def _first(thing: Any) -> str:
    return " ".join(parts_of(docstring(thing))[""].split("\n\n")[0].split())


def entry(name: str) -> Iterator[str]:
    """Yield all that the reference says of a name."""
    thing = documented(name)
    yield f"### {name}"
    found = getattr(jupyter_chat_sessions, name)
    if isinstance(found, ModuleType):
        yield from rendered(docstring(found))
        for each in found.__all__:
            yield f"#### {name}.{each}"
            yield from _about(each, getattr(found, each), prefix=f"cl.{name}.")
        return
    yield from _about(name, thing, prefix="cl.", is_object=found is not thing)


def _about(name: str, thing: Any, *, prefix: str, is_object: bool = False) -> Iterator[str]:
    if not is_object:
        yield f"```python\n{prefix}{signature(name, thing)}\n```"
    yield from rendered(docstring(thing))
    if isinstance(thing, type):
        listed = [f"| `{call.replace('|', chr(92) + '|')}` | {says} |" for call, says in members(thing)]
        if listed:
            yield "\n".join(["| | |", "|---|---|", *listed])


def page() -> str:
    """Return the document."""
    by_theme = themes()
    anchors = _anchors(by_theme)
    contents = [
        f"- {theme}: " + ", ".join(f"[`{name}`](#{anchors[name]})" for name in names)
        for theme, names in by_theme.items()
    ]
    parts = [HEAD.strip(), "\n".join(contents)]
    for theme, names in by_theme.items():
        parts.append(f"## {theme}")
        for name in names:
            parts += entry(name)
    return "\n\n".join(part for part in parts if part) + "\n"


def _anchors(by_theme: dict[str, list[str]]) -> dict[str, str]:
    """Return the link to each name: a second one of the same letters, such as `step`, is numbered."""
    anchors: dict[str, str] = {}
    for name in (name for names in by_theme.values() for name in names):
        before = sum(other.lower() == name.lower() for other in anchors)
        anchors[name] = name.lower() + (f"-{before}" if before else "")
    return anchors


def main() -> None:
    """Write the document, or print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write it")
    if parser.parse_args().write:
        DOCUMENT.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())


if __name__ == "__main__":
    main()
