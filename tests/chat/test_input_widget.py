"""The fields of a settings form: Chainlit's parameters, and an error in the author's words where one cannot be."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.alias import alias_module
from jupyter_chat_sessions.input_widget import (
    Checkbox,
    DatePicker,
    InputWidget,
    MultiSelect,
    NumberInput,
    RadioGroup,
    Select,
    Slider,
    Switch,
    Tab,
    Tags,
    TextInput,
)

COMMON = {"id": "x", "label": "X", "tooltip": None, "description": None, "disabled": False}


@pytest.mark.parametrize(
    ("widget", "more"),
    [
        (Switch("x", "X"), {"type": "switch", "initial": False}),
        (Checkbox("x", "X", True), {"type": "checkbox", "initial": True}),
        (Slider("x", "X"), {"type": "slider", "initial": 0, "min": 0, "max": 10, "step": 1}),
        (TextInput("x", "X"), {"type": "textinput", "initial": None, "placeholder": None, "multiline": False}),
        (NumberInput("x", "X", 2.5), {"type": "numberinput", "initial": 2.5, "placeholder": None}),
        (Tags("x", "X", ["a"]), {"type": "tags", "initial": ["a"]}),
        (
            Select("x", "X", values=["a", "b"], initial_index=1),
            {"type": "select", "initial": "b", "items": [{"label": "a", "value": "a"}, {"label": "b", "value": "b"}]},
        ),
        (
            RadioGroup("x", "X", items={"A": "a"}, initial_value="a"),
            {"type": "radio", "initial": "a", "items": [{"label": "A", "value": "a"}]},
        ),
        (
            MultiSelect("x", "X", values=["a"]),
            {"type": "multiselect", "initial": [], "items": [{"label": "a", "value": "a"}]},
        ),
        (
            DatePicker("x", "X", date(2026, 3, 1), max_date="2026-12-31", format="dd.MM.yyyy"),
            {
                "type": "datepicker",
                "initial": "2026-03-01",
                "mode": "single",
                "min_date": None,
                "max_date": "2026-12-31",
                "format": "dd.MM.yyyy",
                "placeholder": None,
            },
        ),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, InputWidget) else "",
)
def test_each_writes_itself_as_chainlits_does(widget: InputWidget, more: dict[str, Any]) -> None:
    assert widget.to_dict() == {**COMMON, **more}


def test_parameters_stand_in_chainlits_order() -> None:
    assert Slider("t", "T", 0.5, "tip", "below", True, "slider", 0, 1, 0.1).max == 1
    assert Select("m", "M", None, None, None, False, "select", 1, None, ["a", "b"]).initial == "b"


def test_a_tab_writes_its_fields() -> None:
    field = Switch("x", "X")
    assert Tab("t", "T", [field]).to_dict() == {"id": "t", "label": "T", "inputs": [field.to_dict()]}


def test_all_are_found_where_apps_look_for_them() -> None:
    assert cl.input_widget.Slider is Slider
    assert alias_module("chainlit.input_widget", ["Slider"]).Slider is Slider
    assert alias_module("chainlit", []).input_widget.DatePicker is DatePicker


def test_a_slider_of_whole_numbers_has_a_whole_number() -> None:
    assert repr(Slider("x", "X", 3.0).initial) == "3"
    assert repr(Slider("x", "X", 3, min=0, max=10, step=0.5).initial) == "3.0"
    assert repr(Slider("x", "X", 0.5, min=0, max=1).initial) == "0.5"


def test_a_slider_without_an_initial_value_begins_at_its_nearest_bound() -> None:
    assert Slider("x", "X", min=2, max=5).initial == 2
    assert Slider("x", "X", min=-5, max=-2).initial == -2


def test_a_choice_may_be_made_by_initial_too() -> None:
    assert Select("x", "X", "b", values=["a", "b"]).initial == "b"


def test_dates_are_iso_text_whatever_was_given() -> None:
    moment = datetime(2026, 3, 1, 12, 30)
    picker = DatePicker("x", "X", ("2026-03-01", date(2026, 3, 31)), mode="range", min_date=moment)
    assert (picker.initial, picker.min_date) == (["2026-03-01", "2026-03-31"], "2026-03-01")


def test_no_two_fields_share_a_list() -> None:
    Tags("x", "X").initial.append("a")
    assert Tags("y", "Y").initial == []


@pytest.mark.parametrize(
    ("make", "kind", "says"),
    [
        (lambda: Switch("", "X"), ValueError, "needs an id and a label"),
        (lambda: Switch("x", ""), ValueError, "needs an id and a label"),
        (lambda: Switch(1, "X"), TypeError, r"Switch\(id=…\) is a text; it was given 'int'"),
        (lambda: Switch("x", "X", tooltip=1), TypeError, r"Switch\(tooltip=…\) is a text"),
        (lambda: Switch("x", "X", disabled="no"), TypeError, r"disabled=…\) is true or false"),
        (lambda: Switch("x", "X", "on"), TypeError, r"Switch\(initial=…\) is true or false; it was 'on'"),
        (lambda: Switch("x", "X", type="slider"), ValueError, "type of a Switch is 'switch'"),
        (lambda: Slider("x", "X", 11), ValueError, r"Slider\(initial=…\) is a whole number from 0 to 10; it was 11"),
        (lambda: Slider("x", "X", "3"), TypeError, "is a whole number from 0 to 10"),
        (lambda: Slider("x", "X", min=5, max=5), ValueError, r"min=…\) is below max; they were 5 and 5"),
        (lambda: Slider("x", "X", step=0), ValueError, r"step=…\) is above 0"),
        (lambda: Slider("x", "X", max="9"), TypeError, r"max=…\) is a number; it was given '9'"),
        (lambda: Slider("x", "X", max=float("inf")), TypeError, r"max=…\) is a number"),
        (lambda: NumberInput("x", "X", float("nan")), ValueError, "is a number; it was nan"),
        (lambda: NumberInput("x", "X", True), TypeError, "is a number"),
        (lambda: TextInput("x", "X", 1), TypeError, r"initial=…\) is a text"),
        (lambda: TextInput("x", "X", multiline="yes"), TypeError, "multiline"),
        (lambda: Tags("x", "X", "a, b"), TypeError, "is a list of texts"),
        (lambda: Select("x", "X"), ValueError, "Select needs values or items"),
        (lambda: RadioGroup("x", "X", values=["a"], items={"A": "a"}), ValueError, "takes values or items, not both"),
        (
            lambda: Select("x", "X", items={"A": "a"}, initial_index=0),
            ValueError,
            "initial_index=…\\) goes with values",
        ),
        (lambda: Select("x", "X", values=["a"], initial_index=1), ValueError, "is a place in values, at most 0"),
        (lambda: Select("x", "X", values=["a"], initial_index="a"), TypeError, "is a whole number"),
        (lambda: Select("x", "X", values=["a"], initial_value="b"), ValueError, "is one of 'a'; it was 'b'"),
        (lambda: Select("x", "X", values=["a", "a"]), ValueError, "has something twice"),
        (lambda: Select("x", "X", items={"A": "a", "B": "a"}), ValueError, "has a value twice"),
        (lambda: Select("x", "X", values="abc"), TypeError, "is a list of texts"),
        (lambda: Select("x", "X", items={"A": 1}), TypeError, "dict of labels, each with its value"),
        (lambda: MultiSelect("x", "X", ["b"], values=["a"]), ValueError, "is a list of some of 'a'"),
        (lambda: DatePicker("x", "X", mode="week"), ValueError, "is 'single' or 'range'"),
        (lambda: DatePicker("x", "X", "1.3.2026"), ValueError, r"initial=…\) is a date, such as 2026-03-31"),
        (lambda: DatePicker("x", "X", 20260301), TypeError, "is a date"),
        (lambda: DatePicker("x", "X", ("2026-03-01", "2026-03-02")), TypeError, "is a date"),
        (lambda: DatePicker("x", "X", "2026-03-01", mode="range"), TypeError, "is two dates"),
        (lambda: DatePicker("x", "X", ("2026-03-02", "2026-03-01"), mode="range"), ValueError, "the earlier one first"),
        (lambda: DatePicker("x", "X", min_date="2026-02-30"), ValueError, r"min_date=…\) is a date"),
        (
            lambda: DatePicker("x", "X", min_date="2026-03-02", max_date="2026-03-01"),
            ValueError,
            "is not after max_date",
        ),
        (lambda: DatePicker("x", "X", "2026-03-01", min_date="2026-03-02"), ValueError, "is not before 2026-03-02"),
        (lambda: DatePicker("x", "X", "2026-03-03", max_date="2026-03-02"), ValueError, "is not after 2026-03-02"),
        (lambda: Tab("", "T"), ValueError, r"Tab\(id=…\) is not empty"),
        (lambda: Tab("t", "T", ["x"]), TypeError, "in it was 'str'"),
        (lambda: Tab("t", "T", [Tab("u", "U")]), TypeError, "in it was 'Tab'"),
        (lambda: InputWidget("x", "X"), TypeError, "use one of them"),
    ],
)
def test_what_cannot_be_is_said_when_it_is_made(make: Any, kind: type[Exception], says: str) -> None:
    with pytest.raises(kind, match=says):
        make()
