"""A question for files that nobody's chat answers: a cell answers it with the path of a file."""

from __future__ import annotations

from pathlib import Path

from real_kernel import Page

ASKING = """\
@cl.on_message
async def reply(message):
    files = await cl.AskFileMessage("Your data?", accept=[".csv"], max_files=2).send()
    await cl.Message(" ".join(f"{f.name}: {open(f.path).read()}" for f in files)).send()
"""


def test_the_next_cell_answers_with_a_path_on_each_line(page: Page, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(name * 3)
    (tmp_path / "c.txt").write_text("no table")
    page.run(ASKING)
    page.run("%chat_session")
    asked = page.run("%%chat_session\nHi").shown
    assert "Your data?" in asked
    assert "answers this question with files: write the path of each on a line." in asked
    for wrong, says in (
        ("nowhere.csv", "There is no file 'nowhere.csv' here."),
        (str(tmp_path / "c.txt"), "c.txt is not taken here: only .csv."),
        ("''", "write the path of one"),
    ):
        assert says in page.run(f"%%chat_session\n{wrong}", may_fail=True).stderr
    answered = page.run(f"%%chat_session\n{tmp_path}/a.csv\n'{tmp_path}/b.csv'\n").shown
    assert "a.csv: aaa b.csv: bbb" in answered


def test_a_question_of_a_cells_own_is_put_under_it_until_a_path_is_right(page: Page, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1;2")
    page.run(ASKING)
    page.run("%chat_session")
    request = page.start(
        "[file] = await cl.AskFileMessage('Data?', accept=['text/csv']).send()\n"
        "print(file.size, open(file.path).read())",
        allow_stdin=True,
    )
    assert page.answer_input("nowhere") == "Data? (the path of a file) "
    assert page.answer_input(f"{tmp_path}/a.csv") == "Data? (the path of a file) "
    text = page.finish(request).text
    assert "There is no file 'nowhere' here. Give the path of a file." in text
    assert "3 1;2" in text
