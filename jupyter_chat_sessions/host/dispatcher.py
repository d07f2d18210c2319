"""Runs the author's handlers: for each session one at a time, in order; sessions beside each other.

The one rule: this is the only place that calls a handler, and nothing that a handler does gets past it.
"""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import traceback
from collections.abc import Callable
from types import FrameType, TracebackType
from uuid import uuid4

from ..ids import new_id
from ..protocol.frames import FinishStep, PutStep, RunChanged, SetState
from ..protocol.steps import RunStatus, Step
from ..times import utc_now
from .app import Handler, Slot
from .app_lives import AppLives
from .line import Line
from .run import Run
from .scope import Scope, enter
from .session import BaseSession
from .settings import show_settings, take_settings
from .shared_globals import SharedGlobals
from .threads import run_in_thread

logger = logging.getLogger(__name__)

END_GRACE_S = 2.0
"""How long a cancelled run may take to finish, seconds, before the session ends without it."""
ON_CHAT_END_LIMIT_S = 10.0
STOPPED_BY_AUTHOR = "Stopped by the author of this notebook."
MAX_ERROR_TEXT = 16_384
"""Code points of an exception that are shown."""

ShowError = Callable[[BaseException, str], None]
"""Shows an exception, under a line that says where it came from."""


OFFERS = frozenset({"profiles", "profile", "starters", "starterCategories", "feedback", "avatars"})
"""Keys of the session's state that say what a viewer may choose from; see `docs/protocol.md`."""
_NOT_THE_VIEWERS: frozenset[Slot] = frozenset({"surroundings", "on_chat_resume", "on_disconnect", "on_reconnect"})
"""What waits for its turn and is not stopped by the viewer's Stop."""


