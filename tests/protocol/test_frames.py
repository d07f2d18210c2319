"""The wire: what can be read is read, what cannot gets an error with a code and a sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat_sessions.protocol import errors, frames
from jupyter_chat_sessions.protocol.errors import ErrorCode, ProtocolError
from jupyter_chat_sessions.protocol.frames import (
    MAX_TEXT,
    MAX_VIEWER_BYTES,
    Decoder,
    Event,
    GiveEnv,
    HostFrame,
    HostLinkFrame,
    HubFrame,
    HubLinkFrame,
    HubToHostFrame,
    Ping,
    SendMessage,
    Stop,
    ViewerFrame,
    encode,
    encode_message,
    join,
)
from jupyter_chat_sessions.protocol.steps import ChannelName, Id, is_channel_name, is_id

from .strategies import new_id

UNIONS = [Event, ViewerFrame, HubFrame, HostFrame, HubToHostFrame, HostLinkFrame, HubLinkFrame]
DOCS = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")


def reader(**limits: int) -> Decoder:
    return Decoder(ViewerFrame, **{"max_bytes": MAX_VIEWER_BYTES, **limits})


def only_error(message: str | bytes) -> ProtocolError:
    """Return the error that stands in place of the message's one frame."""
    [frame] = reader().frames(message)
    assert isinstance(frame, ProtocolError)
    assert frame.text.endswith(".")
    return frame


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
tags = st.sampled_from([member.__struct_config__.tag for member in get_args(ViewerFrame)])
almost_frames = st.builds(
    lambda tag, fields: {**fields, "type": tag},
    tags,
    st.dictionaries(
        st.sampled_from(["v", "session", "secret", "clientId", "text", "questionId", "values", "seq", "lastSeq"]),
        json_values,
    ),
)


def refusal(message: str | bytes) -> ProtocolError | None:
    """Return the error with which a message is refused as a whole, or None."""
    try:
        reader().frames(message)
    except ProtocolError as error:
        return error
    return None


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_bytes_of_any_kind_are_frames_or_an_error(message: str | bytes) -> None:
    error = refusal(message)
    assert error is None or error.code == "malformed"


@given(st.lists(almost_frames | json_values, max_size=6))
def test_json_of_any_kind_gets_one_frame_or_error_for_each_part(parts: list[Any]) -> None:
    read = reader().frames(json.dumps(parts))
    assert len(read) == len(parts)
    for frame in read:
        if isinstance(frame, ProtocolError):
            assert frame.code in ("malformed", "unknown_type")
            assert frame.text
        else:
            assert isinstance(frame, get_args(ViewerFrame))


@pytest.mark.parametrize(
    "message",
    [
        "",
        " ",
        "{",
        "nonsense",
        "null",
        "1",
        '"text"',
        '{"type": "ping"}',
        '[{"type": "ping"}',
        "[NaN]",
        b"\xff\xfe[",
        b'[{"type":"ping"}]\x00',
        "\ud800",
        "[" * 100_000,
        "[" * 100_000 + "]" * 100_000,
        '["\\ud800"]',
    ],
)
def test_what_is_no_array_of_frames_is_refused_as_a_whole(message: str | bytes) -> None:
    """Bad input: malformed. The error says what is wanted."""
    error = refusal(message)
    assert error is not None
    assert error.code == "malformed"
    assert "array" in error.text


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("null", "malformed"),
        ("[]", "malformed"),
        ("{}", "malformed"),
        ('{"type": null}', "malformed"),
        ('{"type": 7}', "malformed"),
        ('{"type": "no_such"}', "unknown_type"),
        ('{"type": ""}', "unknown_type"),
        ('{"type": "put_step", "step": {}}', "unknown_type"),
        ('{"type": "message"}', "malformed"),
        ('{"type": "message", "clientId": "1", "text": "x"}', "malformed"),
        (f'{{"type": "message", "clientId": "{new_id(1).upper().replace("0", "A")}", "text": "x"}}', "malformed"),
        (f'{{"type": "message", "clientId": "{new_id(1)}\\n", "text": "x"}}', "malformed"),
        (f'{{"type": "message", "clientId": "{new_id(1)}", "text": null}}', "malformed"),
        ('{"type": "seen", "seq": "1"}', "malformed"),
        ('{"type": "seen", "seq": 1.5}', "malformed"),
        ('{"type": "seen", "seq": 1e400}', "malformed"),
        ('{"type": "hello", "v": 1, "session": "../etc/passwd", "secret": "s"}', "malformed"),
    ],
)
def test_a_frame_that_cannot_be_read_leaves_the_others(frame: str, code: str) -> None:
    read = reader().frames(f'[{{"type": "ping"}}, {frame}, {{"type": "stop"}}]')
    assert read[0] == Ping()
    assert read[1].code == code
    assert read[2] == Stop()


