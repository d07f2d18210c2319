"""Row 43: the server was upgraded and a tab was not. It is closed with 4426 and told to reload, and what it had not
sent is sent afterwards.

The page's side, which keeps what was written and offers the button, is in `labextension/tests/ui.test.tsx` ("to a
server of another version offers to reload the page") and `tests/e2e/test_what_waits.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..raw_client import RawClient
from ..scene import Scene


async def test_an_old_tab_is_told_to_reload(scene: Callable[[], Scene]) -> None:
    async with scene() as on:
        viewer = await on.viewer()
        said = viewer.say("echo")
        await viewer.until_status(said, "done")
        credentials = (viewer.session, viewer.secret)
        frames, code = await asyncio.to_thread(_turned_away, on.stage.server.port, credentials)
        assert code == 4426
        assert [frame["type"] for frame in frames] == ["error", "bye"]
        assert all("Reload" in str(frame["text"]) for frame in frames)
        viewer.abort()  # the reload; what is said before the page is there again is sent then
        unsent = viewer.say("echo")
        await viewer.until_welcome(2)
        await viewer.until_status(unsent, "done")
        await on.check()


def _turned_away(port: int, credentials: tuple[str, str]) -> tuple[list[dict[str, object]], int | None]:
    with RawClient(port, credentials, version=0) as client:
        return list(client.frames()), client.close_code
