"""Elements: shown with messages and steps, their content once and before them, and of no other session's."""

from __future__ import annotations

import asyncio
import datetime
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.chat.dataframe import MAX_ROWS
from jupyter_chat_sessions.chat.element import ElementDict
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.errors import ChatSessionsError, RefusedError
from jupyter_chat_sessions.protocol.frames import Numbered, PutElement, PutStep
from jupyter_chat_sessions.testing import Stage, Viewer

from .answering import answering, said

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    path.write_bytes(PNG)
    return path


# ---- made -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [cl.Image, cl.Text, cl.Pdf, cl.Audio, cl.Video, cl.File])
def test_an_element_without_content_is_refused_where_it_is_made(kind: type[cl.Element]) -> None:
    with pytest.raises(ValueError, match=rf"{kind.__name__}\(…\) needs a url, a path or a content"):
        kind(name="nothing")


def test_a_missing_file_is_said_where_the_element_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"Image\(path=…\): there is no file '.*gone.png'"):
        cl.Image(path=str(tmp_path / "gone.png"))
    with pytest.raises(ValueError, match="is none"):
        cl.Image(path=str(tmp_path))


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ({"display": "sideways"}, ValueError, "display=…) is one of inline, side, page"),
        ({"size": "huge"}, ValueError, "size=…) is one of small, medium, large"),
        ({"id": "1"}, ValueError, "id=…) is a UUID"),
        ({"name": 7}, TypeError, "name=…) is a text"),
        ({"mime": b"image/png"}, TypeError, "mime=…) is a text"),
        ({"language": 3}, TypeError, "language=…) is a text"),
        ({"content": {"a": 1}}, TypeError, "content=…) is bytes or text"),
        ({"path": 5}, TypeError, "path=…) names a file"),
    ],
)
def test_what_is_no_element_is_refused_where_it_is_made(
    given: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as raised:
        cl.File(**{"content": "x", **given})
    assert sentence in str(raised.value)


def test_each_kind_refuses_what_only_it_has() -> None:
    with pytest.raises(ValueError, match="number of a page"):
        cl.Pdf(content=b"%PDF-1.7", page=0)
    with pytest.raises(TypeError, match="is a dict"):
        cl.Video(url="https://example.org/a.mp4", player_config=[])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="make one of its kinds"):
        cl.Element(content="x")


@pytest.mark.parametrize(
    ("make", "mime"),
    [
        (lambda: cl.Image(content=PNG), "image/png"),
        (lambda: cl.Image(content=b"\xff\xd8\xff\xe0"), "image/jpeg"),
        (lambda: cl.Image(content=b"GIF89a"), "image/gif"),
        (lambda: cl.Image(content=b"RIFF\x00\x00\x00\x00WEBPVP8 "), "image/webp"),
        (lambda: cl.Image(content='<?xml version="1.0"?>\n<svg xmlns="…"></svg>'), "image/svg+xml"),
        (lambda: cl.Image(content=PNG, name="cat.jpg"), "image/png"),
        (lambda: cl.Image(content=PNG, mime="image/x-own"), "image/x-own"),
        (lambda: cl.File(content=b"%PDF-1.7"), "application/pdf"),
        (lambda: cl.File(content="a,b", name="t.csv"), "text/csv"),
        (lambda: cl.File(content=b"\x00", name="what"), None),
        (lambda: cl.Audio(url="https://example.org/speech.mp3?x=1"), "audio/mpeg"),
        (lambda: cl.Pdf(url="https://example.org/report"), "application/pdf"),
        (lambda: cl.Text(content="<svg></svg>"), "text/plain"),
    ],
)
def test_the_mime_type_is_told_by_the_content_and_then_by_the_name(
    make: Callable[[], cl.Element], mime: str | None
) -> None:
    assert make().mime == mime


def test_a_file_has_its_own_name_unless_another_is_given(picture: Path) -> None:
    assert cl.Image(path=picture).name == "cat.png"
    assert cl.Image(path=str(picture), name="Our cat").name == "Our cat"
    assert cl.Image(url="https://example.org/a%20dog.png?size=2").name == "a dog.png"


