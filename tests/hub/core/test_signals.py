"""Signals are for who looks on now; those of `on_chat_start` are for the first viewer, who may be on the way still."""

from __future__ import annotations

from jupyter_chat_sessions.hub.viewers import MAX_UNHEARD
from jupyter_chat_sessions.protocol.frames import Signal

from .doubles import Hall, Tab, a_person


def waiting(hall: Hall) -> Tab:
    """A viewer whose session has begun, and who is not there yet."""
    principal = a_person("alice")
    return hall.tab(hall.create(principal), principal)


def heard(tab: Tab) -> list[object]:
    return [signal.data for signal in tab.got(Signal)]


def test_a_signal_reaches_every_tab_once_and_is_not_kept() -> None:
    hall = Hall()
    tab = hall.enter()
    other = hall.tab_of(tab).open()
    hall.session(tab).signal("toast", 1)
    assert heard(tab) == heard(other) == [1]
    assert heard(hall.tab_of(tab).open()) == []
    tab.drop()
    other.drop()
    hall.session(tab).signal("toast", 2)
    tab.open()
    assert 2 not in heard(tab)


def test_what_was_said_before_the_first_viewer_came_it_hears_and_no_other() -> None:
    hall = Hall()
    tab = waiting(hall)
    for number in range(MAX_UNHEARD + 4):
        hall.session(tab).signal("toast", number)
    tab.open()
    assert heard(tab) == list(range(4, MAX_UNHEARD + 4))
    assert heard(hall.tab_of(tab).open()) == []
