"""Pictures of `public/` that a text calls, such as `![A cat](/public/cat.png)`: they come with it, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_chat_sessions.app_file import AppFile
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.public_in_text import MAX_BYTES, MAX_PICTURES
from jupyter_chat_sessions.protocol.steps import Step
from jupyter_chat_sessions.testing import Stage, Viewer

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
SAYING = """
import chainlit as cl

@cl.on_message
async def reply(message: cl.Message):
    way, _, text = message.content.partition(" ")
    said = cl.Message("" if way == "stream" else text, language="text" if way == "code" else None)
    if way == "stream":
        for letter in text:
            await said.stream_token(letter)
    await said.send()
    if way == "without":
        said.content = "Nothing"
        await said.update()
    if way == "step":
        async with cl.Step("look") as step:
            step.output = text
    assert said.elements == []
"""


@pytest.fixture
def app(tmp_path: Path) -> App:
    """An app that says what it is told, with pictures and more in `public/` and a secret beside it."""
    public = tmp_path / "public"
    (public / "a b").mkdir(parents=True)
    for name in ("cat.png", "a b/dog.png", "../secret.png", ".hidden.png"):
        (public / name).write_bytes(PNG)
    (public / "notes.txt").write_text("Notes")
    (public / "large.png").write_bytes(bytes(MAX_BYTES + 1))
    (tmp_path / "app.py").write_text(SAYING)
    return AppFile(tmp_path / "app.py").load()


def called(step: Step) -> list[tuple[str, str | None]]:
    """Return what stands with a step to be shown in its text: each address, and the type of the picture."""
    return [(element.props["inText"], element.mime) for element in step.elements]


@pytest.mark.parametrize("way", ["send", "stream"])
async def test_a_text_that_calls_a_picture_brings_it(app: App, way: str) -> None:
    async with Stage(app), Viewer("Alice") as alice:
        [picture] = (await alice.say(f"{way} Look: ![A cat](/public/cat.png)")).elements
        assert (picture.type, picture.name, picture.props) == ("image", "cat.png", {"inText": "/public/cat.png"})
        assert await alice.read(picture) == PNG


async def test_a_steps_output_brings_it_too(app: App) -> None:
    async with Stage(app), Viewer("Alice") as alice:
        await alice.say("step ![A cat](/public/cat.png)")
        await alice.wait_for(lambda: called(alice.steps[-1]) == [("/public/cat.png", "image/png")])
        assert alice.steps[-1].name == "look"


async def test_what_many_texts_call_goes_to_the_hub_once(app: App) -> None:
    async with Stage(app), Viewer("Alice") as alice, Viewer("Bob") as bob:
        first, second = [(await alice.say("send ![A](/public/cat.png)")).elements[0] for _ in range(2)]
        assert first == second
        [others] = (await bob.say("send ![A](/public/cat.png)")).elements
        assert others.file != first.file, "a file of one session is no other's"


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ('![A](/public/cat.png "A cat") and ![B]( </public/cat.png?v=2> )', ["/public/cat.png", "/public/cat.png?v=2"]),
        ("![A](/public/cat.png) ![again](/public/cat.png)", ["/public/cat.png"]),
        ("![A dog](/public/a%20b/dog.png)", ["/public/a%20b/dog.png"]),
        ("[A link](/public/cat.png), /public/cat.png", []),
        ("![Gone](/public/gone.png) ![Notes](/public/notes.txt) ![Large](/public/large.png)", []),
        ("![Out](/public/../secret.png) ![Out](/public/%2e%2e/secret.png) ![Hidden](/public/.hidden.png)", []),
        ("![Elsewhere](https://a.b/public/cat.png)", []),
    ],
)
async def test_only_pictures_of_the_folder_are_brought(app: App, text: str, addresses: list[str]) -> None:
    async with Stage(app), Viewer("Alice") as alice:
        assert called(await said(alice, f"send {text}")) == [(address, "image/png") for address in addresses]


async def test_of_one_text_only_so_many_are_brought(app: App) -> None:
    text = " ".join(f"![A](/public/cat.png?{number})" for number in range(MAX_PICTURES + 1))
    async with Stage(app), Viewer("Alice") as alice:
        assert len((await alice.say(f"send {text}")).elements) == MAX_PICTURES


async def test_a_long_hostile_text_is_looked_through_at_once(app: App) -> None:
    async with Stage(app), Viewer("Alice") as alice:
        reply = await alice.say(f"send {'![' * 15_000}](/public/", timeout_s=5)
        assert reply.elements == []


async def test_code_calls_nothing(app: App) -> None:
    async with Stage(app), Viewer("Alice") as alice:
        assert (await alice.say("code ![A](/public/cat.png)")).elements == []


async def test_what_the_text_no_longer_calls_goes_with_it(app: App) -> None:
    async with Stage(app), Viewer("Alice") as alice:
        reply = await alice.say("without ![A](/public/cat.png)")
        assert (reply.content, reply.elements) == ("Nothing", [])


async def said(viewer: Viewer, text: str) -> Step:
    """Say something; return the step that answers."""
    await viewer.say(text)
    return viewer.steps[-1]