def test_what_is_not_there_yet_says_so() -> None:
    with pytest.raises(cl.UnsupportedError, match="not there yet"):
        cl.CustomElement(name="Form", props={})
    with pytest.raises(cl.UnsupportedError, match="not there yet"):
        cl.AskElementMessage("Fill this in", element=None)


def test_a_list_of_elements_holds_elements() -> None:
    for call in (cl.Message, cl.Step):
        with pytest.raises(TypeError, match="is a list of elements"):
            call("x", elements=cl.Text(content="x"))  # type: ignore[operator]
        with pytest.raises(TypeError, match="in it was 'int'"):
            call("x", elements=[3])  # type: ignore[operator]


# ---- shown with messages ---------------------------------------------------------------------------------------------


async def test_a_message_shows_its_elements_and_their_contents(picture: Path) -> None:
    async def body() -> None:
        elements = [
            cl.Image(path=picture, display="side", size="small"),
            cl.Text(name="code", content="print('é')", language="python"),
            cl.Pdf(name="report", content=b"%PDF-1.7", page=3),
            cl.Audio(name="speech", content=b"ID3", auto_play=True),
            cl.Video(name="film", url="https://example.org/film.mp4", player_config={"loop": True}),
            cl.File(name="data.bin", content=b"\x00\x01"),
        ]
        await cl.Message("Look", elements=elements).send()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        reply = await alice.say("go")
        image, text, pdf, audio, video, file = reply.elements
        assert [each.type for each in reply.elements] == ["image", "text", "pdf", "audio", "video", "file"]
        assert (image.name, image.display, image.size, image.mime) == ("cat.png", "side", "small", "image/png")
        assert await alice.read(image) == PNG
        assert (text.language, await alice.read(text)) == ("python", "print('é')".encode())
        assert text.bytes == len("print('é')".encode())
        assert pdf.props == {"page": 3}
        assert audio.props == {"autoPlay": True}
        assert (video.url, video.file, video.props) == (
            "https://example.org/film.mp4",
            None,
            {"playerConfig": {"loop": True}},
        )
        assert await alice.read(file) == b"\x00\x01"


async def test_a_content_is_with_the_hub_before_anything_tells_of_it() -> None:
    answering(lambda: cl.Message("x", elements=[cl.File(name="f", content=b"1" * 1_000_000)]).send())  # type: ignore[arg-type, return-value]
    sizes: list[int] = []
    async with Stage() as stage, Viewer("Alice") as alice:
        files = stage.embedded.hub.files
        on_frame = alice._on_frame

        def look(line: Any, frame: Any) -> None:
            if isinstance(frame, Numbered) and isinstance(frame.event, PutStep):
                for element in frame.event.step.elements:
                    thread = next(iter(stage.runtime.sessions)).thread_id
                    sizes.append(files.size(thread, element.file or "") or 0)
            on_frame(line, frame)

        alice._line._on_frame = look  # type: ignore[union-attr]
        await said(alice)
        assert sizes == [1_000_000]


async def test_a_content_travels_once_however_often_its_message_is_updated() -> None:
    async def body() -> None:
        element = cl.Text(name="log", content="first")
        message = await cl.Message("0", elements=[element]).send()
        for number in range(3):
            message.content = str(number)
            await message.update()
        await cl.Message("the same again", elements=[element]).send()
        element.content = "second"
        await message.update()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        files = [
            element.file
            for frame in alice.frames
            if isinstance(frame, Numbered) and isinstance(frame.event, PutStep)
            for element in frame.event.step.elements
        ]
        assert len(files) == 6
        assert len(set(files[:5])) == 1
        assert files[5] != files[0]
        assert await alice.read(alice.elements[0]) == b"second"


async def test_a_file_that_has_changed_travels_again_and_one_that_is_gone_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("first")

    async def body() -> None:
        message = await cl.Message("x", elements=[cl.File(path=path)]).send()
        path.write_text("second!")
        await message.update()
        path.unlink()
        message.content = "y"
        await message.update()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert await alice.read(alice.elements[0]) == b"second!"
        assert alice.steps[-1].output == "y"


