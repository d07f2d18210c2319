"""What a session's host is given to run: messages and calls, one at a time, oldest first, each once.

The one rule: that the host has something is stored before the host has it. After a crash nobody could say whether its
handler had begun.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..protocol.frames import Deliver, PutStep, RemoveStep, RunChanged, SetRun, SetState, StopRuns
from ..protocol.steps import FINAL_RUN_STATUSES, RunStatus, Step
from .store import Store
from .transcript import Transcript

if TYPE_CHECKING:
    from .session import Session

_PASSING_CALLS = frozenset({"on_settings_update", "on_settings_edit", "on_window_message"})


class Runs:
    """The runs of one session, from the moment that a message is about to be stored until its handler is done.

    Args:
        session: Whose runs these are; it shows what becomes of them.
        transcript: Its conversation.
        store: Where it is kept.
    """

    __slots__ = ("_is_marked", "_sent", "_session", "_store", "_transcript")

    def __init__(self, session: Session, transcript: Transcript, *, store: Store) -> None:
        self._session = session
        self._transcript = transcript
        self._store = store
        self._sent: str | None = None
        """The message that the host has been given and has not reported on for good."""
        self._is_marked = False
        """That the transcript's `at_host` is the host's is stored."""

    # ---- what viewers say --------------------------------------------------------------------------------------------

    def claim(self, step: Step) -> None:
        """Let a message that is about to be stored be the one that the host is given next, if nothing is before it."""
        if self._is_free and not self._transcript.unfinished:
            self._transcript.at_host = step.id

    def release(self, step: Step) -> None:
        """A message is not given to the host after all."""
        if self._transcript.at_host == step.id:
            self._forget_sent()

    def note_stored(self, step: Step) -> None:
        """That a message is the host's is stored, if it is: now it may be given it."""
        if self._transcript.at_host == step.id:
            self._is_marked = True
        self.deliver_next()

    def deliver_next(self) -> None:
        """Give the host the message that has waited longest, once it has nothing else to do in this session."""
        if self._transcript.at_host is not None:
            self._send()
            return
        if not self._is_free:
            return
        queued = (step for step in self._transcript.unfinished.values() if step.status == "queued")
        step = next(queued, None)
        if step is not None:
            self._transcript.at_host = step.id
            self._store.commit([self._transcript.write_of(step)], then=partial(self.note_stored, step))

    def supersede(self, call: Step) -> None:
        """What was saved anew makes good for what was saved before and interrupted: nobody need retry that."""
        for step in self._transcript.conversation.steps:
            if step.is_call and step.name == call.name and step.status == "interrupted" and _outlives_stop(step):
                self._session.intake.outlives(step.id)
                self._session.publish(RemoveStep(step_id=step.id))

    def stop(self, *, but: str | None = None) -> None:
        """Cancel what runs and what waits; after the end there is nothing to cancel.

        Args:
            but: A message that is not meant.
        """
        if self._session.state == "ended":
            return
        for step in list(self._transcript.unfinished.values()):
            if step.status == "queued" and step.id not in (but, self._sent) and not _outlives_stop(step):
                self.release(step)
                self._session.publish(PutStep(step=replace(step, status="cancelled")))
                self._forget_passing(step.id, "cancelled")
        is_other = but is None or self._sent not in (None, but) or self._transcript.conversation.running is not None
        if self._session.is_open_at_host and is_other:
            self._session.to_host(StopRuns(session=self._session.id))

    # ---- what the host says ------------------------------------------------------------------------------------------

    def changed(self, change: RunChanged) -> None:
        """Show that a run began or ended."""
        if change.name == "on_chat_start" and not self._session.record.has_begun:
            self._session.keep_record(replace(self._session.record, has_begun=True))
        is_final = change.status in FINAL_RUN_STATUSES
        if is_final and change.run == self._transcript.at_host:
            self._forget_sent()
        if is_final:  # first: whoever hears that it is over does not find it any more
            self._forget_passing(change.run, change.status)
        is_current = self._transcript.conversation.running == change.run
        if change.status == "running" or is_current or change.run in self._transcript.unfinished:
            # That the host has it is stored as running, since before the host was given it.
            is_stored = change.status == "running" and change.run == self._transcript.at_host
            self._session.publish(SetRun(run=change.run, name=change.name, status=change.status), is_stored=is_stored)
        if is_final and change.name == "on_chat_start" and "started" not in self._transcript.conversation.state:
            self._session.publish(SetState(state={"started": True}))
        if is_final:
            self.deliver_next()

    def interrupt(self) -> None:
        """The host that had them is gone for good: say so of what ran."""
        for step in list(self._transcript.unfinished.values()):
            if step.status == "running" or step.id == self._sent:
                self._session.publish(PutStep(step=replace(step, status="interrupted")))
                self._forget_passing(step.id, "interrupted")
        self._forget_sent()

    # ---- private -----------------------------------------------------------------------------------------------------

    @property
    def _is_free(self) -> bool:
        """Whether the host is there and has this session, and nothing runs in it or is about to."""
        return self._is_reachable and self._transcript.at_host is None and self._transcript.conversation.running is None

    @property
    def _is_reachable(self) -> bool:
        host = self._session.channel.host
        return self._session.is_open_at_host and host is not None and host.is_connected

    def _send(self) -> None:
        """Give the host the message that is its own by what is stored, once."""
        if not self._is_marked or self._sent is not None or not self._is_reachable:
            return
        step = self._transcript.unfinished.get(self._transcript.at_host or "")
        if step is None:  # taken out meanwhile
            self._forget_sent()
            self.deliver_next()
        else:
            self._sent = step.id
            self._session.to_host(Deliver(session=self._session.id, step=step))

    def _forget_sent(self) -> None:
        self._transcript.at_host = self._sent = None
        self._is_marked = False

    def _forget_passing(self, step_id: str, status: RunStatus) -> None:
        """Take out a call that leaves nothing to be seen, once it is done with: only that it was said is remembered."""
        step = self._transcript.conversation.step(step_id)
        is_passing = step is not None and step.is_call and step.name in _PASSING_CALLS
        if step is not None and is_passing and (status != "interrupted" or not _outlives_stop(step)):
            self._session.intake.outlives(step.id)
            self._session.publish(RemoveStep(step_id=step.id))


def _outlives_stop(step: Step) -> bool:
    """Return whether a call is for the time after what runs: Stop does not mean it, and an interruption not its end.

    Who saves settings wants them, whatever becomes of what was being answered.
    """
    return step.is_call and step.name == "on_settings_update"
