"""What is given to the disk is done in order, off the loop, and told on it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from jupyter_chat_sessions.hub.disk import DiskAtOnce, DiskThread

DEADLINE_S = 10.0


def refuse() -> None:
    raise OSError(28, "No space left on device")


async def test_the_loop_goes_on_while_the_disk_waits_and_hears_in_order_what_came_of_it() -> None:
    disk = DiskThread()
    may_go_on, told, all_told = threading.Event(), [], asyncio.Event()
    threads = set()

    def work(number: int) -> int:
        assert may_go_on.wait(DEADLINE_S)
        threads.add(threading.current_thread())
        return number

    for number in range(3):
        disk.do(lambda number=number: work(number), lambda done: told.append(done.result()))  # type: ignore[misc]
    disk.do(lambda: None, lambda _: all_told.set())
    await asyncio.sleep(0)
    assert told == []
    may_go_on.set()
    await asyncio.wait_for(all_told.wait(), DEADLINE_S)
    assert told == [0, 1, 2]
    assert threading.current_thread() not in threads
    assert len(threads) == 1
    await disk.aclose()


@pytest.mark.parametrize("kind", [DiskAtOnce, DiskThread])
async def test_an_error_is_told_to_whoever_waits_and_else_logged(
    kind: type[DiskAtOnce | DiskThread], caplog: pytest.LogCaptureFixture
) -> None:
    disk = kind()
    errors = []
    disk.do(refuse, lambda done: errors.append(done.exception()))
    with pytest.raises(OSError, match="No space"):
        await disk.run(refuse)
    assert isinstance(errors[0], OSError)
    assert caplog.records == []
    disk.do(refuse)
    assert await disk.run(lambda: "goes on") == "goes on"
    assert "No space left" in caplog.text
    await disk.aclose()


async def test_whoever_waits_may_go_and_the_rest_goes_on() -> None:
    disk = DiskThread()
    may_go_on = threading.Event()
    waiting = asyncio.create_task(disk.run(lambda: may_go_on.wait(DEADLINE_S)))
    await asyncio.sleep(0)
    waiting.cancel()
    may_go_on.set()
    assert await disk.run(lambda: "goes on") == "goes on"
    await disk.aclose()


async def test_what_was_given_before_the_end_is_done_and_told() -> None:
    disk, told = DiskThread(), []
    for number in range(100):
        disk.do(lambda number=number: number, lambda done: told.append(done.result()))  # type: ignore[misc]
    await disk.aclose()
    assert told == list(range(100))
