"""Cuts the link between a host and its hub, once or for a while."""

from __future__ import annotations

import asyncio

from jupyter_chat_sessions.embedded import EmbeddedHub, LocalWire
from jupyter_chat_sessions.protocol.errors import HubUnreachableError
from jupyter_chat_sessions.testing import Stage


class AwayHub(EmbeddedHub):
    """A hub that cannot be dialled while it is `away`."""

    is_away = False

    async def dial(self) -> LocalWire:
        if self.is_away:
            raise HubUnreachableError("cut")
        return await super().dial()


async def cut(stage: Stage) -> None:
    """Cut the connection that holds; the host dials again."""

    async def close() -> None:
        wire = stage.link._wire
        assert wire is not None
        wire.close()

    await asyncio.wrap_future(stage.link.call(close()))


async def cut_off(stage: Stage, hub: AwayHub) -> None:
    """Cut the link until `is_away` is taken back."""
    hub.is_away = True
    await cut(stage)
