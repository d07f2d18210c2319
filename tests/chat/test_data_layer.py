"""`data_layer`: an author's own store hears of everything once, in order, and holds up nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from host.cutting import AwayHub, cut_off

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.app_file import AppFile
from jupyter_chat_sessions.chat import data_record
from jupyter_chat_sessions.data import BaseDataLayer, get_data_layer, queue_until_user_message
from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.testing import Stage, Viewer


class Layer(BaseDataLayer):
    """Notes what it is told, and with whom."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.known: dict[str, cl.PersistedUser] = {}
        self.sessions: set[str] = set()
        self.came = asyncio.Event()

    def note(self, *call: Any) -> None:
        self.calls.append(call)
        self.came.set()

    def of(self, method: str) -> list[Any]:
        return [call[1] for call in self.calls if call[0] == method]

    @property
    def steps(self) -> list[tuple[str, str, str]]:
        told = [call for call in self.calls if call[0] in ("create_step", "update_step")]
        return [(method, step["name"], step["output"]) for method, step in told]

    async def until(self, method: str) -> None:
        async with asyncio.timeout(10):
            while not self.of(method):
                self.came.clear()
                await self.came.wait()

    async def get_user(self, identifier: str) -> cl.PersistedUser | None:
        self.note("get_user", identifier)
        return self.known.get(identifier)

    async def create_user(self, user: cl.User) -> cl.PersistedUser:
        self.note("create_user", user.identifier)
        return cl.PersistedUser(
            id=f"id of {user.identifier}", createdAt="2026-01-01T00:00:00Z", identifier=user.identifier
        )

    async def upsert_feedback(self, feedback: Any) -> str:
        self.note("upsert_feedback", feedback)
        return "1"

    @queue_until_user_message()
    async def create_element(self, element: Any) -> None:
        self.note("create_element", element)

    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        self.note("delete_element", (element_id, thread_id))

    @queue_until_user_message()
    async def create_step(self, step_dict: dict[str, Any]) -> None:
        self.sessions.add(cl.context.session.id)
        await asyncio.sleep(0)  # what is told is one call after the other nevertheless
        self.note("create_step", step_dict)

    async def update_step(self, step_dict: dict[str, Any]) -> None:
        self.note("update_step", step_dict)

    async def delete_step(self, step_id: str) -> None:
        self.note("delete_step", step_id)

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        self.note("update_thread", (thread_id, name, user_id, metadata))

    async def close(self) -> None:
        self.note("close", None)

    async def delete_feedback(self, feedback_id: str) -> bool:
        raise AssertionError

    async def get_element(self, thread_id: str, element_id: str) -> None:
        raise AssertionError

    async def get_thread_author(self, thread_id: str) -> str:
        raise AssertionError

    async def delete_thread(self, thread_id: str) -> None:
        raise AssertionError

    async def list_threads(self, pagination: Any, filters: Any) -> Any:
        raise AssertionError

    async def get_thread(self, thread_id: str) -> None:
        raise AssertionError

    async def build_debug_url(self) -> str:
        raise AssertionError


@pytest.fixture
def layer() -> Layer:
    layer = Layer()
    cl.data_layer(lambda: layer)
    return layer


async def test_a_conversation_is_told_once_and_in_its_order(layer: Layer) -> None:
    @cl.on_chat_start
    async def start() -> None:
        await cl.Message("Welcome").send()

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        cl.user_session.set("last", message.content)
        async with cl.Step("Think", type="tool") as step:
            step.input = "what"
            step.output = "so"
        streamed = cl.Message("")
        for token in ("You said: ", message.content):
            await streamed.stream_token(token)
        await streamed.send()
        gone = await cl.Message("gone").send()
        await gone.remove()

    async with Viewer("Alice") as alice:
        await alice.say("Hi")
        thread_id = alice.viewing.welcome.thread_id  # type: ignore[union-attr]
    names = [call[0] for call in layer.calls]
    assert names[:3] == ["get_user", "create_user", "update_thread"]
    assert names[-2:] == ["update_thread", "close"]
    assert layer.of("create_user") == ["Alice"]
    began, ended = layer.of("update_thread")
    assert began == (thread_id, "Hi", "id of Alice", None)
    assert ended == (thread_id, None, None, {"last": "Hi"})
    assert layer.steps == [
        ("create_step", "Assistant", "Welcome"),
        ("create_step", "Alice", "Hi"),
        ("create_step", "Think", ""),
        ("update_step", "Think", "so"),
        ("create_step", "Assistant", "You said: Hi"),
        ("create_step", "Assistant", "gone"),
    ]
    assert len(layer.of("delete_step")) == 1
    welcome, said, think = layer.of("create_step")[:3]
    assert (welcome["parentId"], think["parentId"]) == (None, said["id"])
    assert {step["threadId"] for step in layer.of("create_step")} == {thread_id}
    assert set(said) >= {"id", "type", "createdAt", "metadata", "isError", "input", "tags", "start", "end"}
    assert not set(said) & {"clientId", "status", "actions"}


