"""Runs an example notebook as a reader would, without a browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[2] / "notebooks"


class Example:
    """An example notebook that was run.

    Args:
        name: Its file's stem.
        environment: Environment variables that lead to a hub; none by default.
    """

    def __init__(self, name: str, *, environment: dict[str, str] | None = None) -> None:
        self.notebook = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER_CHAT", "JPY_"))}
        client = NotebookClient(self.notebook, timeout=30, resources={"metadata": {"path": str(EXAMPLES)}})
        self._environment = {**inherited, "JPY_SESSION_NAME": f"notebooks/{name}.ipynb", **(environment or {})}
        client.execute(env=self._environment)

    def cell(self, text: str, *, nth: int = 0) -> Any:
        """Return the cell whose source has a text in it."""
        found = [cell for cell in self.notebook.cells if cell.cell_type == "code" and text in cell.source]
        return found[nth]

    def shown(self, text: str, *, nth: int = 0) -> str:
        """Return what a cell shows as plain text, streams and displays together."""
        return plain_text(self.cell(text, nth=nth))


def plain_text(cell: Any) -> str:
    """Return what a saved or run cell shows as plain text."""
    parts = []
    for output in cell.outputs:
        parts.append(output.text if output.output_type == "stream" else output.data["text/plain"])
    return "".join(parts)
