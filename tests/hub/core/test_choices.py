"""What a host lets viewers choose from is told to the next host, and the chosen profile outlives the server."""

from __future__ import annotations

from jupyter_chat_sessions.protocol.frames import OpenSession, SetState

from .doubles import Hall, LastingStore


def opened(hall: Hall) -> OpenSession:
    return hall.host.got(OpenSession)[-1]


def test_a_new_host_is_told_what_viewers_are_shown_and_nothing_of_the_hubs_own() -> None:
    hall = Hall()
    tab = hall.enter()
    hall.host.begin(tab.viewing.session)
    assert opened(hall).state == {}
    hall.host.emit(tab.viewing.session, SetState(state={"commands": [{"id": "Search"}], "tasks": {"name": "x"}}))
    hall.host.emit(tab.viewing.session, SetState(state={"tasks": None}))
    hall.start_kernel()
    assert opened(hall).state == {"commands": [{"id": "Search"}]}


def test_the_profile_that_the_host_has_found_for_a_viewer_outlives_the_server() -> None:
    hall = Hall(store=LastingStore())
    tab = hall.enter()
    hall.host.begin(tab.viewing.session)
    assert opened(hall).chat_profile is None
    hall.host.emit(tab.viewing.session, SetState(state={"profile": "fast"}))
    hall.kill()
    hall.start()
    hall.start_kernel()
    assert opened(hall).chat_profile == "fast"


def test_what_is_no_name_of_a_profile_is_not_kept_as_one() -> None:
    hall = Hall(store=LastingStore())
    tab = hall.enter()
    hall.host.begin(tab.viewing.session)
    hall.host.emit(tab.viewing.session, SetState(state={"profile": 7}))
    hall.start_kernel()
    assert opened(hall).chat_profile is None
