"""The checker: what may never be in the journals and transcripts of a run, whatever failed meanwhile.

A pure function. Its own proof is `test_checker.py`, rule by rule, and `test_checker_catches_seeded_bugs.py`.

| rule | it is broken when |
|---|---|
| L lost | something confirmed, or said by a run that is done, is absent; or an accepted message never came to an end |
| D doubled | a message stands twice, or a handler took it twice |
| R reordered | two observers have the same things in different orders |
| X crossed | a session holds another's canary |
| P phantom | something stands there that nobody said |
| T torn | a text differs from what was said, or between observers |
| A asked | a question was not resolved exactly once |
| M numbering | a viewer applied a number that was not the next |
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

from .journal import (
    Accepted,
    Answered,
    AnyRecord,
    Applied,
    Asked,
    Began,
    Opened,
    Said,
    SeenStep,
    Sent,
    Shown,
    Streams,
    Viewed,
    Welcomed,
    canary_of,
    digest,
    stream_text,
)

Rule = Literal["L", "D", "R", "X", "P", "T", "A", "M"]
FINAL = frozenset({"done", "failed", "cancelled", "interrupted"})


class Violation(NamedTuple):
    """A promise that was broken.

    Attributes:
        rule: Which rule of the table above.
        session: Where.
        text: What.
    """

    rule: Rule
    session: str
    text: str


@dataclass
class _Case:
    """All that is known of one session."""

    id: str
    transcript: Sequence[SeenStep]
    canary: str = ""
    sent: dict[str, Sent] = field(default_factory=dict)
    accepted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    shown: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    views: dict[str, list[SeenStep]] = field(default_factory=dict)
    numbering: dict[str, list[Welcomed | Applied]] = field(default_factory=lambda: defaultdict(list))
    began: list[Began] = field(default_factory=list)
    said: dict[str, Said | Streams] = field(default_factory=dict)
    owed: dict[str, list[Said | Streams]] = field(default_factory=lambda: defaultdict(list))
    """What each run has said since it last began: what one that was cut off had said, may be lost with its kernel."""
    asked: Counter[str] = field(default_factory=Counter)
    answered: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.step_by_id = {step.id: step for step in self.transcript}

    def accepted_of(self, kind: str) -> Iterator[tuple[Sent, str]]:
        """Return what was confirmed of one kind, in the order of saying, with the step that it became."""
        for client, sent in self.sent.items():
            if sent.kind == kind:
                for step in self.accepted.get(client, ()):
                    yield sent, step

    def retries(self) -> Counter[str]:
        """Return how often each step was run again because its viewer wanted it."""
        return Counter(sent.target for sent, _ in self.accepted_of("retry"))


def check(records: Iterable[AnyRecord], transcripts: Mapping[str, Sequence[SeenStep]]) -> list[Violation]:
    """Return every promise that was broken.

    Args:
        records: The journals of viewers and bot, each in its own order.
        transcripts: For each session that viewers were in, its whole thread as the store has it at the end, when
            everything has come to rest. Sessions that are not here are not looked at.
    """
    cases = _gather(records, transcripts)
    found: list[Violation] = []
    for case in cases.values():
        for rule in (_lost, _doubled, _reordered, _crossed, _phantom, _torn, _asked, _misnumbered):
            found += rule(case)
    return found


def _gather(records: Iterable[AnyRecord], transcripts: Mapping[str, Sequence[SeenStep]]) -> dict[str, _Case]:
    cases = {session: _Case(session, steps) for session, steps in transcripts.items()}
    for record in records:
        case = cases.get(record.session)
        if case is None:
            continue
        match record:
            case Opened(canary=canary):
                case.canary = canary
            case Sent(client=client):
                case.sent.setdefault(client, record)
            case Accepted(client=client, step=step):
                case.accepted[client].add(step)
            case Welcomed(viewer=viewer) | Applied(viewer=viewer):
                case.numbering[viewer].append(record)
            case Shown(viewer=viewer, step=step):
                case.shown[viewer].append(step)
            case Viewed(viewer=viewer, steps=steps):
                case.views[viewer] = steps
            case Began(run=run):
                case.began.append(record)
                for since in (case.owed, case.asked, case.answered):
                    since.pop(run, None)
            case Said(run=run, step=step) | Streams(run=run, step=step):
                case.said[step] = record
                case.owed[run].append(record)
            case Asked(run=run):
                case.asked[run] += 1
            case Answered(run=run, key=key):
                case.answered[run].append(key)
    return cases


def _lost(case: _Case) -> Iterator[Violation]:
    began = {record.run for record in case.began}
    for kind in ("message", "answer"):
        for sent, step_id in case.accepted_of(kind):
            step = case.step_by_id.get(step_id)
            if step is None:
                yield Violation("L", case.id, f"{kind} {sent.key} was accepted as {step_id} and is not in the thread")
            elif kind == "message" and step.status not in FINAL:
                yield Violation("L", case.id, f"message {sent.key} was accepted and is still {step.status!r}")
            elif kind == "message" and step.status == "done" and step_id not in began:
                yield Violation("L", case.id, f"message {sent.key} counts as done, and no handler has taken it")
    for run, owed in case.owed.items():
        if run in case.step_by_id and case.step_by_id[run].status == "done":
            for said in owed:
                if said.step not in case.step_by_id:
                    yield Violation("L", case.id, f"what the bot said to {said.key} ({said.step}) is not in the thread")
    for viewer, view in case.views.items():
        there = {step.id for step in view}
        missing = [step.id for step in _window(case, view) if step.id not in there]
        if missing:
            yield Violation("L", case.id, f"viewer {viewer} does not show {', '.join(missing[:5])}")


def _doubled(case: _Case) -> Iterator[Violation]:
    yield from _twice(case, (step.id for step in case.transcript), "step {} stands {} times in the thread")
    clients = (step.client for step in case.transcript if step.client)
    yield from _twice(case, clients, "what was said as {} stands {} times in the thread")
    for client, steps in case.accepted.items():
        if len(steps) > 1:
            yield Violation("D", case.id, f"{client} was accepted as {len(steps)} different steps")
    retries = case.retries()
    for run, count in Counter(record.run for record in case.began).items():
        if count > 1 + retries[run]:
            yield Violation("D", case.id, f"handlers took message {run} {count} times, with {retries[run]} retries")
    keys = Counter(said.key for said in case.said.values())
    shown = Counter(step.key for step in case.transcript if not step.is_user and step.key)
    for key, count in shown.items():
        if count > keys[key] > 0:
            yield Violation(
                "D", case.id, f"the bot said {key} {keys[key]} times; it stands {count} times in the thread"
            )
    for viewer, view in case.views.items():
        yield from _twice(case, (step.id for step in view), f"viewer {viewer} shows {{}} {{}} times")


def _reordered(case: _Case) -> Iterator[Violation]:
    order = [step.id for step in case.transcript]
    for viewer, shown in case.shown.items():
        yield from _out_of_order(case, shown, order, f"viewer {viewer} saw")
    for viewer, view in case.views.items():
        yield from _out_of_order(case, [step.id for step in view], order, f"viewer {viewer} shows")
    said_by: dict[str, list[str]] = defaultdict(list)
    for sent, step in case.accepted_of("message"):
        said_by[sent.viewer].append(step)
    for viewer, steps in said_by.items():
        yield from _out_of_order(case, steps, order, f"viewer {viewer} said")
    retried = case.retries()
    took = [record.run for record in case.began if record.run not in retried]
    yield from _out_of_order(case, list(dict.fromkeys(took)), order, "handlers took")


def _crossed(case: _Case) -> Iterator[Violation]:
    keys = {step.key: "the thread" for step in case.transcript}
    keys |= {step.key: f"viewer {viewer}" for viewer, view in case.views.items() for step in view}
    keys |= {record.key: "a handler" for record in [*case.began, *case.said.values()]}
    keys |= {key: "an answer" for answers in case.answered.values() for key in answers}
    for key, where in keys.items():
        if key and canary_of(key) != case.canary:
            yield Violation("X", case.id, f"{where} holds {key}, which belongs to another session")


def _phantom(case: _Case) -> Iterator[Violation]:
    runs = {record.run for record in case.began}
    for where, steps in _observers(case):
        for step in steps:
            if step.is_user and step.client not in case.sent:
                yield Violation("P", case.id, f"{where} has {step.key or step.id} of a user who did not say it")
            elif not step.is_user and step.id not in case.said and not (step.is_error and step.parent in runs):
                yield Violation("P", case.id, f"{where} has {step.key or step.id} of a bot that did not say it")
            elif where != "the thread" and step.id not in case.step_by_id:
                yield Violation("P", case.id, f"{where} has {step.key or step.id}, which is not in the thread")


def _torn(case: _Case) -> Iterator[Violation]:
    for step in case.transcript:
        if step.is_streaming:
            yield Violation("T", case.id, f"{step.key} counts as on its way for ever")
        if not _is_whole(case, step):
            yield Violation("T", case.id, f"the thread has another text for {step.key or step.id} than was said")
    for viewer, view in case.views.items():
        for step in view:
            stored = case.step_by_id.get(step.id)
            if stored is not None and stored.digest != step.digest:
                yield Violation("T", case.id, f"viewer {viewer} shows another text for {step.key} than the thread has")


def _asked(case: _Case) -> Iterator[Violation]:
    for target, count in Counter(sent.target for sent, _ in case.accepted_of("answer")).items():
        if count > 1:
            yield Violation("A", case.id, f"{count} answers to question {target} were accepted")
    said = {sent.key for sent in case.sent.values() if sent.kind == "answer"}
    for run, count in case.asked.items():
        answers = case.answered.get(run, [])
        step = case.step_by_id.get(run)
        if len(answers) > count or (step is not None and step.status == "done" and len(answers) < count):
            yield Violation("A", case.id, f"run {run} asked {count} times and has {len(answers)} answers")
        for key in answers:
            if key not in said:
                yield Violation("A", case.id, f"run {run} has the answer {key}, which nobody gave")
    for sent, step_id in case.accepted_of("answer"):
        answer = case.step_by_id.get(step_id)
        question = None if answer is None else case.said.get(answer.parent)
        if question is None or question not in case.owed[question.run]:
            continue  # a run asked that was cut off
        step = case.step_by_id.get(question.run)
        if step is not None and step.status == "done" and sent.key not in case.answered[question.run]:
            yield Violation("A", case.id, f"the answer {sent.key} was accepted and reached no handler")


def _misnumbered(case: _Case) -> Iterator[Violation]:
    for viewer, records in case.numbering.items():
        epoch, last = "", 0
        for record in records:
            match record:
                case Welcomed(resumed=True) if (record.epoch, record.seq) != (epoch, last):
                    yield Violation("M", case.id, f"viewer {viewer} was at {last} and resumed at {record.seq}")
                case Applied(first=first) if first != last + 1:
                    yield Violation("M", case.id, f"viewer {viewer} was at {last} and applied {first}")
            if isinstance(record, Welcomed):
                epoch, last = record.epoch, record.seq
            else:
                last = record.last


# ---- what the rules share --------------------------------------------------------------------------------------------


def _window(case: _Case, view: Sequence[SeenStep]) -> Sequence[SeenStep]:
    """Return the part of the thread from the oldest step on that a viewer shows: older ones it need not have."""
    there = {step.id for step in view}
    start = next((index for index, step in enumerate(case.transcript) if step.id in there), 0)
    return case.transcript[start:]


def _observers(case: _Case) -> Iterator[tuple[str, Sequence[SeenStep]]]:
    yield "the thread", case.transcript
    for viewer, view in case.views.items():
        yield f"viewer {viewer}", view


def _is_whole(case: _Case, step: SeenStep) -> bool:
    if step.is_user:
        sent = case.sent.get(step.client)
        return sent is None or sent.digest == step.digest
    match case.said.get(step.id):
        case Said(digest=said):
            return said == step.digest
        case Streams(key=key, tokens=tokens, run=run_id):
            whole = stream_text(key, tokens)
            run = case.step_by_id.get(run_id)
            # What an earlier try had streamed stays as it was cut off, however the last one has ended.
            is_cut_off = run is None or run.status != "done" or step.id not in {said.step for said in case.owed[run_id]}
            return digest(whole[: step.length] if is_cut_off else whole) == step.digest
        case _:
            return True


def _twice(case: _Case, ids: Iterable[str], text: str) -> Iterator[Violation]:
    for each, count in Counter(ids).items():
        if count > 1:
            yield Violation("D", case.id, text.format(each, count))


def _out_of_order(case: _Case, seen: Sequence[str], order: Sequence[str], text: str) -> Iterator[Violation]:
    place = {step: index for index, step in enumerate(order)}
    common = [step for step in seen if step in place]
    for earlier, later in pairwise(common):
        if place[earlier] > place[later]:
            yield Violation("R", case.id, f"{text} {earlier} before {later}; in the thread it is the other way round")
            return
