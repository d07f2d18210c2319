"""Row 11: New chat is pressed while a reply streams. The handler is cancelled, and nothing of the old conversation
gets into the new one. That the page shows so is in `tests/e2e/test_chat_page.py`."""

from __future__ import annotations

from collections.abc import Callable

from ..journal import Ended, read_journals
from ..scene import Scene


async def test_the_handler_is_cancelled_and_nothing_crosses(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        gate = on.gate()
        key = viewer.say(f"stream 300 0 {gate.name}")
        await viewer.until(lambda: (reply := viewer.reply(key)) is not None and "149 " in reply.output)
        run = viewer.step(key)
        assert run is not None
        waiting = viewer.say("echo")
        await viewer.until_status(waiting, "queued")
        viewer.end()
        await viewer.until(lambda: viewer.viewing.bye is not None)
        assert viewer.viewing.bye is not None
        assert viewer.viewing.bye.code == 4410
        new = await on.viewer()
        gate.let_pass()
        said = [new.say("echo") for _ in range(5)]
        for each in said:
            await new.until_status(each, "done")
        ended = [record for record in read_journals([on.stage.bot_journal]) if isinstance(record, Ended)]
        assert [record.outcome for record in ended if record.run == run.id] == ["cancelled"]
        assert len(new.viewing.conversation.steps) == 2 * len(said)
        await on.forget(viewer)
        await on.check()
