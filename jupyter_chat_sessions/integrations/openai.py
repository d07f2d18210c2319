"""OpenAI's client: what it asks models, shown as steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import need
from .patching import Instrumentation, Method, Said, instrument
from .trace import plain, usage_of


def instrument_openai() -> Instrumentation:
    """Show each call of OpenAI's client as a step (Chainlit: the same name).

    Chat completions, responses and plain completions, awaited or not, streamed or not, in the chats of this app and
    nowhere else. What the model is told is the step's input, what it says its output, as it comes; how many tokens it
    took stands in `metadata["usage"]` (of a stream where the call asks for it). Called again it changes nothing.

    Returns:
        An object whose `undo()` takes it back. (Chainlit's returns nothing.)

    Raises:
        MissingLibraryError: The `openai` package is not installed.

    Example:
        >>> cl.instrument_openai()
        >>> answer = await client.chat.completions.create(model="gpt-5", messages=cl.chat_context.to_openai())
    """
    need("instrument_openai")
    from openai.resources import AsyncCompletions as AsyncPlain
    from openai.resources import Completions as Plain
    from openai.resources.chat import AsyncCompletions, Completions
    from openai.resources.responses import AsyncResponses, Responses

    chat, responses, plain_text = _Chat(), _Responses(), _Plain()
    return instrument(
        [
            Method(Completions, "create", chat, is_async=False),
            Method(AsyncCompletions, "create", chat, is_async=True),
            Method(Responses, "create", responses, is_async=False),
            Method(AsyncResponses, "create", responses, is_async=True),
            Method(Plain, "create", plain_text, is_async=False),
            Method(AsyncPlain, "create", plain_text, is_async=True),
        ]
    )


class _OpenAI:
    stream_attribute = "_iterator"

    def is_stream(self, result: Any) -> bool:
        """See `Dialect`."""
        from openai import AsyncStream, Stream

        return isinstance(result, Stream | AsyncStream)


class _Chat(_OpenAI):
    def asked(self, given: Mapping[str, Any]) -> tuple[str, Any]:
        """See `Dialect`."""
        return str(given.get("model")), plain(given.get("messages"))

    def answered(self, result: Any) -> Said:
        """See `Dialect`."""
        message = result.choices[0].message if getattr(result, "choices", None) else None
        calls = plain(getattr(message, "tool_calls", None) or [])
        return Said(calls or getattr(message, "content", None) or "", _notes(result))

    def piece(self, chunk: Any) -> Said:
        """See `Dialect`."""
        choice = chunk.choices[0] if chunk.choices else None
        return Said(getattr(choice.delta, "content", None) if choice else None, _notes(chunk))


class _Plain(_OpenAI):
    def asked(self, given: Mapping[str, Any]) -> tuple[str, Any]:
        """See `Dialect`."""
        return str(given.get("model")), plain(given.get("prompt"))

    def answered(self, result: Any) -> Said:
        """See `Dialect`."""
        return Said(result.choices[0].text if getattr(result, "choices", None) else "", _notes(result))

    def piece(self, chunk: Any) -> Said:
        """See `Dialect`."""
        return Said(chunk.choices[0].text if chunk.choices else None, _notes(chunk))


class _Responses(_OpenAI):
    def asked(self, given: Mapping[str, Any]) -> tuple[str, Any]:
        """See `Dialect`."""
        return str(given.get("model")), plain(given.get("input"))

    def answered(self, result: Any) -> Said:
        """See `Dialect`."""
        calls = [plain(each) for each in getattr(result, "output", ()) if each.type == "function_call"]
        return Said(getattr(result, "output_text", "") or calls or "", _notes(result))

    def piece(self, chunk: Any) -> Said:
        """See `Dialect`."""
        if chunk.type == "response.output_text.delta":
            return Said(chunk.delta)
        return Said(None, _notes(chunk.response)) if chunk.type == "response.completed" else Said()


def _notes(answer: Any) -> dict[str, Any]:
    usage = usage_of(getattr(answer, "usage", None))
    return {"usage": usage} if usage else {}
