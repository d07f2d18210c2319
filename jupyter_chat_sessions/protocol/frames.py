"""The frames, one struct each, in closed unions told apart by `type`.

A WebSocket message is a JSON array of frames. `docs/protocol.md` documents each; the rules of evolution stand there: a
new field has a default, an unknown field is ignored, an unknown type is answered with an error frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct, field

from .errors import ErrorCode, ProtocolError
from .steps import (
    Action,
    Answer,
    ChannelName,
    Element,
    Id,
    Question,
    RunStatus,
    Snapshot,
    Step,
    Thread,
    Uploads,
    is_id,
)

PROTOCOL_VERSION = 1

MAX_TEXT = 32_768
"""Code points in one message of a viewer."""
MAX_README = 16_384
"""Code points of what an author tells viewers of a chat."""
MAX_FILES = 100
"""Files with one message or answer; a channel may allow fewer."""
MAX_VIEWER_BYTES = 256 * 1024
"""Bytes in one WebSocket message from a viewer: `MAX_TEXT` at its widest in JSON, and the frame around it."""
MAX_HOST_BYTES = 4 * 1024 * 1024
"""Bytes in one WebSocket message between hub and host."""

BATCH_BYTES = MAX_HOST_BYTES // 4
"""What gathers in one such message, in bytes; a single frame may be larger."""

FILE_PIECE_BYTES = 384 * 1024
"""Bytes of a file in one frame between hub and host, before they are written as Base64."""

Text = Annotated[str, Meta(max_length=MAX_TEXT)]
UserEnv = Annotated[dict[str, Annotated[str, Meta(max_length=8192)]], Meta(max_length=64)]
"""The viewer's own variables (API keys). Held in memory only; never stored, logged or shown."""


ClientType = Literal["webapp", "copilot", "http", "notebook"]


class Frame(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, tag_field="type", gc=False):
    """Base of everything that crosses a socket. Made of what JSON has, so no cycle is in it for a collector to find."""


# ---- Events: the only things that change a conversation -------------------------------------------------------------


class PutStep(Frame, tag="put_step", frozen=True, kw_only=True):
    """Add a step at the end, or replace the one with its id where it stands."""

    step: Step
    replaces: bool = False
    """The step is not new: where it is not here, it stands among the earlier ones, and nothing changes."""


class AppendText(Frame, tag="append_text", frozen=True, kw_only=True):
    """Add text at the end of a step's output or input."""

    step_id: Id
    offset: int
    """Code points in the field before this text; must match, or something was lost."""
    text: str
    into: Literal["output", "input"] = "output"


class FinishStep(Frame, tag="finish_step", frozen=True, kw_only=True):
    """No more text comes for a step that was streaming; its text is not sent a second time."""

    step_id: Id
    end: str | None = None


class RemoveStep(Frame, tag="remove_step", frozen=True, kw_only=True):
    """Take a step out of the conversation."""

    step_id: Id


class PutQuestion(Frame, tag="put_question", frozen=True, kw_only=True):
    """Put a question to the viewer."""

    question: Question


class ClearQuestion(Frame, tag="clear_question", frozen=True, kw_only=True):
    """Close a question."""

    question_id: Id
    reason: Literal["answered", "expired", "withdrawn"] = "answered"


class SetState(Frame, tag="set_state", frozen=True, kw_only=True):
    """Merge into the session's state; a null removes the key. The keys stand in `docs/protocol.md`."""

    state: dict[str, Any]


class PutAction(Frame, tag="put_action", frozen=True, kw_only=True):
    """Add a button under a message, or replace the one with its id where it stands."""

    step_id: Id
    action: Action


class RemoveAction(Frame, tag="remove_action", frozen=True, kw_only=True):
    """Take a button away."""

    step_id: Id
    action_id: Id


class PutElement(Frame, tag="put_element", frozen=True, kw_only=True):
    """Add an element to a step, or replace the one with its id where it stands."""

    step_id: Id
    element: Element


class RemoveElement(Frame, tag="remove_element", frozen=True, kw_only=True):
    """Take an element away."""

    step_id: Id
    element_id: Id


class SetRun(Frame, tag="set_run", frozen=True, kw_only=True):
    """A run began or ended: its message, if it is not done with, gets the status, and the state says what runs."""

    run: Id
    """The id of the user's message or call that it is for."""
    name: str
    status: RunStatus


