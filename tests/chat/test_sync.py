"""Between `def` and `async def`."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError

import pytest

import jupyter_chat_sessions as cl
from jupyter_chat_sessions.testing import Stage, Viewer


async def test_run_sync_in_a_plain_handler_runs_on_the_sessions_loop() -> None:
    seen = []

    async def coroutine(number: int) -> int:
        seen.append((asyncio.get_running_loop(), cl.context.session.id))
        await cl.Message(f"number {number}").send()
        return number + 1

    @cl.on_message
    def reply() -> None:
        assert cl.run_sync(coroutine(1)) == 2

    async with Stage(), Viewer("Alice") as alice:
        assert (await alice.say("go")).content == "number 1"
        assert seen == [(asyncio.get_running_loop(), alice.session_id)]


async def test_run_sync_works_on_the_loops_own_thread() -> None:
    """Section D: what Chainlit needs nest_asyncio for. The coroutine runs beside, with this session."""
    seen = []

    async def coroutine() -> str:
        seen.append((threading.current_thread() is threading.main_thread(), cl.context.session.id))
        message = cl.Message()
        await message.stream_token("streamed ")
        await message.stream_token("beside")
        await message.send()
        return message.content

    @cl.on_message
    async def reply() -> None:
        assert cl.run_sync(coroutine()) == "streamed beside"
        await cl.Message("and on").send()

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        assert [step.output for step in alice.steps] == ["go", "streamed beside", "and on"]
        assert seen == [(False, alice.session_id)]


async def test_a_question_can_be_asked_from_a_plain_handler() -> None:
    @cl.on_message
    def reply() -> None:
        answer = cl.run_sync(cl.AskUserMessage("Name?").send())
        assert answer is not None
        cl.run_sync(cl.Message(f"Hi {answer['output']}").send())

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
        assert (await alice.say("Zoë")).content == "Hi Zoë"


async def _fail() -> None:
    raise LookupError("from the coroutine")


async def test_what_the_coroutine_raises_is_raised() -> None:
    with pytest.raises(LookupError, match="from the coroutine"):
        cl.run_sync(_fail())
    raised = []

    @cl.on_message
    def reply() -> None:
        with pytest.raises(LookupError) as caught:
            cl.run_sync(_fail())
        raised.append(str(caught.value))

    async with Stage(), Viewer("Alice") as alice:
        await alice.say("go")
    assert raised == ["from the coroutine"]


def test_run_sync_needs_no_session() -> None:
    async def add(a: int, b: int) -> int:
        return a + b

    assert cl.run_sync(add(1, 2)) == 3


async def test_make_async_leaves_the_loop_free() -> None:
    """The blocking call ends only because the loop, which is free, lets it."""
    gate = threading.Event()

    @cl.on_message
    async def reply() -> None:
        waiting = asyncio.ensure_future(cl.make_async(gate.wait)(10))
        gate.set()
        await cl.Message(str(await waiting)).send()

    async with Stage(), Viewer("Alice") as alice:
        assert (await alice.say("go")).content == "True"


async def test_make_async_passes_arguments_results_and_errors() -> None:
    def join(*parts: str, by: str = "") -> str:
        """Join parts."""
        if not parts:
            raise ValueError("nothing to join")
        return by.join(parts)

    joined = cl.make_async(join)
    assert await joined("a", "b", by="-") == "a-b"
    assert joined.__name__ == "join"
    assert joined.__doc__ == "Join parts."
    with pytest.raises(ValueError, match="nothing to join"):
        await joined()


async def test_make_async_of_what_raises_stop_iteration_does_not_wait_for_ever() -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(cl.make_async(next)(iter(())), 10)


async def test_stop_cancels_the_waiting_of_make_async() -> None:
    gate, cancelled = threading.Event(), []

    @cl.on_message
    async def reply() -> None:
        try:
            await cl.make_async(gate.wait)()
        except (asyncio.CancelledError, CancelledError):
            cancelled.append(True)
            raise

    async with Stage(), Viewer("Alice") as alice:
        alice.send("go")
        await alice.wait_for(lambda: [step.status for step in alice.steps] == ["running"])
        alice.stop()
        await alice.wait_for(lambda: [step.status for step in alice.steps] == ["cancelled"])
    gate.set()
    assert cancelled == [True]


async def test_sleep_lets_others_run() -> None:
    order = []

    async def other() -> None:
        order.append("other")

    task = asyncio.create_task(other())
    await cl.sleep(0)
    order.append("after")
    await task
    assert order == ["other", "after"]
