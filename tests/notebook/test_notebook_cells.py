"""The pieces that need no kernel."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.notebook.cells import await_chat_cell
from jupyter_chat_sessions.notebook.naming import channel_name, default_channel
from jupyter_chat_sessions.notebook.rendering import as_mime_bundle, element_bundle
from jupyter_chat_sessions.protocol.steps import Element, Step


def a_step(text: str, **fields: object) -> Step:
    return Step(id="00000000-0000-4000-8000-000000000000", type="assistant_message", name="Bot", output=text, **fields)


def test_a_chat_cell_is_rewritten_into_an_await() -> None:
    lines = await_chat_cell(["%%chat_session my-chat \n", 'He said "hi"\n', "and left"])
    (line,) = lines
    call = compile(line, "cell", "exec", flags=0x2000)  # PyCF_ALLOW_TOP_LEVEL_AWAIT
    assert call.co_flags & 0x80, "it is a coroutine"
    assert "'my-chat'" in line
    assert repr('He said "hi"\nand left') in line


@pytest.mark.parametrize("first", ["%%chat_sessions\n", "%chat_session\n", "# %%chat_session\n", "%%time\n"])
def test_other_cells_stay_as_they_are(first: str) -> None:
    assert await_chat_cell([first, "x\n"]) == [first, "x\n"]
    assert await_chat_cell([]) == []


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lessons/01_quickstart.ipynb", "01_quickstart"),
        ("C:\\lessons\\Über uns.ipynb", "Über uns"),
        ("Week 1 (draft).ipynb", "Week 1 -draft"),
        (".hidden.ipynb", "hidden"),
        ("a/b/???.ipynb", None),
        ("x" * 150 + ".ipynb", "x" * 100),
    ],
)
def test_the_default_name_is_the_file_stem_made_fit(path: str, name: str | None) -> None:
    assert channel_name(path) == name


def test_the_name_comes_from_jupyter_else_from_the_editor_else_is_notebook() -> None:
    editor = {"__vsc_ipynb_file__": "/home/me/bot.ipynb"}
    assert default_channel({"JPY_SESSION_NAME": "a/one.ipynb"}, namespace=editor) == "one"
    assert default_channel({}, namespace=editor) == "bot"
    assert default_channel({}, namespace={}) == "notebook"


def test_errors_are_alerts_code_is_fenced_and_strangers_are_named() -> None:
    bundle = as_mime_bundle(
        [
            a_step("plain"),
            a_step("broken", is_error=True),
            a_step("a ``` b", language="python"),
            Step(id="00000000-0000-4000-8000-000000000001", type="assistant_message", name="Ada", output="hi"),
        ],
        bot_name="Bot",
        notes=["Use %%chat_session."],
    )
    markdown = bundle["text/markdown"]
    assert markdown.startswith('plain\n\n<div class="alert alert-block alert-danger">\n\nbroken\n\n</div>')
    assert "````python\na ``` b\n````" in markdown
    assert "**Ada**\n\nhi" in markdown
    assert markdown.endswith("*Use `%%chat_session`.*")
    assert bundle["text/plain"] == "plain\n\nError: broken\n\na ``` b\n\nAda: hi\n\n(Use %%chat_session.)"


@pytest.mark.parametrize(("name", "shown"), [("By month", "[dataframe: By month]"), ("", "[dataframe]")])
def test_what_no_cell_shows_is_told_by_its_kind_and_its_name_if_it_has_one(name: str, shown: str) -> None:
    element = Element(id="00000000-0000-4000-8000-000000000000", type="dataframe", name=name, display="inline")
    assert element_bundle(element, b"{}") == ({"text/plain": shown}, {})
