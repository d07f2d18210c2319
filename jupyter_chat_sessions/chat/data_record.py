"""What an author's data layer is told of one session.

The one rule: there is one queue a session. A data layer hears of everything once, in the order of the conversation, and
nobody waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from copy import copy
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ..host.run import Run
from ..host.scope import session_scope
from ..host.session import BaseSession
from ..host.snapshot import keep
from ..host.user import PersistedUser
from ..protocol.frames import (
    AppendText,
    FinishStep,
    HostEvent,
    PutElement,
    PutStep,
    RemoveElement,
    RemoveStep,
)
from ..protocol.steps import Answer, Element, Step
from .data_layer import BaseDataLayer, layer_of
from .feedback import rating_of

logger = logging.getLogger(__name__)

CALL_LIMIT_S = 30.0
"""How long one call of a data layer may take, in seconds."""
CLOSE_LIMIT_S = 10.0
"""How long a session's end waits for what is not told yet, in seconds."""
USER_LIMIT_S = 5.0
"""How long the handlers of a session wait to know who its viewer is in the store, in seconds."""
MAX_WAITING = 10_000
"""Calls that wait in one session; what comes when the data layer is that far behind is not told."""
NOT_THE_STEPS: Final = frozenset({"actions", "elements", "feedback", "client_id", "status", "attempt"})
"""What Chainlit's `StepDict` has not."""

Tell = Callable[[BaseDataLayer], Any]