HostEvent = (
    PutStep
    | AppendText
    | FinishStep
    | RemoveStep
    | PutAction
    | RemoveAction
    | PutElement
    | RemoveElement
    | PutQuestion
    | ClearQuestion
    | SetState
)
"""What a host may do to a conversation by itself."""
Event = HostEvent | SetRun


# ---- Viewer to hub ---------------------------------------------------------------------------------------------------


class Begin(Frame, tag="begin", frozen=True, kw_only=True):
    """Ask for a new session, in the place of `hello`: answered with `begun` and `welcome`, or an error."""

    v: int
    channel: ChannelName
    client: Literal["webapp", "copilot", "http"] = "webapp"
    language: str = "en-US"
    chat_profile: str | None = None
    user_env: UserEnv = field(default_factory=dict)


class Hello(Frame, tag="hello", frozen=True, kw_only=True):
    """First frame of a viewer: which session, the proof, and what it has seen."""

    v: int
    session: Id
    secret: str
    epoch: str | None = None
    last_seq: int = 0


class SendMessage(Frame, tag="message", frozen=True, kw_only=True):
    """A message for the author's `on_message`."""

    client_id: Id
    text: Text
    command: Annotated[str, Meta(max_length=256)] | None = None
    modes: Annotated[dict[str, Annotated[str, Meta(max_length=256)]], Meta(max_length=32)] = field(default_factory=dict)
    """The option that was chosen of each mode."""
    files: Annotated[list[Id], Meta(max_length=MAX_FILES)] = field(default_factory=list)
    """What was uploaded for it."""


class SendAnswer(Frame, tag="answer", frozen=True, kw_only=True):
    """The answer to an open question."""

    client_id: Id
    question_id: Id
    text: Text
    action_id: Id | None = None
    """The button, for a question that is answered with one."""
    files: Annotated[list[Id], Meta(max_length=MAX_FILES)] = field(default_factory=list)
    """What was uploaded for a question that is answered with files."""


class GiveEnv(Frame, tag="env", frozen=True, kw_only=True):
    """The variables that the channel requires of each viewer."""

    client_id: Id
    values: UserEnv


class EditMessage(Frame, tag="edit", frozen=True, kw_only=True):
    """Change a message that was said, and have it answered anew: what was said after it goes."""

    client_id: Id
    step_id: Id
    text: Text


class PressAction(Frame, tag="press", frozen=True, kw_only=True):
    """Press a button under a message: a call of the author's `action_callback`."""

    client_id: Id
    step_id: Id
    action_id: Id


CallName = Literal["on_settings_update", "on_settings_edit", "on_feedback", "on_window_message"]


class Call(Frame, tag="call", frozen=True, kw_only=True):
    """Do something that a handler of the author's is run for, other than to write or to press a button."""

    client_id: Id
    name: CallName
    about: Id | None = None
    """For `on_feedback`: the message."""
    value: Any = None
    """What the handler is given: the settings by their ids, a `Feedback`, what the front end says."""


class Retry(Frame, tag="retry", frozen=True, kw_only=True):
    """Run a message or call again whose run was interrupted: never by itself, only because its viewer wants it."""

    client_id: Id
    step_id: Id


class Stop(Frame, tag="stop", frozen=True, kw_only=True):
    """Cancel what runs for this session, and what waits."""


class EndSession(Frame, tag="end", frozen=True, kw_only=True):
    """End the session for good (New chat, or the owner's wish)."""


class Seen(Frame, tag="seen", frozen=True, kw_only=True):
    """Cumulative acknowledgement of events; trims memory, gates nothing."""

    seq: int


class Ping(Frame, tag="ping", frozen=True, kw_only=True):
    """Are you there? Answered with `pong`."""


ViewerCommand = SendMessage | SendAnswer | EditMessage | PressAction | Call | GiveEnv | Retry
"""What a viewer says or does: kept there until it is confirmed, and recognised by the hub when it comes again."""
ViewerFrame = Begin | Hello | ViewerCommand | Stop | EndSession | Seen | Ping


# ---- Hub to viewer ---------------------------------------------------------------------------------------------------


class ChannelInfo(Frame, tag="channel", frozen=True, kw_only=True):
    """What a viewer may know of a channel."""

    name: str
    title: str
    """As viewers read it."""
    bot_name: str = "Assistant"
    placeholder: str | None = None
    """The hint in the empty composer."""
    allow_remote_images: bool = False
    uploads: Uploads | None = None
    """Which files may go with a message; None: none."""
    can_edit: bool = True
    """Viewers may change what they have said."""
    readme: str | None = None
    """What the author tells viewers of the chat, as Markdown."""


