"""What a viewer of the same app sees otherwise under Chainlit, each with its reason.

A difference that no app shows any more fails the test that is named for it: then it does not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from .difference import Difference
from .library_differences import LIBRARY_DIFFERENCES

DIFFERENCES = [
    Difference(
        app="messages",
        ours=("assistant_message Assistant (error): '**ValueError** in `on_message`: The kettle is empty.'",),
        theirs=(),
        row="an exception in a handler",
        why="who waits should know",
    ),
    Difference(
        app="messages",
        ours=("assistant_message Assistant (error): \"**KeyError** in `on_message`: 'unknown'\"",),
        theirs=(),
        row="an exception in a handler",
        why="who waits should know",
    ),
    Difference(
        app="messages",
        ours=("assistant_message Assistant (as json): '[\\n    1,\\n    2\\n]'",),
        theirs=("assistant_message Assistant (as text): '[1, 2]'",),
        row="a list as a message's content",
        why="a list is data, too",
    ),
    Difference(
        app="patience",
        ours=("assistant_message Assistant: 'Timed out: no action was taken'",),
        theirs=("assistant_message Assistant: 'Now?'", "    button Go"),
        row="buttons of a question that nobody answered, with `raise_on_timeout`",
        why="what does nothing does not ask to be pressed",
    ),
    Difference(
        app="patience",
        ours=(),
        theirs=("assistant_message Assistant: 'Task manually stopped.'",),
        row="Stop",
        why="the button that was pressed says so already, and nobody said it",
    ),
    Difference(
        app="handbook",
        ours=("retrieval Retrieve (as json): '{\\n    \"question\": \"Why is the sky blue?\"\\n}' → '[]'",),
        theirs=("retrieval Retrieve: '{\\n    \"question\": \"Why is the sky blue?\"\\n}' → ''",),
        row="a `@step` that returns `[]`, `0` or `False`",
        why="that nothing was found is worth knowing",
    ),
    Difference(
        app="intake",
        ours=(
            "viewer: ''",
            "    shows file 'letter.txt' inline 8 bytes 5a405b22",
            "    shows file 'list.csv' inline 8 bytes 492d5ea4",
        ),
        theirs=(),
        row="files that answer an `AskFileMessage`",
        why="one wants to see what one gave",
    ),
    Difference(
        app="intake",
        ours=("viewer: ''", "    shows file 'letter.txt' inline 8 bytes 5a405b22"),
        theirs=(),
        row="files that answer an `AskFileMessage`",
        why="likewise",
    ),
    Difference(
        app="travel",
        ours=("tool book (inside Agent): '{\\n    \"leaves\": \"10:04\"\\n}' → ''",),
        theirs=("tool book (inside Agent): ''",),
        row="what a `@step` was called with",
        why="one wants to see what is being done",
    ),
    Difference(
        app="travel",
        ours=("tool find_trains (inside Agent, as json): '{\\n    \"to\": \"Rome\"\\n}' → '[]'",),
        theirs=("tool find_trains (inside Agent): '{\\n    \"to\": \"Rome\"\\n}' → ''",),
        row="a `@step` that returns `[]`, `0` or `False`",
        why="that nothing was found is worth knowing",
    ),
    Difference(
        app="research",
        ours=(),
        theirs=("llm think: 'I think about monads.'",),
        row="the place of a `def` with `@step`",
        why="a trace is in the order in which things are done",
    ),
    Difference(
        app="research",
        ours=("llm think: 'I think about monads.'",),
        theirs=(),
        row="the place of a `def` with `@step`",
        why="likewise",
    ),
    Difference(
        app="research",
        ours=(
            "tool count_words (as text): '{\\n    \"text\": \"in a thread\"\\n}' → '3'",
            "assistant_message Assistant: '3 words.'",
        ),
        theirs=(),
        row="a `def` with `@step`, in a thread",
        why="what opens a step need not be on the loop",
    ),
    *LIBRARY_DIFFERENCES,
]


def unexplained(app: str, ours: Sequence[str], theirs: Sequence[str], *, used: set[Difference]) -> list[str]:
    """Return the lines that differ for no reason that is known, marked as `diff` marks them.

    Args:
        app: The app that was looked at.
        ours: What is seen here.
        theirs: What is seen under Chainlit.
        used: Gets the differences that were met.
    """
    lines = []
    for kind, begin, end, from_, to in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        here, there = tuple(ours[begin:end]), tuple(theirs[from_:to])
        known = [each for each in DIFFERENCES if each.explains(app, here, there)]
        used.update(known)
        if not known:
            lines += [*(f"here:     {line}" for line in here), *(f"Chainlit: {line}" for line in there)]
    return lines
