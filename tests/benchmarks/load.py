"""The load client: viewers of one contestant in one process, who do one piece of work after the other.

`bench.py` starts it with a plan on its standard input; it prints the figures of each piece of work as a line of JSON.
Every answer is checked: a figure with a wrong answer in it is no figure.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from ..chaos.server import ROOT
from .apps.tokens import TOKEN
from .dialects import DIALECTS, Dialect
from .http import HttpLine

AT_ONCE = 50
"""Viewers that connect at the same time."""
WARM_UP_S = 1.0
LIMIT_S = 120.0
MANY_TOKENS = 100_000
MANY_ECHOES = 200
MANY_OPENINGS = 20
Figures = dict[str, float]


class Plan(Struct, frozen=True, kw_only=True):
    """What is to be done."""

    dialect: str
    port: int
    pids: list[int]
    """The contestant's processes."""
    work: list[tuple[str, dict[str, Any]]]


class Viewer(WSListener):  # type: ignore[misc]  # picows has no types
    """One viewer.

    Args:
        dialect: How it speaks.

    Attributes:
        on_part: Called with each part of a reply.
        on_answer: Called when a reply is complete, with its text.
    """

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.on_part: Callable[[str], None] = lambda text: None
        self.on_answer: Callable[[str], None] = lambda text: None
        self.failure: Exception | None = None
        self._parts: list[str] = []
        self._transport: WSTransport | None = None

    def say(self, text: str) -> None:
        """Say something."""
        assert self._transport is not None
        self._transport.send(WSMsgType.TEXT, self.dialect.say(text))

    def leave(self) -> None:
        """Close the socket."""
        if self._transport is not None:
            self._transport.disconnect()

    async def answer(self, text: str) -> str:
        """Say something; return the answer."""
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.on_answer = future.set_result
        self.say(text)
        return await asyncio.wait_for(future, LIMIT_S)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See picows."""
        self._transport = transport
        for message in self.dialect.hello():
            transport.send(WSMsgType.TEXT, message)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """See picows."""
        if frame.msg_type != WSMsgType.TEXT:
            return
        try:
            for answer in self.dialect.read(frame.get_payload_as_bytes(), self):
                transport.send(WSMsgType.TEXT, answer)
        except Exception as error:
            self.failure = error
            raise

    def on_text(self, text: str) -> None:
        """See `Ear`."""
        self._parts.append(text)
        self.on_part(text)

    def on_reply(self, text: str | None) -> None:
        """See `Ear`."""
        parts, self._parts = "".join(self._parts), []
        if text is not None and parts:
            assert parts == text, "what was streamed is not what was said in the end"
        self.on_answer(parts if text is None else text)


class Load:
    """The pieces of work.

    Args:
        plan: Where, and what.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    async def connect(self, *, viewers: int) -> Figures:
        """Let viewers come, each to its first greeting."""
        began = time.perf_counter()
        async with self._viewers(viewers):
            seconds = time.perf_counter() - began
        return {"seconds": seconds}

    async def memory(self, *, viewers: int) -> Figures:
        """Return what a session costs that nothing happens in, KiB in all processes together."""
        async with self._viewers(AT_ONCE):
            before = self._rss_kib()
            async with self._viewers(viewers):
                return {"kib_per_session": (self._rss_kib() - before) / viewers}

    async def echo(self, *, viewers: int, seconds: float) -> Figures:
        """Let everybody say the next thing as soon as the last is answered."""
        took_s: list[float] = []
        counting = asyncio.Event()
        done = asyncio.Event()

        def begin(viewer: Viewer, number: int) -> None:
            said = 0
            said_at = 0.0

            def say() -> None:
                nonlocal said, said_at
                said += 1
                said_at = time.perf_counter()
                viewer.say(f"echo {number} says {said}")

            def on_answer(text: str) -> None:
                assert text == f"{number} says {said}", text
                if done.is_set():
                    return
                if counting.is_set():
                    took_s.append(time.perf_counter() - said_at)
                say()

            viewer.on_answer = on_answer
            say()

        async with self._viewers(viewers) as everybody:
            for number, viewer in enumerate(everybody):
                begin(viewer, number)
            await asyncio.sleep(WARM_UP_S)
            counting.set()
            began, cpu = time.perf_counter(), self._cpu_s()
            await asyncio.sleep(seconds)
            elapsed, cpu = time.perf_counter() - began, self._cpu_s() - cpu
            done.set()
            _raise_failures(everybody)
        return {"per_second": len(took_s) / elapsed, "cpu_us": cpu / len(took_s) * 1e6, **_latencies_ms(took_s)}

    async def stream(self, *, viewers: int, seconds: float, tokens: int) -> Figures:
        """Let everybody ask for another stream as soon as the last has ended."""
        received = 0
        done = False

        def begin(viewer: Viewer) -> None:
            def on_part(text: str) -> None:
                nonlocal received
                received += len(text)

            def on_answer(text: str) -> None:
                assert text == TOKEN * tokens
                if not done:
                    viewer.say(f"stream {tokens}")

            viewer.on_part, viewer.on_answer = on_part, on_answer
            viewer.say(f"stream {tokens}")

        async with self._viewers(viewers) as everybody:
            for viewer in everybody:
                begin(viewer)
            await asyncio.sleep(WARM_UP_S)
            before, began, cpu = received, time.perf_counter(), self._cpu_s()
            await asyncio.sleep(seconds)
            count, elapsed = (received - before) / len(TOKEN), time.perf_counter() - began
            cpu = self._cpu_s() - cpu
            done = True
            _raise_failures(everybody)
        return {"tokens_per_second": count / elapsed, "cpu_us": cpu / count * 1e6}

    async def first_token(self, *, times: int) -> Figures:
        """Return how long the first token takes after it was asked for, of one viewer alone."""
        took_s: list[float] = []
        async with self._viewers(1) as [viewer]:
            for _ in range(times):
                began = time.perf_counter()
                first: list[float] = []
                viewer.on_part = lambda text, first=first: first.append(time.perf_counter())  # type: ignore[misc]
                await viewer.answer("stream 20")
                took_s.append(first[0] - began)
        return _latencies_ms(took_s)

    async def paced(self, *, viewers: int, rate: float, seconds: float) -> Figures:
        """Let everybody receive so many tokens a second; return how old they are when they come."""
        took_s: list[float] = []
        count = int(rate * seconds)
        async with self._viewers(viewers) as everybody:

            def on_part(text: str) -> None:
                now = time.time()
                took_s.extend(now - float(made) for made in text.split())

            for viewer in everybody:
                viewer.on_part = on_part
            # They begin at different moments, as people do.
            answers = []
            for viewer in everybody:
                answers.append(asyncio.create_task(viewer.answer(f"paced {count} {1 / rate}")))
                await asyncio.sleep(1 / rate / 10)
            for answer in answers:
                assert len((await answer).split()) == count
        return _latencies_ms(took_s)

    async def tokens(self, *, tokens: int) -> Figures:
        """Return what one token costs in a message of so many, of one viewer alone."""
        times = max(1, MANY_TOKENS // tokens)
        async with self._viewers(1) as [viewer]:
            await viewer.answer("stream 10")
            cpu = self._cpu_s()
            for _ in range(times):
                assert await viewer.answer(f"stream {tokens}") == TOKEN * tokens
            cpu = self._cpu_s() - cpu
        return {"cpu_us": cpu / (times * tokens) * 1e6}

    async def thread(self, *, messages: int) -> Figures:
        """Return what one more message costs in a thread of so many, and how long opening it takes."""
        async with self._viewers(1) as [viewer]:
            said: asyncio.Queue[str] = asyncio.Queue()
            viewer.on_answer = said.put_nowait
            viewer.say(f"many {messages}")
            while await said.get() != f"message {messages - 1}":
                pass
            await viewer.answer("echo warm")
            cpu = self._cpu_s()
            for number in range(MANY_ECHOES):
                assert await viewer.answer(f"echo {number}") == f"{number}"
            cpu = self._cpu_s() - cpu
            opened: list[float] = []
            for _ in range(MANY_OPENINGS):
                again = Viewer(viewer.dialect.as_new())
                last: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                again.on_answer = lambda text, last=last: (  # type: ignore[misc]
                    last.set_result(None) if text == f"{MANY_ECHOES - 1}" and not last.done() else None
                )
                began = time.perf_counter()
                await self._dial(again)
                await asyncio.wait_for(last, LIMIT_S)
                opened.append(time.perf_counter() - began)
                again.leave()
        return {"cpu_us": cpu / MANY_ECHOES * 1e6, "open_ms": statistics.median(opened) * 1000}

    async def storm(self, *, viewers: int) -> Figures:
        """Let all lose their lines and come back at once; return when the last is whole again."""
        async with self._viewers(viewers) as everybody:
            for viewer in everybody:
                viewer.leave()
            whole: list[float] = []
            began = time.perf_counter()

            async def come_back(viewer: Viewer) -> None:
                again = Viewer(viewer.dialect)
                future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                again.on_answer = lambda _: None if future.done() else future.set_result(None)
                await self._dial(again)
                await future
                whole.append(time.perf_counter() - began)
                left.append(again)

            left: list[Viewer] = []
            async with asyncio.timeout(LIMIT_S):
                await asyncio.gather(*map(come_back, everybody))
            rss = self._rss_kib(self._plan.pids[:1])
            for viewer in left:
                viewer.leave()
        return {"seconds": max(whole), "median_s": statistics.median(whole), "hub_mib": rss / 1024}

    # ---- private -----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _viewers(self, count: int) -> AsyncIterator[list[Viewer]]:
        """Let viewers come, and leave afterwards."""
        room = asyncio.Queue[HttpLine]()
        viewers: list[Viewer] = []
        lines = [HttpLine(self._plan.port) for _ in range(min(AT_ONCE, count))]
        for line in lines:
            room.put_nowait(await line.__aenter__())

        async def come() -> None:
            line = await room.get()
            viewer = Viewer(DIALECTS[self._plan.dialect]())
            greeted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            viewer.on_answer = greeted.set_result
            await viewer.dialect.prepare(line)
            await self._dial(viewer)
            assert await asyncio.wait_for(greeted, LIMIT_S) == "hello"
            viewer.on_answer = lambda _: None
            viewers.append(viewer)
            room.put_nowait(line)

        await asyncio.gather(*(come() for _ in range(count)))
        for line in lines:
            await line.__aexit__()
        try:
            yield viewers
        finally:
            for viewer in viewers:
                viewer.leave()

    async def _dial(self, viewer: Viewer) -> None:
        url = f"ws://127.0.0.1:{self._plan.port}{viewer.dialect.path}"
        await ws_connect(lambda: viewer, url, extra_headers=viewer.dialect.headers, websocket_handshake_timeout=LIMIT_S)

    def _rss_kib(self, pids: list[int] | None = None) -> float:
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids or self._plan.pids]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 1024

    def _cpu_s(self) -> float:
        """Return the processor time that the contestant has used: other work on the machine changes it little."""
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self._plan.pids]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def _latencies_ms(took_s: list[float]) -> Figures:
    shares = {"p50_ms": 500, "p95_ms": 950, "p99_ms": 990}
    quantiles = statistics.quantiles(took_s, n=1000, method="inclusive")
    return {name: quantiles[share - 1] * 1000 for name, share in shares.items()}


def _raise_failures(viewers: list[Viewer]) -> None:
    for viewer in viewers:
        if viewer.failure is not None:
            raise viewer.failure


def measure(plan: Plan) -> Figures:
    """Do a plan's work in a process of its own; return the figures of its last piece."""
    done = subprocess.run(
        [sys.executable, "-m", __name__], cwd=ROOT, input=msgspec.json.encode(plan), stdout=subprocess.PIPE, check=True
    )
    return dict(msgspec.json.decode(done.stdout.splitlines()[-1])["figures"])


async def main() -> None:
    """Do what standard input says."""
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    load = Load(plan)
    for work, given in plan.work:
        figures: Figures = await getattr(load, work)(**given)
        print(msgspec.json.encode({"work": work, **given, "figures": figures}).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