class UserInfo(Frame, tag="user", frozen=True, kw_only=True):
    """A person, as Jupyter's identity provider names them."""

    identifier: str
    display_name: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


class Begun(Frame, tag="begun", frozen=True, kw_only=True):
    """A session was made; the secret is told this once. Its `welcome` comes with it."""

    session: Id
    secret: str
    thread_id: Id


class Welcome(Frame, tag="welcome", frozen=True, kw_only=True):
    """The answer to `hello`: either the missing events follow, or a snapshot stands here. Never half of it."""

    v: int
    session: Id
    thread_id: Id
    epoch: str
    seq: int
    """The number of the newest event."""
    resumed: bool
    reason: Literal["new", "epoch", "window"] | None = None
    """Why not resumed."""
    snapshot: Snapshot | None = None
    """Given exactly when not resumed; it stands at `seq`."""
    channel: ChannelInfo
    user: UserInfo
    is_owner: bool = False
    """This viewer may see tracebacks: Jupyter lets them run code on this server."""
    remaining_s: dict[str, float] = field(default_factory=dict)
    """Seconds left for each open question, by its id."""


class Numbered(Frame, tag="event", frozen=True, kw_only=True):
    """An event with its place in the session's one order."""

    seq: int
    event: Event
    first: int | None = None
    """Where several events were merged into one: the number of the first; the frame then covers `first..seq`."""


class Accepted(Frame, tag="accepted", frozen=True, kw_only=True):
    """What a viewer sent is stored and will have its effect exactly once."""

    client_id: Id
    step_id: Id | None = None


class ErrorFrame(Frame, tag="error", frozen=True, kw_only=True):
    """Something was turned down. The connection lives on unless a `bye` follows."""

    code: ErrorCode
    text: str
    """One sentence for a person."""
    client_id: str | None = None
    """What it answers, where it answers something."""
    retry_after_s: float | None = None
    """Where sending it again may work: seconds until then. Without it the refusal is final."""
    details: list[str] = field(default_factory=list)


SignalKind = Literal["toast", "window_message", "token_usage"]


class Bye(Frame, tag="bye", frozen=True, kw_only=True):
    """A wanted end, announced before the socket closes: do not reconnect."""

    code: int
    text: str


class Going(Frame, tag="going", frozen=True, kw_only=True):
    """The server stops in an orderly way: come back after a while. The socket closes with 1012 afterwards."""

    retry_after_s: float


class Pong(Frame, tag="pong", frozen=True, kw_only=True):
    """Here I am."""


class Heartbeat(Frame, tag="heartbeat", frozen=True, kw_only=True):
    """Sent after a silence, so that a browser can tell a quiet line from a dead one."""


class Signal(Frame, tag="signal", frozen=True, kw_only=True):
    """Something for whoever looks on now: it has no number, and is lost where nobody does."""

    kind: SignalKind
    data: Any = None
    """Of a `toast` its `text`, and its `kind`: `info`, `success`, `warning` or `error`; else what the author says."""


HubFrame = Begun | Welcome | Numbered | Accepted | ErrorFrame | Bye | Going | Signal | Pong | Heartbeat


# ---- Host to hub -----------------------------------------------------------------------------------------------------


class ChannelSettings(Frame, tag="channel_settings", frozen=True, kw_only=True):
    """What an author decides about a channel."""

    name: ChannelName
    title: str
    bot_name: str = "Assistant"
    placeholder: str | None = None
    required_env: list[str] = field(default_factory=list)
    """Names of the variables each viewer has to give before the chat starts."""
    when_busy: Literal["queue", "reject", "interrupt"] = "queue"
    """What a message does while another runs."""
    allow_remote_images: bool = False
    uploads: Uploads | None = field(default_factory=Uploads)
    """Which files may go with a message; None: none."""
    can_edit: bool = True
    """Viewers may change what they have said."""
    session_timeout_s: float | None = None
    """How long a session waits for its viewer, seconds; at most as long as the server lets it."""
    readme: Annotated[str, Meta(max_length=MAX_README)] | None = None
    """What the author tells viewers of the chat, as Markdown."""


class Publish(Frame, tag="publish", frozen=True, kw_only=True):
    """Offer a channel, or change its settings."""

    settings: ChannelSettings
    force: bool = False
    """Take the name over from another live host."""


