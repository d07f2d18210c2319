"""The kernel's one runtime: its app, its link to a hub, its sessions.

It is reached through `current_runtime()` in `current.py`, and replaced in tests with `use_runtime()`. What comes from
the link comes on the link's thread; author's code runs on the notebook's loop or, with `run_on="thread"`, on one of the
runtime's own.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from ..ids import new_id
from ..protocol.errors import HubUnreachableError, RefusedError
from ..protocol.frames import (
    MAX_TEXT,
    ChannelSettings,
    CloseSession,
    Deliver,
    DeliverAnswer,
    FilePiece,
    Forward,
    HadSession,
    HostAnswer,
    HostBusy,
    HostMessage,
    HostPress,
    HostRefused,
    HubToHostFrame,
    OpenNotebookSession,
    OpenSession,
    Publish,
    Published,
    PublishRefused,
    RunChanged,
    SessionEnded,
    StepsRemoved,
    StopRuns,
    Unpublish,
    Watched,
)
from ..protocol.steps import Element, Question, Uploads
from .accepting import elements_of
from .app import App, RunOn, Slot
from .app_lives import AppLives
from .collector import collect_less_often
from .dispatcher import Dispatcher, ShowError, print_error, print_warning
from .displays import FormatDisplay
from .hosted import HostedSession, HostedSessions
from .link import Link, LinkStatus
from .loops import HandlerLoops
from .lost_values import LostValues
from .run import Run
from .session import BaseSession
from .session_kinds import session_class
from .shared_globals import SharedGlobals
from .wire import Dial

logger = logging.getLogger(__name__)

T = TypeVar("T")


class HostedChannel(NamedTuple):
    """A channel that this host answers.

    Attributes:
        settings: What the author decided.
        run_on: Which loop its handlers run on.
        loop: That loop.
        app: Whose handlers answer.
    """

    settings: ChannelSettings
    run_on: RunOn
    loop: asyncio.AbstractEventLoop
    app: App


class Runtime:
    """What a host process is made of.

    Args:
        app: The author's handlers; a new, empty app by default.
        show_error: Shows a handler's exception to the author.
    """

    def __init__(self, *, app: App | None = None, show_error: ShowError = print_error) -> None:
        self.app = app or App()
        self.show_error = show_error
        self.show_warning: Callable[[str], None] = print_warning
        """Shows a sentence to the author; called in the context of a cell that defined a handler."""
        self.find_cell_session: Callable[[], BaseSession | None] = self._notebook_session
        """Finds the session that a cell sees; the notebook layer puts its own in."""
        self.on_cell_asks: Callable[[BaseSession, Question, str], None] | None = None
        """Called when a cell, not a handler, puts a question: with the session, the question, and its text."""
        self.format_display: FormatDisplay | None = None
        """Knows how objects show themselves here; the notebook layer puts IPython's formatters in."""
        self.on_session_opened: Callable[[BaseSession], None] | None = None
        """Called on the link's thread with each new session, before anything happens in it."""
        self.on_session_ended: Callable[[BaseSession], None] | None = None
        self.link: Link | None = None
        self.link_status: LinkStatus = "closed"
        self.link_reason: str | None = None
        self._channels: dict[str, HostedChannel] = {}
        self._sessions = HostedSessions(on_ended=self._tell_ended)
        self.shared_globals = SharedGlobals(lambda text: self.show_warning(text))
        """Points out globals that several sessions change; `is_on = False` switches it off."""
        self._lives = AppLives(show_error=lambda: self.show_error)
        self._loops = HandlerLoops(on_busy=self._tell_busy, is_working=self._is_working)
        self._answers: dict[str, Future[str]] = {}
        self._openings: dict[str, Future[BaseSession]] = {}
        self._connected = threading.Event()
        # Made once: every session has them.
        self._neighbours: Callable[[], list[BaseSession]] = lambda: self.sessions
        self._warn_author: Callable[[str], None] = self._warn
        self._lost_values = LostValues(self._warn_author)

    # ---- life --------------------------------------------------------------------------------------------------------

    def connect(self, dial: Dial, *, kernel_id: str | None = None) -> Link:
        """Start the link to a hub; a second call returns the link that there is."""
        if self.link is None:
            collect_less_often()
            self.link_status = "connecting"
            self.link = Link(dial, self, kernel_id=kernel_id)
            self.link.start()
        return self.link

    def close(self) -> None:
        """Leave the hub, end what lives here, and stop every thread of the runtime's own."""
        if self.link is not None:
            for name in list(self._channels):
                self.unpublish(name)
            self.link.close()
            self.link = None
        self._sessions.end_all()
        self._loops.close(self.wait_ended)

    def end_apps(self, *, limit_s: float) -> None:
        """Let every app have its `on_app_shutdown`, because the process ends. From a thread that no handler runs on.

        Args:
            limit_s: How long to wait, in seconds.
        """
        self._lives.end_all(limit_s=limit_s)

    async def wait_ended(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for what is ending on a loop: sessions first, then their apps. On that loop."""
        await self._sessions.wait_ended(loop)
        await self._lives.wait_ended(loop)

    async def restarted(self) -> Runtime:
        """Leave without a word, as a kernel that is killed does, and return a new runtime on the same link. For tests.

        Awaited on the link's loop. The author's handlers are kept; the channels have to be opened again.
        """
        new = Runtime(app=self.app, show_error=self.show_error)
        new.show_warning = self.show_warning
        new.link, self.link = self._required_link(), None
        self._channels.clear()
        self._lives.forget()
        self._sessions.abandon_all()
        self.close()
        new.link.start_over(new)
        return new

    # ---- what the author asks for ------------------------------------------------------------------------------------

    def publish(
        self,
        settings: ChannelSettings,
        *,
        loop: asyncio.AbstractEventLoop,
        run_on: RunOn = "notebook",
        force: bool = False,
        app: App | None = None,
    ) -> Future[str]:
        """Open a channel, or change its settings.

        Args:
            settings: Its name and what viewers see.
            loop: The notebook's loop.
            run_on: `notebook` runs async handlers on that loop, `thread` on one of its own.
            force: Take the name over from another live notebook.
            app: Whose handlers answer; this runtime's own by default. Sessions that live go on with these.

        Returns:
            A future of the page's path below the server's base URL. It raises `RefusedError` when the name is taken.
        """
        handler_loop = self._loops.own() if run_on == "thread" else loop
        channel = self._channels[settings.name] = HostedChannel(settings, run_on, handler_loop, app or self.app)
        for session in self.sessions:
            if session.channel == settings.name:
                session.app = channel.app
                self._for_session(session.id, lambda hosted: hosted.dispatcher.surround())
        self._end_unused_apps()
        channel.app.on_offers_changed = partial(self._surround, channel.app)
        answer = self._answers[settings.name] = Future()
        self._required_link().outbox.put(Publish(settings=settings, force=force))
        return answer

    def unpublish(self, name: str) -> None:
        """Close a channel; its sessions end."""
        if self._channels.pop(name, None) is not None:
            self._required_link().outbox.put(Unpublish(channel=name))
            self._end_unused_apps()

    def open_notebook_session(self, channel: str) -> Future[BaseSession]:
        """Make a session of the notebook's own in a channel that is published.

        The variables that the channel requires of its viewers, this session has from the process's environment.
        """
        session_id = new_id()
        hosted = self._channels.get(channel)
        required = [] if hosted is None else hosted.settings.required_env
        user_env = {name: os.environ[name] for name in required if name in os.environ}
        opening = self._openings[session_id] = Future()
        self._required_link().outbox.put(
            OpenNotebookSession(channel=channel, session=session_id, thread_id=new_id(), user_env=user_env)
        )
        return opening

    def say(self, session: BaseSession, text: str) -> str:
        """Send a message as the user of a session; return its client id.

        Raises:
            RefusedError: The text is too long.
        """
        _check_length(text)
        client_id = new_id()
        self._required_link().outbox.put(HostMessage(session=session.id, client_id=client_id, text=text))
        return client_id

    def press(self, session: BaseSession, button: str) -> str:
        """Press the newest button of a label or name as the user of a session; return the press's client id.

        Raises:
            RefusedError: The text is too long.
        """
        _check_length(button)
        client_id = new_id()
        self._required_link().outbox.put(HostPress(session=session.id, client_id=client_id, button=button))
        return client_id

    def answer(self, session: BaseSession, question_id: str, text: str) -> str:
        """Answer a question as the user of a session; return the answer's client id.

        Raises:
            RefusedError: The text is too long.
        """
        _check_length(text)
        return self._answer(session, question_id, text)

    def answer_with_files(self, session: BaseSession, question: Question, paths: Sequence[Path]) -> str:
        """Answer a question as the user of a session, with files on this machine's disk; return its client id.

        Raises:
            RefusedError: One of them is not there, or not of those that answer it.
        """
        elements = elements_of(paths, question.uploads or Uploads(), max_bytes=session.files.max_bytes)
        given = [replace(each, file=session.files.put(path)) for each, path in zip(elements, paths, strict=True)]
        return self._answer(session, question.id, "", files=given)

    def end(self, session: BaseSession) -> None:
        """End a session."""
        session.is_ending = session.is_closing = True
        self._required_link().outbox.put(CloseSession(session=session.id))

    def stop(self, session: BaseSession) -> None:
        """Cancel the run of a session and what waits, as its viewer's Stop does. From any thread."""
        hosted = self._sessions.get(session.id)
        if hosted is not None:
            hosted.session.loop.call_soon_threadsafe(hosted.dispatcher.stop)

    def interrupt(self, session: BaseSession) -> None:
        """Cancel the run of a session, as the author's *Interrupt* does. From any thread."""
        hosted = self._sessions.get(session.id)
        if hosted is not None:
            hosted.session.loop.call_soon_threadsafe(hosted.dispatcher.interrupt)

    # ---- what can be asked -------------------------------------------------------------------------------------------

    @property
    def channels(self) -> list[HostedChannel]:
        """The channels that this host answers."""
        return list(self._channels.values())

    @property
    def sessions(self) -> list[BaseSession]:
        """The sessions that live here, oldest first."""
        return self._sessions.sessions

    def session(self, session_id: str) -> BaseSession | None:
        """Return a session that lives here, or None."""
        hosted = self._sessions.get(session_id)
        return None if hosted is None else hosted.session

    def cell_session(self) -> BaseSession | None:
        """Return the session that a cell sees, or None."""
        return self.find_cell_session()

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait until the link stands; return whether it does."""
        return self._connected.wait(timeout_s)

    # ---- callbacks from the link, on its thread ----------------------------------------------------------------------

    def on_status(self, status: LinkStatus, reason: str | None) -> None:
        """See `LinkListener`."""
        self.link_status, self.link_reason = status, reason
        if status == "connected":
            self._connected.set()
        else:
            self._connected.clear()

    def on_new_hub(self) -> None:
        """See `LinkListener`: publish the channels again, and learn what became of their sessions."""
        displaced = self._sessions.displace()
        outbox = self._required_link().outbox
        outbox.forget()  # What was said meanwhile belongs to runs that the hub has called interrupted.
        for channel in list(self._channels.values()):
            outbox.put(Publish(settings=channel.settings))
        for session_id in displaced:
            outbox.put(HadSession(session=session_id))

    def on_frames(self, frames: list[HubToHostFrame]) -> None:
        """See `LinkListener`."""
        for frame in frames:
            try:
                self._on_frame(frame)
            except Exception:  # the link must outlive what one frame does to a follower or a future
                logger.exception("a frame of type %s could not be taken", frame.__struct_config__.tag)

    def _on_frame(self, frame: HubToHostFrame) -> None:
        match frame:
            case Published(channel=name, path=path):
                self._settle(name, path)
            case PublishRefused():
                self._settle(frame.channel, RefusedError(frame.code, frame.text))
            case OpenSession():
                self._open(frame)
            case DeliverAnswer(session=session_id, question_id=question_id, answer=answer):
                hosted = self._sessions.get(session_id)
                if hosted is not None:
                    if answer is not None:
                        hosted.session.heard_at = time.monotonic()
                    hosted.session.questions.answered(question_id, answer)
            case FilePiece(session=session_id):
                hosted = self._sessions.get(session_id)
                if hosted is not None:
                    hosted.session.files.on_piece(frame)
            case Forward(session=session_id, event=event):
                hosted = self._sessions.get(session_id)
                if hosted is not None and hosted.session.follower is not None:
                    hosted.session.follower.on_event(event)
            case Deliver(session=session_id, step=step):
                hosted = self._sessions.get(session_id)
                if hosted is not None:
                    hosted.session.heard_at = time.monotonic()
                run = Run.of(step)
                if run is None:  # of a server that is newer than this package
                    self._required_link().outbox.put(
                        RunChanged(session=session_id, run=step.id, name=step.name, status="failed")
                    )
                else:
                    self._for_session(session_id, lambda hosted: hosted.dispatcher.submit(run))
            case StepsRemoved(session=session_id, step_ids=step_ids):
                self._for_session(session_id, lambda hosted: hosted.session.forget(step_ids))
            case Watched(session=session_id, is_watched=is_watched):
                self._for_session(session_id, lambda hosted: hosted.dispatcher.watched(is_watched=is_watched))
            case StopRuns(session=session_id):
                self._for_session(session_id, lambda hosted: hosted.dispatcher.stop())
            case SessionEnded(session=session_id, reason=reason):
                hosted = self._sessions.take_displaced(session_id) or self._sessions.get(session_id)
                if hosted is not None:
                    hosted.session.is_ending = True
                    self._end_on_loop(hosted, goes_on=reason == "moved")
            case HostRefused():
                opening = self._openings.pop(frame.session, None)
                hosted = self._sessions.get(frame.session)
                if opening is not None:
                    _settle_future(opening, RefusedError(frame.code, frame.text))
                elif hosted is not None and hosted.session.files.on_refused(frame):
                    pass  # Its author knows.
                elif hosted is not None and hosted.session.follower is not None:
                    hosted.session.follower.on_refused(frame)
                else:
                    logger.warning("session %s: %s", frame.session, frame.text)

    # ---- private -----------------------------------------------------------------------------------------------------

    def _open(self, frame: OpenSession) -> None:
        channel = self._channels.get(frame.channel)
        if channel is None or self._sessions.get(frame.session) is not None or self.link is None:
            return
        session = session_class(frame)(frame, app=channel.app, line=self.link.outbox, loop=channel.loop)
        session.bot_name = channel.settings.bot_name
        session.channel = channel.settings.name  # one text for all
        session.neighbours = self._neighbours
        session.warn = self._warn_author
        dispatcher = Dispatcher(
            session,
            line=self.link.outbox,
            show_error=self.show_error,
            lives=self._lives,
            shared_globals=self.shared_globals,
        )
        displaced = self._sessions.take_displaced(session.id)
        if displaced is not None:
            session.go_on_from(displaced.session)
            session.say_state_again()
            session.kept.save_soon()  # What was said of them last may not have come through.
            self._end_on_loop(displaced, goes_on=True)
            if displaced.session.is_closing:  # said while the hub was away, and lost with what else was said then
                self.end(session)
        elif frame.lost:
            self._lost_values.note(session.id, frame.lost, loop=self.link.loop)
        if self.on_session_opened is not None:
            self.on_session_opened(session)
        self._sessions.add(HostedSession(session, dispatcher))
        opening = self._openings.pop(session.id, None)
        if opening is not None:
            _settle_future(opening, session)
        first: Run | None = None
        if not frame.resumed:
            first = Run("on_chat_start")
        elif session.resumes is not None and session.app.handler("on_chat_resume") is not None:
            first = Run("on_chat_resume", thread=session.resumes)
        self._on_loop(channel.loop, lambda: dispatcher.begin(first))

    def _answer(self, session: BaseSession, question_id: str, text: str, *, files: Sequence[Element] = ()) -> str:
        client_id = new_id()
        self._required_link().outbox.put(
            HostAnswer(session=session.id, question_id=question_id, text=text, client_id=client_id, files=list(files))
        )
        return client_id

    def _surround(self, app: App) -> None:
        """Let an app say anew what the viewers of its sessions may choose from."""
        for session in self.sessions:
            if session.app is app:
                self._for_session(session.id, lambda hosted: hosted.dispatcher.surround())

    def _for_session(self, session_id: str, work: Callable[[HostedSession], None]) -> None:
        hosted = self._sessions.get(session_id)
        if hosted is not None:
            self._on_loop(hosted.session.loop, lambda: work(hosted))

    def _end_on_loop(self, hosted: HostedSession, *, goes_on: bool) -> None:
        self._on_loop(hosted.session.loop, lambda: self._sessions.end(hosted, goes_on=goes_on))

    def _tell_ended(self, session: BaseSession) -> None:
        if self.on_session_ended is not None:
            self.on_session_ended(session)
        self._end_unused_apps()

    def _end_unused_apps(self) -> None:
        used = [*(channel.app for channel in self.channels), *(session.app for session in self.sessions)]
        self._lives.end_unused(lambda app: any(each is app for each in used))

    def _warn(self, text: str) -> None:
        """Show a sentence to the author, in a cell that has to do with the chat. Called on the link's thread."""
        apps = [self.app, *(channel.app for channel in self.channels)]
        slots: tuple[Slot, ...] = ("on_chat_resume", "on_chat_start", "on_message")
        handlers = [app.handler(slot) for app in apps for slot in slots]
        contexts = [handler.context for handler in handlers if handler is not None]
        context = contexts[0] if contexts else contextvars.copy_context()
        context.copy().run(self.show_warning, text)

    def _settle(self, channel: str, result: str | RefusedError) -> None:
        answer = self._answers.pop(channel, None)
        if isinstance(result, RefusedError):
            self._channels.pop(channel, None)
        if answer is None:
            if isinstance(result, RefusedError):
                logger.warning("%s", result)
        else:
            _settle_future(answer, result)

    def _on_loop(self, loop: asyncio.AbstractEventLoop, work: Callable[[], None]) -> None:
        self._loops.hand_over(work, loop, link_loop=self._required_link().loop)

    def _is_working(self, loop: asyncio.AbstractEventLoop) -> bool:
        return any(session.loop is loop and session.current_run is not None for session in self.sessions)

    def _tell_busy(self, loop: asyncio.AbstractEventLoop, busy: bool) -> None:
        for channel in list(self._channels.values()):
            if channel.loop is loop:
                self._required_link().outbox.put(HostBusy(channel=channel.settings.name, busy=busy))

    def _notebook_session(self) -> BaseSession | None:
        own = [session for session in self.sessions if session.client_type == "notebook"]
        return own[-1] if own else None

    def _required_link(self) -> Link:
        if self.link is None:
            raise HubUnreachableError(
                "This process is joined to no hub. In a notebook, run %load_ext jupyter_chat_sessions."
            )
        return self.link


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise RefusedError("too_large", f"A message may have {MAX_TEXT:,} characters; this one has {len(text):,}.")


def _settle_future(future: Future[T], result: T | RefusedError) -> None:
    """Give a future its result, unless whoever waited for it has given up."""
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(result, RefusedError):
        future.set_exception(result)
    else:
        future.set_result(result)
