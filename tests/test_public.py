"""`public/` beside an app: shown where the author calls a file of it by its address, and nothing else is reached so."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.app_file import AppFile
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.host.public import MAX_AVATARS, MAX_PICTURE_BYTES, PublicFolder
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.steps import Element
from jupyter_chat_sessions.testing import Stage, Viewer

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """A folder with a picture, a hidden file, and links; beside it, what is nobody's business."""
    folder = tmp_path / "public"
    (folder / "a b").mkdir(parents=True)
    (folder / "avatars").mkdir()
    (folder / "cat.png").write_bytes(PNG)
    (folder / "a b" / "dog.png").write_bytes(PNG)
    (folder / ".env").write_text("KEY=1")
    (tmp_path / "secret.png").write_bytes(PNG)
    (tmp_path / "public-too").mkdir()
    (tmp_path / "public-too" / "x.png").write_bytes(PNG)
    (folder / "out.png").symlink_to(tmp_path / "secret.png")
    (folder / "shown.png").symlink_to(folder / ".env")
    (folder / "again.png").symlink_to(folder / "cat.png")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    os.mkfifo(folder / "pipe.png")
    return folder


def app_with(folder: Path, code: str) -> App:
    """Write an app beside `public/`, and load it."""
    (folder / "app.py").write_text(f"import chainlit as cl\n{code}")
    return AppFile(folder / "app.py").load()


# ---- what an address reaches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("/public/cat.png", "cat.png"),
        ("/public/cat.png?v=2#top", "cat.png"),
        ("/public/a%20b/dog.png", "a b/dog.png"),
        ("/public/again.png", "cat.png"),
    ],
)
def test_an_address_names_a_file_of_the_folder(public: Path, address: str, found: str) -> None:
    assert PublicFolder(public).find(address) == public / found


@pytest.mark.parametrize(
    "address",
    [
        "/public/gone.png",
        "/public/",
        "/public/avatars",
        "/public/../secret.png",
        "/public/%2e%2e/secret.png",
        "/public/a b/../../secret.png",
        "/public/..%2fpublic-too/x.png",
        "/public//etc/hostname",
        "/public/%2fetc%2fhostname",
        "/public/out.png",
        "/public/.env",
        "/public/shown.png",
        "/public/circle.png",
        "/public/pipe.png",
        "/public/cat.png%00",
        "/public/" + "x" * 5000,
        "public/cat.png",
        "https://example.org/public/cat.png",
        "//[/public/cat.png",
    ],
)
def test_nothing_else_is_reached(public: Path, address: str) -> None:
    assert PublicFolder(public).find(address) is None


def test_without_the_folder_there_is_nothing(tmp_path: Path) -> None:
    folder = PublicFolder(tmp_path / "public")
    assert (folder.find("/public/cat.png"), folder.avatars()) == (None, {})


def test_a_picture_is_no_other_file_and_not_large(public: Path) -> None:
    (public / "page.html").write_text("<script>")
    (public / "large.png").write_bytes(b"x" * (MAX_PICTURE_BYTES + 1))
    folder = PublicFolder(public)
    assert folder.find_picture("/public/cat.png") == public / "cat.png"
    assert [folder.find_picture(f"/public/{name}") for name in ("page.html", "large.png", "out.png")] == [None] * 3


def test_avatars_are_called_as_chainlit_calls_them_and_only_so_many_are_shown(public: Path) -> None:
    avatars = public / "avatars"
    for name in ("my_bot.png", "dr._who.svg", "notes.txt", ".hidden.png"):
        (avatars / name).write_bytes(PNG)
    (avatars / "large.png").write_bytes(b"x" * (MAX_PICTURE_BYTES + 1))
    (avatars / "out.png").symlink_to(public.parent / "secret.png")
    found = PublicFolder(public).avatars()
    assert found == {"my_bot": "/public/avatars/my_bot.png", "dr__who": "/public/avatars/dr._who.svg"}
    for number in range(MAX_AVATARS + 5):
        (avatars / f"bot{number:03}.png").write_bytes(PNG)
    assert len(PublicFolder(public).avatars()) == MAX_AVATARS


# ---- what viewers see ------------------------------------------------------------------------------------------------

SHOWING = """
@cl.on_message
async def reply(message: cl.Message):
    await cl.Message("Look", elements=[cl.Image(url=message.content)]).send()
"""


async def test_an_element_with_such_an_address_shows_the_file(public: Path) -> None:
    async with Stage(app_with(public.parent, SHOWING)), Viewer("Alice") as alice:
        [cat] = (await alice.say("/public/cat.png")).elements
        assert (cat.url, cat.name, cat.mime, cat.bytes) == (None, "cat.png", "image/png", len(PNG))
        assert await alice.read(cat) == PNG


@pytest.mark.parametrize(
    "address", ["/public/gone.png", "/public/../secret.png", "/public/out.png", "https://a.b/c.png"]
)
async def test_any_other_address_stays_one(public: Path, address: str) -> None:
    async with Stage(app_with(public.parent, SHOWING)), Viewer("Alice") as alice:
        [shown] = (await alice.say(address)).elements
        assert (shown.file, shown.url) == (None, address)


