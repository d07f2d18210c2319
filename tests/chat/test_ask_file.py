"""A question that is answered with files, and files that stand in a session's folder."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.chat.ask_file import AskFileMessage, AskFileResponse
from jupyter_chat_sessions.host.accepting import kinds_of
from jupyter_chat_sessions.protocol.errors import AskTimeoutError, ChatSessionsError, RefusedError
from jupyter_chat_sessions.testing import Stage, Viewer


def asks(**options: Any) -> list[list[AskFileResponse] | None]:
    """Ask each viewer for files at the start; return where the answers are put."""
    answers: list[list[AskFileResponse] | None] = []

    @cl.on_chat_start
    async def start() -> None:
        files = await cl.AskFileMessage("Your data?", **{"accept": ["text/plain", ".csv"], **options}).send()
        answers.append(files)
        await cl.Message("None" if files is None else f"{len(files)} files").send()

    return answers


async def test_the_answer_is_a_file_that_can_be_opened(tmp_path: Path) -> None:
    contents = []

    @cl.on_chat_start
    async def start() -> None:
        files = await cl.AskFileMessage("Your data?", accept=["text/csv"]).send()
        assert files is not None
        [file] = files
        contents.append((file, Path(file.path).read_bytes()))
        await cl.Message("Thanks").send()

    data = tmp_path / "table.csv"
    data.write_bytes(b"a;b\n" * 200_000)
    async with Viewer() as viewer:
        assert viewer.question is not None
        assert viewer.question.kind == "file"
        assert (await viewer.answer_files([data])).content == "Thanks"
        [(file, content)] = contents
        assert content == data.read_bytes()
        assert (file.name, file.size, file.type) == ("table.csv", 800_000, "text/csv")
        assert Path(file.path).suffix == ".csv"
        (said,) = [step for step in viewer.steps if step.is_from_viewer]
        assert [(element.name, element.file) for element in said.elements] == [("table.csv", file.id)]
        [asked, *_] = viewer.steps
        assert not asked.wait_for_answer
    assert not Path(file.path).exists(), "it goes with its session"


async def test_several_files_come_in_the_order_in_which_they_are_named() -> None:
    answers = asks(max_files=3)
    async with Viewer() as viewer:
        ids = [await viewer.upload(name.encode(), name=f"{name}.csv") for name in "abc"]
        with pytest.raises(RefusedError, match="At most 3 files"):
            await viewer.upload(b"d", name="d.csv")
        assert (await viewer.answer_files(ids[::-1])).content == "3 files"
        [files] = answers
        assert files is not None
        assert [file.name for file in files] == ["c.csv", "b.csv", "a.csv"]


async def test_what_is_not_asked_for_is_refused_with_a_sentence_and_the_question_stays() -> None:
    answers = asks(max_size_mb=0.001)
    async with Viewer() as viewer:
        for content, name, says in (
            (b"x", "picture.png", "only text/plain, .csv"),
            (b"x" * 1100, "large.csv", "at most 1.02 kB"),
            (b"", "empty.csv", "is empty"),
        ):
            with pytest.raises(RefusedError, match=says):
                await viewer.upload(content, name=name)
        with pytest.raises(ChatSessionsError, match="answered with files"):
            await viewer.say("I have none")
        assert (await viewer.answer_files([await viewer.upload(b"x", name="a.csv")])).content == "1 files"
        assert answers != [None]


async def test_nobody_answers_in_time() -> None:
    answers = asks(timeout=0.01)
    async with Viewer() as viewer:
        await viewer.wait_for(lambda: viewer.state.get("started") is True)
        assert answers == [None]
        with pytest.raises(ChatSessionsError, match="No question waits"):
            await viewer.answer_files([])


async def test_no_answer_in_time_may_be_an_error() -> None:
    raised = []

    @cl.on_chat_start
    async def start() -> None:
        try:
            await cl.AskFileMessage("Your data?", accept=["*/*"], timeout=0.01, raise_on_timeout=True).send()
        except AskTimeoutError as error:
            raised.append(str(error))

    async with Viewer() as viewer:
        await viewer.wait_for(lambda: viewer.state.get("started") is True)
    assert raised == ["Nobody answered within 0.01 s: 'Your data?'"]


async def test_a_question_for_files_and_what_was_given_for_it_survive_a_reconnect() -> None:
    answers = asks(max_files=2)
    async with Viewer() as viewer:
        given = await viewer.upload(b"x", name="a.csv")
        await viewer.disconnect()
        await viewer.reconnect()
        assert viewer.question is not None
        assert viewer.question.uploads is not None
        assert (viewer.question.uploads.accept, viewer.question.uploads.max_files) == (["text/plain", ".csv"], 2)
        assert (await viewer.answer_files([given])).content == "1 files"
        assert len(answers) == 1


async def test_a_file_of_one_session_answers_no_question_of_another() -> None:
    answers = asks()
    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        hers = await alice.upload(b"secret", name="a.csv")
        with pytest.raises(ChatSessionsError, match="not there any more"):
            await bob.answer_files([hers])
        assert answers == []
        await alice.answer_files([hers])


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"accept": "text/plain"}, TypeError, "accept is a list such as"),
        ({"accept": 3}, TypeError, "accept is a list such as"),
        ({"accept": ["csv"]}, ValueError, "Did you mean '.csv'?"),
        ({"accept": [3]}, TypeError, "3 is no text"),
        ({"accept": {"text/plain": ".txt"}}, TypeError, "a list of endings for each MIME type"),
        ({"accept": ["*/*"], "max_files": 0}, ValueError, "from 1 to 100; it was 0"),
        ({"accept": ["*/*"], "max_files": 1.5}, ValueError, "from 1 to 100; it was 1.5"),
        ({"accept": ["*/*"], "max_size_mb": 0}, ValueError, "above 0; it was 0"),
        ({"accept": ["*/*"], "max_size_mb": float("inf")}, ValueError, "above 0; it was inf"),
        ({"accept": ["*/*"], "max_size_mb": "2"}, ValueError, "above 0; it was '2'"),
        ({"accept": ["*/*"], "timeout": 0}, ValueError, "timeout is a number of seconds above 0"),
    ],
)
def test_what_cannot_be_asked_for_is_said_at_the_call(
    options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error) as raised:
        AskFileMessage("Your data?", **options)
    assert says in str(raised.value)


def test_kinds_may_be_written_as_chainlit_has_them() -> None:
    assert kinds_of(["image/*", ".CSV", "image/*"]) == ["image/*", ".CSV"]
    assert kinds_of({"text/plain": [".txt", ".py"], "image/*": []}) == ["text/plain", ".txt", ".py", "image/*"]
    assert kinds_of(["text/plain", "*/*"]) == []
    assert kinds_of([]) == []


# ---- with messages ---------------------------------------------------------------------------------------------------


async def test_a_message_may_be_files_only_and_they_are_in_the_sessions_folder(tmp_path: Path) -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        files = cl.context.session.files
        shown = [
            f"{file['name']} {file['size']} {file['type']} {Path(file['path']).read_text()}" for file in files.values()
        ]
        await cl.Message(f"{message.content!r} {shown}").send()

    notes = tmp_path / "notes.txt"
    notes.write_text("Zoë")
    async with Viewer() as viewer:
        picture = await viewer.upload(b"<svg/>", name="../a.svg", mime="image/svg+xml")
        reply_ = await viewer.say("", files=[notes, picture])
        assert reply_.content == "'' ['notes.txt 4 text/plain Zoë', 'a.svg 6 image/svg+xml <svg/>']"
        (said,) = [step for step in viewer.steps if step.is_from_viewer]
        assert [element.type for element in said.elements] == ["file", "image"]


async def test_each_viewers_files_are_their_own() -> None:
    @cl.on_message
    async def reply() -> None:
        names = [file["name"] for file in cl.context.session.files.values()]
        await cl.Message(" ".join(names)).send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        given = {each: await each.upload(b"x", name=each.name) for each in (alice, bob)}
        said = await asyncio.gather(*(each.say("", files=[file]) for each, file in given.items()))
        assert [each.content for each in said] == ["Alice", "Bob"]


# ---- persist_file ----------------------------------------------------------------------------------------------------


async def test_a_file_that_the_author_keeps_has_a_path_and_an_id(tmp_path: Path) -> None:
    kept: list[Any] = []

    @cl.on_message
    async def reply() -> None:
        session = cl.context.session
        source = tmp_path / "table.csv"
        source.write_text("a;b")
        for given in ({"content": "Zoë"}, {"content": b"\0"}, {"path": source}, {"path": str(source)}):
            persisted = await session.persist_file("../notes.csv", "text/csv", **given)  # type: ignore[arg-type]
            kept.append((session.files[persisted["id"]], Path(session.files[persisted["id"]]["path"]).read_bytes()))
        await cl.Message(str(len(session.files))).send()

    async with Viewer() as viewer:
        assert (await viewer.say("go")).content == "4"
        assert [content for _, content in kept] == ["Zoë".encode(), b"\0", b"a;b", b"a;b"]
        file, _ = kept[0]
        assert (file["name"], file["type"], file["size"]) == ("../notes.csv", "text/csv", 4)
        assert Path(file["path"]).name == f"{file['id']}.csv"


@pytest.mark.parametrize(
    ("given", "says"),
    [({}, "needs a path or a content"), ({"content": ""}, "an empty file"), ({"content": b""}, "an empty file")],
)
async def test_nothing_is_no_file(given: dict[str, Any], says: str) -> None:
    raised: list[str] = []

    @cl.on_message
    async def reply() -> None:
        try:
            await cl.context.session.persist_file("a.txt", "text/plain", **given)
        except ValueError as error:
            raised.append(str(error))
        assert list(cl.context.session.files) == []

    async with Viewer() as viewer:
        await viewer.say("go")
    assert len(raised) == 1
    assert says in raised[0]
