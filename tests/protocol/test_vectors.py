"""The Python side of the vectors: the same files hold the TypeScript side."""

from __future__ import annotations

from typing import Any

import jsonschema
import msgspec
import pytest

from jupyter_chat_sessions.protocol.conversation import Conversation
from jupyter_chat_sessions.protocol.errors import ProtocolError
from jupyter_chat_sessions.protocol.frames import (
    MAX_VIEWER_BYTES,
    Decoder,
    Event,
    HubFrame,
    ViewerCommand,
    ViewerFrame,
    encode_message,
)
from jupyter_chat_sessions.protocol.steps import Snapshot
from jupyter_chat_sessions.protocol.viewing import Viewing

from .vectors import normalised, read


def by_name(vector: dict[str, Any]) -> str:
    return str(vector["name"])


@pytest.mark.parametrize("vector", read("conversation"), ids=by_name)
def test_events_make_the_conversation_of_the_vector(vector: dict[str, Any]) -> None:
    conversation = Conversation(msgspec.convert(vector.get("start", {}), Snapshot))
    *before, last = msgspec.convert(vector["events"], list[Event]) or [None]
    for event in before:
        conversation.apply(event)
    if "error" in vector:
        with pytest.raises(ProtocolError) as raised:
            conversation.apply(last)
        assert raised.value.code == vector["error"]
        return
    if last is not None:
        conversation.apply(last)
    assert normalised(conversation.snapshot()) == vector["snapshot"]


@pytest.mark.parametrize("vector", read("viewing"), ids=by_name)
def test_a_viewer_says_and_hears_what_the_vector_says(vector: dict[str, Any]) -> None:
    viewing = Viewing(vector["session"], vector["secret"])
    for line in vector["script"]:
        if "hello" in line:
            assert normalised(viewing.hello()) == line["hello"]
        elif "receive" in line:
            effect, answers = viewing.receive(msgspec.convert(line["receive"], HubFrame))
            assert (effect, normalised(answers)) == (line["effect"], line["send"])
        elif "command" in line:
            said = viewing.command(msgspec.convert(line["command"], ViewerCommand))
            assert normalised(said) == line["send"]
        else:
            assert line == {"disconnected": True}
            viewing.disconnected()
    assert normalised(viewing.conversation.snapshot()) == vector["snapshot"]
    assert viewing.last_seq == vector["lastSeq"]
    assert [command.client_id for command in viewing.unconfirmed] == vector["unconfirmed"]


def test_the_frames_that_the_browser_sends_fit_the_json_schema_of_the_structs() -> None:
    schema = msgspec.json.schema(ViewerFrame)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for frame in read("frames"):
        validator.validate(frame)
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**frame, "type": "no_such_type"})


def test_the_frames_that_the_browser_sends_are_read_as_they_were_meant() -> None:
    sent = read("frames")
    read_frames = Decoder(ViewerFrame, max_bytes=MAX_VIEWER_BYTES).frames(msgspec.json.encode(sent))
    defaults = {"lastSeq": 0}
    for frame, struct in zip(sent, read_frames, strict=True):
        assert normalised(struct) == {key: value for key, value in frame.items() if defaults.get(key, ...) != value}


def test_each_type_of_viewer_frame_has_a_vector() -> None:
    tags = {member.__struct_config__.tag for member in ViewerFrame.__args__}
    assert {frame["type"] for frame in read("frames")} == tags


def test_what_this_side_sends_is_read_again_as_it_was() -> None:
    frames = msgspec.convert(read("frames"), list[ViewerFrame])
    assert Decoder(ViewerFrame, max_bytes=MAX_VIEWER_BYTES).frames(encode_message(frames)) == frames
