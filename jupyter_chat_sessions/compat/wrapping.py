"""`chainlit.utils`: small things that apps import from there."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any


def timestamp_utc(timestamp: float) -> str:
    """Return a time in seconds since 1970 as ISO 8601 in UTC (Chainlit: `chainlit.utils.timestamp_utc`).

    Example:
        >>> timestamp_utc(0)
        '1970-01-01T00:00:00.000Z'
    """
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def wrap_user_function(user_function: Callable[..., Any], with_task: bool = False) -> Callable[..., Awaitable[Any]]:
    """Return an async function that calls another with as many arguments as it takes.

    Chainlit's, `chainlit.utils.wrap_user_function`, also swallows what the function raises; here it goes on, and a
    handler's run shows it.

    Args:
        user_function: `def` or `async def`.
        with_task: For compatibility: a handler's run is shown by itself.

    Example:
        >>> await wrap_user_function(lambda a: a + 1)(1, "one too many")
        2
    """

    @wraps(user_function)
    async def called(*args: Any) -> Any:
        given = dict(zip(inspect.signature(user_function).parameters, args, strict=False))
        result = user_function(**given)
        return await result if inspect.isawaitable(result) else result

    return called
