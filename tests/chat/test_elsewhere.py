"""What of Chainlit's has no meaning here can be imported, lets an app run, and says what to use."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.host.current import use_app
from jupyter_chat_sessions.testing import Stage, Viewer

IGNORED = [
    (cl.password_auth_callback, r"cl\.context\.session\.user"),
    (cl.header_auth_callback, r"cl\.context\.session\.user"),
    (cl.oauth_callback, r"cl\.context\.session\.user"),
    (cl.on_logout, r"cl\.on_chat_end"),
    (cl.on_audio_start, r"cl\.AskFileMessage"),
    (cl.on_audio_chunk, r"cl\.AskFileMessage"),
    (cl.on_audio_end, r"cl\.AskFileMessage"),
    (cl.on_mcp_connect, "mcp package"),
    (cl.on_mcp_disconnect, "mcp package"),
    (cl.on_shared_thread_view, "exported file"),
    (cl.on_slack_reaction_added, r"cl\.on_feedback"),
]


@pytest.mark.parametrize(("decorator", "instead"), IGNORED, ids=[each.__name__ for each, _ in IGNORED])
def test_it_gives_the_function_back_and_warns_once_by_name(decorator: Callable[..., Any], instead: str) -> None:
    def handler() -> None: ...

    with use_app(App()):
        with pytest.warns(UserWarning, match=rf"@{decorator.__name__} is not called here: .*{instead}") as caught:
            assert decorator(handler) is handler
        assert [each.filename for each in caught] == [__file__], "it points at the author's line"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert decorator(handler) is handler, "a cell that is run again is not warned again"
        with pytest.raises(TypeError, match=f"@{decorator.__name__} decorates a function"):
            decorator("no function")


@pytest.mark.filterwarnings("ignore:@")
async def test_an_app_that_has_them_all_runs() -> None:
    with use_app(App()) as app:
        for decorator, _ in IGNORED:
            decorator(lambda *given: pytest.fail("it is never called"))

        @cl.on_message
        async def reply(message: cl.Message) -> None:
            await cl.Message(f"You said: {message.content}").send()

    async with Stage(app), Viewer("Alice") as alice:
        assert (await alice.say("Hi")).content == "You said: Hi"


async def test_a_function_of_a_page_that_is_not_there_says_so() -> None:
    with pytest.raises(cl.UnsupportedError, match=r"cl\.send_window_message"):
        await cl.CopilotFunction(name="colour", args={"name": "red"}).acall()


async def test_the_calls_of_the_emitter_that_cannot_work_are_named() -> None:
    @cl.on_message
    async def reply() -> None:
        emitter = cl.context.emitter
        with pytest.raises(cl.UnsupportedError, match=r"send_audio_chunk: .*cl\.Audio shows a recording"):
            await emitter.send_audio_chunk(cl.OutputAudioChunk(track="1", mimeType="pcm16", data=b""))
        with pytest.raises(cl.UnsupportedError, match="send_audio_interrupt"):
            await emitter.send_audio_interrupt()
        with pytest.raises(cl.UnsupportedError, match=r"cl\.send_window_message"):
            await emitter.send_call_fn("colour", {})
        await cl.Message("done").send()

    async with Viewer("Alice") as alice:
        assert (await alice.say("go")).content == "done"


def test_a_piece_of_sound_is_plain_data() -> None:
    heard = cl.InputAudioChunk(isStart=True, mimeType="pcm16", elapsedTime=1.5, data=b"\x00")
    assert (heard.isStart, heard.mimeType, heard.elapsedTime, heard.data) == (True, "pcm16", 1.5, b"\x00")


def test_a_persisted_user_is_a_user_with_a_record() -> None:
    kept = cl.PersistedUser("1", "2026-01-01T00:00:00Z", "alice", metadata={"role": "teacher"})
    assert isinstance(kept, cl.User)
    assert (kept.id, kept.createdAt, kept.identifier, kept.display_name) == ("1", "2026-01-01T00:00:00Z", "alice", None)
    assert kept.metadata == {"role": "teacher"}


def test_a_name_that_is_nowhere_is_no_attribute() -> None:
    assert hasattr(cl, "on_logout")
    assert not hasattr(cl, "no_such_thing")
