"""What of `user_session` is kept: exactly what JSON gives back as it was; the rest is named."""

from __future__ import annotations

import collections
import datetime
import enum
import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat_sessions.host.snapshot import MAX_DEPTH, MAX_LOST, MAX_VALUES_BYTES, keep
from jupyter_chat_sessions.protocol.frames import SaveValues, encode

ID = "00000000-0000-4000-8000-000000000001"

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
anything = st.recursive(
    plain | st.floats() | st.binary(max_size=4) | st.dates() | st.tuples(st.integers()) | st.frozensets(st.integers()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def restored(values: dict[Any, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return what the next host is given, and the keys that it is told are lost."""
    kept = keep(values)
    saved = msgspec.json.decode(
        encode(SaveValues(session=ID, values=dict(kept.values), lost=kept.lost)), type=SaveValues
    )
    return saved.values, saved.lost


def exactly(value: Any) -> Any:
    """Return a value with the type of each part, so that `1`, `1.0` and `True` differ."""
    if type(value) is dict:
        return dict, {key: exactly(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value), [exactly(item) for item in value]
    return type(value), repr(value)


@given(st.dictionaries(st.text(max_size=8), plain, max_size=6))
def test_plain_values_come_back_exactly(values: dict[str, Any]) -> None:
    back, lost = restored(values)
    assert exactly(back) == exactly(values)
    assert lost == []


@given(st.dictionaries(st.text(max_size=4), anything, max_size=5))
def test_every_value_comes_back_exactly_or_is_named(values: dict[str, Any]) -> None:
    back, lost = restored(values)
    assert sorted([*back, *lost]) == sorted(values)
    assert all(exactly(back[key]) == exactly(values[key]) for key in back)


class Colour(enum.StrEnum):
    RED = "red"


class Size(enum.IntEnum):
    BIG = 3


class AlwaysEqual(msgspec.Struct):
    a: int = 1

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]


class Name(str):
    __slots__ = ()


cyclic: list[Any] = []
cyclic += [cyclic, cyclic]
deep: list[Any] = []
for _ in range(MAX_DEPTH + 1):
    deep = [deep]
doubling: list[Any] = []
for _ in range(40):
    doubling = [doubling, doubling]


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        [1, (2,)],
        {1: "a"},
        {"a": {2: 1}},
        {1, 2},
        b"bytes",
        datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        math.nan,
        [math.inf],
        object(),
        lambda: None,
        AlwaysEqual(),
        Colour.RED,
        Size.BIG,
        Name("x"),
        collections.OrderedDict(a=1),
        collections.defaultdict(list),
        collections.Counter("a"),
        "half a pair \ud83d",
        {"\ud83d": 1},
        cyclic,
        deep,
        doubling,
        msgspec.Raw(b"1"),
        "x" * (MAX_VALUES_BYTES + 1),
        list(range(10**6)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_would_come_back_as_something_else_is_lost_by_name(value: object) -> None:
    assert restored({"a": value, "b": 1}) == ({"b": 1}, ["a"])


def test_where_it_is_too_much_the_largest_are_lost_and_the_name_survives() -> None:
    half = "x" * (MAX_VALUES_BYTES // 2)
    back, lost = restored({"history": half + "longest", "draft": half, "name": "Alice", "other": "y" * 40_000})
    assert lost == ["history", "other"]
    assert sorted(back) == ["draft", "name"]
    assert len(json.dumps(back, separators=(",", ":"))) <= MAX_VALUES_BYTES


@given(st.dictionaries(st.text(max_size=3), st.text(max_size=400).map(lambda text: text * 100), max_size=12))
def test_what_is_kept_never_exceeds_the_bound(values: dict[str, str]) -> None:
    assert len(encode(keep(values).values)) <= MAX_VALUES_BYTES + 2


def test_keys_that_are_no_text_are_told_by_type_and_cost_no_other_its_value() -> None:
    class Unprintable:
        def __str__(self) -> str:
            raise RuntimeError

    back, lost = restored({5: "five", "5": "text", Unprintable(): 1, "\ud83d": 2})
    assert back == {"5": "text"}
    assert lost == ["<Unprintable>", "<int>", "?"]


def test_many_lost_keys_do_not_make_a_frame_that_cannot_be_sent() -> None:
    kept = keep({f"{number}" + "k" * 10_000: object() for number in range(2000)})
    assert len(kept.lost) == MAX_LOST
    assert all(len(name) <= 100 for name in kept.lost)


def test_a_viewers_variables_are_never_stored_wherever_they_stand() -> None:
    """Promise 10."""
    secret = 'sk-"quoted"-1234'
    values = {"env": {"KEY": secret}, "header": [f"Bearer {secret}"], secret: 1, "lang": "en", "name": "Alice"}
    kept = keep(values, secrets=[secret, "en"])
    assert sorted(kept.values) == ["lang", "name"], "a short variable is no secret"
    assert kept.lost == ["<str>", "env", "header"]
    assert b"1234" not in encode(kept.values)
