"""A chat may let its sessions wait for their viewers for a shorter time than the server does, not for a longer one."""

from __future__ import annotations

import pytest

from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.frames import ChannelSettings

from .doubles import Hall


@pytest.mark.parametrize(("wanted_s", "lasts_s"), [(60.0, 60.0), (None, 600.0), (6000.0, 600.0)])
def test_a_session_that_nobody_looks_at_ends_when_its_chat_says(wanted_s: float | None, lasts_s: float) -> None:
    settings = ChannelSettings(name="lesson", title="Lesson", session_timeout_s=wanted_s)
    hall = Hall(settings, options=HubOptions(session_timeout_s=600))
    hall.enter().drop()
    hall.clock.advance(lasts_s - 1)
    assert hall.hub.statistics().sessions == 1
    hall.clock.advance(2)
    assert hall.hub.statistics().sessions == 0
