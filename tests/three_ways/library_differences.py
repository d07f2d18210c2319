"""What a viewer of the same app sees otherwise of what the libraries do: models, chains, retrievals, tools."""

from __future__ import annotations

import json
from typing import Any

from .difference import Difference

SAID = "what a model said, in its step"
TOLD = "what a model was told, in its step"
PLACE = "the place of a model's step"
CHAIN = "what goes through a chain"
RETRIEVAL = "a retrieval"
READ_WHILE_WRITTEN = "one reads it while it is written"
ONE_READING = "one reading for all libraries"
VALUES = "one wants to see the values, and not how a library keeps them"


def _step(who: str, *, taken: Any, said: Any = "") -> str:
    """Return the line of a step, as `View.lines` has it."""
    return f"{who}: {_text(taken)!r} → {_text(said)!r}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=4)


def _abridged(line: str) -> str:
    """Return a line that holds the rest of what a library says of itself."""
    return line.removesuffix("'") + "…"


def _asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


_GOOD_MORNING = _asked("good morning")
_TRANSLATION = [
    Difference(
        app="translation",
        ours=(_step("llm words (inside draft)", taken=_GOOD_MORNING, said="guten Morgen"),),
        theirs=(
            _abridged(_step("llm words (inside draft, as json)", taken=_GOOD_MORNING, said='{\n    "content": "guten')),
        ),
        row=SAID,
        why=READ_WHILE_WRITTEN,
    ),
    Difference(
        app="translation",
        ours=(_step("llm words", taken=_GOOD_MORNING, said="guten Morgen "),),
        theirs=(),
        row=PLACE,
        why="a trace is in the order in which things are done",
    ),
    Difference(
        app="translation",
        ours=(),
        theirs=(
            _step("llm words (as json)", taken=_GOOD_MORNING, said={"role": "assistant", "content": "guten Morgen "}),
        ),
        row=PLACE,
        why="likewise",
    ),
    Difference(
        app="translation",
        ours=(_step("llm reader (inside read_over)", taken=_asked("guten Morgen"), said="2 words, and all is well."),),
        theirs=(
            _abridged(
                _step(
                    "llm reader (inside read_over, as json)",
                    taken=_asked("guten Morgen"),
                    said='{\n    "role": "assistant",\n    "content": "2 words',
                )
            ),
        ),
        row=SAID,
        why=READ_WHILE_WRITTEN,
    ),
    Difference(
        app="translation",
        ours=(
            _step("llm titles", taken="good morning", said="How to say good morning"),
            "assistant_message Assistant: 'How to say good morning'",
        ),
        theirs=("assistant_message Assistant: 'No title, this time'",),
        row="a model that is asked in a thread, its client instrumented",
        why="what asks a model need not be on the loop",
    ),
    Difference(
        app="translation",
        ours=(
            _step(
                "llm words (inside draft, error)",
                taken=_asked("good riddance"),
                said="Error code: 400 - No word for riddance.",
            ),
        ),
        theirs=(),
        row="a model that refuses",
        why="one wants to see what it was asked",
    ),
]

_PANCAKES = "Mix 100 g of flour with milk, and fry."
_SOUP = "Boil 300 g of roots."


def _wish(dish: str) -> Difference:
    """Return what differs of the model that wishes somebody well."""
    wish = _asked(f"A wish for {dish}")
    return Difference(
        app="cookbook",
        ours=(_step("llm FakeListChatModel", taken=wish, said="They will like it. FA:Enjoy!"),),
        theirs=("llm FakeListChatModel (as json): ''",),
        row=TOLD,
        why=ONE_READING,
    )