async def test_a_chat_in_which_nobody_said_anything_is_not_told(layer: Layer) -> None:
    @cl.on_chat_start
    async def start() -> None:
        await cl.Message("Welcome").send()

    async with Viewer("Alice"):
        pass
    assert [call[0] for call in layer.calls] == ["get_user", "create_user", "close"]


async def test_nothing_is_told_twice_over_reconnects(layer: Layer) -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Hello").send()

    async with Viewer("Alice") as alice:
        await alice.say("Hi")
        await alice.disconnect()
        await alice.reconnect()
        await alice.say("again")
    assert [output for _, _, output in layer.steps] == ["Hi", "Hello", "again", "Hello"]


async def test_a_new_kernel_goes_on_and_makes_no_thread_anew(layer: Layer) -> None:
    sent: list[cl.Message] = []

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        sent.append(await cl.Message(f"reply {message.content}").send())

    @cl.on_chat_resume
    async def resume(thread: cl.ThreadDict) -> None:
        assert [step["output"] for step in thread["steps"]] == ["one", "reply one"], "the Jupyter server's thread"

    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("one")
        await stage.restart_host()
        await alice.say("two")
    assert [output for _, _, output in layer.steps] == ["one", "reply one", "two", "reply two"]
    assert [name for _, name, _, _ in layer.of("update_thread")] == ["one", None]


async def test_a_message_that_is_edited_takes_what_came_after_it_with_it(layer: Layer) -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(f"reply {message.content}").send()

    async with Viewer("Alice") as alice:
        await alice.say("one")
        await alice.edit(alice.steps[0], "two")
        said = alice.steps[0].id
    assert [(how, output) for how, _, output in layer.steps] == [
        ("create_step", "one"),
        ("create_step", "reply one"),
        ("update_step", "two"),
        ("create_step", "reply two"),
    ]
    assert layer.of("delete_step") == [layer.of("create_step")[1]["id"]]
    assert layer.of("update_step")[0]["id"] == said


async def test_an_answer_is_part_of_it(layer: Layer) -> None:
    @cl.on_chat_start
    async def start() -> None:
        await cl.AskUserMessage("Who are you?").send()

    async with Viewer("Alice") as alice:
        await alice.say("I am Alice")
    assert [(name, output) for _, name, output in layer.steps][:2] == [
        ("Assistant", "Who are you?"),
        ("Alice", "I am Alice"),
    ]
    assert layer.of("update_thread")[0][1] == "I am Alice"


async def test_elements_are_told_with_their_content(layer: Layer) -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        text = cl.Text(name="notes", content="all of it")
        await cl.Message("See notes", elements=[text]).send()
        await text.remove()

    async with Viewer("Alice") as alice:
        await alice.say("Hi")
        thread_id = alice.viewing.welcome.thread_id  # type: ignore[union-attr]
    [element] = layer.of("create_element")
    assert (element.name, element.content, element.for_id) == ("notes", "all of it", layer.of("create_step")[1]["id"])
    assert layer.of("delete_element") == [(element.id, thread_id)]


async def test_a_rating_is_told_although_no_handler_waits_for_one(layer: Layer) -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Hello").send()

    async with Viewer("Alice") as alice:
        await alice.say("Hi")
        assert alice.state.get("feedback") is True
        await alice.rate(alice.steps[-1], 1, comment="nice")
    [rating] = layer.of("upsert_feedback")
    assert (rating.forId, rating.value, rating.comment) == (layer.of("create_step")[1]["id"], 1, "nice")


