"""A session, as the host keeps it: the author's values, the queue of runs, the open questions.

All of it hangs off this one object, so that ending the session frees all of it. The public attributes are those of
Chainlit's sessions.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import ContextVar
from os import PathLike
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Protocol, get_args
from uuid import uuid4
from weakref import WeakValueDictionary

import msgspec

from ..protocol.errors import HubUnreachableError, NoSessionError, UnsupportedError
from ..protocol.frames import (
    CallName,
    ClearQuestion,
    Emit,
    Event,
    HostEvent,
    HostFrame,
    HostRefused,
    OpenSession,
    PutQuestion,
    SaveValues,
    SendSignal,
    SetState,
    SignalKind,
    encode,
)
from ..protocol.steps import Action, Answer, Question, Step, Thread
from .app import App, Slot
from .files import HostFiles
from .hidden_steps import HiddenSteps
from .public import PublicPictures
from .settings import SettingsForm, settings_state
from .shown_names import ShownNames
from .snapshot import keep
from .times import utc_now
from .user import User

if TYPE_CHECKING:
    import asyncio

    from .record import Record


MAX_TAKEN = 1024
"""Attempts remembered; far fewer may wait at a time."""


wait_limit_s: ContextVar[float | None] = ContextVar("chat_wait_limit_s", default=None)
"""How long `room` waits, seconds; None, the default, for as long as it takes: what awaits holds up only itself."""


class Line(Protocol):
    """The way to the hub, as a session sees it."""

    def put(self, frame: HostFrame, *, is_urgent: bool = True) -> None:
        """Queue a frame; from any thread, never waits."""

    def hurry(self) -> None:
        """Let what was not urgent leave now; from any thread, never waits."""

    async def room(self) -> None:
        """Wait while too much is on its way, files apart."""

    async def room_for_files(self) -> None:
        """Wait while too much of files is on its way, or of anything."""


class Follower(Protocol):
    """A cell that follows a session. Called on the link's thread: take note and return."""

    def on_event(self, event: Event) -> None:
        """Something changed in the conversation; numbered and kept by the hub before it came here."""

    def on_refused(self, refusal: HostRefused) -> None:
        """Something that the cell said was turned down."""

    def on_ended(self) -> None:
        """The session is over."""


CALL_SLOTS: frozenset[Slot] = frozenset(get_args(CallName))


class Run:
    """One invocation of a handler on behalf of a session.

    Attributes:
        id: Of a run for a user's message or call, the id of that.
        slot: Which handler.
        step: The user's message or call, where there is one.
        action: The button that was pressed, where it is about one.
        is_stopped: Somebody wanted it to end.
        thread: For `on_chat_resume`, what was said before.
        is_interrupted: The author has stopped it.
        is_abandoned: It was stopped, and its thread could not be: what it still says is not heard.
        streams: Ids of the messages that it streams and has not finished.
        settings: For `on_settings_update` and `on_settings_edit`, all values by their ids, checked.
        offers: For `surroundings`: what the viewer may choose from, by the keys of the session's state.
    """

    def __init__(
        self, slot: Slot, *, step: Step | None = None, action: Action | None = None, thread: Thread | None = None
    ) -> None:
        self.id = step.id if step is not None else str(uuid4())
        self.slot = slot
        self.step = step
        self.action = action
        self.is_stopped = False
        self.thread = thread
        self.is_interrupted = False
        self.is_abandoned = False
        self.streams: set[str] = set()
        self.settings: dict[str, Any] = {}
        self.offers: dict[str, Any] = {}

    @classmethod
    def of(cls, step: Step) -> Run | None:
        """Return the run that a user's message or call is delivered for; None for a call that this host cannot take."""
        if not step.is_call:
            return cls("on_message", step=step)
        if step.name == "action_callback":
            return cls("action_callback", step=step, action=msgspec.json.decode(step.input, type=Action))
        if step.name in CALL_SLOTS:
            return cls(step.name, step=step)
        return None

    @property
    def given(self) -> Any:
        """What the call carries that it is for: JSON, read anew each time."""
        return None if self.step is None or not self.step.is_call else msgspec.json.decode(self.step.input)

    @property
    def attempt(self) -> tuple[str, int] | None:
        """What a handler is given once at most: the message or call, and how often its viewer has wanted it run."""
        return None if self.step is None else (self.step.id, self.step.attempt)


