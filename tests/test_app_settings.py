"""What stands beside an app's file: followed where it means something, named where it does not, and never written."""

from __future__ import annotations

from pathlib import Path

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.app_file import AppFile
from jupyter_chat_sessions.app_settings import _AS_WRITTEN
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import current_runtime
from jupyter_chat_sessions.host.hidden_steps import Trace
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.protocol.frames import MAX_README, ChannelSettings
from jupyter_chat_sessions.testing import Stage, Viewer

AS_CHAINLIT_WRITES_IT = """\
[project]
user_env = []
session_timeout = 3600
user_session_timeout = 1296000
cache = false
allow_origins = ["*"]
[features]
unsafe_allow_html = false
latex = false
user_message_markdown = true
edit_message = true
[features.slack]
reaction_on_message_received = false
[features.spontaneous_file_upload]
enabled = true
accept = ["*/*"]
max_files = 20
max_size_mb = 500
[features.audio]
enabled = false
sample_rate = 24000
[features.mcp.stdio]
enabled = true
allowed_executables = [ "npx", "uvx" ]
[UI]
name = "Assistant"
confirm_new_chat = true
cot = "full"
alert_style = "classic"
[meta]
generated_by = "2.11.1"
"""


def app_with(folder: Path, config: str = "", **files: str) -> AppFile:
    """Write an app with what stands beside it."""
    (folder / "app.py").write_text("import chainlit as cl\n")
    (folder / ".chainlit").mkdir(exist_ok=True)
    (folder / ".chainlit" / "config.toml").write_text(config)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text)
    return AppFile(folder / "app.py")


# ---- the readme ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "readme"),
    [("# Hi\n\nAsk me.\n", "# Hi\n\nAsk me."), (" \n", None), ("x" * 20_000, "x" * (MAX_README - 2) + "\n…")],
)
def test_chainlit_md_is_the_readme(tmp_path: Path, text: str, readme: str | None) -> None:
    assert app_with(tmp_path, chainlit=text).config().readme == readme
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".chainlit", "app.py", "chainlit.md", "config.toml"]


def test_without_it_there_is_none_and_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    file = app_with(tmp_path)
    assert file.config().readme is None
    (tmp_path / "chainlit.md").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ChatSessionsError, match=r"chainlit\.md cannot be read"):
        file.config()


async def test_viewers_are_told_the_readme_and_a_stored_session_is_not_filled_with_it() -> None:
    stage = Stage()
    stage._settings = ChannelSettings(name="test", title="Test", readme="# Hello")
    async with stage, Viewer("Alice") as alice:
        assert alice.viewing.welcome is not None
        assert alice.viewing.welcome.channel.readme == "# Hello"
        hub = stage.embedded.hub
        assert [session.record.settings.readme for session in hub._sessions.values()] == [None]


# ---- what is followed ------------------------------------------------------------------------------------------------


def test_what_is_followed_is_read(tmp_path: Path) -> None:
    config = app_with(tmp_path, "[project]\nsession_timeout = 60\n[features]\nedit_message = false\n").config()
    assert (config.session_timeout_s, config.can_edit, config.without_meaning) == (60.0, False, None)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("[project]\nsession_timeout = 0", r"session_timeout is a number of seconds above 0; it was 0"),
        ("[project]\nsession_timeout = 'long'", r"session_timeout is a number"),
        ("[features]\nedit_message = 'no'", r"\[features\] edit_message is true or false; it was 'no'"),
        ("[UI]\ncot = 'some'", r"\[UI\] cot is full, tool_call or hidden; it was 'some'"),
    ],
)
def test_what_cannot_be_followed_is_said_with_the_files_name(tmp_path: Path, line: str, says: str) -> None:
    file = app_with(tmp_path, line)
    with pytest.raises(ChatSessionsError, match=rf"config\.toml: .*{says}"):
        (file.config(), file.load())


async def test_where_nothing_is_edited_an_edit_is_refused() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Hello").send()

    stage = Stage()
    stage._settings = ChannelSettings(name="test", title="Test", can_edit=False)
    async with stage, Viewer("Alice") as alice:
        await alice.say("Hi")
        assert alice.viewing.welcome is not None
        assert not alice.viewing.welcome.channel.can_edit
        with pytest.raises(ChatSessionsError, match="cannot be edited in this chat"):
            await alice.edit(alice.steps[0], "Ho")


@pytest.mark.parametrize(
    ("trace", "shown"),
    [
        ("full", ["plan", "search", "within", "found", "said"]),
        ("tool_call", ["search", "found", "said"]),
        ("hidden", ["found", "said"]),
    ],
)
async def test_cot_says_which_steps_viewers_see(trace: Trace, shown: list[str]) -> None:
    """What is said within a hidden step stands where that would."""

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        async with cl.Step("plan", type="llm"), cl.Step("search", type="tool"):
            with cl.Step("within", type="retrieval") as step:
                await step.stream_token("…")
            await cl.Message("found").send()
        await cl.Message("said").send()

    app = current_runtime().app
    app.trace = trace
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("Hi")
        said = [step for step in alice.steps if not step.is_from_viewer]
        assert [step.name if not step.is_message else step.output for step in said] == shown
        by_id = {step.id for step in alice.steps}
        assert all(step.parent_id in by_id for step in said), "nothing hangs on what is not there"
        assert not any(step.streaming for step in said)


def test_cot_belongs_to_its_app(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    first, second = app_with(tmp_path / "one", '[UI]\ncot = "hidden"\n').load(), app_with(tmp_path / "two").load()
    assert (first.trace, second.trace, App().trace) == ("hidden", "full", "full")


# ---- what means nothing here -----------------------------------------------------------------------------------------


def test_a_configuration_as_chainlit_writes_it_is_no_news(tmp_path: Path) -> None:
    assert app_with(tmp_path, AS_CHAINLIT_WRITES_IT).config().without_meaning is None
    assert all(key.count(".") >= 1 for key in _AS_WRITTEN)


def test_what_means_nothing_is_named_in_one_sentence(tmp_path: Path) -> None:
    public = tmp_path / "public"
    (public / "avatars").mkdir(parents=True)
    (public / "logo_dark.png").write_bytes(b"")
    (public / "notes.csv").write_text("1")
    (tmp_path / "chainlit_de-DE.md").write_text("Willkommen!")
    config = '[UI]\nlayout = "wide"\ncustom_css = "/public/x.css"\n[features.audio]\nenabled = true\n[mine]\nkey = 1\n'
    assert app_with(tmp_path, config).config().without_meaning == (
        f"{tmp_path.name}: These mean nothing in Jupyter Chat Sessions: [UI] layout, [UI] custom_css, "
        "[features.audio] enabled, [mine] key, chainlit_de-DE.md, public/logo_dark.png."
    )


def test_html_of_a_bot_is_never_a_pages_own(tmp_path: Path) -> None:
    said = app_with(tmp_path, "[features]\nunsafe_allow_html = true\n").config().without_meaning
    assert said == (
        f"{tmp_path.name}: unsafe_allow_html is never followed: what a bot says is not trusted to be a page's own HTML."
    )