async def test_an_element_is_sent_to_a_message_and_taken_away() -> None:
    shown: list[int] = []

    async def body() -> None:
        message = await cl.Message("Wait").send()
        element = cl.Text(name="later", content="x")
        await element.send(for_id=message.id)
        assert element.for_id == message.id
        assert message.elements == [element]
        message.content = "Here"
        await message.update()
        assert (await cl.AskUserMessage("Seen?").send())["output"] == "yes"  # type: ignore[index]
        await element.remove()
        assert message.elements == []
        await message.update()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        shown.append(len(alice.elements))
        await said(alice, "yes")
        shown.append(len(alice.elements))
    assert shown == [1, 0]


async def test_the_same_element_is_replaced_where_it_stands() -> None:
    async def body() -> None:
        message = await cl.Message("x").send()
        element = cl.Text(name="count", content="1")
        await element.send(for_id=message.id)
        element.content = "2"
        await element.send(for_id=message.id)

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        [element] = alice.elements
        assert await alice.read(element) == b"2"
        assert sum(isinstance(f, Numbered) and isinstance(f.event, PutElement) for f in alice.frames) == 2


async def test_a_streamed_message_keeps_its_elements() -> None:
    async def body() -> None:
        message = cl.Message("", elements=[cl.Text(name="t", content="x")])
        for token in ("a", "b", "c"):
            await message.stream_token(token)
        message.elements.append(cl.Text(name="u", content="y"))
        await message.send()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert alice.steps[-1].output == "abc"
        assert [element.name for element in alice.elements] == ["t", "u"]
        assert await alice.read(alice.elements[1]) == b"y"


async def test_what_is_wrong_at_sending_is_told_to_the_author_and_nothing_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("x")
    raised: list[BaseException] = []

    async def body() -> None:
        element = cl.File(path=path)
        path.unlink()
        for attempt in (
            cl.Message("gone", elements=[element]).send,
            cl.Message("large", elements=[cl.File(name="l", content=b"12345678901")]).send,
        ):
            try:
                await attempt()
            except Exception as error:
                raised.append(error)
        with pytest.raises(ValueError, match="is the id of a message"):
            await cl.Text(content="x").send(for_id="")
        with pytest.raises(ChatSessionsError, match="stands with no message"):
            await cl.Text(content="x").remove()
        await cl.Message("went on").send()

    answering(body)
    async with Stage(options=HubOptions(messages_per_minute=0, max_file_bytes=10)), Viewer("Alice") as alice:
        await said(alice)
        assert [step.output for step in alice.steps[1:]] == ["went on"]
    assert [type(error) for error in raised] == [FileNotFoundError, ValueError]
    assert str(raised[1]) == "This content has 11 bytes; the chat's server keeps at most 10 of one."


async def test_a_name_is_just_a_name() -> None:
    names = ["../../etc/passwd", "C:\\Windows\\x", "<img src=x onerror=alert(1)>", "a\x00b", "half \ud800 of a pair"]

    async def body() -> None:
        await cl.Message("x", elements=[cl.File(name=name, content="x") for name in names]).send()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert [element.name for element in alice.elements] == [*names[:4], "half ? of a pair"]
        assert [await alice.read(element) for element in alice.elements] == [b"x"] * 5


# ---- shown with steps ------------------------------------------------------------------------------------------------


async def test_a_step_shows_its_elements_in_async_with_and_in_with() -> None:
    async def body() -> None:
        async with cl.Step("awaited", elements=[cl.Text(name="before", content="1")]) as step:
            step.elements.append(cl.Text(name="within", content="2"))
        with cl.Step("plain") as step:
            step.elements = [cl.Text(name="within", content="3")]
        step.elements.append(cl.Text(name="after", content="4"))
        await step.update()

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        awaited, plain = alice.steps[1:]
        assert [(e.name, await alice.read(e)) for e in awaited.elements] == [("before", b"1"), ("within", b"2")]
        assert [(e.name, await alice.read(e)) for e in plain.elements] == [("within", b"3"), ("after", b"4")]


