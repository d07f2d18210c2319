"""`%chat_session run app.py`: an app's file has its chat in a notebook, beside the notebook's own."""

from __future__ import annotations

from pathlib import Path

from real_kernel import Page

APP = """\
import chainlit as cl

@cl.on_message
async def main(message: cl.Message):
    await cl.Message("{} " + message.content).send()
"""
OWN = """\
@cl.on_message
async def reply(message):
    await cl.Message(f"own {message.content}").send()
"""


def test_a_file_and_the_notebook_answer_side_by_side(page: Page, tmp_path: Path) -> None:
    (tmp_path / "tutor.py").write_text(APP.format("file"))
    [shown] = page.run(f"%chat_session run {tmp_path / 'tutor.py'} --title Tutor").displays
    assert "application/vnd.jupyter.widget-view+json" in shown
    page.run(OWN)
    page.run("%chat_session mine")
    assert "own Hi" in page.run("%%chat_session mine\nHi").shown
    assert "file Hi" in page.run("%%chat_session tutor\nHi").shown
    status = page.run("%chat_session status").text
    assert "handlers  on_message" in status
    assert "          handlers of its own: on_message" in status


def test_a_file_that_has_changed_answers_in_the_same_session(page: Page, tmp_path: Path) -> None:
    app = tmp_path / "tutor.py"
    app.write_text(APP.format("first"))
    page.run(f"%chat_session run {app}")
    session = "import jupyter_chat_sessions as cl; print(cl.context.session.id)"
    assert "first Hi" in page.run("%%chat_session\nHi").shown
    before = page.run(session).text
    app.write_text(APP.format("second and longer"))
    page.run(f"%chat_session run {app}")
    assert "second and longer Hi" in page.run("%%chat_session\nHi").shown
    assert page.run(session).text == before


def test_what_means_nothing_beside_it_is_said_once(page: Page, tmp_path: Path) -> None:
    (tmp_path / "tutor.py").write_text(APP.format("file"))
    (tmp_path / ".chainlit").mkdir()
    (tmp_path / ".chainlit" / "config.toml").write_text('[UI]\nlayout = "wide"\n')
    printed = [page.run(f"%chat_session run {tmp_path / 'tutor.py'}").text for _ in range(2)]
    assert ["[UI] layout" in text for text in printed] == [True, False]


def test_what_is_wrong_with_a_file_is_said(page: Page, tmp_path: Path) -> None:
    assert "Say which file: %chat_session run app.py" in page.run("%chat_session run", may_fail=True).stderr
    assert "There is no Python file" in page.run("%chat_session run nothing.py", may_fail=True).stderr
    (tmp_path / "app.py").write_text("from chainlit.server import app\n")
    failed = page.run(f"%chat_session run {tmp_path / 'app.py'}", may_fail=True)
    assert "Jupyter server extension" in "".join(failed.errors)
