"""Row 11: New chat is pressed while a reply streams. The handler is cancelled, and nothing of the old conversation
gets into the new one: neither a frame, nor anything that the page shows."""

from __future__ import annotations

from collections.abc import Callable

from playwright.async_api import expect

from ..browser import chromium, open_chat, replies, say
from ..journal import Ended, Streams, read_journals
from ..scene import Scene


async def test_the_handler_is_cancelled_and_nothing_crosses(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        gate = on.gate()
        key = viewer.say(f"stream 300 0 {gate.name}")
        await viewer.until_reply_has(key, "149 ")
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


async def test_the_page_shows_nothing_of_the_old_one_any_more(scene: Callable[[], Scene]) -> None:
    async with scene() as on, chromium() as browser:
        gate = on.gate()
        lines: list[list[str | bytes]] = []
        page = await open_chat(browser, on.stage.server.port, lines=lines)
        await say(page, f"old/1 stream 300 0 {gate.name}")
        await expect(replies(page)).to_contain_text(" 149 ")
        await page.get_by_role("button", name="New chat").click()
        await expect(page.get_by_role("article")).to_have_count(0)
        for number in range(5):
            await say(page, f"new/{number} echo")
            await expect(replies(page)).to_have_count(number + 1)
            gate.let_pass()  # there is nobody at it any more
        assert await replies(page).all_inner_texts() == [f"new/{number} echo" for number in range(5)]
        _, new = lines
        assert any("new/4 echo" in str(message) for message in new)
        assert not any("old/1" in str(message) for message in new)
        records = list(read_journals([on.stage.bot_journal]))
        [run] = [record.run for record in records if isinstance(record, Streams) and record.key == "old/1"]
        assert [record.outcome for record in records if isinstance(record, Ended) and record.run == run] == [
            "cancelled"
        ]