CHOOSING = """
icons = [cl.Starter("Cat", "cat", icon="/public/cat.png"), cl.Starter("Sign", "sign", icon="globe")]

@cl.set_chat_profiles
async def profiles():
    return [cl.ChatProfile("One", "", icon="/public/cat.png"), cl.ChatProfile("Two", "", icon="/public/../secret.png")]

@cl.set_starter_categories
async def categories():
    return [cl.StarterCategory("All", icon="/public/idea.svg", starters=icons)]

@cl.on_chat_start
async def start():
    command = {"id": "Cat", "description": "", "icon": "/public/cat.png"}
    await cl.context.emitter.set_commands([command])
    await cl.context.emitter.set_modes([cl.Mode("m", "M", [cl.ModeOption("cat", "Cat", icon="/public/cat.png")])])
"""


def file_of(icon: str, mime: str) -> Element:
    """Return the file that an icon is, as an element."""
    kind, _, file = icon.partition(",")
    assert kind == f"file:{mime}"
    return Element(id=file, type="image", name="", file=file)


async def test_icons_are_files_of_the_session_each_once(public: Path) -> None:
    (public / "idea.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    async with Stage(app_with(public.parent, CHOOSING)), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.wait_for(lambda: bool(alice.modes) and bool(bob.modes))
        icon, other = (each["icon"] for each in alice.profiles)
        assert other == "/public/../secret.png", "it names no file of the folder"
        assert await alice.read(file_of(icon, "image/png")) == PNG
        category = alice.state["starterCategories"][0]
        assert (await alice.read(file_of(category["icon"], "image/svg+xml"))).startswith(b"<svg")
        assert [each["icon"] for each in category["starters"]] == [icon, "globe"]
        assert alice.commands[0]["icon"] == alice.modes[0]["options"][0]["icon"] == icon
        assert bob.profiles[0]["icon"] != icon, "a file of one session is no other's"


async def test_avatars_are_there_before_anything_is_said(public: Path) -> None:
    (public / "avatars" / "assistant.png").write_bytes(PNG)
    async with Stage(app_with(public.parent, SHOWING)), Viewer("Alice") as alice:
        await alice.wait_for(lambda: "avatars" in alice.state)
        assert list(alice.state["avatars"]) == ["assistant"]
        assert await alice.read(file_of(alice.state["avatars"]["assistant"], "image/png")) == PNG


async def test_what_viewers_choose_from_is_not_said_again_where_nothing_changed(public: Path) -> None:
    """A cell that is run again, and a hub that begins anew, find the same icons."""
    (public / "avatars" / "assistant.png").write_bytes(PNG)
    app = app_with(public.parent, CHOOSING)
    async with Stage(app), Viewer("Alice") as alice:
        await alice.wait_for(lambda: bool(alice.modes))
        before = dict(alice.state)
        app.on_offers_changed()
        await alice.say("Hi")
        assert {key: alice.state[key] for key in ("profiles", "avatars")} == {
            key: before[key] for key in ("profiles", "avatars")
        }


async def test_apps_do_not_see_each_others_folders_and_one_without_has_none(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "public").mkdir(parents=True)
        (tmp_path / name / "public" / f"{name}.png").write_bytes(PNG)
    first, second = app_with(tmp_path / "one", SHOWING), app_with(tmp_path / "two", SHOWING)
    with use_app(App()) as third:

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await cl.Message("Look", elements=[cl.Image(url=message.content)]).send()

    for app, names in ((first, {"one"}), (second, {"two"}), (third, set())):
        async with Stage(app), Viewer("Alice") as alice:
            for name in ("one", "two"):
                [shown] = (await alice.say(f"/public/{name}.png")).elements
                assert (shown.file is not None) == (name in names)


async def test_nothing_is_written_there(public: Path) -> None:
    before = sorted(public.rglob("*"))
    async with Stage(app_with(public.parent, SHOWING)), Viewer("Alice") as alice:
        await alice.say("/public/cat.png")
    assert sorted(public.rglob("*")) == before


GREETING = """
@cl.on_message
async def reply(message: cl.Message):
    await cl.Message("![A cat](/public/cat.png)").send()
"""


async def test_of_pictures_that_a_conversation_has_no_room_for_the_author_is_warned_once(public: Path) -> None:
    for name in ("assistant.png", "bot.png"):
        (public / "avatars" / name).write_bytes(PNG)
    warnings: list[str] = []
    warned = asyncio.Event()
    loop = asyncio.get_running_loop()

    def show(text: str) -> None:
        warnings.append(text)
        loop.call_soon_threadsafe(warned.set)

    async with Stage(app_with(public.parent, GREETING), options=HubOptions(max_session_bytes=len(PNG))) as stage:
        stage.runtime.show_warning = show
        async with Viewer("Alice") as alice:
            await warned.wait()
            shown = await alice.say("Hi")
            with pytest.raises(cl.RefusedError, match="too large together"):
                await alice.read(shown.elements[0])
            assert await alice.read(file_of(alice.state["avatars"]["assistant"], "image/png")) == PNG
    (warning,) = warnings
    assert "did not keep 'bot.png'" in warning
    assert "max_session_bytes" in warning
