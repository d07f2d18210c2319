"""What stands around a conversation, as lines: settings, commands, modes, tasks, the side panel.

Chainlit's own words for these travel on our wire, too (see the state keys in `docs/protocol.md`), so one reading does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def around_of(state: Mapping[str, Any], *, is_empty: bool = False) -> list[str]:
    """Return what the state of a session shows. Starters are for an empty conversation."""
    starters = (state.get("starters") or [], state.get("starterCategories") or []) if is_empty else ([], [])
    return [
        *_settings(state.get("settings") or {}),
        *(f"command {each['id']!r} {each['description']!r}" for each in state.get("commands") or []),
        *_modes(state.get("modes") or []),
        *(f"profile {each['displayName'] or each['name']!r}" for each in state.get("profiles") or []),
        *_starters(*starters),
        *_tasks(state.get("tasks") or {}),
        *_sidebar(state.get("sidebar") or {}),
    ]


def values_by_id(form: Iterable[Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is chosen in a form as the form itself has it: by ids, and not by what people read."""
    fields = {each["label"]: each for given in form for each in given.get("inputs", [given])}
    chosen = {}
    for label, value in values.items():
        items = {item["label"]: item["value"] for item in fields[label].get("items") or []}
        chosen[fields[label]["id"]] = [items[each] for each in value] if isinstance(value, list) else value
    return chosen


def passing(kind: str, data: Any) -> str:
    """Return what comes by and is not kept."""
    return f"toast {data['kind']}: {data['text']}" if kind == "toast" else f"{kind}: {data}"


def _settings(form: Mapping[str, Any]) -> Iterator[str]:
    values = form.get("values") or {}
    for given in form.get("inputs") or []:
        if "inputs" in given:
            yield f"tab {given['label']!r}"
        for each in given.get("inputs", [given]):
            value = _as_shown(values.get(each["id"], each.get("initial")))
            items = [item["label"] for item in each.get("items") or []]
            yield f"setting {each['type']} {each['label']!r}{f' of {items}' if items else ''} = {value!r}"


def _as_shown(value: Any) -> Any:
    """Return a whole number as one: in a browser, 2 and 2.0 are the same."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _modes(modes: list[Mapping[str, Any]]) -> Iterator[str]:
    for mode in modes:
        yield f"mode {mode['name']!r}: {', '.join(option['name'] for option in mode['options'])}"


def _starters(starters: list[Mapping[str, Any]], categories: list[Mapping[str, Any]]) -> Iterator[str]:
    for starter in () if categories else starters:
        yield f"starter {starter['label']!r}"
    for category in categories:
        for starter in category["starters"]:
            yield f"starter {starter['label']!r} of {category['label']!r}"


def _tasks(tasks: Mapping[str, Any]) -> Iterator[str]:
    if tasks:
        yield f"tasks: {tasks.get('status') or ''}"
    for number, task in enumerate(tasks.get("tasks") or [], 1):
        yield f"task {number}: {task['title']!r} {task['status']}"


def _sidebar(sidebar: Mapping[str, Any]) -> Iterator[str]:
    if sidebar.get("title"):
        yield f"side panel {sidebar['title']!r}"
    for element in sidebar.get("elements") or []:
        yield f"side panel shows {element['type']} {element['name']!r}"
