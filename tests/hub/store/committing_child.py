"""Commits to a database as fast as it can, and says which commits were confirmed; killed by a test at any moment."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from uuid import uuid4

from jupyter_chat_sessions.hub.sql.opening import open_store
from jupyter_chat_sessions.hub.store import PutStep, PutThread, ThreadRecord
from jupyter_chat_sessions.protocol.steps import Step


async def main(directory: Path, thread_id: str) -> None:
    """Commit for ever; one line of output for each confirmed step."""
    store = open_store(None, directory=directory)
    store.commit(
        [PutThread(ThreadRecord(id=thread_id, channel="lesson", owner_key="user:alice", created_at="2026-01-01"))]
    )
    room = asyncio.Semaphore(64)
    number = 0
    while True:
        await room.acquire()
        step = Step(id=str(uuid4()), type="tool", name="A", output=str(number))

        def confirmed(step: Step = step) -> None:
            sys.stdout.write(f"{step.id}\n")
            sys.stdout.flush()
            room.release()

        store.commit([PutStep(thread_id, number, step)], then=confirmed, otherwise=lambda: None)
        number += 1


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