async def test_an_element_that_is_sent_to_a_step_is_still_there_when_the_step_ends() -> None:
    async def body() -> None:
        async with cl.Step("work") as step:
            await cl.Text(name="t", content="1").send(for_id=step.id)
            step.output = "done"

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert [element.name for element in alice.steps[1].elements] == ["t"]


async def test_a_step_whose_element_changed_while_it_streamed_shows_it_as_it_is_in_the_end() -> None:
    async def body() -> None:
        element = cl.Text(name="t", content="1")
        async with cl.Step("work", elements=[element]) as step:
            await step.stream_token("x")
            element.content = "2"

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert await alice.read(alice.elements[0]) == b"2"
        assert not alice.steps[1].streaming


async def test_a_step_whose_element_cannot_be_read_ends_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("x")

    async def body() -> None:
        step = cl.Step("work")
        await step.__aenter__()
        await step.stream_token("x")
        step.elements.append(cl.File(path=path))
        path.unlink()
        with pytest.raises(FileNotFoundError):
            await step.__aexit__(None, None, None)

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
        assert not alice.steps[1].streaming


# ---- given by viewers ------------------------------------------------------------------------------------------------


async def test_what_a_viewer_gives_has_a_path_that_can_be_opened_and_may_be_shown_again() -> None:
    found: list[Any] = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        for element in message.elements:
            found.append((type(element), element.name, element.mime, Path(str(element.path)).read_bytes()))
        await cl.Message("Here they are again", elements=message.elements).send()

    async with Stage(), Viewer("Alice") as alice:
        files = [await alice.upload(b"a,b", name="../t.csv", mime="text/csv"), await alice.upload(PNG, name="cat.png")]
        reply_ = await alice.say("look", files=files)
        assert found == [(cl.File, "t.csv", "text/csv", b"a,b"), (cl.Image, "cat.png", "image/png", PNG)]
        assert [element.file for element in reply_.elements] == files, "what the hub has does not travel again"


# ---- given back ------------------------------------------------------------------------------------------------------


async def test_messages_are_given_back_with_their_elements_after_a_restart() -> None:
    found: list[Any] = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "go":
            await cl.Message("x", elements=[cl.Pdf(name="report", content=b"%PDF-1.7", page=2)]).send()
        else:
            [element] = cl.chat_context.get()[1].elements
            found.extend([type(element), element.name, element.page, element.mime, element.for_id])  # type: ignore[attr-defined]
            await cl.Message("once more", elements=[element]).send()
            copy = cl.Message("elsewhere", elements=[cl.Element.from_dict(dict(element.to_dict()))])
            with pytest.raises(ValueError, match="is not here"):
                await copy.send()

    threads: list[cl.ThreadDict] = []

    @cl.on_chat_resume
    def resume(thread: cl.ThreadDict) -> None:
        threads.append(thread)

    async with Stage() as stage, Viewer("Alice") as alice:
        await said(alice)
        message = alice.steps[-1]
        await stage.restart_host()
        await said(alice, "again")
        assert found == [cl.Pdf, "report", 2, "application/pdf", message.id]
        assert alice.elements[0].file == alice.elements[1].file, "what the hub has does not travel again"
        [element] = threads[0]["elements"]
        assert element.keys() == ElementDict.__required_keys__
        assert (element["type"], element["page"], element["forId"]) == ("pdf", 2, message.id)


async def test_a_message_as_a_dict_and_back_has_its_elements() -> None:
    same: list[bool] = []

    async def body() -> None:
        message = await cl.Message("x", elements=[cl.Text(name="t", content="x", language="python")]).send()
        again = cl.Message.from_dict(message.to_dict())
        same.append(again.elements[0].to_dict() == message.elements[0].to_dict())

    answering(body)
    async with Stage(), Viewer("Alice") as alice:
        await said(alice)
    assert same == [True]


