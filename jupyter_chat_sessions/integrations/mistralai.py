"""Mistral's client: what it asks models, shown as steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import need
from .patching import Instrumentation, Method, Said, instrument
from .trace import plain, usage_of


def instrument_mistralai() -> Instrumentation:
    """Show each call of Mistral's client as a step (Chainlit: the same name); see `instrument_openai`.

    Chats and what is filled in the middle (`client.fim`), awaited or not, streamed or not.

    Returns:
        An object whose `undo()` takes it back. (Chainlit's returns nothing.)

    Raises:
        MissingLibraryError: The `mistralai` package is not installed.

    Example:
        >>> cl.instrument_mistralai()
        >>> answer = await client.chat.complete_async(model="mistral-small", messages=cl.chat_context.to_openai())
    """
    need("instrument_mistralai")
    try:
        from mistralai.client.chat import Chat
        from mistralai.client.fim import Fim
    except ModuleNotFoundError:  # before version 2 of it
        from mistralai.chat import Chat
        from mistralai.fim import Fim

    dialect = _Mistral()
    names = {"complete": False, "stream": False, "complete_async": True, "stream_async": True}
    return instrument(
        [Method(owner, name, dialect, is_async=is_async) for owner in (Chat, Fim) for name, is_async in names.items()]
    )


class _Mistral:
    stream_attribute = "generator"

    def is_stream(self, result: Any) -> bool:
        """See `Dialect`."""
        return hasattr(result, "generator")

    def asked(self, given: Mapping[str, Any]) -> tuple[str, Any]:
        """See `Dialect`."""
        return str(given.get("model")), plain(given["prompt"] if "prompt" in given else given.get("messages"))

    def answered(self, result: Any) -> Said:
        """See `Dialect`."""
        message = result.choices[0].message if getattr(result, "choices", None) else None
        calls = plain(getattr(message, "tool_calls", None) or [])
        return Said(calls or getattr(message, "content", None) or "", _notes(result))

    def piece(self, chunk: Any) -> Said:
        """See `Dialect`."""
        data = chunk.data
        text = data.choices[0].delta.content if data.choices else None
        return Said(text if isinstance(text, str) else None, _notes(data))


def _notes(answer: Any) -> dict[str, Any]:
    usage = usage_of(getattr(answer, "usage", None))
    return {"usage": usage} if usage else {}
