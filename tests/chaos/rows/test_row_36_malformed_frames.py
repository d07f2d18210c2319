"""Row 36: what cannot be read, in every way that a generator knows: it is answered or the line is closed, the log has
no more than a line for each, and no traceback, and whoever talks beside it notices nothing.

300 messages by default, 20,000 with `CHAOS=full`; a failing run says its seed.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

from ..raw_client import RawClient
from ..scene import CHANNEL, Scene
from ..server import ROOT
from ..viewer import begin_session

SETTINGS = {"hello_timeout": 0.5}
"""In seconds: many of those who come say nothing that could be read."""
MESSAGES = 20_000 if os.environ.get("CHAOS") == "full" else 300
SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(1 << 32))
TYPES = ["hello", "message", "answer", "retry", "env", "stop", "end", "seen", "ping", "welcome", "event", "nonsense"]
FIELDS = ["v", "session", "secret", "epoch", "lastSeq", "clientId", "text", "questionId", "stepId", "values", "type"]
VALUES: list[Any] = [None, True, -1, 1 << 70, 1e308, "", "x", "\ud800", "\0", "x" * 70_000]
VALUES += [[], {}, [[[[]]]], {"type": "stop"}]


async def test_what_cannot_be_read_harms_nobody(scene: Callable[[], Scene]) -> None:
    print(f"CHAOS_SEED={SEED}")
    async with scene() as on:
        beside = await on.viewer()
        logged = on.stage.server.log.stat().st_size
        closed = await asyncio.to_thread(_say_nonsense, on, random.Random(SEED))
        assert closed <= {4400, 4408, 1002, 1003, 1007, None}
        assert 4400 in closed
        key = beside.say("echo")
        await beside.until_status(key, "done", limit_s=5)
        assert len(beside.welcomes) == 1
        lines = on.stage.server.log.read_bytes()[logged:].decode(errors="replace").splitlines()
        assert not [line for line in lines if "Traceback" in line or "Uncaught" in line]
        about_frames = [line for line in lines if "was refused (" in line]
        assert len(about_frames) <= 2 * MESSAGES
        assert not [line for line in about_frames if len(line) > 300], "nothing of what came is in the log"
        await on.check()


def _say_nonsense(on: Scene, rng: random.Random) -> set[int | None]:
    """Say it over connections that are let in and such as are not; return how they were closed."""
    closed: set[int | None] = set()
    port = on.stage.server.port
    left = MESSAGES
    while left > 0:
        known = begin_session(on.stage.server, CHANNEL)
        with RawClient(port, known, is_silent=rng.random() < 0.2) as client:
            try:
                for message in _nonsense(rng, count=rng.randint(1, 40)):
                    left -= 1
                    client.send(message, opcode=2 if rng.random() < 0.05 else 1)
                client.send(b'[{"type":"end"}]')
                list(client.frames())
            except ConnectionError:
                pass
            closed.add(client.close_code)
    return closed - {4410}


def _nonsense(rng: random.Random, *, count: int) -> Iterator[bytes]:
    vectors = json.loads((ROOT / "tests" / "vectors" / "conversation.json").read_text())
    for _ in range(count):
        frames: list[Any] = [_frame(rng) for _ in range(rng.randint(0, 3))]
        match rng.randrange(8):
            case 0:
                noise = rng.randbytes(rng.randint(0, 200))
                # What is no UTF-8 costs the line at once; then nothing else would be tried on it.
                yield noise if rng.random() < 0.02 else noise.hex().encode()
            case 1:
                yield json.dumps(rng.choice(VALUES)).encode()
            case 2:
                text = json.dumps(frames).encode()
                yield text[: rng.randint(0, len(text))]
            case 3:
                yield b"[" * rng.randint(1, 50_000)
            case 4:
                yield json.dumps(rng.choice(vectors) if isinstance(vectors, list) else vectors).encode()[:100_000]
            case 5:
                yield json.dumps([{}] * rng.randint(0, 500)).encode()
            case _:
                yield json.dumps(frames).encode()


def _frame(rng: random.Random) -> dict[str, Any]:
    names = rng.sample(FIELDS, rng.randint(0, 5))
    return {"type": rng.choice(TYPES), **{name: rng.choice(VALUES) for name in names}}
