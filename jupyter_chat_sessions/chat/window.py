"""Messages between the author's handlers and the window that shows the chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..host.current import current_app
from ..host.run import Run
from ..host.scope import current_session
from . import arguments

F = TypeVar("F", bound=Callable[..., Any])


def on_window_message(function: F) -> F:
    """Run a function when the window around the chat sends something.

    From a page that shows the chat in a frame that is `frame.contentWindow.postMessage(data, origin)`; in a notebook it
    is an event at the chat's element, see `docs/protocol.md`.

    Args:
        function: Takes what was sent, as JSON carries it, or nothing; `async def` or `def`.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> @cl.on_window_message
        ... async def heard(data):
        ...     await cl.Message(f"The window says {data}.").send()

    Chainlit hears every window of every origin. Here only the one that shows the chat is heard, and only if it comes
    from the same origin. A viewer may send anything, too: do not take it for the word of your own page.
    """
    current_app().register("on_window_message", function, arguments=_given)
    return function


async def send_window_message(data: Any) -> None:
    """Send something to the window around the chat, for each viewer that looks on now.

    Args:
        data: Anything that is JSON.

    Raises:
        NoSessionError: There is no session here.
        TypeError: It is no JSON.

    Example:
        >>> await cl.send_window_message({"kind": "highlight", "row": 3})

    Chainlit sends it to a window of any origin; here it reaches one of the same origin only.
    """
    session = current_session()
    session.signal("window_message", arguments.json_value("send_window_message(data)", data))
    await session.room()


def _given(run: Run) -> tuple[Any, ...]:
    return (run.given,)
