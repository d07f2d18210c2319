"""`data_layer`: conversations told to an author's own store, beside that of the Jupyter server."""

from __future__ import annotations

import inspect
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from ..host.app import App
from ..host.current import current_app
from ..host.scope import current_session
from ..host.user import PersistedUser, User
from ..protocol.errors import NoSessionError
from .feedback import Feedback
from .stored_thread import ThreadDict

if TYPE_CHECKING:
    from ..host.record import Record
    from ..host.session import BaseSession

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


@dataclass
class Pagination:
    """Which part of a list is wanted (Chainlit: `chainlit.types.Pagination`).

    Attributes:
        first: How many.
        cursor: After which one; from the beginning by default.
    """

    first: int
    cursor: str | None = None


@dataclass
class ThreadFilter:
    """Which conversations are wanted (Chainlit: `chainlit.types.ThreadFilter`).

    Attributes:
        feedback: Those rated so.
        userId: Those of a user.
        search: Those with this text.
    """

    feedback: Literal[0, 1] | None = None
    userId: str | None = None  # noqa: N815  # Chainlit's name
    search: str | None = None


@dataclass
class PageInfo:
    """Where a part of a list stands in it (Chainlit: `chainlit.types.PageInfo`).

    Attributes:
        hasNextPage: There is more.
        startCursor: The first one's.
        endCursor: The last one's.
    """

    hasNextPage: bool  # noqa: N815  # Chainlit's name
    startCursor: str | None = None  # noqa: N815  # Chainlit's name
    endCursor: str | None = None  # noqa: N815  # Chainlit's name

    def to_dict(self) -> dict[str, Any]:
        """Return it as a dict."""
        return asdict(self)


@dataclass
class PaginatedResponse(Generic[T]):
    """A part of a list (Chainlit: `chainlit.types.PaginatedResponse`).

    Attributes:
        pageInfo: Where it stands.
        data: What is in it.
    """

    pageInfo: PageInfo  # noqa: N815  # Chainlit's name
    data: list[T]

    def to_dict(self) -> dict[str, Any]:
        """Return it as a dict."""
        data = [each.to_dict() if hasattr(each, "to_dict") else each for each in self.data]
        return {"pageInfo": self.pageInfo.to_dict(), "data": data}


class BaseDataLayer(ABC):
    """A store of the author's (Chainlit: `chainlit.data.BaseDataLayer`): derive from it, and write what it keeps.

    Called here: `get_user` when a session begins, and `create_user` where it returns None: what they return is then
    `cl.user_session.get("user")`, with the name for people that Jupyter tells; `update_thread` at the first thing that
    its viewer says or does (with `name` and `user_id`) and at its end (with `metadata`); `create_step`, `update_step`,
    `delete_step`, `create_element`, `delete_element`, `upsert_feedback` as the conversation goes on; `close` when the
    app ends. Each runs on the loop of the handlers, one after the other for a session, in the order of the
    conversation, with the session's `cl.context`, and has 30 seconds. A conversation whose viewer never said anything
    is not told. Handlers wait for none of it but for who the viewer is, and for that 5 seconds at most.

    The other methods are never called: viewers read, list, resume and delete their conversations in the store of the
    Jupyter server, and `on_chat_resume` is given the thread as that has it. They are here because Chainlit calls them.

    Example:
        >>> class Log(BaseDataLayer):
        ...     async def create_step(self, step_dict):
        ...         self.file.write(json.dumps(step_dict))
    """

    @abstractmethod
    async def get_user(self, identifier: str) -> PersistedUser | None:
        """Return the record of a user, by Jupyter's name for them; None where there is none."""

    @abstractmethod
    async def create_user(self, user: User) -> PersistedUser | None:
        """Keep a user who is new; the `id` of the record is then the `user_id` of the thread."""

    @abstractmethod
    async def delete_feedback(self, feedback_id: str) -> bool:
        """Remove a rating. Never called here: a rating that is taken back is not told."""

    @abstractmethod
    async def upsert_feedback(self, feedback: Feedback) -> str:
        """Keep a rating; return its id."""

    @abstractmethod
    async def create_element(self, element: Any) -> Any:
        """Keep what stands with a message or step."""

    @abstractmethod
    async def get_element(self, thread_id: str, element_id: str) -> Any:
        """Return an element. Never called here."""

    @abstractmethod
    async def delete_element(self, element_id: str, thread_id: str | None = None) -> Any:
        """Remove an element."""

    @abstractmethod
    async def create_step(self, step_dict: dict[str, Any]) -> Any:
        """Keep a message or step, once its text is complete."""

    @abstractmethod
    async def update_step(self, step_dict: dict[str, Any]) -> Any:
        """Keep how a message or step is now."""

    @abstractmethod
    async def delete_step(self, step_id: str) -> Any:
        """Remove a message or step."""

    @abstractmethod
    async def get_thread_author(self, thread_id: str) -> str:
        """Return whose a conversation is. Never called here."""

    @abstractmethod
    async def delete_thread(self, thread_id: str) -> Any:
        """Remove a conversation. Never called here: what viewers delete, the Jupyter server does."""

    @abstractmethod
    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        """Return conversations. Never called here."""

    @abstractmethod
    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        """Return a conversation. Never called here."""

    @abstractmethod
    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> Any:
        """Keep what is given of a conversation; make it if it is new."""

    @abstractmethod
    async def build_debug_url(self) -> str:
        """Return where to look. Never called here."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of what the store holds: the app ends."""

    async def get_favorite_steps(self, user_id: str) -> list[dict[str, Any]]:
        """Return a user's favourites. Never called here, and not abstract, so that older layers work."""
        return []

    async def set_step_favorite(self, step_dict: dict[str, Any], favorite: bool) -> dict[str, Any]:
        """Mark a step as a favourite. Never called here."""
        step_dict["metadata"] = {**(step_dict.get("metadata") or {}), "favorite": favorite}
        await self.update_step(step_dict)
        return step_dict


