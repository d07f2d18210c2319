"""A channel may require variables of each viewer; nothing begins before they are there, and nobody else sees them."""

from __future__ import annotations

import msgspec

from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.frames import (
    Accepted,
    ChannelSettings,
    ErrorFrame,
    HostRefused,
    OpenNotebookSession,
    encode,
)

from .doubles import Hall, new_id

SETTINGS = ChannelSettings(name="lesson", title="Lesson", required_env=["KEY", "REGION"])


def test_a_session_waits_for_what_the_channel_requires() -> None:
    hall = Hall(SETTINGS)
    tab = hall.enter()
    assert tab.state["missingEnv"] == ["KEY", "REGION"]
    assert hall.host.opened == []
    assert hall.session(tab).state == "unready"


def test_a_message_before_that_is_refused_with_the_names() -> None:
    hall = Hall(SETTINGS)
    tab = hall.enter(env={"KEY": "k"})
    client_id = tab.say("Hello")
    (error,) = tab.got(ErrorFrame)
    assert (error.code, error.client_id, error.details) == ("missing_env", client_id, ["REGION"])
    assert tab.steps == []


def test_a_part_of_them_is_kept_and_the_rest_asked_for() -> None:
    hall = Hall(SETTINGS)
    tab = hall.enter()
    tab.give_env({"KEY": "k", "REGION": ""})
    (error,) = tab.got(ErrorFrame)
    assert (error.code, error.details) == ("missing_env", ["REGION"])
    assert tab.state["missingEnv"] == ["REGION"]
    client_id = tab.give_env({"REGION": "eu", "UNASKED": "x"})
    assert tab.got(Accepted) == [Accepted(client_id=client_id)]
    assert "missingEnv" not in tab.state
    (opened,) = hall.host.opened
    assert opened.user_env == {"KEY": "k", "REGION": "eu"}
    tab.say("Hello")
    assert hall.host.delivered == ["Hello"]


def test_what_is_given_at_once_begins_at_once() -> None:
    hall = Hall(SETTINGS)
    hall.create(env={"KEY": "k", "REGION": "eu", "UNASKED": "x"})
    (opened,) = hall.host.opened
    assert opened.user_env == {"KEY": "k", "REGION": "eu"}


def test_no_frame_to_a_viewer_and_no_store_has_the_values() -> None:
    hall = Hall(SETTINGS)
    created = hall.create(env={"KEY": "hush-1"})
    one, two = hall.tab(created).open(), hall.tab(created).open()
    one.give_env({"REGION": "hush-2"})
    assert len(hall.host.opened) == 1
    record = msgspec.json.encode(hall.session(one).record)
    for told in [*map(encode, one.frames), *map(encode, two.frames), record]:
        assert b"hush" not in told


def test_each_session_has_its_own() -> None:
    hall = Hall(SETTINGS)
    hall.enter("alice", env={"KEY": "a", "REGION": "eu"})
    hall.enter("bob", env={"KEY": "b", "REGION": "us"})
    assert [opened.user_env["KEY"] for opened in hall.host.opened] == ["a", "b"]


def test_a_session_that_waits_for_them_ends_after_its_time_and_the_host_never_heard_of_it() -> None:
    hall = Hall(SETTINGS)
    tab = hall.enter()
    told = len(hall.host.frames)
    tab.drop()
    hall.clock.advance(HubOptions().session_timeout_s)
    assert hall.hub.statistics().sessions == 0
    assert len(hall.host.frames) == told


def test_the_notebooks_own_session_brings_them_or_is_told_what_is_missing() -> None:
    hall = Hall(SETTINGS)
    hall.host.say(OpenNotebookSession(channel="lesson", session=new_id(), thread_id=new_id(), user_env={"KEY": "a"}))
    assert hall.host.opened == []
    refused = hall.host.frames[-1]
    assert isinstance(refused, HostRefused)
    assert (refused.code, "REGION" in refused.text) == ("missing_env", True)
    env = {"KEY": "a", "REGION": "eu"}
    hall.host.say(OpenNotebookSession(channel="lesson", session=new_id(), thread_id=new_id(), user_env=env))
    assert [opened.user_env for opened in hall.host.opened] == [env]
