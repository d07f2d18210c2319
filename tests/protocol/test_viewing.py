"""Any interleaving of leaving and coming back ends in the hub's own transcript, and what was said is heard once."""

from __future__ import annotations

from collections import deque

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from jupyter_chat_sessions.protocol.event_log import EventLog
from jupyter_chat_sessions.protocol.frames import (
    PROTOCOL_VERSION,
    Accepted,
    AppendText,
    ChannelInfo,
    ErrorFrame,
    Event,
    HubFrame,
    Numbered,
    PutStep,
    SendMessage,
    SetState,
    UserInfo,
    ViewerCommand,
    Welcome,
    encode,
)
from jupyter_chat_sessions.protocol.steps import Snapshot, Step
from jupyter_chat_sessions.protocol.viewing import Viewing

from .strategies import Plain, events, new_id

SESSION, THREAD = new_id(200), new_id(201)
WINDOW = 5


class LeavingAndReturning(RuleBasedStateMachine):
    """A hub's log and one viewer, with a line between them that loses, doubles and merges."""

    @initialize()
    def begin(self) -> None:
        self.epochs = 1
        self.log = EventLog("epoch 1", max_events=WINDOW)
        self.hub = Plain()
        self.history: dict[tuple[str, int], Snapshot] = {("epoch 1", 0): self.hub.snapshot()}
        self.viewing = Viewing(SESSION, "secret")
        self.is_open = False
        self.down: deque[bytes] = deque()
        self.delivered: list[bytes] = []
        self.up: deque[ViewerCommand] = deque()
        self.said: list[str] = []
        self.heard: list[str] = []

    # ---- the hub -----------------------------------------------------------------------------------------------------

    @rule(event=events)
    def the_hub_publishes(self, event: Event) -> None:
        event = self.hub.fitted(event)
        self.hub.apply(event)
        frame = self.log.append(event)
        self.history[self.log.epoch, self.log.last] = self.hub.snapshot()
        if self.is_open:
            self.down.append(frame)

    @rule()
    def the_hub_publishes_more_than_its_window(self) -> None:
        for number in range(WINDOW + 1):
            self.the_hub_publishes(SetState(state={"host": number}))

    @rule(text=st.sampled_from(["a", "😀"]), size=st.integers(1, 4))
    def the_hub_streams(self, text: str, size: int) -> None:
        step_id = new_id(1)
        self.the_hub_publishes(PutStep(step=Step(id=step_id, type="assistant_message", name="A", streaming=True)))
        for _ in range(size):
            self.the_hub_publishes(AppendText(step_id=step_id, offset=-1, text=text))

    @rule()
    def the_hub_begins_a_new_epoch(self) -> None:
        self.the_line_is_cut()
        self.epochs += 1
        self.log = EventLog(f"epoch {self.epochs}", max_events=WINDOW)
        self.history[self.log.epoch, 0] = self.hub.snapshot()

    @rule()
    def the_hub_trims_its_window(self) -> None:
        self.log.trim()

    # ---- the line ----------------------------------------------------------------------------------------------------

    @rule()
    def the_viewer_connects(self) -> None:
        self.the_line_is_cut()
        self.is_open = True
        hello = self.viewing.hello()
        missed = self.log.since(hello.epoch, hello.last_seq)
        is_resumed = isinstance(missed, list)
        welcome = Welcome(
            v=PROTOCOL_VERSION,
            session=SESSION,
            thread_id=THREAD,
            epoch=self.log.epoch,
            seq=self.log.last,
            resumed=is_resumed,
            reason=None if isinstance(missed, list) else missed,
            snapshot=None if is_resumed else self.hub.snapshot(),
            channel=ChannelInfo(name="demo", title="Demo"),
            user=UserInfo(identifier="alice"),
        )
        self.down.append(encode(welcome))
        if isinstance(missed, list):
            self.down.extend(missed)

    @rule()
    def the_line_is_cut(self) -> None:
        self.is_open = False
        self.down.clear()
        self.up.clear()
        self.delivered.clear()
        self.viewing.disconnected()

    @precondition(lambda self: self.down)
    @rule(count=st.integers(1, 4))
    def frames_arrive(self, count: int) -> None:
        for _ in range(min(count, len(self.down))):
            frame = self.down.popleft()
            self.delivered.append(frame)
            if not self._arrives(frame):
                return

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def a_frame_arrives_again(self, data: st.DataObject) -> None:
        frame = data.draw(st.sampled_from(self.delivered))
        if isinstance(msgspec.json.decode(frame, type=HubFrame), Numbered):
            self._arrives(frame)

    @precondition(lambda self: len(self.down) > 1)
    @rule(data=st.data())
    def a_frame_is_lost(self, data: st.DataObject) -> None:
        """The hub would cut the line; the viewer must find out by itself all the same. The welcome comes first."""
        index = data.draw(
            st.integers(0 if self.viewing.welcome is not None and self.delivered else 1, len(self.down) - 1)
        )
        del self.down[index]

    @precondition(lambda self: len(self.down) > 1)
    @rule()
    def text_on_its_way_is_merged(self) -> None:
        merged: deque[bytes] = deque()
        for frame in self.down:
            before = msgspec.json.decode(merged[-1], type=HubFrame) if merged else None
            now = msgspec.json.decode(frame, type=HubFrame)
            both = _merged(before, now)
            if both is None:
                merged.append(frame)
            else:
                merged[-1] = encode(both)
        self.down = merged

    # ---- what is said ------------------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.said) < 20)
    @rule()
    def the_viewer_says_something(self) -> None:
        command = SendMessage(client_id=new_id(900 + len(self.said)), text="Hello")
        self.said.append(command.client_id)
        for frame in self.viewing.command(command):
            self.up.append(frame)

    @precondition(lambda self: self.is_open)
    @rule()
    def the_time_of_a_refusal_is_over(self) -> None:
        self.up.clear()  # what is on its way still would come first, and comes again
        self.up.extend(self.viewing.retry())

    @precondition(lambda self: self.up)
    @rule(is_refused_for_now=st.booleans())
    def the_hub_hears(self, is_refused_for_now: bool) -> None:
        command = self.up.popleft()
        if is_refused_for_now:
            # What was turned down for now is said again later, and so is all that came after it. The viewer hears of it
            # at once: until then it could not know that it has to hold back.
            self._arrives(
                encode(ErrorFrame(code="busy", text="Later.", client_id=command.client_id, retry_after_s=1.0))
            )
            self.up.clear()
            return
        if command.client_id not in self.heard:
            self.heard.append(command.client_id)
        self.down.append(encode(Accepted(client_id=command.client_id)))

    # ---- what is always so -------------------------------------------------------------------------------------------

    @invariant()
    def the_viewer_sees_what_the_hub_had_at_that_number(self) -> None:
        if self.viewing.epoch is not None:
            expected = self.history[self.viewing.epoch, self.viewing.last_seq]
            assert self.viewing.conversation.snapshot() == expected

    @invariant()
    def nothing_that_was_said_is_forgotten_before_it_is_heard(self) -> None:
        kept = {command.client_id for command in self.viewing.unconfirmed}
        assert set(self.said) == kept | set(self.heard)

    @invariant()
    def what_is_heard_is_heard_in_order(self) -> None:
        assert self.heard == self.said[: len(self.heard)]

    def teardown(self) -> None:
        """Once the line holds, the viewer has the hub's transcript, and the hub has all that was said, once."""
        self.the_viewer_connects()
        while self.down or self.up:
            if self.up:
                self.the_hub_hears(is_refused_for_now=False)
            else:
                assert self._arrives(self.down.popleft()), "a line that holds has no gaps"
        assert self.viewing.conversation.snapshot() == self.hub.snapshot()
        assert (self.viewing.epoch, self.viewing.last_seq) == (self.log.epoch, self.log.last)
        assert self.heard == self.said
        assert self.viewing.unconfirmed == []

    def _arrives(self, frame: bytes) -> bool:
        """Let the viewer take a frame; return False where it finds a gap and hangs up."""
        effect, answers = self.viewing.receive(msgspec.json.decode(frame, type=HubFrame))
        self.up.extend(answers)
        if effect == "gap":
            self.the_line_is_cut()
        return effect != "gap"