def test_an_element_as_a_dict_and_back_is_the_same() -> None:
    for element in (
        cl.Image(name="a", url="https://example.org/a.png", size="large", display="page"),
        cl.Audio(name="b", url="https://example.org/b.mp3", auto_play=True),
        cl.Video(name="c", url="https://example.org/c.mp4", player_config={"a": 1}),
    ):
        again = cl.Element.from_dict(dict(element.to_dict()))
        assert type(again) is type(element)
        assert again.to_dict() == element.to_dict()
    assert isinstance(cl.Element.from_dict({"type": "odd", "content": "x"}), cl.File)
    assert isinstance(cl.Element.from_dict({"mime": "image/png", "content": "x"}), cl.Image)
    with pytest.raises(ValueError, match="needs a url"):
        cl.Element.from_dict({"type": "image"})


# ---- sessions --------------------------------------------------------------------------------------------------------


async def test_one_element_is_shown_in_many_sessions_each_with_a_content_of_its_own() -> None:
    logo = cl.Image(name="logo", content=PNG)
    answering(lambda: cl.Message("x", elements=[logo]).send())  # type: ignore[arg-type, return-value]
    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await said(alice)
        await said(bob)
        assert alice.elements[0].file != bob.elements[0].file
        assert await alice.read(alice.elements[0]) == await bob.read(bob.elements[0]) == PNG
        for reader, element in ((alice, bob.elements[0]), (bob, alice.elements[0])):
            with pytest.raises(RefusedError) as refused:
                await reader.read(element)
            assert refused.value.code == "unknown_file"


async def test_one_that_many_sessions_show_is_taken_away_in_one_of_them_wherever_it_stands_there() -> None:
    logo = cl.Image(name="logo", content=PNG)

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "away":
            await logo.remove()
        else:
            await cl.Message("x", elements=[logo]).send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        for viewer in (alice, alice, bob):
            await said(viewer)
        await said(alice, "away")
        assert (len(alice.elements), len(bob.elements)) == (0, 1)


async def test_files_go_with_their_session_where_nothing_is_stored() -> None:
    answering(lambda: cl.Message("x", elements=[cl.Text(name="t", content="x")]).send())  # type: ignore[arg-type, return-value]
    async with Stage() as stage:
        async with Viewer("Alice") as alice:
            await said(alice)
            thread, file = alice.steps[0].thread_id, alice.elements[0].file or ""
            assert stage.embedded.hub.files.size(thread, file) == 1

        async def size() -> int | None:
            return stage.embedded.hub.files.size(thread, file)

        assert await asyncio.wrap_future(stage.link.call(size())) is None


async def test_an_element_does_not_keep_a_session_that_is_over() -> None:
    element = cl.Text(name="t", content="x")
    answering(lambda: cl.Message("x", elements=[element]).send())  # type: ignore[arg-type, return-value]
    async with Stage():
        for name in ("Alice", "Bob", "Carol"):
            async with Viewer(name) as viewer:
                await said(viewer)
    import gc

    gc.collect()
    assert len(element._kept_by_session) == 0


# ---- figures ---------------------------------------------------------------------------------------------------------


def test_a_figure_of_matplotlibs_is_drawn_when_the_element_is_made() -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(2, 1))
    axes.plot([1, 2])
    element = cl.Pyplot(name="curve", figure=figure)
    assert isinstance(element.content, bytes)
    assert element.content.startswith(b"\x89PNG")
    assert 300 < int.from_bytes(element.content[16:20], "big") < 500, "2 inches at 200 dots an inch"
    assert (element.type, element.mime, element.size) == ("image", "image/png", "medium")
    assert cl.Pyplot(name="current").content is not None
    axes.set_title("$\\frac{$")
    with pytest.raises(ValueError, match="cannot be drawn"):
        cl.Pyplot(figure=figure)
    with pytest.raises(TypeError, match=r"it was 'Axes'\. Its `figure` is one"):
        cl.Pyplot(figure=axes)
    pyplot.close("all")
    with pytest.raises(ValueError, match="no figure open"):
        cl.Pyplot()


