"""What apps import from Chainlit's inner modules is there, works, or says what to use."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.alias import alias_module
from jupyter_chat_sessions.app_file import AppFile
from jupyter_chat_sessions.host.app import App
from jupyter_chat_sessions.protocol.errors import ChatSessionsError, UnsupportedError
from jupyter_chat_sessions.testing import Stage, Viewer

IMPORTED = {
    "action": ["Action"],
    "cache": ["cache"],
    "callbacks": ["on_chat_start", "on_message", "password_auth_callback"],
    "chat_context": ["ChatContext", "chat_context"],
    "config": ["ChainlitConfigOverrides", "FeaturesSettings", "McpFeature", "UISettings", "config"],
    "context": [
        "ChainlitContext",
        "ChainlitContextException",
        "context",
        "context_var",
        "get_context",
        "init_http_context",
        "init_ws_context",
        "local_steps",
    ],
    "data": ["BaseDataLayer", "get_data_layer", "queue_until_user_message"],
    "data.base": ["BaseDataLayer"],
    "data.utils": ["queue_until_user_message"],
    "element": ["Element", "ElementBased", "ElementDict", "Image", "Task"],
    "emitter": ["BaseChainlitEmitter", "ChainlitEmitter"],
    "logger": ["logger"],
    "message": ["AskActionMessage", "AskUserMessage", "ErrorMessage", "Message"],
    "session": ["BaseSession", "ClientType", "HTTPSession", "WebsocketSession", "clean_metadata", "ws_sessions_id"],
    "socket": ["persist_user_session"],
    "step": ["Step", "StepDict", "StepType", "TrueStepType", "step"],
    "sync": ["make_async", "run_sync"],
    "types": [
        "AskFileResponse",
        "ChatProfile",
        "CommandDict",
        "Feedback",
        "InputAudioChunk",
        "OutputAudioChunk",
        "PageInfo",
        "PaginatedResponse",
        "Pagination",
        "Starter",
        "ThreadDict",
        "ThreadFilter",
    ],
    "user": ["PersistedUser", "User", "UserDict"],
    "user_session": ["SessionAccessor", "UserSession", "user_session", "user_sessions"],
    "utils": ["timestamp_utc", "utc_now", "wrap_user_function"],
    "version": ["__version__"],
}


def app_of(folder: Path, text: str) -> App:
    path = folder / "app.py"
    path.write_text("import chainlit as cl\n" + dedent(text))
    return AppFile(path).load()


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in IMPORTED.items() for name in names])
def test_what_apps_import_is_there(module: str, name: str) -> None:
    assert hasattr(alias_module(f"chainlit.{module}", [name]), name)


@pytest.mark.parametrize("module", ["auth", "oauth_providers", "server", "slack"])
def test_a_module_that_means_nothing_here_says_so_where_it_is_used(module: str) -> None:
    empty = alias_module(f"chainlit.{module}", ["*"])
    assert not hasattr(empty, "app")
    with pytest.raises(AttributeError, match=rf"chainlit\.{module} has no 'app' in Jupyter Chat Sessions\. \w+"):
        empty.app  # type: ignore[attr-defined]


def test_what_is_nowhere_is_named_with_what_to_use() -> None:
    with pytest.raises(ImportError, match=r"chainlit\.utils has no 'mount_chainlit' .*jupyter chat-sessions run"):
        alias_module("chainlit.utils", ["mount_chainlit"])
    with pytest.raises(ImportError, match=r"no 'no_such_module' .* docs/from-chainlit\.md"):
        alias_module("chainlit.no_such_module", None)


async def test_the_context_is_taken_into_a_thread(tmp_path: Path) -> None:
    app = app_of(
        tmp_path,
        """
        import threading
        from chainlit.context import context_var, local_steps

        @cl.on_message
        async def main(message):
            async with cl.Step("outer") as outer:
                assert [step.id for step in local_steps.get()] == [outer.id]
                here, told, done = context_var.get(), [], __import__("asyncio").Event()

                def work():
                    assert context_var.get("nothing") == "nothing"
                    token = context_var.set(here)
                    told.append(cl.user_session.get("id"))
                    context_var.reset(token)
                    assert context_var.get(None) is None
                    here.loop.call_soon_threadsafe(done.set)

                thread = threading.Thread(target=work)
                thread.start()
                await done.wait()
                thread.join()
            assert told == [here.session.id] == [cl.context.session.id]
            await cl.Message(f"{local_steps.get()}").send()
        """,
    )
    async with Stage(app), Viewer("Alice") as alice:
        assert (await alice.say("go")).content == "None"


async def test_another_session_is_found_by_its_id_and_spoken_in(tmp_path: Path) -> None:
    app = app_of(
        tmp_path,
        """
        import asyncio
        from chainlit.context import init_http_context, init_ws_context
        from chainlit.session import WebsocketSession, ws_sessions_id
        from chainlit.user_session import user_sessions

        @cl.on_message
        async def main(message):
            cl.user_session.set("said", message.content)
            other = WebsocketSession.get_by_id(message.content)
            if other is None:
                return
            assert ws_sessions_id[other.id] is other and other.id in user_sessions
            assert user_sessions[other.id]["said"] == "I am here"
            assert len(ws_sessions_id) == 2 and WebsocketSession.require(other.id) is other

            async def speak():
                init_ws_context(other.id)
                await cl.Message("over there").send()

            await asyncio.create_task(speak())
            await cl.Message(f"told {other.user.identifier}").send()
            try:
                init_ws_context("nobody")
            except ValueError as reason:
                await cl.Message(str(reason)).send()
            init_http_context()
        """,
    )
    async with Stage(app), Viewer("Alice") as alice, Viewer("Bob", is_owner=True) as bob:
        await alice.say("I am here")
        told = await bob.say(alice.session_id)
        assert [step.output for step in told.steps][:2] == ["told Alice", "No session 'nobody' lives in this process."]
        assert "testing.Viewer" in told.steps[-1].output
        await alice.wait_for(lambda: alice.steps[-1].output == "over there")
        assert "over there" not in [step.output for step in bob.steps]


async def test_a_session_is_kept_when_an_app_wants_it(tmp_path: Path) -> None:
    app = app_of(
        tmp_path,
        """
        from chainlit.session import clean_metadata
        from chainlit.socket import persist_user_session
        from chainlit.utils import timestamp_utc, wrap_user_function

        @cl.on_message
        async def main(message):
            cl.user_session.set("answer", 42)
            await persist_user_session(cl.context.session.thread_id, {})
            assert clean_metadata({"a": 1, "b": object(), "c": {"d": {1}}}) == {"a": 1, "b": None, "c": {"d": None}}
            assert "more than 5 are not kept" in clean_metadata({"a": "too long"}, max_size=5)["message"]
            assert timestamp_utc(0) == "1970-01-01T00:00:00.000Z"

            async def add(a, b):
                return a + b

            assert await wrap_user_function(add)(1, 2, "one too many") == 3
            assert await wrap_user_function(lambda: "plain")("one too many") == "plain"
            await cl.Message("kept").send()
        """,
    )
    async with Stage(app) as stage, Viewer("Alice") as alice:
        assert (await alice.say("go")).content == "kept"
        await stage.restart_host()
        [session] = stage.runtime.sessions
        assert session.values == {"answer": 42}


async def test_the_configuration_beside_an_app_can_be_read_and_only_read(tmp_path: Path) -> None:
    (tmp_path / ".chainlit").mkdir()
    (tmp_path / ".chainlit" / "config.toml").write_text(
        '[project]\nuser_env = ["A_KEY"]\n[UI]\nname = "Ada"\n[features.audio]\nenabled = true\n'
    )
    app_of(
        tmp_path,
        f"""
        from chainlit.config import config
        assert (config.ui.name, config.project.user_env, config.features.audio.enabled) == ("Ada", ["A_KEY"], True)
        assert config.project.session_timeout == 3600 and config.root == {str(tmp_path)!r}
        assert cl.config.config.ui.name == "Ada"
        assert not hasattr(config.ui, "layout") and not hasattr(config, "run")
        """,
    )
    with pytest.raises(UnsupportedError, match=r"config\.ui\.name can only be read"):
        app_of(tmp_path, "from chainlit.config import config\nconfig.ui.name = 'Eve'\n")
    (tmp_path / ".chainlit" / "config.toml").write_text("[UI\n")
    with pytest.raises(ChatSessionsError, match=r"config\.toml cannot be read"):
        app_of(tmp_path, "from chainlit.config import config\n")


def test_an_apps_log_goes_where_chainlits_goes() -> None:
    assert alias_module("chainlit.logger", ["logger"]).logger.name == "chainlit"


def test_a_public_name_is_the_same_thing_everywhere() -> None:
    for module, names in IMPORTED.items():
        for name in set(names) & set(cl.__all__):
            assert getattr(alias_module(f"chainlit.{module}", [name]), name) is getattr(cl, name)