class Dispatcher:
    """The runs of one session. Every method is called on the session's loop.

    Args:
        session: Whose runs these are.
        line: The way to the hub, which is told what became of each run.
        show_error: Shows a handler's exception to the author; called in the context of the cell that defined the
            handler.
        lives: Lets the session's app begin before its first handler.
        shared_globals: Watches what handlers change.
    """

    __slots__ = ("_line", "_lives", "_session", "_shared_globals", "_show_error", "_task", "is_ending")

    def __init__(
        self,
        session: BaseSession,
        *,
        line: Line,
        show_error: ShowError,
        lives: AppLives | None = None,
        shared_globals: SharedGlobals | None = None,
    ) -> None:
        self._session = session
        self._lives = lives
        self._shared_globals = shared_globals
        self._line = line
        self._show_error = show_error
        session.submit = self.submit
        session.show_error = show_error
        self._task: asyncio.Task[None] | None = None
        self.is_ending = False
        """The hub knows this session no more."""

    def submit(self, run: Run) -> None:
        """Put a run at the end of the queue."""
        if self.is_ending or self._session.is_ending:
            return
        if run.step is not None and self._is_known(run):
            return
        self._session.waiting.append(run)
        self._start_next()

    def begin(self, first: Run | None) -> None:
        """The session is there: show what its viewer may choose from, then run what is first, if anything is."""
        self.surround()
        if first is not None:
            self.submit(first)

    def surround(self) -> None:
        """Let the app say what its viewer may choose from, if it has anything to say, or had."""
        session, app = self._session, self._session.app
        if session.settings_form is not None:
            show_settings(session)  # whether `on_settings_edit` is there may have changed
        if app.handler("set_chat_profiles") is None:
            session.chat_profile = None  # whatever a client says that it has chosen
        is_waiting = any(run.slot == "surroundings" for run in session.waiting)
        is_rated = app.handler("on_feedback") is not None or app.handler("data_layer") is not None
        has_avatars = app.public is not None and bool(app.public.avatars())
        has_any = bool(app.surroundings) or is_rated or has_avatars or OFFERS & session.said_state.keys()
        if has_any and not is_waiting:
            self.submit(Run("surroundings"))

    def watched(self, *, is_watched: bool) -> None:
        """The last viewer has gone, or one came back: let the author's handler have its turn, if there is one."""
        slot: Slot = "on_reconnect" if is_watched else "on_disconnect"
        other: Slot = "on_disconnect" if is_watched else "on_reconnect"
        undone = next((run for run in self._session.waiting if run.slot == other), None)
        if undone is not None:  # However often it comes and goes meanwhile, no more than one waits.
            self._session.waiting.remove(undone)
        elif self._session.app.handler(slot) is not None:
            self.submit(Run(slot))

    def interrupt(self) -> None:
        """Cancel the run that goes on, as the author's *Interrupt* does. Its viewer reads so; what waits is next."""
        run = self._session.current_run
        if run is not None and self._task is not None:
            run.is_interrupted = True
            self._task.cancel()

    def stop(self) -> None:
        """Cancel the run that goes on and what waits; then `on_stop` has its turn."""
        task = self._task
        had_run = self._session.current_run is not None or bool(self._session.waiting)
        waiting = list(self._session.waiting)
        self._session.waiting.clear()
        for run in waiting:
            if run.slot in _NOT_THE_VIEWERS:
                self._session.waiting.append(run)
            else:
                self._tell(run, "cancelled")
        if task is not None:
            if self._session.current_run is not None:
                self._session.current_run.is_stopped = True
            task.cancel()
        if had_run and self._session.app.handler("on_stop") is not None:
            self.submit(Run("on_stop"))

    async def aclose(self, *, goes_on: bool = False) -> None:
        """Cancel everything, give `on_chat_end` its turn, and free the session.

        Args:
            goes_on: The session lives on elsewhere: `on_chat_end` is not its due yet.
        """
        if self.is_ending:
            return
        self.is_ending = True
        self._session.waiting.clear()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task], timeout=END_GRACE_S)
        if not goes_on and self._session.app.handler("on_chat_end") is not None:
            ending = self._create_task(Run("on_chat_end"))
            done, _ = await asyncio.wait([ending], timeout=ON_CHAT_END_LIMIT_S)
            if not done:
                ending.cancel()
                logger.warning("session %s: on_chat_end took over %s s", self._session.id, ON_CHAT_END_LIMIT_S)
        record = self._session.record
        if record is not None:
            await record.aclose(goes_on=goes_on)
        self._session.free()

    def _start_next(self) -> None:
        if self._task is not None or not self._session.waiting or self._session.is_ending:
            return
        run = self._session.waiting.pop(0)
        self._session.current_run = run
        attempt = run.attempt
        if attempt is not None:
            self._session.take(attempt)
            if self._session.record is not None:
                self._session.record.on_taken(run)
        if run.slot == "on_chat_resume":
            self._session.resumes = None
        self._line.hold()
        self._task = self._create_task(run)
        self._session.loop.call_soon(self._line.hurry)  # behind what the handler does before it waits
        self._task.add_done_callback(self._on_done)

    def _is_known(self, run: Run) -> bool:
        """Return whether a message came here before, and say what became of it where the hub may not know."""
        session, attempt = self._session, run.attempt
        if attempt not in session.taken:
            return any(waiting.attempt == attempt for waiting in session.waiting)
        if session.current_run is None or session.current_run.attempt != attempt:
            # The hub had forgotten this host, and with it what had become of the message.
            self._tell(run, "interrupted")
        return True

    def _on_done(self, task: asyncio.Task[None]) -> None:
        run, self._session.current_run = self._session.current_run, None
        self._task = None
        if run is not None and task.cancelled():  # before it could begin
            self._tell(run, _after_cancellation(run))
        if not self.is_ending:
            self._start_next()

    def _create_task(self, run: Run) -> asyncio.Task[None]:
        """Run a handler as a task in the context of its cell, so that what it prints goes there."""
        handler = self._session.app.handler_of(run)
        context = None if handler is None else handler.context.copy()
        return self._session.loop.create_task(self._run(run, handler), name=f"chat {run.slot}", context=context)

    async def _run(self, run: Run, handler: Handler | None) -> None:
        status: RunStatus = "done"
        enter(Scope(self._session, run))  # a task's context ends with it
        self._tell(run, "running")
        try:
            if self._lives is not None and run.slot != "on_chat_end" and not self._lives.has_begun(self._session.app):
                await self._lives.begin(self._session.app)
            if self._session.record is not None and run.slot != "on_chat_end":
                await self._session.record.user_known()
            refusal = take_settings(self._session, run)
            if refusal is not None:
                status = "failed"
                self._say_error(run, refusal)
            elif run.slot == "surroundings":
                await self._show_surroundings(run)
            elif handler is None:
                status = self._without_handler(run)
            elif self._shared_globals is None:
                await self._call(run, handler)
            else:
                with self._shared_globals.watching(self._session.id, handler):
                    await self._call(run, handler)
        except asyncio.CancelledError:
            status = _after_cancellation(run)
            if run.is_interrupted:
                self._say_error(run, STOPPED_BY_AUTHOR)
        except BaseException as error:  # the run boundary: SystemExit ends a run, not the kernel
            status = "failed"
            self._fail(run, error)
        finally:
            for step_id in list(run.streams):  # a thread that was abandoned may still take some out
                self._session.emit(FinishStep(step_id=step_id, end=utc_now()))
            if not self.is_ending:
                self._session.keep_values()
            self._tell(run, status)

    async def _call(self, run: Run, handler: Handler) -> None:
        for element in () if run.step is None else run.step.elements:
            await self._session.files.fetch(element)
        arguments = handler.positional(run)
        if handler.is_async:
            handler.take(run, await handler.function(*arguments))
            return
        try:
            result = await run_in_thread(handler.function, *arguments)
        except asyncio.CancelledError:
            self._session.abandon(run)
            raise
        if asyncio.iscoroutine(result) or asyncio.isfuture(result):
            result = await result
        handler.take(run, result)

    async def _show_surroundings(self, run: Run) -> None:
        """Let the author's app say what its viewer may choose from."""
        session, app = self._session, self._session.app
        for slot in app.surroundings:
            handler = app.handler(slot)
            try:
                if handler is not None:
                    await self._call(run, handler)
            except Exception as error:  # what the others say is shown all the same
                if slot == "set_chat_profiles":
                    session.chat_profile = session.said_state.get("profile")
                self._fail(run, error, slot=slot)
        if app.handler("on_feedback") is not None or app.handler("data_layer") is not None:
            run.offers["feedback"] = True
        if app.public is not None:
            run.offers["avatars"] = app.public.avatars() or None
        offers = {key: run.offers.get(key) for key in OFFERS}
        changed = {key: value for key, value in offers.items() if value != session.said_state.get(key)}
        if changed:
            session.emit(SetState(state=changed))
            await session.room()  # icons and avatars may be many

    def _without_handler(self, run: Run) -> RunStatus:
        match run.slot:
            case "on_message":
                missing = "`@on_message` yet, so nobody answers"
            case "action_callback":
                name = "" if run.action is None else run.action.name
                missing = f"what this button does, `@action_callback({name!r})`"
            case _:
                return "done"
        self._say_error(run, f"The notebook has not defined {missing}. Ask its author.")
        return "failed"

    def _fail(self, run: Run, error: BaseException, *, slot: Slot | None = None) -> None:
        slot = slot or run.slot
        error = error.with_traceback(_from_handler(error.__traceback__))
        error_id = uuid4().hex[:8]
        logger.debug("session %s: %s raised (error %s)", self._session.id, slot, error_id, exc_info=error)
        if isinstance(error, KeyboardInterrupt):
            self._say_error(run, STOPPED_BY_AUTHOR)
            return
        if self._session.is_owner:
            reason = traceback.format_exception_only(error)[-1].partition(": ")[2].rstrip()
            literal = _MARKDOWN.sub(r"\\\g<0>", reason)
            text = f"**{type(error).__name__}** in `{slot}`: {literal}"
            self._say_error(run, text, details="".join(traceback.format_exception(error)))
        else:
            self._say_error(
                run,
                f"Something went wrong in the notebook (`{type(error).__name__}`, error {error_id}). "
                "Its author has been told.",
            )
        try:
            self._show_error(error, f"Error {error_id} in {slot}, session {self._session.id}:")
        except Exception:
            logger.exception("session %s: error %s could not be shown", self._session.id, error_id)

    def _say_error(self, run: Run, text: str, *, details: str | None = None) -> None:
        step = Step(
            id=new_id(),
            type="assistant_message",
            name=self._session.shown_names.latest(self._session.bot_name),
            thread_id=self._session.thread_id,
            parent_id=run.id,
            output=_presentable(text),
            is_error=True,
            created_at=utc_now(),
            metadata={} if details is None else {"traceback": _presentable(details)},
        )
        self._session.emit(PutStep(step=step))

    def _tell(self, run: Run, status: RunStatus) -> None:
        if not (self.is_ending or self._session.is_ended or run.slot == "surroundings"):
            self._line.put(RunChanged(session=self._session.id, run=run.id, name=run.slot, status=status))