async def test_a_changed_rating_has_the_id_of_the_one_whose_place_it_takes(layer: Layer) -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Hello").send()

    async with Viewer("Alice") as alice:
        for _ in range(2):
            await alice.say("Hi")
            answer = alice.steps[-1]
            await alice.rate(answer, 1)
            await alice.rate(answer, 0)
    first, changed, other, _ = layer.of("upsert_feedback")
    assert (first.id, first.value, changed.value) == (changed.id, 1, 0)
    assert other.id != first.id


def a_record(identifier: str, **metadata: Any) -> cl.PersistedUser:
    return cl.PersistedUser(id="7", createdAt="2026-01-01T00:00:00Z", identifier=identifier, metadata=metadata)


async def test_a_handler_knows_its_viewer_as_the_store_does_from_the_first_one_on(layer: Layer) -> None:
    layer.known["Alice"] = a_record("Alice", role="teacher")
    seen: list[tuple[str, str | None, Any]] = []

    def look(user: cl.User | None) -> None:
        assert isinstance(user, cl.PersistedUser)
        seen.append((user.id, user.display_name, user.metadata["role"]))

    @cl.set_chat_profiles
    async def profiles(user: cl.User | None) -> list[cl.ChatProfile]:
        look(user)
        return []

    @cl.on_chat_start
    async def start() -> None:
        look(cl.user_session.get("user"))

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        look(cl.context.session.user)

    async with Viewer("Alice") as alice:
        await alice.say("Hi")
    assert seen == [("7", "Alice", "teacher")] * 3
    assert layer.of("get_user") == ["Alice"]
    assert layer.of("create_user") == [], "who is known is not made anew"
    assert layer.of("update_thread")[0][2] == "7"


async def test_a_viewer_stays_who_they_are_when_the_server_begins_anew_with_this_kernel(layer: Layer) -> None:
    layer.known["Alice"] = a_record("Alice")

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(type(cl.context.session.user).__name__).send()

    stage = Stage()
    hub = stage.embedded = AwayHub(options=HubOptions(host_grace_s=0.0))
    async with stage, Viewer("Alice") as alice:
        await alice.say("Hi")
        await cut_off(stage, hub)
        await alice.wait_for(lambda: alice.state.get("host") == "gone")
        hub.is_away = False
        await alice.wait_for(lambda: alice.state.get("host") == "connected")
        assert (await alice.say("Hi")).content == "PersistedUser"
    assert layer.of("get_user") == ["Alice"]


async def test_a_store_that_does_not_say_who_the_viewer_is_is_not_waited_for_for_ever(
    layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_record, "USER_LIMIT_S", 0.01)
    gate = asyncio.Event()

    async def get_user(identifier: str) -> cl.PersistedUser:
        await gate.wait()
        return a_record(identifier)

    layer.get_user = get_user  # type: ignore[method-assign]

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(type(cl.context.session.user).__name__).send()

    async with Viewer("Alice") as alice:
        assert (await alice.say("Hi")).content == "User"
        gate.set()
        await layer.until("update_thread")
        assert (await alice.say("Hi")).content == "PersistedUser"


async def test_a_store_that_fails_to_say_who_the_viewer_is_is_shown_and_jupyters_user_stays(layer: Layer) -> None:
    shown: list[tuple[str, str]] = []

    async def get_user(identifier: str) -> Any:
        return {"identifier": identifier}

    layer.get_user = get_user  # type: ignore[method-assign]

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message(type(cl.context.session.user).__name__).send()

    async with Stage() as stage:
        stage.runtime.show_error = lambda error, where: shown.append((str(error), where))
        async with Viewer("Alice") as alice:
            assert (await alice.say("Hi")).content == "User"
    assert shown == [
        (
            "get_user of a data layer returns a PersistedUser, or None; it returned 'dict'.",
            "Error in the data layer, get_user (told once):",
        )
    ]