class DataRecord:
    """Tells a data layer of one session.

    Args:
        session: The session.
    """

    def __init__(self, session: BaseSession) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, Tell]] = deque()
        self._held: list[tuple[str, Tell]] | None = None if session.was_spoken_in else []
        """What waits until the viewer says or does something; None once that has happened."""
        self._streaming: dict[str, tuple[Step, list[str], list[str]]] = {}
        """Steps whose text grows, with what has come of their output and input."""
        self._known: set[str] = set()
        """Steps and elements that were told."""
        self._user: PersistedUser | None = None
        """Who the viewer is there."""
        self._is_user_known = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False
        if session.user is None:
            self._is_user_known.set()
        else:
            self._put("get_user", self._learn_user)

    # ---- what it is told, from any thread ----------------------------------------------------------------------------

    def on_event(self, event: HostEvent) -> None:
        """See `Record`."""
        with self._lock:
            match event:
                case PutStep(step=step, replaces=replaces):
                    self._put_step(step, replaces=replaces)
                case AppendText(step_id=step_id, text=text, into=into):
                    if step_id in self._streaming:
                        _, outputs, inputs = self._streaming[step_id]
                        (outputs if into == "output" else inputs).append(text)
                case FinishStep(step_id=step_id, end=end):
                    if step_id in self._streaming:
                        step, outputs, inputs = self._streaming.pop(step_id)
                        self._tell_step(
                            replace(
                                step,
                                output=step.output + "".join(outputs),
                                input=step.input + "".join(inputs),
                                streaming=False,
                                end=end or step.end,
                            )
                        )
                case RemoveStep(step_id=step_id):
                    self._delete_step(step_id)
                case PutElement(step_id=step_id, element=element):
                    self._create_element(element, step_id)
                case RemoveElement(element_id=element_id):
                    self._known.discard(element_id)
                    thread_id = self._session.thread_id
                    self._say("delete_element", lambda layer: layer.delete_element(element_id, thread_id))
                case _:
                    pass  # buttons, questions and state are no part of what is kept

    def on_taken(self, run: Run) -> None:
        """See `Record`."""
        if run.step is None:
            return
        with self._lock:
            if not run.step.is_call:
                self._interact(run.step.output)
                if run.step.attempt > 1:
                    self._known.add(run.step.id)  # under an earlier host, where not here
                self._tell_step(run.step)
            elif run.action is not None:
                self._interact(run.action.label or run.action.name)
            elif run.slot == "on_feedback":
                rating = rating_of(run, thread_id=self._session.thread_id)
                self._say("upsert_feedback", lambda layer: layer.upsert_feedback(rating))

    def on_answer(self, answer: Answer) -> None:
        """See `Record`."""
        with self._lock:
            self._interact(answer.text or (answer.action.label if answer.action else answer.step.output))
            if answer.step.is_message:
                self._tell_step(answer.step)

    def on_removed(self, step_ids: list[str]) -> None:
        """See `Record`."""
        with self._lock:
            for step_id in step_ids:
                self._delete_step(step_id)

    def go_on_in(self, session: BaseSession) -> None:
        """See `Record`."""
        self._session = session
        session.user = self._user or session.user

    async def user_known(self) -> None:
        """See `Record`."""
        try:
            async with asyncio.timeout(USER_LIMIT_S):
                await self._is_user_known.wait()
        except TimeoutError:
            self._is_user_known.set()  # the next handler need not wait as long again

    async def aclose(self, *, goes_on: bool) -> None:
        """See `Record`."""
        with self._lock:
            if self._held is None and not goes_on:
                kept = keep(self._session.values, secrets=self._session.user_env.values()).values
                metadata = msgspec.json.decode(msgspec.json.encode(dict(kept)))
                thread_id = self._session.thread_id
                self._say("update_thread", lambda layer: layer.update_thread(thread_id, metadata=metadata))
            self._is_closed = True
        self._begin()
        if self._task is not None:
            done, _ = await asyncio.wait([self._task], timeout=CLOSE_LIMIT_S)
            if not done:
                self._task.cancel()
                logger.warning(
                    "session %s: a data layer was not told %d things in time", self._session.id, len(self._waiting)
                )

    # ---- what is to be told, under the lock --------------------------------------------------------------------------

    def _put_step(self, step: Step, *, replaces: bool) -> None:
        if step.streaming:  # its elements, too, once its text is complete
            self._streaming[step.id] = (step, [], [])
        else:
            was_streaming = self._streaming.pop(step.id, None) is not None
            if replaces and not was_streaming:
                self._known.add(step.id)  # under an earlier host
            self._tell_step(step)

    def _tell_step(self, step: Step) -> None:
        thread_id = self._session.thread_id
        told = {
            field.encode_name: msgspec.to_builtins(getattr(step, field.name))
            for field in msgspec.structs.fields(Step)
            if field.name not in NOT_THE_STEPS
        }
        told["threadId"] = thread_id
        if step.parent_id not in self._known:  # of a run without a message of its own, such as `on_chat_start`
            told["parentId"] = None
        if step.id in self._known:
            self._say("update_step", lambda layer: layer.update_step(told))
        else:
            self._known.add(step.id)
            self._say("create_step", lambda layer: layer.create_step(told))
        for element in step.elements:
            self._create_element(element, step.id)

    def _delete_step(self, step_id: str) -> None:
        self._streaming.pop(step_id, None)
        self._known.discard(step_id)
        self._say("delete_step", lambda layer: layer.delete_step(step_id))

    def _create_element(self, element: Element, step_id: str) -> None:
        if element.id in self._known:
            return
        self._known.add(element.id)
        shown = self._session.shown.get(step_id)
        author_s = [each for each in (shown.elements if shown is not None else ()) if each.id == element.id]
        made = author_s[0] if author_s else None

        def create(layer: BaseDataLayer) -> Any:
            from .element import Element as AuthorsElement

            of_wire = AuthorsElement.from_struct(element, for_id=step_id, session=self._session)
            return layer.create_element(made or of_wire)

        self._say("create_element", create)

    def _interact(self, text: str) -> None:
        """The viewer has said or done something: now there is a conversation to keep."""
        if self._held is None:
            return
        held, self._held = self._held, None
        name, thread_id = text[:255], self._session.thread_id
        self._say(
            "update_thread",
            lambda layer: layer.update_thread(
                thread_id, name=name, user_id=None if self._user is None else self._user.id
            ),
        )
        for method, tell in held:
            self._say(method, tell)

    def _say(self, method: str, tell: Tell) -> None:
        if self._held is not None:
            self._held.append((method, tell))
        else:
            self._put(method, tell)

    def _put(self, method: str, tell: Tell) -> None:
        if len(self._waiting) >= MAX_WAITING:
            error = RuntimeError(f"It is {MAX_WAITING:,} calls behind: what comes now is not told.")
            self._session.loop.call_soon_threadsafe(self._show, "a slow data layer", error)
            return
        self._waiting.append((method, tell))
        if self._task is None and not self._session.loop.is_closed():
            self._session.loop.call_soon_threadsafe(self._begin)

    # ---- telling, on the session's loop ------------------------------------------------------------------------------

    def _begin(self) -> None:
        if self._task is not None or not self._waiting:
            return
        handler = self._session.app.handler("data_layer")
        context = None if handler is None else handler.context.copy()
        self._task = self._session.loop.create_task(self._drain(), name="chat data layer", context=context)
        self._task.add_done_callback(self._on_drained)

    def _on_drained(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if self._waiting and not task.cancelled():  # came at the last moment
            self._begin()

    async def _drain(self) -> None:
        with session_scope(self._session):
            while self._waiting:
                method, tell = self._waiting.popleft()
                try:
                    layer = layer_of(self._session.app)
                    if layer is not None:
                        async with asyncio.timeout(CALL_LIMIT_S):
                            await tell(layer)
                except Exception as error:  # an author's store may raise anything, and the chat goes on
                    self._show(method, error)

    async def _learn_user(self, layer: BaseDataLayer) -> None:
        """Learn who the viewer is in the store, who is made there if need be. Jupyter says what they are called."""
        try:
            user = self._session.user
            if user is None:
                return
            kept = _checked_user(await layer.get_user(user.identifier), "get_user")
            kept = kept or _checked_user(await layer.create_user(user), "create_user")
            if kept is not None:
                self._user = self._session.user = copy(kept)  # what the store holds stays as it is
                self._user.display_name = user.display_name or kept.display_name
        finally:
            self._is_user_known.set()

    def _show(self, method: str, error: Exception) -> None:
        logger.warning("session %s: data layer, %s: %s", self._session.id, method, type(error).__name__, exc_info=error)
        handler = self._session.app.handler("data_layer")
        show_error = self._session.show_error
        if handler is not None and show_error is not None and method not in handler.told:
            handler.told.add(method)
            show_error(error, f"Error in the data layer, {method} (told once):")


def _checked_user(given: Any, method: str) -> PersistedUser | None:
    if not isinstance(given, PersistedUser | None):
        raise TypeError(
            f"{method} of a data layer returns a PersistedUser, or None; it returned {type(given).__name__!r}."
        )
    return given