class Unpublish(Frame, tag="unpublish", frozen=True, kw_only=True):
    """Withdraw a channel and end its sessions."""

    channel: ChannelName


class OpenNotebookSession(Frame, tag="open_notebook_session", frozen=True, kw_only=True):
    """Make a session of the notebook's own, which no browser shows."""

    channel: ChannelName
    session: Id
    thread_id: Id
    user_env: UserEnv = field(default_factory=dict)
    """The required variables, as the notebook's own process has them."""


class HostMessage(Frame, tag="host_message", frozen=True, kw_only=True):
    """A message that a cell sends as the user of a session."""

    session: Id
    client_id: Id
    text: Text


class HostAnswer(Frame, tag="host_answer", frozen=True, kw_only=True):
    """An answer that a cell gives as the user of a session."""

    session: Id
    question_id: Id
    text: Text
    client_id: Id | None = None
    """The cell's own id for it, which a refusal names."""
    files: Annotated[list[Element], Meta(max_length=MAX_FILES)] = field(default_factory=list)
    """The files that are the answer: put before it with `put_file`, and described by what shows them."""


class HostPress(Frame, tag="host_press", frozen=True, kw_only=True):
    """The press of a button by a cell, as the user of a session."""

    session: Id
    client_id: Id
    button: Text
    """What stands on it, or its name: the newest such button is meant."""


class Emit(Frame, tag="emit", frozen=True, kw_only=True):
    """An event of one session, not yet numbered: the hub gives it its place."""

    session: Id
    event: HostEvent


class RunChanged(Frame, tag="run", frozen=True, kw_only=True):
    """A run began or ended."""

    session: Id
    run: Id
    """For `on_message` the id of the user's message."""
    name: str
    status: RunStatus


class HostBusy(Frame, tag="busy", frozen=True, kw_only=True):
    """Whether a cell keeps the loop that handlers run on."""

    channel: ChannelName
    busy: bool


class SaveValues(Frame, tag="save_values", frozen=True, kw_only=True):
    """What `user_session` holds now: all that can be written as JSON, for the host that comes after this one."""

    session: Id
    values: dict[str, Any]
    lost: list[str] = field(default_factory=list)
    """Keys whose values cannot be written."""
    settings: dict[str, Any] = field(default_factory=dict)
    """The form of the chat's settings and what they are, as the state has them; empty where there are none."""


class HadSession(Frame, tag="had_session", frozen=True, kw_only=True):
    """A session that lived here before the hub began anew with this host: said after its channel is published again.

    If it goes on, `open_session` has come by then; if not, `session_ended` answers.
    """

    session: Id


class SendSignal(Frame, tag="send_signal", frozen=True, kw_only=True):
    """Something for whoever looks at a session now."""

    session: Id
    kind: SignalKind
    data: Any = None


class PutFile(Frame, tag="put_file", frozen=True, kw_only=True):
    """A piece of a file, for the hub to keep: the pieces of one come in order, before what tells of it."""

    session: Id
    file: Id
    offset: int
    """Bytes before this piece; a piece at 0 begins the file anew, unless that is whole already."""
    data: bytes
    is_last: bool = False


class WantFile(Frame, tag="want_file", frozen=True, kw_only=True):
    """Ask for the next piece of a file that the hub keeps: answered with `file_piece`."""

    session: Id
    file: Id
    offset: int = 0


class DropFile(Frame, tag="drop_file", frozen=True, kw_only=True):
    """A file that this host has put is shown nowhere any more: the hub need not keep it."""

    session: Id
    file: Id


class CloseSession(Frame, tag="close_session", frozen=True, kw_only=True):
    """The author ends a session."""

    session: Id


HostFrame = (
    Publish
    | Unpublish
    | OpenNotebookSession
    | HostMessage
    | HostAnswer
    | HostPress
    | Emit
    | RunChanged
    | HostBusy
    | SaveValues
    | HadSession
    | SendSignal
    | PutFile
    | DropFile
    | WantFile
    | CloseSession
)


# ---- Hub to host -----------------------------------------------------------------------------------------------------


class Published(Frame, tag="published", frozen=True, kw_only=True):
    """The channel is open; its page is at `path` below the server's address."""

    channel: str
    path: str


class PublishRefused(Frame, tag="publish_refused", frozen=True, kw_only=True):
    """The channel was not opened."""

    channel: str
    code: ErrorCode
    text: str