_COOKBOOK = [
    Difference(
        app="cookbook",
        ours=(
            _step("run cook", taken={"dish": "pancakes", "people": 3}, said="Take 300 g."),
            _step(
                "retrieval Cookbook (inside cook, as json)",
                taken="pancakes",
                said=[{"content": _PANCAKES, "metadata": {"dish": "pancakes"}}],
            ),
            _step("tool scale (inside cook, as json)", taken={"grams": 100, "people": 3}, said="300"),
            _step(
                "llm FakeListChatModel (inside cook)",
                taken=[
                    {"role": "system", "content": "Be short."},
                    {"role": "user", "content": f"{_PANCAKES} How much for 3?"},
                ],
                said="Take 300 g.",
            ),
        ),
        theirs=(
            """run cook (as json): '{"dish": "pancakes", "people": 3}' → '{"output": "Take 300 g."}'""",
            """tool Cookbook (inside cook, as json): '{"query": "pancakes"}' → '{"documents": [{"lc": 1…""",
            """tool scale (inside cook, as json): '{"grams": 100, "people": 3}' → '{"output": 300}'""",
            "llm FakeListChatModel (inside cook, as json): ''",
        ),
        row=CHAIN,
        why=VALUES,
    ),
    Difference(
        app="cookbook",
        ours=(
            _step("run cook", taken={"dish": "stew", "people": 2}, said="There is no such recipe."),
            _step("retrieval Cookbook (inside cook, as json)", taken="stew", said=[]),
        ),
        theirs=(
            """run cook (as json): '{"dish": "stew", "people": 2}' → '{"output": "There is no such recipe."}'""",
            """tool Cookbook (inside cook, as json): '{"query": "stew"}' → '{"documents": []}'""",
        ),
        row=RETRIEVAL,
        why=VALUES,
    ),
    Difference(
        app="cookbook",
        ours=(
            _step("run cook (error)", taken={"dish": "soup", "people": 0}, said="Nobody is hungry."),
            _step(
                "retrieval Cookbook (inside cook, as json)",
                taken="soup",
                said=[{"content": _SOUP, "metadata": {"dish": "soup"}}],
            ),
            _step("tool scale (inside cook, error)", taken={"grams": 100, "people": 0}, said="Nobody is hungry."),
        ),
        theirs=(
            """run cook (error): '{"dish": "soup", "people": 0}' → 'Nobody is hungry.'""",
            """tool Cookbook (inside cook, as json): '{"query": "soup"}' → '{"documents": [{"lc": 1…""",
            """tool scale (inside cook, error): '{"grams": 100, "people": 0}' → 'Nobody is hungry.'""",
        ),
        row=CHAIN,
        why=VALUES,
    ),
    *map(_wish, ["pancakes", "stew", "soup"]),
]

_ECHO = "user: Hello\nassistant: "
_ARCHIVE = [
    Difference(
        app="archive",
        ours=(
            _step(
                "retrieval retrieve (as json)",
                taken="the bridge",
                said=[{"content": "The bridge was built in 1907.", "score": 1.0, "metadata": {}}],
            ),
        ),
        theirs=(
            _step("tool retrieve", taken={"query_str": "the bridge"}, said="Retrieved the following sources: Source 0"),
            "    shows text 'Source 0' side 29 bytes 06a2a0d5",
        ),
        row=RETRIEVAL,
        why="what was found stands where one looks for it, with its score",
    ),
    Difference(
        app="archive",
        ours=(
            _step("tool query", taken="Who built the tower?", said="Empty Response"),
            _step("retrieval retrieve (inside query, as json)", taken="Who built the tower?", said=[]),
        ),
        theirs=(
            _step("tool query", taken={"query_str": "Who built the tower?"}),
            _step("tool retrieve (inside query)", taken={"query_str": "Who built the tower?"}),
        ),
        row="what a query of LlamaIndex's answered",
        why="that is what one wants to know of it",
    ),
    Difference(
        app="archive",
        ours=(  # this model asks itself: a chat is a completion
            _step("llm MockLLM", taken=_asked("Hello"), said=_ECHO),
            _step("llm MockLLM", taken=_asked("Hello"), said=_ECHO),
            _step("llm MockLLM", taken=_ECHO, said=_ECHO),
        ),
        theirs=(
            """llm llm: "{<EventPayload.MESSAGES: 'messages'>: [ChatMessage(role=<MessageRole.USER: 'user'>…""",
            """llm llm: "{<EventPayload.MESSAGES: 'messages'>: [ChatMessage(role=<MessageRole.USER: 'user'>…""",
            """llm llm: '{\\n    "formatted_prompt": "user: Hello\\\\nassistant: "…""",
        ),
        row=TOLD,
        why=ONE_READING,
    ),
]

_WORKSHOP = [
    Difference(
        app="workshop",
        ours=(_step("tool talk-advise", taken={"count": 2}, said="Sand the boards first."),),
        theirs=("""tool talk-advise (as text): '{\\n    "count": 2\\n}' → "[ChatMessageContent(…""",),
        row=SAID,
        why="one reads what it said, and not what came with it",
    ),
]

LIBRARY_DIFFERENCES = [*_TRANSLATION, *_COOKBOOK, *_ARCHIVE, *_WORKSHOP]
