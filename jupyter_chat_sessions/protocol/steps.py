"""What a conversation is made of: steps, questions, and the snapshot of both.

These structs are the wire's and the store's at once; past the edge no plain dict travels.
Keys are camelCase on the wire, as Chainlit's `StepDict` has them.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

# In Python `$` also stands before a line break at the end; `(?!\n)` does not let that pass, in JSON Schema neither.
ID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$(?!\n)"
CHANNEL_PATTERN = r"^[\w][\w .\-]{0,99}$(?!\n)"

Id = Annotated[str, Meta(pattern=ID_PATTERN)]
ChannelName = Annotated[str, Meta(pattern=CHANNEL_PATTERN)]

is_id = re.compile(ID_PATTERN).fullmatch
is_channel_name = re.compile(CHANNEL_PATTERN).fullmatch

StepType = Literal[
    "user_message",
    "assistant_message",
    "system_message",
    "run",
    "tool",
    "llm",
    "embedding",
    "retrieval",
    "rerank",
    "undefined",
]

RunStatus = Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
"""What became of what a viewer said or did. `queued` until a handler takes it; the last four are final."""

FINAL_RUN_STATUSES = frozenset({"done", "failed", "cancelled", "interrupted"})
UNFINISHED_RUN_STATUSES = frozenset({"queued", "running"})


class Action(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A button under a message (Chainlit: `Action`)."""

    id: Id
    name: str
    """Which of the author's callbacks it is for."""
    payload: dict[str, Any] = field(default_factory=dict)
    label: str = ""
    tooltip: str = ""
    icon: str | None = None


ElementType = Literal["image", "text", "pdf", "audio", "video", "file", "plotly", "dataframe", "display", "custom"]


class Element(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What stands with a message or step: a picture, a table, a file (Chainlit: `ElementDict`)."""

    id: Id
    type: ElementType
    name: str
    """As viewers read it, and what a message calls it by."""
    display: Literal["inline", "side", "page"] = "inline"
    mime: str | None = None
    file: Id | None = None
    """Its content, where the hub keeps that: who may read the session fetches it by this id."""
    url: str | None = None
    """Its content, where it is elsewhere."""
    bytes: int | None = None
    """How large its content is."""
    size: Literal["small", "medium", "large"] | None = None
    language: str | None = None
    """Of a text: show it as code."""
    props: dict[str, Any] = field(default_factory=dict)
    """What else its type has, such as the `page` of a PDF; see `docs/protocol.md`."""


class Feedback(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What a viewer thinks of a message."""

    value: Literal[0, 1]
    """1: good; 0: not."""
    comment: str | None = None


class Step(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One item of a thread: a message or an intermediate step (Chainlit: `StepDict`)."""

    id: Id
    type: StepType
    name: str
    """The author, as viewers read it."""
    thread_id: str = ""
    parent_id: str | None = None
    input: str = ""
    output: str = ""
    """The text of a message; Markdown unless `language` says otherwise."""
    created_at: str | None = None
    """ISO 8601 in UTC with a trailing Z. For display: order never depends on it."""
    start: str | None = None
    end: str | None = None
    is_error: bool = False
    streaming: bool = False
    """More text is on its way."""
    wait_for_answer: bool = False
    language: str | None = None
    show_input: bool | str = False
    default_open: bool = False
    """Intermediate steps: shown unfolded."""
    auto_collapse: bool = False
    """Intermediate steps: folded when it is done."""
    metadata: dict[str, Any] = field(default_factory=dict)
    tags: list[str] | None = None
    command: str | None = None
    modes: dict[str, str] | None = None
    """Of a user's message: the option that was chosen of each mode."""
    icon: str | None = None
    """Intermediate steps: the name of a sign."""
    actions: list[Action] = field(default_factory=list)
    """The buttons under a message."""
    elements: list[Element] = field(default_factory=list)
    """What stands with it."""
    feedback: Feedback | None = None
    """What the viewer thinks of it; only the hub knows."""
    client_id: str | None = None
    """Of what a viewer said or did: the id that the viewer gave it, by which it is recognised when sent again."""
    status: RunStatus | None = None
    """What became of it; `interrupted` also on what was being written when its kernel went away."""
    attempt: int = 1
    """How often it was given to a handler, counting Retry."""

    @property
    def is_message(self) -> bool:
        """Whether somebody says it; everything else is a trace of what is done."""
        return self.type in ("user_message", "assistant_message", "system_message")

    @property
    def is_for_handler(self) -> bool:
        """Whether a handler is run for it: a viewer's message or call."""
        return self.client_id is not None and self.status is not None

    @property
    def is_from_viewer(self) -> bool:
        """Whether a viewer said or did it."""
        return self.type == "user_message" or self.is_call

    @property
    def is_call(self) -> bool:
        """Whether it is what a viewer did, such as pressing a button: kept as a message is, and not shown as one."""
        return self.client_id is not None and self.type == "run"


class Uploads(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """Which files a viewer may give."""

    accept: list[str] = field(default_factory=list)
    """MIME types (`text/plain`, `image/*`) and endings (`.csv`); any file where there is none."""
    max_files: int = 20
    """At once."""
    max_bytes: int = 100 * 1024 * 1024
    """Of each."""


class Question(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A question that waits for the viewer's answer (Chainlit: an `ask` call)."""

    id: Id
    step_id: Id
    """The message that puts the question."""
    kind: Literal["text", "action", "file"] = "text"
    """What answers it: text, one of the buttons under the message, or files."""
    timeout_s: float = 60.0
    uploads: Uploads | None = None
    """Which files answer it."""


class Answer(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A viewer's answer, and the step that it became in the conversation."""

    text: str
    step: Step
    action: Action | None = None
    """The button that was pressed, where that is the answer."""
    files: list[Element] = field(default_factory=list)
    """The files that were given, where they are the answer."""


class Thread(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A stored conversation (Chainlit: `ThreadDict`)."""

    id: Id
    created_at: str
    """ISO 8601 in UTC with a trailing Z."""
    name: str | None = None
    """The beginning of the first message."""
    steps: list[Step] = field(default_factory=list)
    """The newest steps, oldest first."""
    metadata: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)


class Snapshot(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A conversation as it stands: its newest steps, open questions and state."""

    steps: list[Step] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    earlier: int = 0
    """How many older steps this snapshot leaves out."""
