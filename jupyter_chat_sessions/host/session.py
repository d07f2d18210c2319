"""A session, as the host keeps it: who its viewer is, what the author holds, the queue of runs.

All of it hangs off this one object, also its parts (questions, files, kept values), so that ending the session frees
all of it. A part is made when it is first asked for: there may be thousands of sessions, and most never ask. The public
attributes are those of Chainlit's sessions.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from ..protocol.errors import NoSessionError, UnsupportedError
from ..protocol.frames import AppendText, Emit, HostEvent, OpenSession, SendSignal, SetState, SignalKind
from ..protocol.steps import Step, Thread
from ..times import utc_now
from .app import App
from .files import HostFiles
from .hidden_steps import HiddenSteps
from .kept_values import KeptValues
from .line import Line, wait_for_room, wait_limit_s
from .public import PublicPictures
from .public_in_text import PicturesInText
from .questions import OpenQuestions
from .run import Run
from .settings import SettingsForm
from .shown_names import ShownNames
from .still_held import StillHeld
from .user import User

if TYPE_CHECKING:
    import asyncio

    from .follower import Follower
    from .record import Record

logger = logging.getLogger(__name__)

T = TypeVar("T")

MAX_TAKEN = 1024
"""Attempts remembered; far fewer may wait at a time."""

_making = threading.Lock()
"""Held while a part is made: two threads may be the first to ask."""


def _nothing_said(opened: OpenSession) -> Thread:
    return Thread(id=opened.thread_id, created_at=utc_now())


class BaseSession:
    """One viewer's private workspace in one chat.

    Attributes:
        id: Public id; opens nothing by itself.
        thread_id: The stored conversation's id.
        user: Who it is, or None.
        user_env: The viewer's own variables. In memory only.
        chat_profile: Name of the chosen profile, or None.
        chat_settings: The chosen settings.
        client_type: `webapp`, `copilot`, `http` or `notebook`.
        language: A language tag such as `en-US`.
        is_owner: The viewer may see tracebacks.
    """

    # One by one, for that takes a third of the memory: Python lets instances share the keys of 30 attributes at most.
    # fmt: off
    __slots__ = (
        "_files", "_hidden", "_kept", "_line", "_max_file_bytes", "_pictures", "_pictures_in_text", "_questions",
        "_record", "_sent_steps", "_shown_names", "app", "bot_name", "channel", "chat_profile", "chat_settings",
        "client_type", "current_run", "earlier_steps", "follower", "heard_at", "id", "is_closing", "is_ended",
        "is_ending", "is_owner", "language", "loop", "messages", "neighbours", "resumes", "said_state",
        "settings_form", "show_error", "shown", "submit", "taken", "thread_id", "user", "user_env", "values", "waiting",
        "warn", "was_spoken_in",
    )
    # fmt: on

    def __init__(self, opened: OpenSession, *, app: App, line: Line, loop: asyncio.AbstractEventLoop) -> None:
        self.id = opened.session
        self.thread_id = opened.thread_id
        self.user: User | None = User.from_info(opened.user)
        self.user_env = dict(opened.user_env)
        self.chat_profile = opened.chat_profile
        self.chat_settings: dict[str, Any] = dict(opened.settings.get("values") or {})
        self.settings_form = SettingsForm.restored(opened.settings)
        self.client_type: str = opened.client_type
        self.language = opened.language
        self.is_owner = opened.is_owner
        self.channel = opened.channel
        self.app = app
        self.loop = loop
        self.bot_name = "Assistant"
        self.neighbours: Callable[[], list[BaseSession]] | None = None
        """Returns the sessions that live in the same host; None where it is the only one."""
        self.warn: Callable[[str], None] = logger.warning
        """Shows a sentence to the author. From any thread."""
        self.values: dict[str, Any] = dict(opened.values)
        """What `user_session` holds."""
        self.messages: dict[str, Any] = {}
        """What `chat_context` holds, by id."""
        self.shown = StillHeld()
        """The messages and steps of authors that are shown and that somebody still has, by id."""
        self.earlier_steps: Sequence[Step] = () if opened.thread is None else opened.thread.steps
        """What was said under an earlier host: it belongs before `messages`."""
        self.resumes: Thread | None = (opened.thread or _nothing_said(opened)) if opened.resumed else None
        """What `on_chat_resume` is to be given; None once it has had its turn, or has none."""
        self.waiting: list[Run] = []
        self.submit: Callable[[Run], None] = self.waiting.append
        """Lets a run have its turn; its dispatcher's. On the session's loop."""
        self.current_run: Run | None = None
        self.is_ending = False
        """Its end is on the way: `on_chat_end` may still be to come."""
        self.is_closing = False
        """A cell has ended it."""
        self.is_ended = False
        self.was_spoken_in = any(step.is_from_viewer for step in self.earlier_steps)
        """Its viewer had said or done something before it came to this host."""
        self.show_error: Callable[[BaseException, str], None] | None = None
        """Shows an exception to the author, under a line that says where it came from."""
        self._record: Record | None = None
        self.said_state: dict[str, Any] = dict(opened.state)
        """What hosts have set of the conversation's state: a hub that begins anew does not know it."""
        self.taken: dict[tuple[str, int], None] = {}
        """The newest attempts at the user's messages that a handler was given here: none is given twice."""
        self.heard_at = 0.0
        """When its user last said something, on `time.monotonic`; 0 before that."""
        self.follower: Follower | None = None
        """Who in the notebook follows the conversation, if anybody does."""
        self._line = line
        self._max_file_bytes = opened.max_file_bytes
        has_kept = opened.values or opened.lost or opened.settings
        self._kept = KeptValues(self, line, opened) if has_kept else None
        self._questions: OpenQuestions | None = None
        self._files: HostFiles | None = None
        self._shown_names: ShownNames | None = None
        self._sent_steps: dict[str, Step] | None = None
        self._hidden: HiddenSteps | None = None
        """Where the app shows not all of its steps."""
        self._pictures: PublicPictures | None = None
        self._pictures_in_text: PicturesInText | None = None
        """Both where the app has a folder `public/`."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return the session itself: a copy of a message, such as a step's input, is of the same session."""
        return self

    @property
    def files(self) -> HostFiles:
        """What its viewer gave and a handler has been given, and what `persist_file` keeps.

        Dicts with `id`, `path`, `name`, `type` and `size`, by id.
        """
        return self._part(
            "_files", lambda: HostFiles(self.id, self._line, max_bytes=self._max_file_bytes, warn=self.warn)
        )

    @property
    def questions(self) -> OpenQuestions:
        """What is asked in it and waits."""
        return self._part("_questions", lambda: OpenQuestions(self))

    @property
    def kept(self) -> KeptValues:
        """What of it the hub keeps for the next host."""
        return self._part("_kept", lambda: KeptValues(self, self._line))

    @property
    def shown_names(self) -> ShownNames:
        """Under which names authors are shown in it, where the app renames them."""
        return self._part("_shown_names", ShownNames)

    @property
    def sent_steps(self) -> dict[str, Step]:
        """What the emitter has sent as it was given, by id: text is added to it where it ends."""
        return self._part("_sent_steps", dict)

    @property
    def environ(self) -> dict[str, str]:
        """What the request had that began it: nothing; a session outlives its connections."""
        return {}

    @property
    def mcp_sessions(self) -> dict[str, Any]:
        """MCP servers that the viewer has connected: none, in this version."""
        return {}

    @property
    def config(self) -> NoReturn:
        """Say where an app's configuration is read.

        Raises:
            UnsupportedError: Always.
        """
        raise UnsupportedError(
            "cl.context.session.config: an app has one configuration; chainlit.config.config tells what its file says."
        )

    def emit(self, event: HostEvent, *, run: Run | None = None) -> None:
        """Send an event on its way to the viewer. From any thread; never waits.

        After the session's end it does nothing.

        Args:
            event: What changes in the conversation.
            run: The run that says it.

        Raises:
            NoSessionError: The run was stopped while its thread went on.
        """
        if run is not None and run.is_abandoned:
            raise NoSessionError("This run was stopped; what it says is no longer shown.")
        if self.is_ended:
            return
        app = self.app
        if type(event) is AppendText and app.is_plain:  # as many come as a model has tokens
            self._line.put(Emit(session=self.id, event=event))
            return
        if isinstance(event, SetState):
            self._note_state(event.state)
        if app.is_plain and app.public is None:
            self._put(event)
            return
        if self.record is not None:
            self.record.on_event(event)
        for each in self._with_public_files(self._without_hidden(event)):
            self._put(each)

    @property
    def record(self) -> Record | None:
        """Who is told of the session beside the hub; None where the app has no data layer."""
        if self._record is None and self.app.make_record is not None and not self.is_ended:
            self._record = self.app.make_record(self)
        return self._record

    def say_state_again(self) -> None:
        """Tell a hub that has begun anew what viewers were shown beside the steps, such as settings and commands."""
        if self.said_state:
            self.emit(SetState(state=dict(self.said_state)))

    async def room(self) -> None:
        """Wait while too much of what was said is still on its way.

        Raises:
            HubUnreachableError: `wait_limit_s` is over.
        """
        if self._line.has_room:  # asked after each token
            return
        limit_s = wait_limit_s.get()
        if limit_s is None:
            await self._line.room()
        else:
            await wait_for_room(self._line, limit_s)

    def keep_values(self) -> None:
        """Let the hub keep what `user_session` holds and the settings, if that has changed. From any thread."""
        has_any = self.values or self.chat_settings or self.settings_form is not None
        if has_any or self._kept is not None:
            self.kept.save()

    def abandon(self, run: Run) -> None:
        """A run was stopped while its thread goes on: what it says is not heard, what it asks is withdrawn."""
        run.is_abandoned = True
        self.questions.withdraw(run)

    def take(self, attempt: tuple[str, int]) -> None:
        """Note that a handler is given a message."""
        self.taken[attempt] = None
        if len(self.taken) > MAX_TAKEN:
            del self.taken[next(iter(self.taken))]

    def signal(self, kind: SignalKind, data: Any) -> None:
        """Tell whoever looks on something that is not kept. From any thread; never waits."""
        if not self.is_ended:
            self._line.put(SendSignal(session=self.id, kind=kind, data=data))

    async def persist_file(
        self, name: str, mime: str, path: str | PathLike[str] | None = None, content: bytes | str | None = None
    ) -> dict[str, str]:
        """Keep a file with the session (Chainlit: `context.session.persist_file`).

        Args:
            name: As viewers read it.
            mime: Its MIME type.
            path: Where it is; it is copied.
            content: Or what it holds.

        Returns:
            Its id, under the key `id`: `files` has it, and an element may name it.

        Raises:
            ValueError: There is neither a path nor a content, or the file is empty or too large.
            OSError: It cannot be read.

        Example:
            >>> kept = await cl.context.session.persist_file("a.txt", "text/plain", content="Hello")
            >>> cl.context.session.files[kept["id"]]["size"]
            5
        """
        return {"id": await self.files.persist(name, mime, path=path, content=content)}

    def forget(self, step_ids: list[str]) -> None:
        """What was said in these steps is no longer part of the conversation."""
        for step_id in step_ids:
            self.messages.pop(step_id, None)
        self.earlier_steps = [step for step in self.earlier_steps if step.id not in step_ids]
        if self._files is not None:
            self._files.forget(step_ids)
        if self.record is not None:
            self.record.on_removed(step_ids)

    def go_on_from(self, earlier: BaseSession) -> None:
        """Take over what this very process knows of the session from before the hub gave it anew."""
        self.values = dict(earlier.values)
        self.chat_profile = earlier.chat_profile
        self.chat_settings = dict(earlier.chat_settings)
        self.settings_form = earlier.settings_form
        if earlier._files is not None:
            self.files.go_on_from(earlier._files)
        self.messages = dict(earlier.messages)
        self.shown = earlier.shown
        self.earlier_steps = earlier.earlier_steps
        self.resumes = earlier.resumes
        self.said_state = dict(earlier.said_state)
        self._hidden = earlier._hidden
        self._record, earlier._record = earlier._record, None
        if self._record is not None:
            self._record.go_on_in(self)
        self.taken = earlier.taken
        self.heard_at = earlier.heard_at

    def _put(self, event: HostEvent) -> None:
        self._line.put(Emit(session=self.id, event=event))
        if self._files is not None:
            self._files.note(event)

    def _part(self, slot: str, make: Callable[[], T]) -> T:
        """Return the part in a slot; make it where this is the first time that it is asked for."""
        part: T | None = getattr(self, slot)
        if part is None:
            with _making:
                part = getattr(self, slot)
                if part is None:
                    part = make()
                    setattr(self, slot, part)
        return part

    def _without_hidden(self, event: HostEvent) -> HostEvent | None:
        """Return an event as viewers are to have it; None where the app does not show what it is about."""
        if self.app.trace == "full":
            return event
        if self._hidden is None:
            self._hidden = HiddenSteps()
        return self._hidden.shown(event, self.app.trace)

    def _with_public_files(self, event: HostEvent | None) -> Sequence[HostEvent]:
        """Return an event with the files of the app's `public/` that it shows; nothing where there is no event."""
        folder = self.app.public
        if event is None:
            return ()
        if folder is None:
            return (event,)
        if self._pictures is None:
            self._pictures = PublicPictures(self.files)
        if isinstance(event, SetState):
            return (SetState(state=self._pictures.in_state(event.state, folder)),)
        if self._pictures_in_text is None:
            self._pictures_in_text = PicturesInText(self._pictures, self.shown)
        return self._pictures_in_text.shown(event, folder)

    def _note_state(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            if value is None:
                self.said_state.pop(key, None)
            else:
                self.said_state[key] = value

    def free(self) -> None:
        """Let go of everything; the session is over."""
        self.is_ending = self.is_ended = True
        if self._questions is not None:
            self._questions.withdraw_all()
        if self._kept is not None:
            self._kept.free()
        if self._files is not None:
            self._files.free()
        if self._sent_steps is not None:
            self._sent_steps.clear()
        self.values.clear()
        self.chat_settings = {}
        self.settings_form = None
        self.messages.clear()
        self.earlier_steps = ()
        self.said_state.clear()
        self.resumes = None
        self.user_env.clear()
        self.waiting.clear()
