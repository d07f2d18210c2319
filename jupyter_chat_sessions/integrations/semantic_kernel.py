"""Semantic Kernel: the functions that a kernel calls, shown as steps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ..chat.step import Step
from . import need
from .trace import plain, scope_or_none


class SemanticKernelFilter:
    """Shows each function that a Semantic Kernel calls as a step (Chainlit: the same name).

    Args:
        excluded_plugins: Names of plugins whose functions are not shown.
        excluded_functions: Names of functions that are not shown.
        kernel: The kernel; or `add_to_kernel` later.

    Raises:
        MissingLibraryError: Semantic Kernel is not installed.

    Example:
        >>> cl.SemanticKernelFilter(kernel=kernel)
    """

    def __init__(
        self,
        excluded_plugins: list[str] | None = None,
        excluded_functions: list[str] | None = None,
        *,
        kernel: Any = None,
    ) -> None:
        need("SemanticKernelFilter")
        self.excluded_plugins = excluded_plugins
        self.excluded_functions = excluded_functions
        if kernel is not None:
            self.add_to_kernel(kernel)

    def add_to_kernel(self, kernel: Any) -> None:
        """Show what a kernel calls.

        Args:
            kernel: A `semantic_kernel.Kernel`.
        """
        kernel.add_filter("function_invocation", self._invoke)

    def parse_arguments(self, arguments: Mapping[str, Any]) -> dict[str, Any] | str:
        """Return what is shown of a function's arguments; for subclasses to show others.

        Args:
            arguments: Semantic Kernel's `KernelArguments`.
        """
        return {name: plain(value) for name, value in arguments.items()} if arguments else ""

    async def _invoke(self, context: Any, next: Callable[[Any], Awaitable[None]]) -> None:  # its name
        function = context.function
        is_excluded = function.plugin_name in (self.excluded_plugins or ())
        if is_excluded or function.name in (self.excluded_functions or ()) or scope_or_none() is None:
            await next(context)
            return
        async with Step(name=function.fully_qualified_name, type="tool") as step:
            step.input = self.parse_arguments(context.arguments)
            await step.update()
            await next(context)
            if context.result is not None:
                step.output = _said(context.result.value)


def _said(value: Any) -> Any:
    """Return what is shown of a function's result: of what a model said its words, without all that comes with them."""
    from semantic_kernel.contents.kernel_content import KernelContent

    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, KernelContent) and str(first):
        return str(first)
    return value if isinstance(value, str) else plain(value)
