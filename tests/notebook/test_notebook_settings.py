"""`%chat_session settings`: what the chat that cells see is set to, read and changed from a cell."""

from __future__ import annotations

import pytest
from real_kernel import Page

APP = """\
from jupyter_chat_sessions.input_widget import MultiSelect, Select, Slider, Switch

@cl.on_chat_start
async def start():
    await cl.ChatSettings([
        Slider("temperature", "Temperature", 0.5, min=0, max=1, step=0.1),
        Select("model", "Model", items={"The small one": "small", "The large one": "large"}, initial_value="small"),
        MultiSelect("tools", "Tools", values=["search", "python"]),
        Switch("stream", "Stream"),
    ]).send()

@cl.on_message
async def reply(message):
    await cl.Message(str(cl.user_session.get("chat_settings"))).send()

@cl.on_settings_update
async def updated(settings):
    print("updated", settings["model"])
"""


def test_they_are_shown_and_set_and_hold_for_handlers_and_cells(page: Page) -> None:
    page.run(APP)
    page.run("%chat_session")
    page.run("%%chat_session\nHello")
    assert page.run("%chat_session settings").text.splitlines() == [
        "setting      value    shown as",
        "temperature  0.5      Temperature",
        "model        'small'  Model",
        "tools        []       Tools",
        "stream       False    Stream",
    ]
    page.run("%chat_session settings temperature=0.2 model=large tools=python,search stream=on")
    chosen = {"temperature": 0.2, "model": "large", "tools": ["search", "python"], "stream": True}
    assert page.run('print(cl.user_session.get("chat_settings"))').text == f"{chosen}\n"
    assert str(chosen) in page.run("%%chat_session\nWhat is set?").shown
    assert page.run("print((await cl.ChatSettings.set({'temperature': 1}))['temperature'])").text == "1.0\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("temperature", "ID=VALUE"),
        ("temperature=hot", "'temperature' is a number; it was 'hot'"),
        ("temperature=3", "'temperature' is a number from 0 to 1; it was 3"),
        ("nope=1", "There is no setting 'nope'; there are: temperature, model, tools, stream"),
        ("stream=perhaps", "is on or off"),
        ("model=huge", "is one of 'small', 'large'"),
    ],
)
def test_a_slip_says_what_it_may_be(slips: Page, words: str, says: str) -> None:
    slips.run(APP)
    slips.run("%chat_session")
    slips.run("%%chat_session\nHello")
    assert says in slips.run(f"%chat_session settings {words}", may_fail=True).stderr


def test_without_a_form_it_says_so(page: Page) -> None:
    page.run("%chat_session")
    page.run("%chat_session new")
    assert "This chat has no settings now" in page.run("%chat_session settings", may_fail=True).stderr
