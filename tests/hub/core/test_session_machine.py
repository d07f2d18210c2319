"""The life of sessions and the protocol, driven at random: viewers, kernels and the server come and go.

    python -m tests.hub.core.test_session_machine 50000

runs so many steps and prints their number.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from jupyter_chat_sessions.hub.options import HubOptions
from jupyter_chat_sessions.protocol.frames import Deliver, EndSession, FinishStep, Stop
from jupyter_chat_sessions.protocol.steps import FINAL_RUN_STATUSES

from .doubles import Hall, LastingStore, Tab

OPTIONS = HubOptions(max_waiting=1000, messages_per_minute=0, window_events=20, snapshot_steps=1000)
NAMES = ("alice", "bob")


class SessionLife(RuleBasedStateMachine):
    """Two people with two tabs each, a notebook, a server and a store that may be slow."""

    steps: ClassVar[int] = 0

    @initialize()
    def begin(self) -> None:
        self.store = LastingStore()
        self.hall = Hall(options=OPTIONS, store=self.store)
        self.tabs: dict[str, list[Tab]] = {}
        self.is_open: dict[Tab, bool] = {}
        self.is_linked = True
        self.given: Counter[tuple[str, int]] = Counter()
        self.read = 0
        self.streams: dict[str, str] = {}
        for name in NAMES:
            self._enter(name)

    # ---- viewers -----------------------------------------------------------------------------------------------------

    @rule(name=st.sampled_from(NAMES), which=st.integers(0, 1))
    def say(self, name: str, which: int) -> None:
        tab = self.tabs[name][which]
        tab.say(f"{name} says {tab.viewing.last_seq}")

    @rule(name=st.sampled_from(NAMES), which=st.integers(0, 1))
    def leave_or_come(self, name: str, which: int) -> None:
        tab = self.tabs[name][which]
        if self.is_open[tab]:
            tab.drop()
        else:
            tab.open()
        self.is_open[tab] = not self.is_open[tab]

    @rule(name=st.sampled_from(NAMES), which=st.integers(0, 1))
    def retry_or_stop(self, name: str, which: int) -> None:
        tab = self.tabs[name][which]
        interrupted = [step for step in tab.steps if step.status == "interrupted" and step.type == "user_message"]
        if not self.is_open[tab]:
            return
        if interrupted:
            tab.retry(interrupted[0].id)
        else:
            tab.put(Stop())

    @rule(name=st.sampled_from(NAMES))
    def new_chat(self, name: str) -> None:
        tab = next((tab for tab in self.tabs[name] if self.is_open[tab]), None)
        if tab is not None:
            tab.put(EndSession())
            assert all(other.viewing.bye is not None for other in self.tabs[name] if self.is_open[other])
            self.streams.pop(tab.viewing.session, None)
            self._enter(name)

    # ---- the notebook ------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.is_linked)
    @rule()
    def work(self) -> None:
        self._stream_ends()
        self.hall.host.work()

    @precondition(lambda self: self.is_linked)
    @rule(name=st.sampled_from(NAMES))
    def speak(self, name: str) -> None:
        session = self.tabs[name][0].viewing.session
        if session in self.streams:
            self.hall.host.emit(session, FinishStep(step_id=self.streams.pop(session)))
        else:
            self.streams[session] = self.hall.host.stream(session, "half ", "a word")

    @rule()
    def cut_or_join_the_link(self) -> None:
        if self.is_linked:
            self.hall.host.cut()
        else:
            self._join()
        self.is_linked = not self.is_linked

    @rule()
    def restart_the_kernel(self) -> None:
        self._count()
        self.streams.clear()
        self.hall.start_kernel()
        self.is_linked = True
        self.read = 0

    # ---- the server and its store ------------------------------------------------------------------------------------

    @rule(is_written=st.booleans())
    def kill_the_server(self, is_written: bool) -> None:
        self._count()
        if is_written:
            self.store.write()
        self.store.lose_what_waits()
        self.streams.clear()
        self.hall.kill()
        self.hall.start()
        for tabs in self.tabs.values():
            for tab in tabs:
                tab.come_back(self.hall.hub)
                self.is_open[tab] = True
        self.hall.start_kernel()
        self.is_linked = True
        self.read = 0

    @rule()
    def slow_or_hurry_the_store(self) -> None:
        self.store.is_slow = not self.store.is_slow
        if not self.store.is_slow:
            self.store.write()

    @rule(seconds=st.sampled_from([0.1, 1, 20]))
    def let_time_pass(self, seconds: float) -> None:
        self.hall.clock.advance(seconds)

    # ---- what holds --------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_given_to_a_handler_twice(self) -> None:
        type(self).steps += 1
        self._count()
        assert all(times == 1 for times in self.given.values()), self.given

    @invariant()
    def tabs_that_are_open_show_the_same(self) -> None:
        for one, two in self.tabs.values():
            if self.is_open[one] and self.is_open[two]:
                assert one.viewing.conversation.snapshot() == two.viewing.conversation.snapshot()
            assert "gap" not in one.effects
            assert "gap" not in two.effects

    @invariant()
    def nobody_is_told_no(self) -> None:
        for tabs in self.tabs.values():
            for tab in tabs:
                # Two tabs may want the same message run again, or one that is not interrupted any more.
                assert {error.code for error in tab.viewing.refused} <= {"conflict"}

    def teardown(self) -> None:
        """When all is well again, everything that was said is answered, once, and stored as it shows."""
        self.store.is_slow = False
        self.store.write()
        if not self.is_linked:
            self._join()
        for tab, is_open in self.is_open.items():
            if not is_open and tab.viewing.bye is None:
                tab.open()
        self.hall.host.work()
        self._count()
        assert all(times == 1 for times in self.given.values())
        for tabs in self.tabs.values():
            for tab in tabs:
                assert tab.viewing.unconfirmed == []
                assert all(step.status in FINAL_RUN_STATUSES for step in tab.steps if step.type == "user_message")
                self._is_stored_as_it_shows(tab)

    # ---- private -----------------------------------------------------------------------------------------------------

    def _join(self) -> None:
        self.hall.host.connect()
        if not self.hall.host.welcomes[-1].resumed:
            self.streams.clear()
            self.hall.host.publish(self.hall.settings)

    def _enter(self, name: str) -> None:
        for old in self.tabs.get(name, ()):
            self.is_open.pop(old)
        tab = self.hall.enter(name)
        other = self.hall.tab_of(tab).open()
        self.store.write()  # whoever makes a session waits for that
        self.tabs[name] = [tab, other]
        self.is_open |= {tab: True, other: True}

    def _stream_ends(self) -> None:
        for session, step in self.streams.items():
            self.hall.host.emit(session, FinishStep(step_id=step))
        self.streams.clear()

    def _count(self) -> None:
        frames = self.hall.host.frames
        for frame in frames[self.read :]:
            if isinstance(frame, Deliver):
                self.given[frame.step.id, frame.step.attempt] += 1
        self.read = len(frames)

    def _is_stored_as_it_shows(self, tab: Tab) -> None:
        assert tab.viewing.welcome is not None
        thread = self.store._threads[tab.viewing.welcome.thread_id]
        stored = sorted(thread.step_by_id.values(), key=lambda step: thread.position_by_id[step.id])
        assert [(step.id, step.status) for step in stored] == [(step.id, step.status) for step in tab.steps]


TestSessionLife = SessionLife.TestCase
TestSessionLife.settings = settings(max_examples=60, stateful_step_count=40, suppress_health_check=list(HealthCheck))


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    count = settings(
        max_examples=wanted // 40, stateful_step_count=60, suppress_health_check=list(HealthCheck), deadline=None
    )
    while SessionLife.steps < wanted:
        run_state_machine_as_test(SessionLife, settings=count)
    sys.stdout.write(f"{SessionLife.steps:,} steps without a counterexample\n")