def data_layer(function: F) -> F:
    """Let a function make the author's own store, which is told of every conversation (Chainlit: `@cl.data_layer`).

    The Jupyter server keeps conversations in any case, and is what viewers see; who somebody is there, the store is
    asked. One that is slow or fails holds up nobody for more than the 5 seconds that a session waits for its user: what
    it raises is shown to the author, once for each method. At a session's end it has 10 seconds to take
    what is left. After a kernel restart the next kernel goes on where this one was; what this one had not told yet is
    not told again.

    Args:
        function: A `def` that takes nothing and returns a `BaseDataLayer`; called once, when it is first needed.

    Returns:
        The function itself.

    Raises:
        TypeError: It cannot be called.

    Example:
        >>> from jupyter_chat_sessions.data import BaseDataLayer
        >>> @cl.data_layer
        ... def get_data_layer():
        ...     return MyDataLayer(url)

    Chainlit shows its viewers what the layer returns, and starts each call without waiting for it or for the one
    before: what it raises is lost, and an update may overtake what it updates.
    """
    app = current_app()
    app.register("data_layer", function)
    app.make_record = _make_record
    return function


def queue_until_user_message() -> Callable[[F], F]:
    """Return a decorator that leaves a method as it is (Chainlit: `chainlit.data.utils.queue_until_user_message`).

    There it holds back what is told before a viewer says something. Here that is done before a layer is called.

    Example:
        >>> class Layer(BaseDataLayer):
        ...     @queue_until_user_message()
        ...     async def create_step(self, step_dict): ...
    """
    return lambda method: method


def get_data_layer() -> BaseDataLayer | None:
    """Return the store of this app, or None where it has none (Chainlit: `chainlit.data.get_data_layer`).

    Raises:
        TypeError: What its author's function returned is no `BaseDataLayer`.

    Example:
        >>> layer = get_data_layer()
    """
    try:
        app = current_session().app
    except NoSessionError:
        app = current_app()
    return layer_of(app)


_making = threading.Lock()


def layer_of(app: App) -> BaseDataLayer | None:
    """Return an app's store, made when it is first asked for; None where it has none.

    Raises:
        TypeError: What its author's function returned is no `BaseDataLayer`.
    """
    handler = app.handler("data_layer")
    if handler is None:
        return None
    with _making:
        if handler.made is None:
            made = handler.function()
            if not isinstance(made, BaseDataLayer):
                if inspect.iscoroutine(made):
                    made.close()
                raise TypeError(
                    "@data_layer decorates a plain `def` that returns a BaseDataLayer of jupyter_chat_sessions.data; "
                    f"it returned {type(made).__name__!r}."
                )
            handler.made = made
        layer: BaseDataLayer = handler.made
        return layer


def _make_record(session: BaseSession) -> Record:
    from .data_record import DataRecord  # here and not above: importing the author's API stays fast

    return DataRecord(session)
