"""Damages database files, as disks and interrupted copies do, and says what became of them.

    python -m tests.hub.store.damage 500

It prints how many were set aside, were whole all the same, or showed what could not be read; it fails where something
was read that was never written, or where an error got through that a viewer would have seen.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from uuid import uuid4

from jupyter_chat_sessions.hub.sql.opening import open_store
from jupyter_chat_sessions.hub.sql.store import DAMAGED
from jupyter_chat_sessions.hub.store import PutSession, PutStep, PutThread, SessionRecord, ThreadRecord
from jupyter_chat_sessions.protocol.frames import ChannelSettings, UserInfo
from jupyter_chat_sessions.protocol.steps import Step


class Sample:
    """A database with known content, to be copied and damaged.

    Args:
        directory: Where it is made.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.texts: dict[str, list[str]] = {}
        asyncio.run(self._fill())

    async def _fill(self) -> None:
        store = open_store(None, directory=self.directory)
        done = asyncio.get_running_loop().create_future()
        for number in range(8):
            thread = ThreadRecord(id=str(uuid4()), channel="lesson", owner_key="user:alice", created_at="2026-01-01")
            record = SessionRecord(
                id=str(uuid4()),
                thread_id=thread.id,
                owner_key="user:alice",
                secret_hash="0" * 64,
                user=UserInfo(identifier="alice"),
                client_type="webapp",
                language="en-US",
                settings=ChannelSettings(name="lesson", title="Lesson"),
            )
            self.texts[thread.id] = [f"message {at} of {number} " + "x" * 300 for at in range(30)]
            steps = [Step(id=str(uuid4()), type="tool", name="A", output=text) for text in self.texts[thread.id]]
            store.commit([PutThread(thread), PutSession(record)])
            store.commit([PutStep(thread.id, at, step) for at, step in enumerate(steps)])
        store.commit([], then=lambda: done.set_result(None), otherwise=done.cancel)
        await done
        await store.aclose()

    def damaged(self, seed: int, *, into: Path) -> Path:
        """Copy the database and damage the copy: bytes flipped, cut off, overwritten, or no database at all."""
        shutil.copytree(self.directory, into)
        path = into / "chats.sqlite"
        data = bytearray(path.read_bytes())
        chance = random.Random(seed)
        at = chance.choice([chance.randrange(100), chance.randrange(len(data)), chance.randrange(len(data))])
        match chance.randrange(4):
            case 0:
                data[at] ^= 1 << chance.randrange(8)
            case 1:
                del data[at:]
            case 2:
                data[at : at + 4096] = chance.randbytes(min(4096, len(data) - at))
            case _:
                for _ in range(20):
                    data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        return into


async def verdict(sample: Sample, directory: Path) -> str:
    """Open a damaged copy, read all of it, and return what became of it.

    Returns:
        `set aside`, `whole`, or `shown`: what could not be read was shown as such. `wrong`: something was returned that
        was never written.
    """
    store = open_store(None, directory=directory)
    try:
        if any("corrupt" in path.name for path in directory.iterdir()):
            return "set aside"
        is_shown = False
        sessions = store.sessions(newest_steps=100, newest_commands=10)
        is_shown |= len(sessions) < len(sample.texts)
        threads = await store.threads_of("user:alice", channel=None, limit=100)
        is_shown |= len(threads) < len(sample.texts)
        for summary in threads:
            steps, _ = await store.steps_before(summary.record.id, before=None, limit=100)
            read = [step.output for step in steps]
            is_shown |= DAMAGED in read
            expected = sample.texts.get(summary.record.id)
            if expected is None or len(read) != len(expected):
                return "wrong"
            if any(text not in (DAMAGED, right) for text, right in zip(read, expected, strict=True)):
                return "wrong"
        return "shown" if is_shown else "whole"
    finally:
        await store.aclose()


def main(count: int) -> int:
    """Damage so many copies; print what became of them, and return how many were read wrongly or not at all."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        sample = Sample(home / "sample")
        for seed in range(count):
            copy = sample.damaged(seed, into=home / "copy")
            try:
                found[asyncio.run(verdict(sample, copy))] += 1
            except Exception as error:
                found[f"failed with {type(error).__name__} (seed {seed})"] += 1
            shutil.rmtree(copy)
    for name, number in found.most_common():
        print(f"{number:6} {name}")
    return sum(number for name, number in found.items() if name not in {"set aside", "whole", "shown"})


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1])) else 0)
