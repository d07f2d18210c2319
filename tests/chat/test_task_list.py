"""A list of tasks: one a session, as it was sent or updated last, over reloads and restarts."""

from __future__ import annotations

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.testing import Stage, Viewer


def planning() -> None:
    """Let a bot keep a plan, and do with it what it is told."""

    @cl.on_message
    async def reply(message: cl.Message) -> None:
        plan = cl.user_session.get("plan") or cl.TaskList(status="Running…")
        cl.user_session.set("plan", plan)
        match message.content:
            case "begin":
                about = await cl.Message("Step one").send()
                await plan.add_task(cl.Task("Read", cl.TaskStatus.RUNNING, forId=about.id))
                await plan.add_task(cl.Task("Write"))
                await plan.send()
            case "go on":
                plan.tasks[0].status = cl.TaskStatus.DONE
                plan.tasks[1].status = cl.TaskStatus.FAILED
                plan.status = "Failed"
                await plan.update()
            case "another":
                await cl.TaskList([cl.Task("Rest")], name="evening").send()
            case "away":
                await plan.remove()


async def test_it_is_shown_as_it_was_updated_last() -> None:
    planning()
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("begin")
        assert alice.tasks == [("Read", "running"), ("Write", "ready")]
        assert alice.state["tasks"]["tasks"][0]["forId"] == alice.steps[1].id
        await alice.say("go on")
        assert alice.tasks == [("Read", "done"), ("Write", "failed")]
        assert alice.state["tasks"]["status"] == "Failed"


async def test_what_is_changed_is_shown_with_the_next_update_only() -> None:
    @cl.on_message
    async def reply(message: cl.Message) -> None:
        plan = cl.TaskList([cl.Task("Read")])
        await plan.send()
        plan.tasks[0].status = cl.TaskStatus.DONE

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        assert alice.tasks == [("Read", "ready")]


async def test_a_session_has_one_and_another_takes_its_place() -> None:
    planning()
    async with Stage(), Viewer("Alice") as alice, Viewer("Bob") as bob:
        await alice.say("begin")
        await alice.say("another")
        assert (alice.state["tasks"]["name"], alice.tasks) == ("evening", [("Rest", "ready")])
        assert bob.tasks == []


async def test_it_is_taken_away() -> None:
    planning()
    async with Stage(), Viewer("Alice") as alice:
        await alice.say("begin")
        await alice.say("away")
        assert "tasks" not in alice.state


async def test_it_survives_reloads_and_restarts() -> None:
    planning()
    async with Stage() as stage, Viewer("Alice") as alice:
        await alice.say("begin")
        await alice.disconnect()
        await alice.reconnect()
        assert [title for title, _ in alice.tasks] == ["Read", "Write"]
        await stage.restart_host()
        assert [title for title, _ in alice.tasks] == ["Read", "Write"]


async def test_what_is_no_task_is_said_at_the_call() -> None:
    with pytest.raises(TypeError, match="A task's title is a text"):
        cl.Task(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"status is one of TaskStatus.READY, .*; it was 'done'"):
        cl.Task("x", status="done")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"holds cl.Task; it was given 'str'"):
        await cl.TaskList().add_task("x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="status is a text"):
        cl.TaskList(status=None)  # type: ignore[arg-type]
    plan = cl.TaskList([cl.Task("x")])
    plan.tasks[0].status = 7  # type: ignore[assignment]
    with pytest.raises(TypeError, match="it was 7"):
        plan.to_dict()
