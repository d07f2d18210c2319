"""Sections of the documents that runs and benchmarks write: each command has its own, and leaves the others alone."""

from __future__ import annotations

import datetime
import os
import platform
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]


def write_section(path: Path, title: str, lines: Sequence[str]) -> None:
    """Write a section of a document, in the place of the one with its title."""
    path.write_text(with_section(path.read_text(), title, "\n".join(lines)))


def with_section(document: str, title: str, text: str) -> str:
    """Return a document in which the section of a title has another text; a new section stands at the end."""
    head, *sections = re.split(r"^## ", document.rstrip() + "\n\n", flags=re.MULTILINE)
    by_title = {section.partition("\n")[0]: section for section in sections}
    by_title[title] = f"{title}\n\n{text}\n"
    return "## ".join([head, *by_title.values()]).rstrip() + "\n"


def command_line(module: str) -> str:
    """Return how this run was begun."""
    return f"`python -m {module} {shlex.join(sys.argv[1:])}`".replace(" `", "`")


def commit(revision: str = "HEAD") -> str:
    """Return the commit that a revision is; by default the one that is checked out."""
    return subprocess.run(
        ["git", "rev-parse", revision], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def circumstances() -> str:
    """Return when, of what, and on what kind of machine something was measured."""
    return (
        f"{datetime.date.today()}, commit `{commit()}`; {os.cpu_count()} cores, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}."
    )