def test_an_error_names_the_frame_by_the_id_that_its_sender_gave_it() -> None:
    """So that the sender does not say again and again what can never be read."""
    said = {"type": "message", "clientId": new_id(1), "text": "x" * (MAX_TEXT + 1)}
    assert only_error(json.dumps([said])).client_id == new_id(1)
    assert only_error(json.dumps([{**said, "type": "no_such"}])).client_id == new_id(1)
    for no_id in ("<script>", 7, None, ["x"]):
        assert only_error(json.dumps([{**said, "clientId": no_id}])).client_id is None


def test_a_field_that_this_end_does_not_know_is_ignored() -> None:
    """Rules of evolution: an unknown field is ignored."""
    assert reader().frames('[{"type": "ping", "new": {"deep": [1]}}]') == [Ping()]


def test_an_error_about_an_unknown_type_does_not_repeat_all_of_it() -> None:
    error = only_error(json.dumps([{"type": "x" * 10_000}]))
    assert error.code == "unknown_type"
    assert len(error.text) < 200


def test_an_error_does_not_repeat_what_was_said() -> None:
    """The log gets one line without message text; the error's text ends up there."""
    said = {"type": "message", "clientId": "secret-client", "text": "secret-text", "command": 3}
    assert "secret" not in only_error(json.dumps([said])).text
    values = {"type": "env", "clientId": new_id(1), "values": {"KEY": "secret-value" * 1000}}
    assert "secret" not in only_error(json.dumps([values])).text


@pytest.mark.parametrize(
    ("text", "is_taken"),
    [("x" * MAX_TEXT, True), ("😀" * MAX_TEXT, True), ("x" * (MAX_TEXT + 1), False), ("😀" * (MAX_TEXT + 1), False)],
)
def test_a_text_is_limited_in_code_points(text: str, is_taken: bool) -> None:
    message = SendMessage(client_id=new_id(1), text=text)
    [read] = reader().frames(encode_message([message]))
    assert (read == message) is is_taken
    if not is_taken:
        assert read.code == "malformed"


def test_the_longest_text_fits_into_a_message_at_its_widest() -> None:
    """Control characters take six bytes each in JSON."""
    message = SendMessage(client_id=new_id(1), text="\0" * MAX_TEXT)
    assert reader().frames(encode_message([message])) == [message]


def test_a_message_has_a_largest_size() -> None:
    with pytest.raises(ProtocolError) as raised:
        reader(max_bytes=99).frames(b"[" + b" " * 98 + b"]")
    assert raised.value.code == "too_large"
    assert "99" in raised.value.text
    assert reader(max_bytes=100).frames(b"[" + b" " * 98 + b"]") == []


def test_the_size_is_counted_in_bytes_of_text_too() -> None:
    with pytest.raises(ProtocolError) as raised:
        reader(max_bytes=50).frames('["' + "é" * 30 + '"]')
    assert raised.value.code == "too_large"


def test_a_message_has_a_largest_number_of_frames() -> None:
    pings = [encode(Ping())] * 4
    assert len(reader(max_frames=4).frames(join(pings))) == 4
    with pytest.raises(ProtocolError) as raised:
        reader(max_frames=3).frames(join(pings))
    assert raised.value.code == "too_large"


def test_the_variables_of_a_viewer_are_limited() -> None:
    fits = GiveEnv(client_id=new_id(1), values={f"KEY_{number}": "x" for number in range(64)})
    assert reader().frames(encode_message([fits])) == [fits]
    too_many = GiveEnv(client_id=new_id(1), values={f"KEY_{number}": "x" for number in range(65)})
    too_long = GiveEnv(client_id=new_id(1), values={"KEY": "x" * 8193})
    assert [error.code for error in reader().frames(encode_message([too_many, too_long]))] == ["malformed", "malformed"]


@pytest.mark.parametrize(
    "text", ["", "-", new_id(1).replace("-", ""), new_id(1) + "\n", "\n" + new_id(1), f"{{{new_id(1)}}}"]
)
def test_only_a_uuid_is_an_id(text: str) -> None:
    assert not is_id(text)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Id)


@pytest.mark.parametrize("text", ["demo", "My chat.v2", "Grüße", "数学", "x" * 100])
def test_a_channel_may_be_called_like_a_notebook(text: str) -> None:
    assert is_channel_name(text)
    assert msgspec.convert(text, ChannelName) == text


@pytest.mark.parametrize(
    "text", ["", " demo", ".hidden", "..", "a/b", "a\\b", "a\0", "a\n", "a\nb", "x" * 101, "a?b", "a#b", "a%2e"]
)
def test_a_channel_is_not_called_like_a_path_or_an_address(text: str) -> None:
    assert not is_channel_name(text)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, ChannelName)


