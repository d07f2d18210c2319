"""The examples do what their text says, beside a Jupyter server and without one; what is saved is what a run gives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import nbformat
import pytest
from example import EXAMPLES, Example, plain_text

NAMES = ["01_quickstart", "02_sessions", "03_elements", "04_ask_and_settings", "05_steps_and_agents"]
Run = Callable[[str], Example]


def without_ids(text: str) -> str:
    """Leave out what differs between runs: ids, and the line that says that no server is in reach."""
    text = re.sub(r"No Jupyter server with Jupyter Chat Sessions is in reach[^\n]*\n", "", text)
    return re.sub(r"\b[0-9a-f]{8}\b", "<id>", text)


def test_the_quickstart_is_a_conversation_with_alice(run: Run) -> None:
    quickstart = run("01_quickstart")
    assert quickstart.shown("Hi there!").startswith("Hello! What's your name?")
    assert quickstart.shown("%%chat_session\nAlice") == "Nice to meet you, Alice!\n\nAlice, you said: Hi there!"
    assert quickstart.shown('print(f"The bot') == "The bot calls you Alice.\n"
    assert quickstart.shown("as alice, Viewer") == "Alice, you said: I like tea\nBob, you said: Coffee for me\n"


def test_the_widget_is_shown_and_says_so_where_it_cannot_be(run: Run) -> None:
    outputs = [output.data for output in run("01_quickstart").cell("%chat_session").outputs if "data" in output]
    assert "application/vnd.jupyter.widget-view+json" in outputs[-1], "beside a server the text is an output before it"
    assert "Run this cell in Jupyter to talk with it." in outputs[0]["text/html"]


def test_the_examples_of_sessions_show_what_they_speak_of(run: Run) -> None:
    sessions = run("02_sessions")
    assert "You are **Notebook** (notebook, en-US)" in sessions.shown("Who am I?")
    assert [sessions.shown("%%chat_session\nfirst"), sessions.shown("%%chat_session\nsecond")] == [
        "Turn 1: first",
        "Turn 2: second",
    ]
    assert sessions.shown("turns.get()") == "2"
    streamed = sessions.cell("%%chat_session\nhello").outputs
    assert [output.output_type for output in streamed] == ["display_data"], "one display, updated as it streams"
    assert "ZeroDivisionError" in sessions.shown("%%chat_session\n0")
    assert sessions.shown("%%chat_session\n8") == "100 / 8 = 12.5"
    assert "All right, I stopped." in sessions.shown("carol.stop()")
    assert sessions.shown('Viewer("Dan"') == "Your key begins with dan.\n"
    assert "dan-secret" not in json.dumps([cell.outputs for cell in sessions.notebook.cells if "outputs" in cell])


def test_elements_stand_with_the_answers(run: Run) -> None:
    elements = run("03_elements")
    shown = elements.cell("%%chat_session\nHow much").outputs
    assert [output.data["text/plain"] for output in shown] == [
        "It rained 236 mm.",
        "[image: Rain]",
        "[dataframe: By month]",
        "[file: rain.csv]",
    ]
    assert "image/png" in shown[1].data
    assert elements.shown("%%chat_session\nHow do").startswith("The Method is simple, and the Source is short.")
    text, picture = elements.cell("%%chat_session\nDraw").outputs
    assert text.data["text/plain"] == "Apr was the wettest month:"
    assert "image/png" in picture.data
    assert elements.shown("%%chat_session\nAre the") == "I have looked: they are fine."
    assert "('Write', 'done')" in elements.shown("print(alice.tasks)")


def test_questions_are_answered_and_settings_are_kept_to(run: Run) -> None:
    asking = run("04_ask_and_settings")
    assert asking.shown("%%chat_session\nthe lake").startswith("What will the sky do?\n[1: Sun]\n[2: Rain]")
    assert asking.shown("%%chat_session\n2").endswith("A picnic at the lake. Bring an umbrella!")
    assert asking.shown("Quick, a number") == "seven, well done.\n"
    assert asking.shown("AskFileMessage") == "guests.csv has 3 guests: Ada, Bob, Carol.\n"
    assert asking.shown("%%chat_session storyteller\nHow") == "I am calm."
    assert asking.shown("%%chat_session storyteller\nAnd") == "I am merry. I am merry."
    assert asking.shown("except ValueError") == "The setting 'length' is a whole number from 1 to 5; it was 12.\n"
    assert asking.shown("def changed") == "From now on I am grumpy.\nI am grumpy.\n"
    assert asking.shown("def choosing") == "['soup', 'pie']\nbreakfast\n"


def test_the_agent_shows_its_steps_and_takes_the_money(run: Run) -> None:
    agent = run("05_steps_and_agents")
    assert agent.shown("A tea and a cake").startswith("tea and cake: 8.75\n[Pay]\n")
    assert agent.shown("%chat_session press Pay") == "Thank you! Enjoy your tea and cake."
    printed = agent.shown("alice.press")
    lines = [line.split() for line in printed.splitlines()]
    assert [line[0] for line in lines[:-1]] == ["llm", "tool", "retrieval", "retrieval", "assistant_message"]
    assert printed.endswith("Thank you! Enjoy your coffee and cake.\n")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_saved_is_what_a_run_gives(run: Run, name: str) -> None:
    saved = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    fresh = run(name).notebook
    pairs = zip(saved.cells, fresh.cells, strict=True)
    for before, now in ((before, now) for before, now in pairs if before.cell_type == "code"):
        assert without_ids(plain_text(before)) == without_ids(plain_text(now)), before.source


@pytest.mark.parametrize("name", NAMES)
def test_what_is_saved_is_complete_and_tells_nothing_of_where_it_was_run(name: str) -> None:
    text = (EXAMPLES / f"{name}.ipynb").read_text(encoding="utf-8")
    saved = nbformat.reads(text, as_version=4)
    nbformat.validate(saved)
    assert all(cell.execution_count for cell in saved.cells if cell.cell_type == "code"), "every cell was run"
    assert not re.search(
        r"https?://(localhost|127\.0\.0\.1|\[::1\])|token=|/(home|tmp|root)/|host_?token", text, re.I
    )
    assert "execution" not in {key for cell in saved.cells for key in cell.metadata}, "no times"