async def test_no_handler_waits_for_it_and_the_end_of_a_session_does(layer: Layer) -> None:
    gate, is_held = asyncio.Event(), asyncio.Event()

    async def update_thread(*args: Any, **keywords: Any) -> None:
        is_held.set()
        await gate.wait()

    layer.update_thread = update_thread  # type: ignore[method-assign]  # a slow store

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Hello").send()

    async with Viewer("Alice") as alice:
        assert (await alice.say("Hi")).content == "Hello"
        await is_held.wait()
        assert layer.steps == []
        gate.set()
    assert [output for _, _, output in layer.steps] == ["Hi", "Hello"]


async def test_a_session_does_not_wait_for_ever(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_record, "CLOSE_LIMIT_S", 0.01)

    async def never(step_dict: dict[str, Any]) -> None:
        await asyncio.Event().wait()

    layer.create_step = never  # type: ignore[method-assign, assignment]
    cl.on_message(lambda: None)
    async with Viewer("Alice") as alice:
        await alice.say("Hi")


async def test_what_it_raises_is_shown_once_for_each_method_and_the_chat_goes_on(layer: Layer) -> None:
    shown: list[tuple[str, str]] = []

    async def fails(step_dict: dict[str, Any]) -> None:
        raise OSError("disk full")

    layer.create_step = fails  # type: ignore[method-assign, assignment]

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Hello").send()

    async with Stage() as stage:
        stage.runtime.show_error = lambda error, where: shown.append((str(error), where))
        async with Viewer("Alice") as alice:
            assert (await alice.say("Hi")).content == "Hello"
            assert (await alice.say("Hi")).content == "Hello"
    assert shown == [("disk full", "Error in the data layer, create_step (told once):")]
    told = [call[0] for call in layer.calls]
    assert told == ["get_user", "create_user", "update_thread", "update_thread", "close"]


async def test_each_session_has_a_queue_and_a_context_of_its_own(layer: Layer) -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Hello").send()

    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await asyncio.gather(alice.say("I am Alice"), bob.say("I am Bob"))
        assert get_data_layer() is layer
        ids = {alice.session_id, bob.session_id}
    assert layer.sessions == ids
    threads = {step["threadId"] for step in layer.of("create_step") if step["output"] == "I am Bob"}
    assert threads == {thread_id for thread_id, name, _, _ in layer.of("update_thread") if name == "I am Bob"}


async def test_what_is_no_data_layer_is_said_and_nothing_else_breaks() -> None:
    shown: list[str] = []
    cl.data_layer(lambda: "a store")

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        await cl.Message("Hello").send()

    async with Stage() as stage:
        stage.runtime.show_error = lambda error, where: shown.append(str(error))
        async with Viewer("Alice") as alice:
            assert (await alice.say("Hi")).content == "Hello"
    assert shown[0].startswith("@data_layer decorates a plain `def` that returns a BaseDataLayer")


def test_without_one_there_is_none() -> None:
    assert get_data_layer() is None
    with pytest.raises(TypeError, match="@data_layer"):
        cl.data_layer("sqlite:///chats.db")  # type: ignore[type-var]


@pytest.mark.parametrize(
    "statement",
    [
        "from chainlit.data import BaseDataLayer, get_data_layer, queue_until_user_message",
        "from chainlit.data.base import BaseDataLayer",
        "from chainlit.data.utils import queue_until_user_message",
        "import chainlit.data as data\ndata.get_data_layer",
        "from chainlit.types import Pagination, PageInfo, PaginatedResponse, ThreadFilter",
    ],
)
def test_the_ways_to_import_it(tmp_path: Path, statement: str) -> None:
    (tmp_path / "app.py").write_text(statement)
    AppFile(tmp_path / "app.py").load()


@pytest.mark.parametrize("module", ["sql_alchemy", "dynamodb", "literalai", "chainlit_data_layer"])
def test_chainlits_own_stores_are_not_here_and_the_error_says_what_is(tmp_path: Path, module: str) -> None:
    (tmp_path / "app.py").write_text(f"from chainlit.data.{module} import Layer")
    with pytest.raises(ImportError, match=r"stored by the Jupyter server.*BaseDataLayer"):
        AppFile(tmp_path / "app.py").load()


def test_a_layer_that_is_not_finished_cannot_be_made() -> None:
    class Half(BaseDataLayer):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]
