"""What every handler has in common: who is asking, whether they may, and how they are told no."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import ensure_async
from tornado.web import HTTPError

from ...protocol.errors import ErrorCode, RefusedError
from ...protocol.frames import UserInfo
from ..access import Principal
from ..hub import Hub

AUTH_RESOURCE = "chat_sessions"
MAX_BODY_BYTES = 256 * 1024

T = TypeVar("T")

_SENTENCE = {
    400: "This request could not be read; send JSON.",
    403: "This Jupyter server does not know you, or not by this address. Sign in, or send its token in an "
    "`Authorization` header.",
    404: "There is nothing here for a page of another site.",
    405: "This address does not take this method; `api/chat-sessions/openapi.json` tells which it takes.",
}
"""What is said where Jupyter or tornado has refused, with one word."""

_STATUS: dict[ErrorCode, int] = {
    "malformed": 400,
    "missing_env": 400,
    "forbidden": 403,
    "unknown_channel": 404,
    "unknown_session": 404,
    "unknown_thread": 404,
    "unknown_file": 404,
    "conflict": 409,
    "channel_taken": 409,
    "question_closed": 409,
    "too_large": 413,
    "version": 426,
    "busy": 429,
    "no_host": 503,
    "storage_off": 503,
    "storage_full": 507,
    "ended": 410,
}


class ErrorBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a refused request is answered with."""

    code: str
    text: str
    details: list[str] = []


class Refusal(HTTPError):  # noqa: N818  # it is an answer, and tornado names its own likewise
    """A refused request, on its way out as an HTTP status with a JSON body."""

    def __init__(self, code: ErrorCode, text: str, *, status: int | None = None, details: list[str] | None = None):
        super().__init__(status or _STATUS.get(code, 500), code)
        self.body = ErrorBody(code=code, text=text, details=details or [])


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the hub's refusals into HTTP ones."""
    try:
        yield
    except RefusedError as error:
        raise Refusal(error.code, error.text) from None


class ChatHandler(JupyterHandler):
    """A handler of somebody who is signed in and may chat.

    Jupyter's `@authorized` would check "read" for a WebSocket's GET and so let the wrong people in: the check stands
    here, for each verb.
    """

    auth_resource = AUTH_RESOURCE

    @property
    def hub(self) -> Hub:
        """The hub."""
        hub: Hub = self.settings["chat_sessions_hub"]
        return hub

    async def authorize(self) -> None:
        """Let pass who may chat.

        Raises:
            Refusal: Nobody is signed in, or they may not.
        """
        if self.current_user is None:
            raise Refusal("forbidden", "Sign in to this Jupyter server first.", status=403)
        action = "read" if self.request.method in ("GET", "HEAD") and not self.is_socket else "execute"
        if not await self._may(action, AUTH_RESOURCE):
            raise Refusal("forbidden", "This Jupyter server does not let you chat. Ask its owner.")

    is_socket = False

    async def principal(self) -> Principal:
        """Return who is asking, in a form that is the same from one request to the next."""
        user = self.current_user
        key = f"user:{user.username}"
        if self.token_authenticated:
            cookie_user = self.identity_provider.get_user_cookie(self)
            if await ensure_async(cookie_user) is None:
                # Jupyter invents a new name for each request that has the token and no cookie; all of them are the
                # token's holder.
                key = "token"
        info = UserInfo(identifier=user.username, display_name=user.display_name or user.name or None)
        return Principal(key=key, user=info, is_owner=await self._may("execute", "kernels"))

    def note_activity(self, kernel_id: str | None = None) -> None:
        """Count chat as activity, so that neither server nor kernel is shut down as idle."""
        now = datetime.now(UTC)
        self.settings["chat_sessions_last_activity"] = now
        if kernel_id is not None and kernel_id in self.kernel_manager:
            # Set by jupyter_server's own manager on each kernel, and read by its culling.
            self.kernel_manager.get_kernel(kernel_id).last_activity = now  # type: ignore[attr-defined]

    async def _may(self, action: str, resource: str) -> bool:
        allowed = self.authorizer.is_authorized(self, self.current_user, action, resource)
        return bool(await ensure_async(allowed))


class ApiHandler(ChatHandler):
    """A handler of the REST interface: JSON in, JSON out."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Let in who may chat; a program is told no, not sent to a login page."""
        await super().prepare(_redirect_to_login=False)
        await self.authorize()

    def check_xsrf_cookie(self) -> None:
        """Refuse what a page of another site may have sent, and tell a script what it should send.

        Raises:
            Refusal: The cookie's token was not given a second time, in a header.
        """
        try:
            super().check_xsrf_cookie()
        except HTTPError as reason:
            if reason.status_code != 403:
                raise
            raise Refusal(
                "forbidden",
                "Send the value of the `_xsrf` cookie in an `X-XSRFToken` header, or this server's token in an "
                "`Authorization` header.",
            ) from None

    def body(self, of: type[T]) -> T:
        """Return the request's body.

        Raises:
            Refusal: It is too large, no JSON, or not what is expected.
        """
        # Forms and plain text can be sent across sites without a preflight; JSON cannot.
        if self.request.headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
            raise Refusal("malformed", "Send the body as application/json.", status=415)
        if len(self.request.body) > MAX_BODY_BYTES:
            raise Refusal(
                "too_large", f"The body has {len(self.request.body)} bytes; at most {MAX_BODY_BYTES} are read."
            )
        try:
            return msgspec.json.decode(self.request.body, type=of)
        except (msgspec.DecodeError, RecursionError) as reason:
            raise Refusal("malformed", f"The body could not be read: {reason}.") from None

    def answer(self, value: Any, *, status: int = 200) -> None:
        """Answer with a value as JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(msgspec.json.encode(value))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer a request that failed: code and sentence, never a traceback."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Refusal):
            body = error.body
        elif status_code < 500:
            code = "forbidden" if status_code == 403 else "malformed"
            body = ErrorBody(code=code, text=_SENTENCE.get(status_code, f"{self._reason}."))
        else:
            body = ErrorBody(code="internal", text="Something went wrong on the server; its log says what.")
        self.set_header("Content-Type", "application/json")
        self.finish(msgspec.json.encode(body))