def _merged(before: HubFrame | None, now: HubFrame) -> Numbered | None:
    """Return two events as one, where both are text for the same step."""
    match before, now:
        case (
            Numbered(event=AppendText(step_id=step, into=into) as one) as first,
            Numbered(event=AppendText() as two),
        ) if (two.step_id, two.into) == (step, into) and now.seq == before.seq + 1:
            text = AppendText(step_id=step, offset=one.offset, text=one.text + two.text, into=into)
            return Numbered(seq=now.seq, first=first.first or first.seq, event=text)
    return None


TestLeavingAndReturning = LeavingAndReturning.TestCase
TestLeavingAndReturning.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_a_viewer_is_quiet_when_all_it_said_is_answered() -> None:
    viewing = Viewing(SESSION, "secret")
    step = Step(id=new_id(1), type="user_message", name="Alice", status="queued")

    def see(**fields: object) -> None:
        welcome = Welcome(
            v=PROTOCOL_VERSION,
            session=SESSION,
            thread_id=THREAD,
            epoch="e",
            seq=0,
            resumed=False,
            snapshot=Snapshot(**fields),  # type: ignore[arg-type]
            channel=ChannelInfo(name="demo", title="Demo"),
            user=UserInfo(identifier="alice"),
        )
        viewing.receive(welcome)

    see()
    assert viewing.is_quiet
    see(steps=[step])
    assert not viewing.is_quiet
    see(state={"run": {"id": new_id(1), "name": "on_message"}})
    assert not viewing.is_quiet
    see(steps=[msgspec.structs.replace(step, status="done")])
    assert viewing.is_quiet
    viewing.command(SendMessage(client_id=new_id(901), text="Hello"))
    assert not viewing.is_quiet
    viewing.receive(Accepted(client_id=new_id(901)))
    assert viewing.is_quiet