class OpenSession(Frame, tag="open_session", frozen=True, kw_only=True):
    """A session begins here: run `on_chat_start`, once."""

    session: Id
    channel: str
    thread_id: Id
    user: UserInfo
    user_env: UserEnv = field(default_factory=dict)
    client_type: ClientType = "webapp"
    language: str = "en-US"
    chat_profile: str | None = None
    is_owner: bool = False
    resumed: bool = False
    """`on_chat_start` has had its turn, under an earlier host or in an earlier session of the thread."""
    thread: Thread | None = None
    """When resumed: what was said before, for `on_chat_resume`."""
    values: dict[str, Any] = field(default_factory=dict)
    """When resumed: what `user_session` held."""
    lost: list[str] = field(default_factory=list)
    """When resumed: keys whose values could not be kept."""
    settings: dict[str, Any] = field(default_factory=dict)
    """When resumed: the form of the chat's settings and what they were, as the state has them."""
    state: dict[str, Any] = field(default_factory=dict)
    """What an earlier host has let viewers be shown beside the steps, by the keys of the state."""
    is_watched: bool = True
    """Somebody looks at it now."""
    max_file_bytes: int = 100 * 1024 * 1024
    """The largest file that the hub keeps."""


class Watched(Frame, tag="watched", frozen=True, kw_only=True):
    """The last viewer of a session has left (`on_disconnect`), or one came back (`on_reconnect`)."""

    session: Id
    is_watched: bool


class Deliver(Frame, tag="deliver", frozen=True, kw_only=True):
    """A user's message or call, stored: run the handler that it is for, after those before it.

    A call is a step of type `run`: its `name` is the handler's, its `input` what the handler is given, as JSON.
    """

    session: Id
    step: Step


class DeliverAnswer(Frame, tag="deliver_answer", frozen=True, kw_only=True):
    """The answer to a question of the host; null when its time is over."""

    session: Id
    question_id: Id
    answer: Answer | None = None


class FilePiece(Frame, tag="file_piece", frozen=True, kw_only=True):
    """A piece of a file that the host has asked for."""

    session: Id
    file: Id
    offset: int
    data: bytes
    is_last: bool = False
    error: str | None = None
    """Why there is nothing, in a sentence; then there is no more to ask for."""


class StepsRemoved(Frame, tag="steps_removed", frozen=True, kw_only=True):
    """A viewer has edited a message: what was said after it is no longer part of the conversation."""

    session: Id
    step_ids: list[Id]


class StopRuns(Frame, tag="stop_runs", frozen=True, kw_only=True):
    """The viewer pressed Stop."""

    session: Id


class SessionEnded(Frame, tag="session_ended", frozen=True, kw_only=True):
    """The session is over here: cancel, run `on_chat_end`, free everything. `moved`: it goes on at another host."""

    session: Id
    reason: Literal["closed", "timeout", "unpublished", "unknown", "moved"]


class HostRefused(Frame, tag="host_refused", frozen=True, kw_only=True):
    """Something a host sent on behalf of a session was turned down."""

    session: str
    code: ErrorCode
    text: str
    client_id: str | None = None
    file: str | None = None
    """The file of which nothing is kept, where it was a piece of one."""


class Forward(Frame, tag="forward", frozen=True, kw_only=True):
    """An event of a session that a cell speaks in, for that cell to show."""

    session: Id
    event: Event


HubToHostFrame = (
    Published
    | PublishRefused
    | OpenSession
    | Watched
    | Deliver
    | DeliverAnswer
    | FilePiece
    | StepsRemoved
    | StopRuns
    | SessionEnded
    | HostRefused
    | Forward
)


# ---- The link between host and hub: numbered batches both ways -----------------------------------------------------


class LinkHello(Frame, tag="link_hello", frozen=True, kw_only=True):
    """First of a host: who it is, and how far it has read."""

    v: int
    host_epoch: str
    """New for each host process."""
    hub_epoch: str | None = None
    """The hub it last spoke to, if any."""
    kernel_id: str | None = None
    received: int = 0


class LinkWelcome(Frame, tag="link_welcome", frozen=True, kw_only=True):
    """The hub's answer: how far it has read. Unacknowledged batches are sent again from there."""

    v: int
    hub_epoch: str
    received: int
    resumed: bool


