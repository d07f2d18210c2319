"""Files travel over the link in pieces: whole, in order, across a cut, and gone with their session."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from uuid import uuid4

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.hub.file_store import FileStore
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.protocol.frames import FILE_PIECE_BYTES
from jupyter_chat_sessions.protocol.steps import Element
from jupyter_chat_sessions.testing import Stage, Viewer

from .cutting import cut

SIZES = [0, 1, FILE_PIECE_BYTES - 1, FILE_PIECE_BYTES, FILE_PIECE_BYTES + 1, 3 * FILE_PIECE_BYTES + 7]


def an_element(file_id: str, name: str = "notes.txt") -> Element:
    return Element(id=str(uuid4()), type="file", name=name, file=file_id)


async def hub_files(stage: Stage) -> FileStore:
    """Return the hub's own, once all that was said so far has reached it."""

    async def look() -> FileStore:
        return stage.embedded.hub.files

    return await asyncio.wrap_future(stage.link.call(look()))


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_put_comes_back_to_the_byte(size: int) -> None:
    content = os.urandom(size)

    @cl.on_message
    async def reply() -> None:
        files = cl.context.session.files
        path = await files.fetch(an_element(await files.send(content)))
        await cl.Message("whole" if Path(path).read_bytes() == content else "damaged").send()

    async with Viewer() as viewer:
        assert (await viewer.say("go")).content == "whole"


async def test_a_path_is_read_and_text_is_utf_8(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\0\1")

    @cl.on_message
    async def reply() -> None:
        files = cl.context.session.files
        paths = [await files.fetch(an_element(files.put(content))) for content in (tmp_path / "a.bin", "Zoë 👩‍🚀")]
        assert [Path(path).read_bytes() for path in paths] == [b"\0\1", "Zoë 👩‍🚀".encode()]
        await cl.Message("read").send()

    async with Viewer() as viewer:
        assert (await viewer.say("go")).content == "read"


async def test_a_cut_in_the_middle_costs_no_byte() -> None:
    content = os.urandom(12 * FILE_PIECE_BYTES)

    async with Stage() as stage, Viewer() as viewer:

        @cl.on_message
        async def reply() -> None:
            files = cl.context.session.files
            stage.link.call(cut(stage))
            file_id = await files.send(content)
            stage.link.call(cut(stage))
            path = await files.fetch(an_element(file_id))
            await cl.Message("whole" if Path(path).read_bytes() == content else "damaged").send()

        assert (await viewer.say("go")).content == "whole"


async def test_the_path_has_the_ending_of_the_name_and_nothing_else_of_it() -> None:
    names = ["../../etc/passwd", "a/b\\c.csv", "x.tar.gz", ".bashrc", "evil.<b>", "n\0.png"]
    endings = []

    @cl.on_message
    async def reply() -> None:
        files = cl.context.session.files
        for name in names:
            path = Path(await files.fetch(an_element(files.put(b"1"), name)))
            assert path.parent == files.directory
            endings.append(path.suffix)

    async with Viewer() as viewer:
        await viewer.say("go")
    assert endings == ["", ".csv", ".gz", "", "", ".png"]


async def test_what_the_hub_does_not_have_is_said_and_the_session_goes_on() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        with pytest.raises(ChatSessionsError, match=r"notes\.txt: This file is not there any more"):
            await cl.context.session.files.fetch(an_element(str(uuid4())))
        await cl.Message(message.content).send()

    async with Viewer() as viewer:
        assert (await viewer.say("one")).content == "one"
        assert (await viewer.say("two")).content == "two"


async def test_a_file_of_one_session_is_not_another_s() -> None:
    ids = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        files = cl.context.session.files
        if message.content == "put":
            ids.append(await files.send(b"secret"))
            return
        with pytest.raises(ChatSessionsError, match="not there"):
            await files.fetch(an_element(ids[0]))
        await cl.Message("refused").send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.say("put")
        assert (await bob.say("take")).content == "refused"


async def test_all_of_it_goes_with_the_session() -> None:
    seen = []

    @cl.on_message
    async def reply() -> None:
        session = cl.context.session
        path = await session.files.fetch(an_element(session.files.put(b"1")))
        seen.append((Path(path), session.thread_id))

    async with Stage() as stage, Viewer() as viewer:
        await viewer.say("go")
        [(path, thread_id)] = seen
        kept = (await hub_files(stage)).path(thread_id, path.stem)
        assert path.exists()
        assert kept.exists()
    assert not path.parent.exists()
    assert not kept.parent.exists()


async def test_what_is_larger_than_the_hub_takes_leaves_nothing_behind() -> None:
    kept = []

    @cl.on_message
    async def reply() -> None:
        session = cl.context.session
        with pytest.raises(ValueError, match="keeps at most 786,432 of one"):
            await session.files.send(b"x" * 5 * FILE_PIECE_BYTES)
        session.files.max_bytes = 10 * FILE_PIECE_BYTES  # a host that does not look
        file_id = session.files.put(b"x" * 5 * FILE_PIECE_BYTES)
        with pytest.raises(ChatSessionsError, match="not there"):
            await session.files.fetch(an_element(file_id))
        kept.append((session.thread_id, file_id))
        await cl.Message("refused").send()

    options = HubOptions(messages_per_minute=0, max_file_bytes=2 * FILE_PIECE_BYTES)
    async with Stage(options=options) as stage, Viewer() as viewer:
        assert (await viewer.say("go")).content == "refused"
        folder = (await hub_files(stage)).path(*kept[0]).parent
        assert not folder.exists() or not list(folder.iterdir())
