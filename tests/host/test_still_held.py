"""What is still held is found by its id, keeps nothing alive, and leaves no trace of what is gone."""

from __future__ import annotations

from jupyter_chat_sessions.host.still_held import StillHeld


class Said:
    """Something that an author may hold."""


def test_it_is_found_as_long_as_somebody_has_it() -> None:
    held, said = StillHeld(), Said()
    held["a"] = said
    assert held.get("a") is said
    assert held.values() == [said]
    del said
    assert held.get("a") is None
    assert held.values() == []
    assert held.get("b") is None


def test_what_is_shown_anew_takes_the_place() -> None:
    held, said, again = StillHeld(), Said(), Said()
    held["a"] = said
    held["a"] = again
    del said
    assert held.values() == [again]


def test_what_is_gone_takes_no_room() -> None:
    held, kept = StillHeld(), [Said() for _ in range(100)]
    for number, said in enumerate(kept):
        held[f"kept {number}"] = said
    for number in range(10_000):
        held[f"gone {number}"] = Said()
        assert len(held) < 3 * len(kept)
    assert held.values() == kept
