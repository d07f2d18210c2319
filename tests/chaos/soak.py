"""One client process of the load: many viewers who talk at once, lose their lines, and write journals.

`run.py` starts it: `python -m tests.chaos.soak PLAN.json`. What each viewer says and when its line breaks follows from
the seed; what comes in between is the machine's own timing.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from itertools import count
from pathlib import Path

import msgspec
from msgspec import Struct

from jupyter_chat_sessions.protocol.frames import ErrorFrame, Frame, Numbered, PutQuestion, PutStep, SetRun, Welcome
from jupyter_chat_sessions.protocol.steps import FINAL_RUN_STATUSES, Question, Step

from .journal import Journal
from .proxy import FaultProxy, Line
from .scene import CHANNEL
from .server import request
from .viewer import ChaosViewer

STUCK_S = 300.0
"""Without an answer for so long, a viewer is stuck: the run fails. Kills may follow each other closely."""
PROGRESS_EVERY = 50
SHARE_PROXIED = 0.1
"""Of the viewers, whose lines break at some byte; the others' break between two."""
SHARE_IN_TWO_TABS = 0.05


class Plan(Struct, frozen=True, kw_only=True):
    """What one client process does."""

    port: int
    home: str
    name: str
    seed: int
    sessions: int
    messages: int
    """In each session."""
    tokens: int
    """In each stream; 0 for none."""
    share_streamed: float = 0.05
    share_asked: float = 0.01
    on_the_way: int = 16
    """Messages of a session that are not answered yet, at the most."""
    break_every: int = 400
    """Messages after which a viewer's line breaks, on average; 0 for never."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a client process hands back."""

    secrets: dict[str, str]
    seconds: float
    said: int
    tokens: int
    reconnects: int
    snapshots: int
    retries: int
    interrupted: int


class Talker:
    """A viewer who keeps so and so many messages on their way until all are said, and answers what is asked.

    Args:
        viewer: The viewer.
        plan: What to do.
        messages: How many messages to say.
        rng: Decides what is said, and when the line breaks.
        on_said: Called for each message.
    """

    def __init__(
        self,
        viewer: ChaosViewer,
        plan: Plan,
        *,
        messages: int,
        rng: random.Random,
        on_said: Callable[[], None],
    ) -> None:
        self.viewer = viewer
        self.said = self.tokens = self.retries = self.interrupted = 0
        self._plan = plan
        self._left = messages
        self._rng = rng
        self._on_the_way: set[str] = set()
        """Client ids."""
        self._answered: set[str] = set()
        self._on_said = on_said
        self._done = asyncio.Event()
        self._answers = 0
        self._has_begun = False
        viewer.on_frame = self._on_frame

    async def talk(self) -> None:
        """Say everything, and wait until all of it is answered."""
        self._has_begun = True
        self._say_more()
        before = -1
        while not self._done.is_set():
            self.viewer.raise_if_failed()
            if self._answers == before:
                raise TimeoutError(f"{self.viewer.name} is stuck with {len(self._on_the_way)} messages: {self.viewer}")
            before = self._answers
            with suppress(TimeoutError):
                async with asyncio.timeout(STUCK_S):
                    await self._done.wait()
        await self.viewer.until_quiet(limit_s=STUCK_S)

    def _say_more(self) -> None:
        while self._has_begun and self._left and len(self._on_the_way) < self._plan.on_the_way:
            self._left -= 1
            self.said += 1
            self.viewer.say(self._words())
            self._on_the_way.add(self.viewer.viewing.unconfirmed[-1].client_id)
            if self._plan.break_every and self._rng.random() < 1 / self._plan.break_every:
                asyncio.get_running_loop().call_soon(self.viewer.abort)
            self._on_said()
        if not self._left and not self._on_the_way:
            self._done.set()

    def _words(self) -> str:
        chance = self._rng.random()
        if self._plan.tokens and chance < self._plan.share_streamed:
            count = self._rng.randint(1, 2 * self._plan.tokens - 1)
            self.tokens += count
            return f"stream {count}"
        return "ask" if chance > 1 - self._plan.share_asked else "echo"

    def _on_frame(self, frame: Frame) -> None:
        match frame:
            case Numbered(event=PutStep(step=step)):
                self._look_at(step)
            case Numbered(event=SetRun(run=run)) if step := self.viewer.viewing.conversation.step(run):
                self._look_at(step)
            case Numbered(event=PutQuestion(question=question)):
                self._answer(question)
            case Welcome(snapshot=snapshot) if snapshot is not None:
                self._on_snapshot(snapshot.steps, snapshot.questions)
            case ErrorFrame(client_id=client, retry_after_s=None):
                self._on_the_way.discard(client or "")
            case _:
                return
        self._say_more()

    def _look_at(self, step: Step) -> None:
        if step.client_id not in self._on_the_way or step.status not in FINAL_RUN_STATUSES:
            return
        if step.status == "interrupted":
            self.interrupted += 1
            if self._rng.random() < 0.3:
                self.retries += 1
                self.viewer.retry_step(step)
                return
        self._on_the_way.discard(step.client_id or "")
        self._answers += 1

    def _answer(self, question: Question) -> None:
        if question.id not in self._answered:
            self._answered.add(question.id)
            self.viewer.answer(question.id)

    def _on_snapshot(self, steps: list[Step], questions: list[Question]) -> None:
        unconfirmed = {command.client_id for command in self.viewer.viewing.unconfirmed}
        there = {step.client_id for step in steps}
        # What was confirmed and is too old to be in the snapshot has come to its end.
        self._on_the_way -= {client for client in self._on_the_way if client not in unconfirmed | there}
        for step in steps:
            self._look_at(step)
        for question in questions:
            self._answer(question)