class _Asked(NamedTuple):
    """A question that waits, and the run that asks; None for a cell."""

    question: Question
    future: Future[Answer | None]
    run: Run | None


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
        files: What its viewer gave and a handler has been given, and what `persist_file` keeps: dicts with `id`,
            `path`, `name`, `type` and `size`, by id.
    """

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
        self.environ: dict[str, str] = {}
        self.channel = opened.channel
        self.app = app
        self.loop = loop
        self.bot_name = "Assistant"
        self.shown_names = ShownNames()
        self.neighbours: Callable[[], list[BaseSession]] = lambda: [self]
        """Returns the sessions that live in the same host."""
        self.values: dict[str, Any] = dict(opened.values)
        """What `user_session` holds."""
        self.messages: dict[str, Any] = {}
        """What `chat_context` holds, by id."""
        self.sent_steps: dict[str, Step] = {}
        """What the emitter has sent as it was given, by id: text is added to it where it ends."""
        self.shown: WeakValueDictionary[str, Any] = WeakValueDictionary()
        """The messages and steps of authors that are shown and that somebody still has, by id."""
        self.earlier_steps: list[Step] = [] if opened.thread is None else opened.thread.steps
        """What was said under an earlier host: it belongs before `messages`."""
        self.resumes: Thread | None = (opened.thread or _nothing_said(opened)) if opened.resumed else None
        """What `on_chat_resume` is to be given; None once it has had its turn, or has none."""
        self.waiting: deque[Run] = deque()
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
        self._hidden = HiddenSteps()
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
        self._lock = threading.Lock()
        self._questions: dict[str, _Asked] = {}
        self._save_lock = threading.Lock()
        self.files = HostFiles(self.id, line, max_bytes=opened.max_file_bytes)
        self._pictures = PublicPictures(self.files)
        self._saved = encode(
            SaveValues(session=self.id, values=opened.values, lost=opened.lost, settings=opened.settings)
        )
        self._is_save_due = False
        self._saving: asyncio.Task[None] | None = None

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
        if isinstance(event, SetState):
            self._note_state(event.state)
        if self.record is not None:
            self.record.on_event(event)
        shown = event if self.app.trace == "full" else self._hidden.shown(event, self.app.trace)
        if isinstance(shown, SetState) and self.app.public is not None:
            shown = SetState(state=self._pictures.in_state(shown.state, self.app.public))
        if shown is not None:
            self._line.put(Emit(session=self.id, event=shown))
            self.files.note(shown)

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
        limit_s = wait_limit_s.get()
        if limit_s is None:
            await self._line.room()
            return
        import asyncio  # here and not above: importing the author's API stays fast

        try:
            await asyncio.wait_for(self._line.room(), limit_s)
        except TimeoutError:
            raise HubUnreachableError(
                f"For {limit_s:g} s what was said has not come through to the Jupyter server. It is shown once the "
                "server is there again."
            ) from None

    async def ask(
        self, question: Question, *, run: Run | None = None, on_put: Callable[[], None] | None = None
    ) -> Answer | None:
        """Put a question and wait for its answer, on any loop.

        Args:
            question: The question.
            run: The run that asks; None for a cell.
            on_put: Called once the question is on its way. If it raises, the question is withdrawn.

        Returns:
            The answer, or None when its time is over.

        Raises:
            NoSessionError: The session has ended, or the run was stopped.
        """
        import asyncio  # here and not above: importing the author's API stays fast

        if self.is_ended:
            raise NoSessionError("This session has ended; nobody is there to answer.")
        future: Future[Answer | None] = Future()
        with self._lock:
            self._questions[question.id] = _Asked(question, future, run)
        try:
            self.save_values()  # a question may wait for long
            self.emit(PutQuestion(question=question), run=run)
            try:
                if on_put is not None:
                    on_put()
                return await asyncio.wrap_future(future)
            except BaseException:  # cancelled, or interrupted in `on_put`
                self.emit(ClearQuestion(question_id=question.id, reason="withdrawn"))
                raise
        finally:
            with self._lock:
                self._questions.pop(question.id, None)

    def answered(self, question_id: str, answer: Answer | None) -> None:
        """Hand an answer to the code that waits for it; too late is no error."""
        with self._lock:
            asked = self._questions.get(question_id)
            if asked is None or asked.future.done():
                return
            if answer is not None and self.record is not None:
                self.record.on_answer(answer)
            asked.future.set_result(answer)

    def open_question(self) -> Question | None:
        """Return the question that has waited longest, or None."""
        with self._lock:
            return next((asked.question for asked in self._questions.values()), None)

    def abandon(self, run: Run) -> None:
        """A run was stopped while its thread goes on: what it says is not heard, what it asks is withdrawn."""
        run.is_abandoned = True
        with self._lock:
            asked = [asked for asked in self._questions.values() if asked.run is run]
        for each in asked:
            each.future.cancel()

    def take(self, attempt: tuple[str, int]) -> None:
        """Note that a handler is given a message."""
        self.taken[attempt] = None
        if len(self.taken) > MAX_TAKEN:
            del self.taken[next(iter(self.taken))]

    def signal(self, kind: SignalKind, data: Any) -> None:
        """Tell whoever looks on something that is not kept. From any thread; never waits."""
        if not self.is_ended:
            self._line.put(SendSignal(session=self.id, kind=kind, data=data))

    def save_values(self) -> None:
        """Let the hub keep what `user_session` holds, if that has changed. From any thread."""
        with self._save_lock:
            self._is_save_due = False
            if self.is_ended:
                return
            kept = keep(self.values, secrets=self.user_env.values())
            frame = SaveValues(
                session=self.id, values=dict(kept.values), lost=kept.lost, settings=self._kept_settings()
            )
            encoded = encode(frame)
            if encoded != self._saved:
                self._saved = encoded
                self._line.put(frame)

    def save_values_soon(self) -> None:
        """Save once the loop gets round to it: of all that a cell sets, once. From any thread."""
        with self._save_lock:
            if self._is_save_due or self.loop.is_closed():
                return
            self._is_save_due = True
        self.loop.call_soon_threadsafe(self._begin_save)

    def _kept_settings(self) -> dict[str, Any]:
        """Return what of the settings is kept: as the state has them, and of the values only what JSON gives back."""
        values = keep(self.chat_settings, secrets=self.user_env.values()).values
        form = keep(settings_state(self), secrets=self.user_env.values()).values
        return {**form, "values": values} if values or form else {}

    def _begin_save(self) -> None:
        async def save() -> None:
            await self._line.room()  # Whoever sets a value does not wait: while the link is gone, one save does.
            self.save_values()

        self._saving = self.loop.create_task(save(), name="chat values")

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
        self.files.forget(step_ids)
        if self.record is not None:
            self.record.on_removed(step_ids)

    def go_on_from(self, earlier: BaseSession) -> None:
        """Take over what this very process knows of the session from before the hub gave it anew."""
        self.values = dict(earlier.values)
        self.chat_profile = earlier.chat_profile
        self.chat_settings = dict(earlier.chat_settings)
        self.settings_form = earlier.settings_form
        self.files.go_on_from(earlier.files)
        self.messages = dict(earlier.messages)
        self.shown.update(earlier.shown)
        self.earlier_steps = earlier.earlier_steps
        self.resumes = earlier.resumes
        self.said_state = dict(earlier.said_state)
        self._hidden = earlier._hidden
        self._record, earlier._record = earlier._record, None
        if self._record is not None:
            self._record.go_on_in(self)
        self.taken = earlier.taken
        self.heard_at = earlier.heard_at

    def _note_state(self, state: dict[str, Any]) -> None:
        for key, value in state.items():
            if value is None:
                self.said_state.pop(key, None)
            else:
                self.said_state[key] = value

    def free(self) -> None:
        """Let go of everything; the session is over."""
        self.is_ending = self.is_ended = True
        with self._lock:
            asked = list(self._questions.values())
            self._questions.clear()
        for each in asked:
            each.future.cancel()
        if self._saving is not None:
            self._saving.cancel()
        self.values.clear()
        self.chat_settings = {}
        self.settings_form = None
        self.files.free()
        self.messages.clear()
        self.sent_steps.clear()
        self.earlier_steps = []
        self.said_state.clear()
        self.resumes = None
        self.user_env.clear()
        self.waiting.clear()


class WebsocketSession(BaseSession):
    """A session whose viewer looks on: in a browser, or in the notebook itself (Chainlit: the same name).

    Example:
        >>> isinstance(cl.context.session, cl.WebsocketSession)
        True
    """

    @classmethod
    def get_by_id(cls, session_id: str) -> BaseSession | None:
        """Return the session with an id that lives in this process, or None."""
        from .scope import sessions_here

        return next((session for session in sessions_here() if session.id == session_id), None)

    @classmethod
    def require(cls, session_id: str) -> BaseSession:
        """Return the session with an id.

        Raises:
            ValueError: None with that id lives in this process.
        """
        session = cls.get_by_id(session_id)
        if session is None:
            raise ValueError(f"No session {session_id!r} lives in this process.")
        return session

    get = get_by_id
    """Chainlit's `get` takes the id of a socket; here a session has one id."""


class HTTPSession(BaseSession):
    """A session that is driven through the HTTP interface.

    Example:
        >>> isinstance(cl.context.session, cl.HTTPSession)
        False
    """


def session_class(opened: OpenSession) -> type[BaseSession]:
    """Return the class for a session's kind of client."""
    return HTTPSession if opened.client_type == "http" else WebsocketSession