@pytest.mark.parametrize("union", UNIONS, ids=lambda union: get_args(union)[0].__name__)
def test_every_frame_stands_in_the_docs(union: Any) -> None:
    for member in get_args(union):
        assert f"`{member.__struct_config__.tag}" in DOCS


def test_every_error_code_stands_in_the_docs() -> None:
    listed = re.search(r"Codes: `([a-z_, \n]+)`", DOCS)
    assert listed is not None
    assert set(re.split(r",\s+", listed[1])) == set(get_args(ErrorCode))


def test_every_error_is_in_the_tree_of_the_docstring() -> None:
    raised = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception) and not name.startswith("_")
    }
    assert raised == set(re.findall(r"\b(\w+Error)\b(?= {2,}|\n)", errors.__doc__ or "")) | {"ChatSessionsError"}
    assert all(issubclass(getattr(errors, name), errors.ChatSessionsError) for name in raised)


def test_every_frame_is_frozen_and_travels_in_camel_case() -> None:
    structs = [value for value in vars(frames).values() if isinstance(value, type) and issubclass(value, frames.Frame)]
    assert len(structs) > 40
    for struct in structs:
        assert struct.__struct_config__.frozen
        for field in msgspec.structs.fields(struct):
            assert re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", field.encode_name)


@pytest.mark.parametrize("union", UNIONS, ids=lambda union: get_args(union)[0].__name__)
def test_only_new_fields_may_come_and_they_have_defaults(union: Any) -> None:
    """Rules of evolution: what version 1 requires is this and no more."""
    required = {
        member.__struct_config__.tag: sorted(
            field.encode_name for field in msgspec.structs.fields(member) if field.required
        )
        for member in get_args(union)
    }
    assert required == {tag: REQUIRED[tag] for tag in required}


REQUIRED = {
    "put_step": ["step"],
    "append_text": ["offset", "stepId", "text"],
    "finish_step": ["stepId"],
    "remove_step": ["stepId"],
    "put_action": ["action", "stepId"],
    "remove_action": ["actionId", "stepId"],
    "put_element": ["element", "stepId"],
    "remove_element": ["elementId", "stepId"],
    "put_question": ["question"],
    "clear_question": ["questionId"],
    "set_state": ["state"],
    "set_run": ["name", "run", "status"],
    "begin": ["channel", "v"],
    "begun": ["secret", "session", "threadId"],
    "hello": ["secret", "session", "v"],
    "message": ["clientId", "text"],
    "answer": ["clientId", "questionId", "text"],
    "env": ["clientId", "values"],
    "retry": ["clientId", "stepId"],
    "edit": ["clientId", "stepId", "text"],
    "call": ["clientId", "name"],
    "press": ["actionId", "clientId", "stepId"],
    "stop": [],
    "end": [],
    "seen": ["seq"],
    "ping": [],
    "welcome": ["channel", "epoch", "resumed", "seq", "session", "threadId", "user", "v"],
    "event": ["event", "seq"],
    "accepted": ["clientId"],
    "error": ["code", "text"],
    "bye": ["code", "text"],
    "signal": ["kind"],
    "going": ["retryAfterS"],
    "pong": [],
    "heartbeat": [],
    "save_values": ["session", "values"],
    "publish": ["settings"],
    "unpublish": ["channel"],
    "open_notebook_session": ["channel", "session", "threadId"],
    "host_message": ["clientId", "session", "text"],
    "host_answer": ["questionId", "session", "text"],
    "host_press": ["button", "clientId", "session"],
    "emit": ["event", "session"],
    "run": ["name", "run", "session", "status"],
    "busy": ["busy", "channel"],
    "had_session": ["session"],
    "send_signal": ["kind", "session"],
    "put_file": ["data", "file", "offset", "session"],
    "drop_file": ["file", "session"],
    "want_file": ["file", "session"],
    "close_session": ["session"],
    "watched": ["isWatched", "session"],
    "published": ["channel", "path"],
    "publish_refused": ["channel", "code", "text"],
    "open_session": ["channel", "session", "threadId", "user"],
    "deliver": ["session", "step"],
    "deliver_answer": ["questionId", "session"],
    "file_piece": ["data", "file", "offset", "session"],
    "steps_removed": ["session", "stepIds"],
    "stop_runs": ["session"],
    "session_ended": ["reason", "session"],
    "host_refused": ["code", "session", "text"],
    "forward": ["event", "session"],
    "link_hello": ["hostEpoch", "v"],
    "link_welcome": ["hubEpoch", "received", "resumed", "v"],
    "batch": ["ack", "frames", "seq"],
    "link_ack": ["ack"],
    "link_beat": [],
    "link_refused": ["code", "text"],
}
