"""A table of pandas or polars as an element: the part of it that somebody can read, as plain JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from typing import Any, NamedTuple

from .element import Element

MAX_ROWS = 10_000
"""Rows of a table that are shown; viewers can sort and page through these."""
MAX_COLUMNS = 500
MAX_BYTES = 8 * 1024 * 1024
"""Of the JSON: of rows with long texts, or many columns, fewer are shown."""
MAX_CELL = 2_000
"""Code points of one cell."""
MAX_EXACT_INT = 2**53
"""Above it a browser rounds a number: such a one is shown as text."""


class Dataframe(Element):
    """A table (Chainlit: `cl.Dataframe`).

    Of a large one the first 10,000 rows and 500 columns are shown, and of rows with long texts fewer; viewers read how
    many there are.

    Args:
        name: See `Element`.
        data: A `DataFrame` of pandas or polars.
        given: As for `Element`.

    Raises:
        TypeError: It is none.

    Example:
        >>> sales = pandas.DataFrame({"month": ["May", "June"], "euros": [120, 80]})
        >>> await cl.Message("Sales:", elements=[cl.Dataframe(name="sales", data=sales)]).send()

    Chainlit sends all of it, however large.
    """

    type = "dataframe"
    _mime = "application/json"
    _size = "large"

    def __init__(self, name: str = "", *, data: Any = None, **given: Any) -> None:
        table = _table(data)
        content, self._shown_rows = _as_json(table)
        super().__init__(name, **{**given, "content": content})
        self.data = data
        self._rows, self._columns, self._shown_columns = table.rows, table.columns, len(table.names)

    def _props(self) -> dict[str, Any]:
        return {
            "rows": self._rows,
            "shown": self._shown_rows,
            "columns": self._columns,
            "shownColumns": self._shown_columns,
        }

    def _take_props(self, props: dict[str, Any]) -> None:
        self._rows, self._shown_rows = props.get("rows", 0), props.get("shown", 0)
        self._columns, self._shown_columns = props.get("columns", 0), props.get("shownColumns", 0)


def is_dataframe(data: object) -> bool:
    """Return whether an object is a table of pandas or polars, without importing either."""
    return _is_of("pandas", data) or _is_of("polars", data)


class _Table(NamedTuple):
    """The part of a table that may be shown, and how large the whole is."""

    names: list[str]
    labels: list[Any]
    cells: Iterable[tuple[Any, ...]]
    rows: int
    columns: int


def _is_of(library: str, data: object, kind: str = "DataFrame") -> bool:
    found = getattr(sys.modules.get(library), kind, None)
    return found is not None and isinstance(data, found)


def _table(data: Any) -> _Table:
    if _is_of("pandas", data):
        part = data.iloc[:MAX_ROWS, :MAX_COLUMNS]
        names = [_label(name) for name in part.columns.tolist()]
        index = [_label(each) if isinstance(each, tuple) else each for each in part.index.tolist()]
        return _Table(names, index, part.itertuples(index=False, name=None), *data.shape)
    if _is_of("polars", data):
        part = data[:MAX_ROWS, :MAX_COLUMNS]
        return _Table(list(part.columns), list(range(part.height)), part.iter_rows(), *data.shape)
    hint = ""
    if _is_of("polars", data, "LazyFrame"):
        hint = " Its .collect() is one."
    elif _is_of("pandas", data, "Series") or _is_of("polars", data, "Series"):
        hint = " Its .to_frame() is one."
    raise TypeError(f"Dataframe(data=…) is a DataFrame of pandas or polars; it was {type(data).__name__!r}.{hint}")


def _as_json(table: _Table) -> tuple[str, int]:
    """Return a table as JSON, and how many of its rows are in it."""
    index: list[str] = []
    rows: list[str] = []
    length = 0
    for label, row in zip(table.labels, table.cells, strict=False):
        written = json.dumps([_cell(value) for value in row], ensure_ascii=False)
        length += len(written)
        if rows and length > MAX_BYTES:
            break
        rows.append(written)
        index.append(json.dumps(_cell(label), ensure_ascii=False))
    columns = json.dumps([_cut(name) for name in table.names], ensure_ascii=False)
    return f'{{"columns": {columns}, "index": [{", ".join(index)}], "data": [{", ".join(rows)}]}}', len(rows)


def _label(name: Any) -> str:
    """Return the name of a column or row; of one with several levels, all of them."""
    return " · ".join(map(str, name)) if isinstance(name, tuple) else str(name)


def _cell(value: Any) -> str | int | float | bool | None:
    """Return a cell as JSON has it: what is missing is null, and what JSON does not know is text."""
    if hasattr(value, "item") and not isinstance(value, str | bytes):  # a number of numpy's
        try:
            value = value.item()
        except (TypeError, ValueError):
            return _cut(_text(value))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= MAX_EXACT_INT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else (None if math.isnan(value) else str(value))
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, bytes | bytearray):
        return f"({len(value):,} bytes)"
    if isinstance(value, dict | list | tuple):
        try:
            return _cut(json.dumps(value, ensure_ascii=False, default=_text))
        except (TypeError, ValueError, RecursionError):
            return _cut(_text(value))
    isoformat = getattr(value, "isoformat", None)
    return _cut(_text(value) if isoformat is None or hasattr(value, "total_seconds") else str(isoformat()))


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception:  # whatever an object's own `__str__` raises
        return f"<{type(value).__name__}>"


def _cut(text: str) -> str:
    text = text if len(text) <= MAX_CELL else f"{text[:MAX_CELL]}…"
    return text.encode(errors="replace").decode()
