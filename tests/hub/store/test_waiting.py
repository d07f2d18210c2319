"""What waits to be written: which of it goes next, in whatever order it comes."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_chat_sessions.hub.sql import waiting
from jupyter_chat_sessions.hub.sql.waiting import PATIENCE_S, Commit, Waiting
from jupyter_chat_sessions.hub.store import PutStep, PutThread, PutValues, RemoveStep, ThreadRecord, Values, Write
from jupyter_chat_sessions.protocol.steps import Step

THREADS = "abc"


class Watch:
    """The time, as the test has it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(waiting.time, "monotonic", lambda: self.now)  # type: ignore[attr-defined]


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def a_step(thread: str, number: int = 0) -> PutStep:
    return PutStep(thread, number, Step(id=f"{thread}{number}", type="tool", name="A"))


def a_thread(thread: str) -> PutThread:
    return PutThread(ThreadRecord(id=thread, channel="lesson", owner_key="user:alice", created_at=""))


def passing(*writes: Write) -> Commit:
    return Commit(writes, None, None)


def awaited(*writes: Write) -> Commit:
    return Commit(writes, lambda: None, None)


def test_steps_wait_for_more_of_their_thread(watch: Watch) -> None:
    box, said = Waiting(), awaited(a_step("a", 1))
    box.add([passing(a_step("a")), passing(a_step("b")), said])
    assert box.is_awaited
    assert box.take() == [passing(a_step("a")), said]
    assert not box.is_awaited
    assert box.wait_s == pytest.approx(PATIENCE_S)
    assert box.take() == []
    watch.now += PATIENCE_S
    assert box.wait_s == pytest.approx(0)
    assert box.take() == [passing(a_step("b"))]
    assert box.wait_s is None


def test_what_is_no_step_takes_what_came_before_it_of_its_thread_along(watch: Watch) -> None:
    box = Waiting()
    box.add([passing(a_step("a")), passing(RemoveStep("a", "a0")), passing(a_step("b")), passing(a_thread("a"))])
    assert box.take() == [passing(a_step("a")), passing(RemoveStep("a", "a0")), passing(a_thread("a"))]


def test_what_is_known_by_its_session_alone_does_not_wait(watch: Watch) -> None:
    box = Waiting()
    box.add([passing(a_step("a")), passing(PutValues("session", Values()))])
    assert box.take() == [passing(PutValues("session", Values()))]
    assert box.take_all() == [passing(a_step("a"))]


def test_who_waits_for_a_commit_without_writes_waits_for_all_that_came_before(watch: Watch) -> None:
    box, mark = Waiting(), awaited()
    box.add([passing(a_step("a")), passing(a_step("b")), mark, passing(a_step("c"))])
    assert box.take() == [passing(a_step("a")), passing(a_step("b")), mark, passing(a_step("c"))]


def test_the_writer_is_woken_for_the_first_and_for_the_first_that_somebody_waits_for(watch: Watch) -> None:
    box = Waiting()
    news = [[passing(a_step("a"))], [passing(a_step("b"))], [awaited(a_step("c"))], [awaited(a_step("c"))]]
    assert [box.add(commits) for commits in news] == [True, False, True, False]


_writes = st.builds(a_step, st.sampled_from(THREADS), st.integers(0, 9)) | st.builds(a_thread, st.sampled_from(THREADS))
_commits = st.builds(
    lambda writes, is_awaited: (awaited if is_awaited else passing)(*writes),
    st.lists(_writes, max_size=3),
    st.booleans(),
)


@given(st.lists(_commits | st.sampled_from(["take", "wait"]), max_size=40))
def test_nothing_is_lost_and_each_thread_keeps_its_order(what: list[Commit | str]) -> None:
    box, now, said, written = Waiting(), 100.0, [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(waiting.time, "monotonic", lambda: now)  # type: ignore[attr-defined]
        for each in what:
            if isinstance(each, Commit):
                box.add([each])
                said.append(each)
            elif each == "wait":
                now += 0.6 * PATIENCE_S
            else:
                due = [commit for commit in said if commit not in written and commit.is_awaited]
                taken = box.take()
                written += taken
                assert all(commit in taken for commit in due)
        written += box.take_all()
    assert len(written) == len(said)
    assert by_thread(written) == by_thread(said)
    assert [commit for commit in written if commit.is_awaited] == [commit for commit in said if commit.is_awaited]


def by_thread(commits: list[Commit]) -> dict[str | None, list[Write]]:
    writes: dict[str | None, list[Write]] = defaultdict(list)
    for commit in commits:
        for write in commit.writes:
            writes[write.thread_id].append(write)
    return writes