_MARKDOWN = re.compile(r"[\\`*\[\]<>~]|(?<![^\W_])_|_(?![^\W_])")
"""What an exception says is no Markdown: `__init__` would be read as a bold *init*. Within a word `_` means nothing."""


def _after_cancellation(run: Run) -> RunStatus:
    """Return what became of a run that was cancelled: a kernel that shuts down cancels all, and nobody wanted that."""
    task = asyncio.current_task()
    is_from_outside = task is None or task.cancelling() > 0
    was_wanted = run.is_stopped or run.is_interrupted
    return "interrupted" if is_from_outside and not was_wanted else "cancelled"


def _presentable(text: str) -> str:
    """Return what an exception says so that it can be shown, however long it is and whatever is in it."""
    if len(text) > MAX_ERROR_TEXT:
        half = MAX_ERROR_TEXT // 2
        text = f"{text[:half]}\n…\n{text[-half:]}"
    return text.encode(errors="replace").decode()


def is_in_handler_call(frame: FrameType | None) -> bool:
    """Return whether a frame belongs to an async handler: an exception there ends that run and no more."""
    while frame is not None:
        if frame.f_code is Dispatcher._call.__code__:
            return True
        frame = frame.f_back
    return False


def print_warning(text: str) -> None:
    """Show a sentence to the author on standard error."""
    sys.stderr.write(f"{text}\n")


def print_error(error: BaseException, where: str) -> None:
    """Show an exception with its traceback on standard error."""
    sys.stderr.write(f"{where}\n{''.join(traceback.format_exception(error))}")


def _from_handler(trace: TracebackType | None) -> TracebackType | None:
    """Return the part of a traceback that begins in the author's own code."""
    ours = __package__.split(".")[0]
    while trace is not None and trace.tb_frame.f_globals.get("__package__", "") not in (None, ""):
        package = str(trace.tb_frame.f_globals.get("__package__"))
        if not package.startswith(ours):
            break
        trace = trace.tb_next
    return trace
