"""`@step`: each call of a function as a step."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, overload

from ..protocol.errors import ChatSessionsError
from .step import Step, StepKind
from .texts import said

F = TypeVar("F", bound=Callable[..., Any])


@overload
def step(original_function: F) -> F: ...


@overload
def step(
    original_function: None = None,
    *,
    name: str | None = "",
    type: StepKind = "undefined",
    id: str | None = None,
    parent_id: str | None = None,
    tags: list[str] | None = None,
    metadata: dict[str, Any] | None = None,
    language: str | None = None,
    icon: str | None = None,
    show_input: bool | str = "json",
    default_open: bool = False,
    auto_collapse: bool = False,
) -> Callable[[F], F]: ...


def step(original_function: F | None = None, *, name: str | None = "", **options: Any) -> Any:
    """Show each call of a function as a step (Chainlit: `@cl.step`).

    Its arguments are the input, and what it returns the output, unless the function sets them itself
    (`cl.context.current_step`).

    Args:
        original_function: `async def` or `def`.
        name: What is done; the function's name by default.
        options: As for `Step`: `type`, `id`, `parent_id`, `tags`, `metadata`, `language`, `icon`, `show_input`,
            `default_open`, `auto_collapse`.

    Returns:
        A function with the same arguments and result.

    Raises:
        TypeError: What is decorated cannot be called, or there is no such option.

    Example:
        >>> @cl.step(type="tool")
        ... async def search(query: str):
        ...     return await look_up(query)
    """

    def decorate(function: F) -> F:
        if not callable(function):
            raise TypeError(f"@cl.step decorates a function; it was given {type(function).__name__!r}.")
        shown_as = name or getattr(function, "__name__", "step")
        Step(shown_as, **options)  # what is wrong with the options is said here

        def step_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Step:
            step = Step(shown_as, **options)
            step.input = _arguments(function, args, kwargs)
            return step

        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                async with step_of(args, kwargs) as step:
                    result = await function(*args, **kwargs)
                    _take_result(step, result)
                    return result

            return awaited  # type: ignore[return-value]

        @wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with step_of(args, kwargs) as step:
                result = function(*args, **kwargs)
                _take_result(step, result)
                return result

        return called  # type: ignore[return-value]

    return decorate if original_function is None else decorate(original_function)


def _arguments(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return a call's arguments by name, as they are before the function changes them."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs)
        bound.apply_defaults()
        given = dict(bound.arguments)
    except (TypeError, ValueError):
        given = {"args": args, "kwargs": kwargs}
    given.pop("self", None)
    return {name: _copied(value) for name, value in given.items()}


def _copied(value: Any) -> Any:
    try:
        return copy.deepcopy(value)
    except Exception:  # whatever an object's own copying raises
        return said(value)


def _take_result(step: Step, result: Any) -> None:
    if result is None or inspect.isgenerator(result) or inspect.isasyncgen(result):
        return
    if step.output or step.has_display:
        return
    try:
        step.output = result
    except ChatSessionsError:  # it cannot show itself, and no trace keeps the work from being done
        step.output = said(result)
