"""A session's states and moves, in one table. The diagram in `docs/protocol.md` is drawn from it.

The one rule: what is not in the table does not happen.
"""

from __future__ import annotations

from typing import Literal

from .errors import ChatSessionsError

State = Literal["unready", "live", "away", "ended"]
"""`unready`: the viewer has not given what the channel requires. `live`: somebody looks. `away`: nobody does."""

Move = Literal["ready", "attach", "detach", "expire", "end"]
"""`detach` means the last viewer left; `expire` that nobody came back in time."""

TABLE: dict[tuple[State, Move], State] = {
    ("unready", "attach"): "unready",
    ("unready", "detach"): "unready",
    ("unready", "ready"): "away",
    ("unready", "expire"): "ended",
    ("unready", "end"): "ended",
    ("away", "attach"): "live",
    ("away", "expire"): "ended",
    ("away", "end"): "ended",
    ("live", "attach"): "live",
    ("live", "detach"): "away",
    ("live", "end"): "ended",
}


class LifecycleError(ChatSessionsError):
    """A session was asked for a move that its state does not have."""


def after(state: State, move: Move) -> State:
    """Return the state that a move leads to.

    Raises:
        LifecycleError: The table has no such move.

    Example:
        >>> after("away", "attach")
        'live'
    """
    try:
        return TABLE[state, move]
    except KeyError:
        raise LifecycleError(f"A session that is {state!r} cannot {move!r}.") from None
