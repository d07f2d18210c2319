"""Which steps of a conversation are the reply to something that was said in it.

The one rule: the reply follows from the conversation alone, so that who sends a message again is told the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...protocol.steps import Step


def run_of(steps: Sequence[Step], said_id: str) -> str:
    """Return the id of the run that a message began, or in which a question was asked that is answered here."""
    return _root({step.id: step for step in steps}, said_id)


def reply_to(steps: Sequence[Step], said_id: str) -> list[Step]:
    """Return what was said to a message or an answer, in order.

    That is what its run has said after it; of steps that belong to no run, those before the user's next words.
    """
    step_by_id = {step.id: step for step in steps}
    run = _root(step_by_id, said_id)
    is_after = said_id not in step_by_id  # Its author took it out: what names it is still the reply.
    is_next = False
    reply = []
    for step in steps:
        if step.type == "user_message":
            is_next = step.id == said_id
            is_after = is_after or is_next
        elif is_after and (is_next if step.parent_id is None else _root(step_by_id, step.id) == run):
            reply.append(step)
    return [step for step in reply if not step.is_call]


def _root(step_by_id: Mapping[str, Step], step_id: str) -> str:
    """Follow the parents to the last: a user's message or call, or a run that is no step. Authors may make rings."""
    passed = set()
    while step_id not in passed and step_id in step_by_id and not step_by_id[step_id].is_call:
        passed.add(step_id)
        step_id = step_by_id[step_id].parent_id or step_id
    return step_id
