"""`user_session`: the author's values, one set for each session, and the six keys that tell about it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.protocol.errors import ChatSessionsError, NoSessionError
from jupyter_chat_sessions.testing import Stage, Viewer

RESERVED = ["id", "env", "chat_settings", "user", "chat_profile", "client_type"]


async def in_a_session(body: Any) -> Any:
    """Run a function as a handler and return what it returns."""
    results = []

    @cl.on_message
    async def reply() -> None:
        results.append(body())

    async with Stage(), Viewer("Alice", is_owner=True) as alice:
        await alice.say("go")
        assert results, alice.transcript
    return results[0]


async def test_each_session_has_values_of_its_own() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        earlier = cl.user_session.get("texts", [])
        cl.user_session.set("texts", [*earlier, message.content])
        await cl.Message(" ".join(cl.user_session.get("texts"))).send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await asyncio.gather(alice.say("a1"), bob.say("b1"))
        second = await asyncio.gather(alice.say("a2"), bob.say("b2"))
        assert [reply.content for reply in second] == ["a1 a2", "b1 b2"]


async def test_values_survive_reconnects_and_end_with_the_session() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if message.content == "set":
            cl.user_session.set("object", reply)  # any object: nothing is serialised
        await cl.Message(str(cl.user_session.get("object") is reply)).send()

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("set")
        await alice.disconnect()
        await alice.reconnect()
        assert (await alice.say("get")).content == "True"
        await alice.new_chat()
        assert (await alice.say("get")).content == "False"


async def test_a_default_is_returned_and_not_stored() -> None:
    def body() -> list[Any]:
        return [cl.user_session.get("x"), cl.user_session.get("x", 1), cl.user_session.get("x"), None]

    assert await in_a_session(body) == [None, 1, None, None]


async def test_none_is_a_value() -> None:
    def body() -> Any:
        cl.user_session.set("x", None)
        return cl.user_session.get("x", "default")

    assert await in_a_session(body) is None


async def test_the_reserved_keys_tell_about_the_session() -> None:
    @cl.on_message
    async def reply() -> None:
        session = cl.context.session
        assert cl.user_session.get("id") == session.id
        assert cl.user_session.get("env") == {"KEY": "value"}
        assert cl.user_session.get("chat_settings") == {}
        assert cl.user_session.get("user") == cl.User("Alice", display_name="Alice")
        assert cl.user_session.get("chat_profile", "default") is None
        assert cl.user_session.get("client_type") == "webapp"
        await cl.Message("all so").send()

    async with Stage(required_env=["KEY"]), Viewer("Alice", user_env={"KEY": "value"}, is_owner=True) as alice:
        assert (await alice.say("go")).content == "all so"


@pytest.mark.parametrize("key", RESERVED)
async def test_the_reserved_keys_can_only_be_read(key: str) -> None:
    """Section C, `user_session.set("id", …)`: silently undone in Chainlit, an error that says so here."""

    def body() -> Any:
        before = cl.user_session.get(key)
        with pytest.raises(ChatSessionsError, match=f"'{key}'.*can only be read"):
            cl.user_session.set(key, "mine")
        return cl.user_session.get(key) == before

    assert await in_a_session(body) is True
    with pytest.raises(ChatSessionsError, match="can only be read"):
        cl.user_session.create_accessor(key, None)


# ---- accessors ------------------------------------------------------------------------------------------------------


async def test_an_accessor_gets_sets_resets_and_applies() -> None:
    turns = cl.user_session.create_accessor("turns", 0, apply_fn=lambda count: count + 1)

    def body() -> list[Any]:
        seen: list[Any] = [turns.get(), cl.user_session.get("turns")]
        seen += [turns.apply(), turns.apply(), cl.user_session.get("turns")]
        turns.set(40)
        seen += [turns.apply()]
        turns.reset()
        return [*seen, turns.get()]

    assert await in_a_session(body) == [0, None, 1, 2, 2, 41, 0]


async def test_without_a_function_applying_stores_the_value_as_it_is() -> None:
    name = cl.user_session.create_accessor("name", "nobody")

    def body() -> list[Any]:
        return [name.apply(), cl.user_session.get("name")]

    assert await in_a_session(body) == ["nobody", "nobody"]


async def test_a_stored_none_is_not_the_default() -> None:
    name: cl.SessionAccessor[str | None] = cl.user_session.create_accessor("name", "nobody")

    def body() -> Any:
        name.set(None)
        return name.get()

    assert await in_a_session(body) is None


@pytest.mark.parametrize("first", ["get", "reset", "apply"])
async def test_a_default_that_can_change_is_not_shared(first: str) -> None:
    """Section C, accessor mutable default: shared by all sessions in Chainlit, copied for each here."""
    history = cl.user_session.create_accessor("history", {"texts": []})

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        if cl.user_session.get("history") is None:
            getattr(history, first)()
            if first == "get":
                history.set(history.get())
        history.get()["texts"].append(message.content)
        await cl.Message(",".join(history.get()["texts"])).send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.say("a")
        assert (await bob.say("b")).content == "b"
        assert (await alice.say("c")).content == "a,c"


def test_an_accessor_can_be_made_outside_a_session_and_not_used_there() -> None:
    turns = cl.user_session.create_accessor("turns", 0)
    for use in (turns.get, turns.reset, turns.apply, lambda: turns.set(1)):
        with pytest.raises(NoSessionError):
            use()
