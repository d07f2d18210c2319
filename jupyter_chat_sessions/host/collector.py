"""How often Python looks for garbage in a process that answers many.

The one rule: an author who has decided it is left alone.
"""

from __future__ import annotations

import gc

COLLECT_AFTER = 10_000
"""So many objects more than there were, and Python looks through the youngest: more than are on their way while
hundreds speak. With Python's own limit those soon count as old, everything is looked through several times a second,
and every chat stands still for it."""
_PYTHONS_OWN = {(700, 10, 10), (2000, 10, 0), (2000, 10, 10)}
"""What `gc.get_threshold` says where nobody has changed it, in the versions of Python that we run on."""


def collect_less_often() -> None:
    """Let what is on its way not be taken for what stays; see `gc.set_threshold`."""
    found = gc.get_threshold()
    if found in _PYTHONS_OWN:
        gc.set_threshold(COLLECT_AFTER, *found[1:])