class HostBatch(Frame, tag="batch", frozen=True, kw_only=True):
    """Frames of a host, numbered `seq`, `seq + 1`, …; `ack` is the last number received from the other side."""

    seq: int
    ack: int
    frames: list[HostFrame]


class HubBatch(Frame, tag="batch", frozen=True, kw_only=True):
    """Frames for a host, numbered likewise."""

    seq: int
    ack: int
    frames: list[HubToHostFrame]


class LinkAck(Frame, tag="link_ack", frozen=True, kw_only=True):
    """Only an acknowledgement."""

    ack: int


class LinkBeat(Frame, tag="link_beat", frozen=True, kw_only=True):
    """Alive: from the host's own thread, whatever its cells do."""


class LinkRefused(Frame, tag="link_refused", frozen=True, kw_only=True):
    """The hub will not speak with this host."""

    code: ErrorCode
    text: str


HostLinkFrame = LinkHello | HostBatch | LinkAck | LinkBeat
HubLinkFrame = LinkWelcome | HubBatch | LinkAck | LinkBeat | LinkRefused


# ---- Wire ------------------------------------------------------------------------------------------------------------

_encoder = msgspec.json.Encoder()
encode = _encoder.encode
"""One frame as JSON bytes."""

F = TypeVar("F", bound=Frame)


class Decoder:
    """Read WebSocket messages into frames of one union.

    Args:
        frames: The union of frames that may come.
        max_bytes: The largest message, in bytes.
        max_frames: The most frames in one message.
    """

    def __init__(self, frames: Any, *, max_bytes: int, max_frames: int = 1024) -> None:
        self._one = msgspec.json.Decoder(frames)
        self._all = msgspec.json.Decoder(list[frames])
        self._tags = frozenset(member.__struct_config__.tag for member in get_args(frames))
        self._max_bytes = max_bytes
        self._max_frames = max_frames

    def frames(self, message: str | bytes) -> list[Any | ProtocolError]:
        """Return the frames of a message in order; in place of one that cannot be read, its error.

        Args:
            message: What one WebSocket message carried.

        Raises:
            ProtocolError: The message as a whole cannot be read: too large, not JSON, not an array.
        """
        data = message.encode(errors="replace") if isinstance(message, str) else message
        if len(data) > self._max_bytes:
            raise ProtocolError("too_large", f"The message has {len(data)} bytes; at most {self._max_bytes} are read.")
        try:
            read: list[Any | ProtocolError] = self._all.decode(data)
        except (msgspec.DecodeError, RecursionError):
            read = []  # one by one, to tell which cannot be read
        if 0 < len(read) <= self._max_frames:
            return read
        try:
            parts = msgspec.json.decode(data, type=list[msgspec.Raw])
        except (msgspec.DecodeError, RecursionError):
            raise ProtocolError("malformed", "A WebSocket message must be a JSON array of frames.") from None
        if len(parts) > self._max_frames:
            raise ProtocolError("too_large", f"One message may carry {self._max_frames} frames; it had {len(parts)}.")
        return [self._read(part) for part in parts]

    def _read(self, part: msgspec.Raw) -> Any | ProtocolError:
        try:
            return self._one.decode(part)
        except msgspec.ValidationError as reason:
            tag, client_id = _label_of(part)
            if tag is not None and tag not in self._tags:
                text = f"This end does not know frames of type {tag[:40]!r}."
                return ProtocolError("unknown_type", text, client_id=client_id)
            return ProtocolError("malformed", f"A frame could not be read: {reason}.", client_id=client_id)
        except (msgspec.DecodeError, RecursionError):
            return ProtocolError("malformed", "A frame could not be read: it is not JSON or too deep.")


class _Label(Struct, rename="camel"):
    type: Any = None
    client_id: Any = None


def _label_of(part: msgspec.Raw) -> tuple[str | None, str | None]:
    """Return the type of a frame that could not be read, and its sender's id for it: what can be told of them."""
    try:
        label = msgspec.json.decode(part, type=_Label)
    except (msgspec.DecodeError, RecursionError):
        return None, None
    tag, client_id = label.type, label.client_id
    return tag if isinstance(tag, str) else None, client_id if isinstance(client_id, str) and is_id(client_id) else None


def join(frames: Iterable[bytes]) -> bytes:
    """Return one WebSocket message of already encoded frames."""
    return b"[" + b",".join(frames) + b"]"


def encode_message(frames: Sequence[Frame]) -> bytes:
    """Return one WebSocket message of frames."""
    return _encoder.encode(frames)