def test_a_figure_of_plotlys_is_written_and_left_as_it_is() -> None:
    objects = pytest.importorskip("plotly.graph_objects")
    figure = objects.Figure(data=[objects.Bar(y=[2, 1, 3])], layout={"width": 300})
    element = cl.Plotly(name="bars", figure=figure)
    assert json.loads(str(element.content))["data"][0]["type"] == "bar"
    assert figure.layout.width == 300
    assert (element.type, element.mime) == ("plotly", "application/json")
    with pytest.raises(TypeError, match="it was 'dict'"):
        cl.Plotly(figure={"data": []})


# ---- tables ----------------------------------------------------------------------------------------------------------


def shown(element: cl.Dataframe) -> dict[str, Any]:
    return dict(json.loads(str(element.content), parse_constant=lambda name: pytest.fail(f"{name} is no JSON")))


def test_a_table_of_pandas_survives_as_json_whatever_is_in_it() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "n": [1, 2**60],
            "x": [float("nan"), float("inf")],
            "when": [pandas.Timestamp("2026-01-02T03:04:05"), pandas.NaT],
            "euros": [Decimal("1.10"), None],
            "nested": [{"a": [1, {2}]}, [datetime.date(2026, 1, 2)]],
            "raw": [b"abc", "half \ud800"],
            "maybe": pandas.array([1, None], dtype="Int64"),
            "long": ["x" * 5000, True],
        },
        index=pandas.MultiIndex.from_tuples([("a", 1), ("b", 2)]),
    )
    element = cl.Dataframe(name="t", data=frame)
    table = shown(element)
    assert table["columns"] == list(frame.columns)
    assert table["index"] == ["a · 1", "b · 2"]
    first, second = table["data"]
    assert first[:7] == [1, None, "2026-01-02T03:04:05", "1.10", '{"a": [1, "{2}"]}', "(3 bytes)", 1]
    assert second == [str(2**60), "inf", None, None, '["2026-01-02"]', "half ?", None, True]
    assert len(first[7]) < 2100
    assert element.as_struct(None).props == {"rows": 2, "shown": 2, "columns": 8, "shownColumns": 8}


def test_a_table_of_polars_survives_as_json() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"a": [1, None], "when": [datetime.datetime(2026, 1, 2), None], "l": [[1, 2], []]})
    table = shown(cl.Dataframe(data=frame))
    assert table == {
        "columns": ["a", "when", "l"],
        "index": [0, 1],
        "data": [[1, "2026-01-02T00:00:00", "[1, 2]"], [None, None, "[]"]],
    }
    with pytest.raises(TypeError, match=r"it was 'LazyFrame'. Its .collect\(\) is one"):
        cl.Dataframe(data=frame.lazy())


def test_of_a_million_rows_a_part_is_shown_and_it_says_so() -> None:
    pandas = pytest.importorskip("pandas")
    element = cl.Dataframe(data=pandas.DataFrame({"n": range(1_000_000)}))
    assert element.as_struct(None).props == {"rows": 1_000_000, "shown": MAX_ROWS, "columns": 1, "shownColumns": 1}
    assert len(shown(element)["data"]) == MAX_ROWS
    wide = cl.Dataframe(data=pandas.DataFrame([["y" * 2000] * 600] * 100))
    props = wide.as_struct(None).props
    assert props["shownColumns"] == 500
    assert 1 <= props["shown"] < 100
    assert len(str(wide.content)) < 10 * 1024 * 1024


def test_what_is_no_table_is_refused_with_a_hint() -> None:
    pandas = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match=r"it was 'Series'. Its .to_frame\(\) is one"):
        cl.Dataframe(data=pandas.Series([1]))
    with pytest.raises(TypeError, match="it was 'list'"):
        cl.Dataframe(data=[[1]])
    with pytest.raises(TypeError, match="it was 'NoneType'"):
        cl.Dataframe()


def test_no_library_is_imported_to_tell_that_something_is_not_its_own() -> None:
    loaded = set(sys.modules)
    for make in (lambda: cl.Dataframe(data=1), lambda: cl.Plotly(figure=1), lambda: cl.Pyplot(figure=1)):
        with pytest.raises(TypeError):
            make()
    assert set(sys.modules) == loaded
