"""`cl.cache`: computed once, whoever asks, and never mixed up."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import jupyter_chat_sessions as cl


def test_the_same_arguments_are_computed_once() -> None:
    calls: list[Any] = []

    @cl.cache
    def double(value: float, *, times: int = 2) -> float:
        """Doubles."""
        calls.append(value)
        return value * times

    assert [double(2), double(2), double(2, times=3), double(3)] == [4, 4, 6, 6]
    assert calls == [2, 2, 3]
    assert (double.__name__, double.__doc__) == ("double", "Doubles.")  # type: ignore[attr-defined]
    double.cache_clear()
    assert (double(2), calls) == (4, [2, 2, 3, 2])


def test_two_functions_of_one_name_are_two() -> None:
    """Chainlit (until 2.11.1) keeps by name: the second would have the first one's result."""

    def make(result: str) -> Any:
        @cl.cache
        def load() -> str:
            return result

        return load

    assert (make("first")(), make("second")()) == ("first", "second")


def test_what_is_equal_and_of_another_type_is_another_argument() -> None:
    @cl.cache
    def shown(value: object) -> str:
        return repr(value)

    assert [shown(1), shown(1.0), shown(True)] == ["1", "1.0", "True"]


def test_none_is_a_result_and_an_exception_is_not() -> None:
    calls: list[str] = []

    @cl.cache
    def nothing() -> None:
        calls.append("nothing")

    @cl.cache
    def fails() -> None:
        calls.append("fails")
        raise ZeroDivisionError

    nothing()
    nothing()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            fails()
    assert calls == ["nothing", "fails", "fails"]


@pytest.mark.parametrize("wrong", [[1], {"a": 1}, {1}])
def test_an_argument_that_is_not_hashable_is_named_in_the_authors_words(wrong: object) -> None:
    @cl.cache
    def search(query: object, *, top: object = None) -> None: ...

    kind = type(wrong).__name__
    with pytest.raises(TypeError, match=rf"search\(\) by its arguments, and a {kind} cannot be looked up"):
        search(wrong)
    with pytest.raises(TypeError, match=f"a {kind} cannot"):
        search("x", top=wrong)


def test_what_cannot_be_kept_is_refused_where_it_is_decorated() -> None:
    with pytest.raises(TypeError, match="decorates a function; it was given 'str'"):
        cl.cache("load")  # type: ignore[arg-type]

    with pytest.raises(TypeError, match=r"cannot keep what words\(\) yields"):

        @cl.cache
        def words() -> Any:
            yield "word"


def test_threads_that_ask_at_once_compute_once() -> None:
    calls: list[int] = []
    gate, began = threading.Event(), threading.Event()

    @cl.cache
    def load(name: str) -> list[str]:
        calls.append(1)
        began.set()
        assert gate.wait(10)
        return [name]

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(load, "model") for _ in range(8)]
        assert began.wait(10)
        gate.set()
        results = [each.result(10) for each in asked]
    assert len(calls) == 1
    assert all(result is results[0] for result in results)


def test_a_function_that_calls_itself_with_the_same_arguments_is_told_so() -> None:
    @cl.cache
    def fibonacci(number: int) -> int:
        return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)

    assert fibonacci(60) == 1548008755920

    @cl.cache
    def endless(number: int) -> int:
        return endless(number)

    with pytest.raises(RuntimeError, match="calls itself with the same arguments"):
        endless(1)


async def test_an_async_function_can_be_awaited_again_and_is_computed_once() -> None:
    """Chainlit keeps the coroutine, which cannot be awaited a second time."""
    calls: list[str] = []

    @cl.cache
    async def look_up(word: str) -> str:
        calls.append(word)
        await asyncio.sleep(0)
        return word.upper()

    assert await asyncio.gather(*(look_up("a") for _ in range(5)), look_up("b")) == ["A"] * 5 + ["B"]
    assert await look_up("a") == "A"
    assert calls == ["a", "b"]


async def test_another_loop_waits_for_the_one_that_computes() -> None:
    calls: list[str] = []
    began, gate = asyncio.Event(), asyncio.Event()

    @cl.cache
    async def look_up() -> str:
        calls.append("look_up")
        began.set()
        await gate.wait()
        return "found"

    here = asyncio.create_task(look_up())  # type: ignore[arg-type]
    await began.wait()
    elsewhere = asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(look_up())))  # type: ignore[arg-type]
    gate.set()
    assert (await here, await elsewhere, calls) == ("found", "found", ["look_up"])


async def test_whoever_waits_goes_on_when_the_one_that_computes_is_stopped() -> None:
    calls: list[int] = []
    began, gate = asyncio.Event(), asyncio.Event()

    @cl.cache
    async def look_up() -> str:
        calls.append(1)
        began.set()
        await gate.wait()
        return "found"

    first = asyncio.create_task(look_up())  # type: ignore[arg-type]
    await began.wait()
    second = asyncio.create_task(look_up())  # type: ignore[arg-type]
    third = asyncio.create_task(look_up())  # type: ignore[arg-type]
    await asyncio.sleep(0)
    third.cancel()
    first.cancel()
    gate.set()
    assert await second == "found"
    assert [each.cancelled() for each in (first, third)] == [True, True]
    assert len(calls) == 2