async def play(plan: Plan) -> Outcome:
    """Let everybody talk; return what came of it."""
    home, rng = Path(plan.home), random.Random(plan.seed)
    secrets: dict[str, str] = {}
    talkers: list[Talker] = []
    said = count(1)

    def tell() -> None:
        if next(said) % PROGRESS_EVERY == 0:
            print(f"said {PROGRESS_EVERY}", flush=True)

    async with AsyncExitStack() as exits:
        proxy = await exits.enter_async_context(FaultProxy(plan.port))
        line_rng = random.Random(rng.random())
        proxy.on_line = lambda line: _let_fail(line, line_rng)
        journal = exits.enter_context(Journal(home / f"{plan.name}.journal", buffered=True))
        for number in range(plan.sessions):
            created = await asyncio.to_thread(
                request, plan.port, "POST", "api/chat-sessions/sessions", {"channel": CHANNEL}
            )
            session, secrets[session] = created["session"], created["secret"]
            tabs = 2 if rng.random() < SHARE_IN_TWO_TABS else 1
            for tab in range(tabs):
                is_proxied = bool(plan.break_every) and rng.random() < SHARE_PROXIED
                viewer = ChaosViewer(
                    f"{plan.name}-{number}-{tab}",
                    (session, secrets[session]),
                    port=proxy.port if is_proxied else plan.port,
                    journal=journal,
                    rng=random.Random(rng.random()),
                )
                share = plan.messages // tabs + (plan.messages % tabs if tab == 0 else 0)
                talker = Talker(viewer, plan, messages=share, rng=random.Random(rng.random()), on_said=tell)
                talkers.append(talker)
                viewer.open()
        for talker in talkers:
            await talker.viewer.until(lambda talker=talker: "started" in talker.viewer.viewing.conversation.state)  # type: ignore[misc]
        print("ready", flush=True)
        began = time.monotonic()
        await asyncio.gather(*(talker.talk() for talker in talkers))
        seconds = time.monotonic() - began
        for talker in talkers:  # somebody's second tab may have heard of the end a little earlier
            await talker.viewer.until_quiet(limit_s=STUCK_S)
        for talker in talkers:
            await talker.viewer.close()
    welcomes = [welcome for talker in talkers for welcome in talker.viewer.welcomes[1:]]
    return Outcome(
        secrets=secrets,
        seconds=seconds,
        said=sum(talker.said for talker in talkers),
        tokens=sum(talker.tokens for talker in talkers),
        reconnects=len(welcomes),
        snapshots=sum(not welcome.resumed for welcome in welcomes),
        retries=sum(talker.retries for talker in talkers),
        interrupted=sum(talker.interrupted for talker in talkers),
    )


def _let_fail(line: Line, rng: random.Random) -> None:
    """Decide how a line will break."""
    direction = rng.choice([line.to_client, line.to_server])
    direction.cut_after(int(rng.expovariate(1 / 100_000)) + 500, how=rng.choice(["rst", "fin"]))


if __name__ == "__main__":
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    outcome = asyncio.run(play(plan))
    Path(plan.home, f"{plan.name}.outcome").write_bytes(msgspec.json.encode(outcome))
