"""The checker itself: what is right passes; each rule finds what it is there for, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from msgspec.structs import replace

from .checker import check
from .journal import (
    Accepted,
    Answered,
    AnyRecord,
    Applied,
    Asked,
    Began,
    Ended,
    Opened,
    Said,
    SeenStep,
    Sent,
    Shown,
    Streams,
    Viewed,
    Welcomed,
    digest,
    key_of,
    stream_text,
)

HERE = "session-a"
STREAMED = stream_text("a/2", 30)


def user(step: str, text: str, client: str, *, status: str = "done") -> SeenStep:
    return SeenStep(step, True, key_of(text), digest(text), len(text), client=client, status=status)


def bot(step: str, text: str) -> SeenStep:
    return SeenStep(step, False, key_of(text), digest(text), len(text))


THREAD = [
    user("m1", "a/1 echo", "c1"),
    bot("r1", "a/1 echo"),
    user("m2", "a/2 stream 30", "c2"),
    bot("r2", STREAMED),
    user("m3", "a/3 ask", "c3"),
    bot("q3", "a/3 what?"),
    replace(user("m4", "a/4", "c4", status=""), parent="q3"),
]

RECORDS: list[AnyRecord] = [
    Opened(HERE, viewer="v", canary="a"),
    Welcomed(HERE, viewer="v", epoch="e", seq=2, resumed=False),
    Sent(HERE, viewer="v", client="c1", kind="message", key="a/1", digest=digest("a/1 echo")),
    Sent(HERE, viewer="v", client="c2", kind="message", key="a/2", digest=digest("a/2 stream 30")),
    Accepted(HERE, viewer="v", client="c1", step="m1"),
    Applied(HERE, viewer="v", first=3, last=9),
    Welcomed(HERE, viewer="v", epoch="e", seq=9, resumed=True),
    Accepted(HERE, viewer="v", client="c2", step="m2"),
    Applied(HERE, viewer="v", first=10, last=20),
    Sent(HERE, viewer="v", client="c3", kind="message", key="a/3", digest=digest("a/3 ask")),
    Accepted(HERE, viewer="v", client="c3", step="m3"),
    Sent(HERE, viewer="v", client="c4", kind="answer", key="a/4", digest=digest("a/4"), target="question"),
    Accepted(HERE, viewer="v", client="c4", step="m4"),
    *(Shown(HERE, viewer="v", step=step.id) for step in THREAD),
    Viewed(HERE, viewer="v", steps=THREAD[2:]),
    Began(HERE, run="m1", key="a/1"),
    Said(HERE, run="m1", step="r1", key="a/1", digest=digest("a/1 echo")),
    Ended(HERE, run="m1", outcome="done"),
    Began(HERE, run="m2", key="a/2"),
    Streams(HERE, run="m2", step="r2", key="a/2", tokens=30),
    Began(HERE, run="m3", key="a/3"),
    Said(HERE, run="m3", step="q3", key="a/3", digest=digest("a/3 what?")),
    Asked(HERE, run="m3"),
    Answered(HERE, run="m3", key="a/4"),
]


def rules(records: Sequence[AnyRecord] = RECORDS, thread: Sequence[SeenStep] = THREAD) -> str:
    """Return the letters of the rules that are broken."""
    return "".join(sorted({found.rule for found in check(records, {HERE: thread})}))


def without(record: AnyRecord) -> list[AnyRecord]:
    return [each for each in RECORDS if each != record]


def shown_in(order: Sequence[SeenStep], records: Sequence[AnyRecord] = RECORDS) -> list[AnyRecord]:
    """Return the records of a viewer that saw and shows the steps in this order."""
    others = [record for record in records if not isinstance(record, Shown | Viewed)]
    return [
        *others,
        *(Shown(HERE, viewer="v", step=step.id) for step in order),
        Viewed(HERE, viewer="v", steps=[*order]),
    ]


def changed(step_id: str, **changes: object) -> list[SeenStep]:
    return [replace(step, **changes) if step.id == step_id else step for step in THREAD]


def test_what_is_right_passes() -> None:
    assert rules() == ""


def test_an_interrupted_stream_may_end_anywhere() -> None:
    thread = changed("r2", digest=digest(STREAMED[:40]), length=40)
    thread[2] = replace(thread[2], status="interrupted")
    assert rules(shown_in(thread), thread) == ""


def test_what_was_said_again_may_run_again() -> None:
    thread = changed("m1", status="done")
    again: list[AnyRecord] = [
        Sent(HERE, viewer="v", client="c9", kind="retry", key="a/1", target="m1"),
        Accepted(HERE, viewer="v", client="c9", step="m1"),
        Began(HERE, run="m1", key="a/1"),
    ]
    assert rules([*RECORDS, *again], thread) == ""


def test_what_a_run_had_said_that_was_cut_off_may_be_lost() -> None:
    again: list[AnyRecord] = [
        Sent(HERE, viewer="v", client="c9", kind="retry", key="a/3", target="m3"),
        Accepted(HERE, viewer="v", client="c9", step="m3"),
        Began(HERE, run="m3", key="a/3"),
        Said(HERE, run="m3", step="lost", key="a/3", digest=digest("a/3 what?")),
        Asked(HERE, run="m3"),
        Began(HERE, run="m3", key="a/3"),
        Said(HERE, run="m3", step="q9", key="a/3", digest=digest("a/3 what?")),
        Asked(HERE, run="m3"),
        Answered(HERE, run="m3", key="a/4"),
    ]
    retried_again = [Sent(HERE, viewer="v", client="c8", kind="retry", key="a/3", target="m3")]
    accepted_again = [Accepted(HERE, viewer="v", client="c8", step="m3")]
    thread = [*THREAD, bot("q9", "a/3 what?")]
    records: list[AnyRecord] = [*RECORDS, *retried_again, *accepted_again, *again]
    assert rules(shown_in(thread, records), thread) == ""


@pytest.mark.parametrize(("step", "found"), [("r2", ""), ("again", "T")])
def test_a_stream_may_be_short_that_was_cut_off_and_not_that_of_the_try_that_was_done(step: str, found: str) -> None:
    records: list[AnyRecord] = [
        *RECORDS,
        Sent(HERE, viewer="v", client="c9", kind="retry", key="a/2", target="m2"),
        Accepted(HERE, viewer="v", client="c9", step="m2"),
        Began(HERE, run="m2", key="a/2"),
        Streams(HERE, run="m2", step="again", key="a/2", tokens=30),
        Ended(HERE, run="m2", outcome="done"),
    ]
    texts = {"r2": STREAMED, "again": STREAMED, step: STREAMED[:20]}
    thread = [bot(seen.id, texts[seen.id]) if seen.id == "r2" else seen for seen in THREAD]
    thread.append(bot("again", texts["again"]))
    assert rules(shown_in(thread, records), thread) == found


def test_what_happens_elsewhere_is_not_looked_at() -> None:
    assert rules([*RECORDS, Began("elsewhere", run="x", key="a/1")]) == ""


@pytest.mark.parametrize(
    "thread",
    [
        pytest.param([step for step in THREAD if step.id != "m1"], id="an accepted message"),
        pytest.param([step for step in THREAD if step.id != "m4"], id="an accepted answer"),
        pytest.param([step for step in THREAD if step.id != "r1"], id="what a run said that is done"),
        pytest.param(changed("m1", status="queued"), id="a message that waits for ever"),
        pytest.param(changed("m1", status="running"), id="a run without an end"),
    ],
)
def test_lost(thread: list[SeenStep]) -> None:
    assert rules(shown_in(thread), thread) == "L"


def test_lost_done_and_never_run() -> None:
    assert "L" in rules(without(Began(HERE, run="m1", key="a/1")))


def test_lost_to_one_viewer() -> None:
    assert rules(shown_in([step for step in THREAD if step.id != "r2"])) == "L"
    assert rules(shown_in(THREAD[:-1])) == "L"


def test_doubled_in_the_thread() -> None:
    thread = [*THREAD, user("m9", "a/1 echo", "c1")]
    assert rules(shown_in(thread), thread) == "D"


def test_doubled_runs() -> None:
    assert rules([*RECORDS, Began(HERE, run="m2", key="a/2")]) == "D"


def test_doubled_by_the_acknowledgement() -> None:
    assert "D" in rules([*RECORDS, Accepted(HERE, viewer="v", client="c1", step="m2")])


def test_doubled_before_a_viewer() -> None:
    assert "D" in rules(shown_in([*THREAD, THREAD[-1]]))


def test_doubled_by_the_bot() -> None:
    thread = [*THREAD, bot("r9", "a/1 echo")]
    assert "D" in rules(shown_in(thread), thread)


def test_reordered_before_a_viewer() -> None:
    assert rules(shown_in([THREAD[1], THREAD[0], *THREAD[2:]])) == "R"


def test_reordered_against_what_was_said() -> None:
    thread = [*THREAD[2:4], *THREAD[:2], *THREAD[4:]]
    assert rules(shown_in(thread), thread) == "R"


def test_reordered_at_the_handlers() -> None:
    first, second = Began(HERE, run="m1", key="a/1"), Began(HERE, run="m2", key="a/2")
    swapped = [second if record == first else first if record == second else record for record in RECORDS]
    assert rules(swapped) == "R"


def test_crossed() -> None:
    records = [*RECORDS, Said(HERE, run="m1", step="x", key="b/1", digest=digest("b/1 echo"))]
    thread = [*THREAD, bot("x", "b/1 echo")]
    assert rules(shown_in(thread, records), thread) == "X"


def test_crossed_at_a_handler() -> None:
    assert rules([*RECORDS, Began(HERE, run="m9", key="b/1")]) == "X"


def test_phantom_of_a_user() -> None:
    thread = [*THREAD, user("m9", "a/9 echo", "c9")]
    assert rules(shown_in(thread), thread) == "P"


def test_phantom_of_the_bot() -> None:
    thread = [*THREAD, bot("r9", "a/9 echo")]
    assert rules(shown_in(thread), thread) == "P"


def test_phantom_before_one_viewer() -> None:
    said = Said(HERE, run="m9", step="r9", key="a/9", digest=digest("a/9 echo"))
    assert rules(shown_in([*THREAD, bot("r9", "a/9 echo")], [*RECORDS, said])) == "P"


@pytest.mark.parametrize("step", ["m1", "r1", "r2"])
def test_torn(step: str) -> None:
    thread = changed(step, digest=digest("a/2 0 1 3"), length=9)
    assert rules(shown_in(thread), thread) == "T"


def test_torn_though_cut_off() -> None:
    torn = STREAMED[:20] + STREAMED[23:40]
    thread = changed("r2", digest=digest(torn), length=len(torn))
    thread[2] = replace(thread[2], status="interrupted")
    assert rules(shown_in(thread), thread) == "T"


def test_torn_before_one_viewer() -> None:
    assert rules(shown_in(changed("r2", digest=digest(STREAMED[:-1]), length=len(STREAMED) - 1))) == "T"


def test_torn_by_a_stream_without_an_end() -> None:
    thread = changed("r2", is_streaming=True)
    assert rules(shown_in(thread), thread) == "T"


def test_asked_and_answered_twice() -> None:
    assert rules([*RECORDS, Answered(HERE, run="m3", key="a/4")]) == "A"


def test_asked_and_never_answered() -> None:
    assert rules(without(Answered(HERE, run="m3", key="a/4"))) == "A"


def test_asked_and_two_answers_accepted() -> None:
    thread = [*THREAD, user("m5", "a/5", "c5", status="")]
    again: list[AnyRecord] = [
        Sent(HERE, viewer="v", client="c5", kind="answer", key="a/5", digest=digest("a/5"), target="question"),
        Accepted(HERE, viewer="v", client="c5", step="m5"),
    ]
    assert rules(shown_in(thread, [*RECORDS, *again]), thread) == "A"


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(Applied(HERE, viewer="v", first=22, last=22), id="one left out"),
        pytest.param(Applied(HERE, viewer="v", first=20, last=21), id="one twice"),
        pytest.param(Welcomed(HERE, viewer="v", epoch="e", seq=19, resumed=True), id="resumed elsewhere"),
        pytest.param(Welcomed(HERE, viewer="v", epoch="f", seq=20, resumed=True), id="resumed in another epoch"),
    ],
)
def test_misnumbered(record: AnyRecord) -> None:
    assert rules([*RECORDS, record]) == "M"


def test_a_record_survives_its_file() -> None:
    lines = [msgspec.json.encode(record) for record in RECORDS]
    assert [msgspec.json.decode(line, type=AnyRecord) for line in lines] == RECORDS
