"""Variables of the viewer: asked for before the chat begins, held in memory, seen by nobody else."""

from __future__ import annotations

import gc

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.protocol.errors import ChatSessionsError
from jupyter_chat_sessions.protocol.frames import encode
from jupyter_chat_sessions.testing import Stage, Viewer


def greet_with_key(starts: list[str]) -> None:
    @cl.on_chat_start
    async def start() -> None:
        starts.append(cl.context.session.user_env["KEY"])
        await cl.Message("Welcome").send()

    @cl.on_message
    async def reply() -> None:
        await cl.Message(f"a key of {len(cl.user_session.get('env')['KEY'])} characters").send()


async def test_who_brings_the_variables_begins_at_once() -> None:
    starts: list[str] = []
    greet_with_key(starts)
    async with Stage(required_env=["KEY"]), Viewer("Alice", user_env={"KEY": "sk-canary"}) as alice:
        assert "missingEnv" not in alice.state
        assert (await alice.say("hi")).content == "a key of 9 characters"
    assert starts == ["sk-canary"]


async def test_who_does_not_is_asked_first_and_the_chat_begins_when_all_are_there() -> None:
    starts: list[str] = []
    greet_with_key(starts)
    async with Stage(required_env=["KEY", "REGION"]), Viewer("Alice", user_env={"OTHER": "x"}) as alice:
        assert alice.state["missingEnv"] == ["KEY", "REGION"]
        assert (alice.steps, starts) == ([], [])
        alice.give_env({"KEY": "sk-canary"})
        with pytest.raises(ChatSessionsError, match="still needs: REGION"):
            await alice.wait_for(lambda: False)
        assert alice.state["missingEnv"] == ["REGION"], "a form that says which"
        assert starts == []
        alice.give_env({"REGION": "eu"})
        await alice.wait_for(lambda: bool(alice.state.get("started")))
        assert "missingEnv" not in alice.state
        assert [step.output for step in alice.steps] == ["Welcome"]
    assert starts == ["sk-canary"]


async def test_a_message_before_the_variables_is_refused_and_says_what_is_needed() -> None:
    greet_with_key([])
    async with Stage(required_env=["KEY"]), Viewer("Alice") as alice:
        with pytest.raises(ChatSessionsError, match="KEY"):
            await alice.say("hi")
        assert alice.steps == []


async def test_an_empty_value_counts_as_missing() -> None:
    async with Stage(required_env=["KEY"]), Viewer("Alice", user_env={"KEY": ""}) as alice:
        assert alice.state["missingEnv"] == ["KEY"]


async def test_only_what_the_channel_asks_for_reaches_the_notebook() -> None:
    seen = []
    cl.on_message(lambda: seen.append(dict(cl.context.session.user_env)))
    async with Stage(required_env=["KEY"]), Viewer("Alice", user_env={"KEY": "k", "SECRET": "s"}) as alice:
        await alice.say("hi")
    assert seen == [{"KEY": "k"}]


async def test_no_frame_of_any_viewer_carries_a_value() -> None:
    """Promise 10: never shown, also not to the viewer's own browser again."""
    greet_with_key([])
    async with (
        Stage(required_env=["KEY"]),
        Viewer("Alice", user_env={"KEY": "sk-canary-a"}) as alice,
        Viewer("Bob") as bob,
    ):
        bob.give_env({"KEY": "sk-canary-b"})
        await bob.wait_for(lambda: bool(bob.state.get("started")))
        await alice.say("hi")
        await bob.say("hi")
        await alice.disconnect()
        alice.viewing._forget()
        await alice.reconnect()
        for viewer in (alice, bob):
            assert b"canary" not in b"".join(map(encode, viewer.frames))


async def test_values_go_with_the_session() -> None:
    kept = []
    cl.on_message(lambda: kept.append(cl.context.session))
    async with Stage(required_env=["KEY"]), Viewer("Alice", user_env={"KEY": "k"}) as alice:
        await alice.say("hi")
    gc.collect()
    assert kept[0].is_ended
    assert kept[0].user_env == {}
