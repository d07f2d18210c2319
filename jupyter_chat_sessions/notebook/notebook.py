"""The notebook's side of everything: its link to a hub, its channels, and the sessions that its cells see and speak in.

The magics are one call each into this object.
"""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from IPython.core.interactiveshell import InteractiveShell

from ..host.app import App, RunOn
from ..host.current import current_runtime
from ..host.discovery import find_hub
from ..host.dispatcher import print_error
from ..host.runtime import HostedChannel
from ..host.session import BaseSession
from ..host.wire import dial_websocket
from ..protocol.addresses import HubAddress
from ..protocol.errors import HubUnreachableError, NoSessionError
from ..protocol.frames import ChannelSettings
from .cells import CellWatch, running_cell
from .following import Following
from .guards import InputGuard, InterruptGuard
from .outputs import DisplayFormatter, ErrorDisplay, capture_displays, route_displays
from .pages import Pages
from .questions import HEARS_WIDGETS_SINCE, ask_in_cell
from .shutdown import ShutdownWatch
from .talking import Talk

if TYPE_CHECKING:  # half of what `%load_ext` would import; each is loaded where it is first used
    from ..embedded import EmbeddedHub
    from .bridge import Bridge
    from .widget import ChatWidget

ANSWER_LIMIT_S = 5.0
"""How long a cell waits for the hub to open a channel or a session, in seconds."""

T = TypeVar("T")


class Notebook:
    """A notebook that hosts chats.

    Args:
        shell: IPython's shell.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.runtime = current_runtime()
        self.kernel: Any = getattr(shell, "kernel", None)
        self.pages = Pages(self.runtime)
        self.address: HubAddress | None = None
        self._id = uuid4().hex
        self._embedded: EmbeddedHub | None = None
        self._loop = _running_loop()
        self._path_by_channel: dict[str, str] = {}
        self._own_by_channel: dict[str, BaseSession] = {}
        self._following_by_session: dict[str, Following] = {}
        self._widget_by_channel: dict[str, ChatWidget] = {}
        self._bridge_by_channel: dict[str, Bridge] = {}
        self._input_guard = InputGuard(self.kernel)
        self._interrupt_guard = InterruptGuard(self.kernel, stop_runs=self._stop_runs)
        self._shutdown_watch = ShutdownWatch(
            self.kernel, end_apps=lambda limit_s: self.runtime.end_apps(limit_s=limit_s)
        )
        self._cell_watch = CellWatch(shell, on_cell=self._interrupt_guard.install)
        self._restore_displays = route_displays(shell)
        self._release_displays = capture_displays(shell)

    # ---- life --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Join a hub, and put everything in place that makes handlers at home in a notebook."""
        self._cell_watch.start()
        self._shutdown_watch.start()
        self._input_guard.install()
        self.runtime.show_error = ErrorDisplay(self.shell)
        self.runtime.format_display = DisplayFormatter(self.shell)
        self.runtime.find_cell_session = self.cell_session
        self.runtime.on_cell_asks = lambda session, question, text: ask_in_cell(
            self.runtime, self._follow(session), question, text, is_chat_heard=self._is_chat_heard_in_cells()
        )
        self.runtime.on_session_opened = self._on_session_opened
        self.runtime.on_session_ended = self._on_session_ended
        self.address = find_hub()
        if self.address is not None:
            self.runtime.connect(dial_websocket(self.address), kernel_id=_kernel_id(self.kernel))
        else:
            self._connect_embedded()

    def close(self) -> None:
        """Close every chat, and take everything away that `start` put in place."""
        for bridge in self._bridge_by_channel.values():
            bridge.close()
        for widget in self._widget_by_channel.values():
            widget.close()
        self._bridge_by_channel.clear()
        self._widget_by_channel.clear()
        self.runtime.close()
        self.runtime.show_error = print_error
        self.runtime.format_display = None
        self.runtime.find_cell_session = lambda: None
        self.runtime.on_cell_asks = None
        self.runtime.on_session_opened = None
        self.runtime.on_session_ended = None
        self._input_guard.remove()
        self._interrupt_guard.remove()
        self._cell_watch.stop()
        self._shutdown_watch.stop()
        self._release_displays()
        self._restore_displays()

    # ---- channels ----------------------------------------------------------------------------------------------------

    def open_channel(
        self, settings: ChannelSettings, *, run_on: RunOn = "notebook", force: bool = False, app: App | None = None
    ) -> None:
        """Open a channel; one that is open already as it should be stays as it is.

        Args:
            settings: Its name, and what viewers see.
            run_on: Where `async def` handlers run; outside a kernel it is always a thread.
            force: Take the name over from another live notebook.
            app: Whose handlers answer; those of the notebook's cells by default.

        Raises:
            RefusedError: Another live notebook has the name.
            HubUnreachableError: The hub does not answer.
        """
        run_on = run_on if self._loop is not None else "thread"
        known = self._hosted(settings.name)
        is_open = settings.name in self._path_by_channel
        app = app or self.runtime.app
        if is_open and not force and known is not None and known[:2] == (settings, run_on) and known.app is app:
            return
        loop = self._loop or asyncio.new_event_loop()
        published = self.runtime.publish(settings, loop=loop, run_on=run_on, force=force, app=app)
        try:
            path = _result(published)
        except TimeoutError:
            if self.mode == "kernel" or self.runtime.link_status == "connected":
                raise HubUnreachableError(
                    f"The hub did not open the chat {settings.name!r} in time; try again."
                ) from None
            # A server that cannot be reached is as good as none: the chat goes on in the kernel.
            self.runtime.close()
            self._path_by_channel.clear()
            self._connect_embedded()
            path = _result(self.runtime.publish(settings, loop=loop, run_on=run_on, force=force, app=app))
        self._path_by_channel[settings.name] = path

    def widget(self, channel: str, *, height: str) -> ChatWidget:
        """Return the widget of a channel: one for each, however often it is shown.

        Raises:
            ChatSessionsError: The front end was not built.
        """
        from .widget import ChatWidget

        hosted = self._hosted(channel)
        title = channel if hosted is None else hosted.settings.title
        widget = self._widget_by_channel.get(channel)
        if widget is None or widget.comm is None:
            widget = self._widget_by_channel[channel] = ChatWidget(
                channel=channel,
                title=title,
                height=height,
                mode=self.mode,
                notebook=self._id,
                on_message=lambda message: self._on_page_message(channel, message),
            )
        widget.title, widget.height, widget.mode = title, height, self.mode
        if self._embedded is not None and channel not in self._bridge_by_channel:
            from .bridge import Bridge

            link = self.runtime.connect(self._embedded.dial)
            self._bridge_by_channel[channel] = Bridge(
                self._embedded, loop=link.loop, send=lambda message: self._widget_by_channel[channel].send(message)
            )
        return widget

    @property
    def channels(self) -> list[HostedChannel]:
        """The open channels, the last one opened at the end."""
        hosted = [self._hosted(name) for name in self._path_by_channel]
        return [channel for channel in hosted if channel is not None]

    @property
    def mode(self) -> Literal["server", "kernel"]:
        """Where the hub is."""
        return "server" if self._embedded is None else "kernel"

    def page_path(self, channel: str) -> str | None:
        """Return the path of a channel's page on its server; None where there is no server."""
        path = self._path_by_channel.get(channel)
        if path is None or self.mode == "kernel" or self.address is None:
            return None
        return urlsplit(self.address.url).path + path

    # ---- sessions ----------------------------------------------------------------------------------------------------

    def cell_session(self) -> BaseSession | None:
        """Return the session that this cell sees; the notebook's own is opened where no other is in sight."""
        cell = running_cell()
        if cell is None:
            return None
        seen = self.pages.seen(cell.client)
        if seen is not None:
            return seen
        return self.own_session() if self._path_by_channel else None

    def own_session(self, channel: str | None = None, *, anew: bool = False) -> BaseSession:
        """Return the notebook's own session in a channel; opened when it is first asked for.

        Args:
            channel: The channel's name; the one opened last by default.
            anew: End the one that there is, and begin another.

        Raises:
            NoSessionError: No channel is open, or none of that name.
            HubUnreachableError: The hub does not answer.
        """
        name = self._required_channel(channel)
        own = self._own_by_channel.get(name)
        if own is not None and anew:
            self.runtime.end(own)
        if own is None or own.is_ending or anew or self.runtime.session(own.id) is None:
            try:
                own = _result(self.runtime.open_notebook_session(name))
            except TimeoutError:
                raise HubUnreachableError(
                    "The hub did not open a session for this notebook in time; try again."
                ) from None
            self._own_by_channel[name] = own
        return own

    def speaking_session(self, channel: str | None = None) -> BaseSession:
        """Return the session that this page's `%%chat_session` cells speak in: the picked one, else the notebook's own.

        Raises:
            NoSessionError: No channel is open, or none of that name.
            HubUnreachableError: The hub does not answer.
        """
        picked = self.pages.picked(self.client) if channel is None else None
        return picked or self.own_session(channel)

    def pressing_session(self) -> BaseSession:
        """Return the session that this page's cells press buttons in: the picked one, else where they last spoke.

        Raises:
            NoSessionError: No channel is open.
            HubUnreachableError: The hub does not answer.
        """
        return self.pages.picked(self.client) or self.pages.spoken_in(self.client) or self.own_session()

    def find_session(self, wanted: str) -> BaseSession:
        """Return the session that somebody means: by the beginning of its id, or by its user's name.

        Raises:
            NoSessionError: None is meant, or more than one.
        """
        found = [
            session
            for session in self.runtime.sessions
            if session.id.startswith(wanted.lower()) or (session.user is not None and wanted in _names(session))
        ]
        if len(found) == 1:
            return found[0]
        what = "Several sessions are" if found else "No session of this notebook is"
        raise NoSessionError(f"{what} meant by {wanted!r}. `%chat_session list` shows them; give more of the id.")

    async def say(self, text: str, *, channel: str | None = None) -> None:
        """Say something as the user of the session that this page's cells speak in, and show the reply.

        Raises:
            ChatSessionsError: No channel is open, it was refused, or the session ended.
        """
        await self._talk(self.speaking_session(channel)).say(text)

    async def press(self, button: str) -> None:
        """Press a button as the user of the session that this page's cells last spoke in, and show what comes of it.

        Raises:
            ChatSessionsError: No channel is open, there is no such button, or the session ended.
        """
        await self._talk(self.pressing_session()).press(button)

    @property
    def client(self) -> str:
        """The page that runs this cell; empty outside a kernel."""
        cell = running_cell()
        return "" if cell is None else cell.client

    # ---- private -----------------------------------------------------------------------------------------------------

    def _connect_embedded(self) -> None:
        from ..embedded import EmbeddedHub

        self._embedded = EmbeddedHub()
        self.runtime.connect(self._embedded.dial, kernel_id=_kernel_id(self.kernel))

    def _is_chat_heard_in_cells(self) -> bool:
        """Whether what viewers say gets here while a cell awaits: over a link it does, through widgets not always."""
        if self.mode == "server" or self.kernel is None:
            return True
        import ipykernel

        return bool(ipykernel.version_info >= HEARS_WIDGETS_SINCE)

    def _hosted(self, name: str) -> HostedChannel | None:
        return next((channel for channel in self.runtime.channels if channel.settings.name == name), None)

    def _required_channel(self, channel: str | None) -> str:
        names = [hosted.settings.name for hosted in self.channels]
        if not names:
            raise NoSessionError("No chat is open in this notebook. Open one first: run %chat_session in a cell.")
        if channel is None:
            return names[-1]
        if channel not in names:
            raise NoSessionError(f"No chat {channel!r} is open in this notebook; open are: {', '.join(names)}.")
        return channel

    def _talk(self, session: BaseSession) -> Talk:
        self.pages.note_spoken(self.client, session)
        return Talk(self.runtime, self._follow(session), shows_updates=self.kernel is not None)

    def _follow(self, session: BaseSession) -> Following:
        following = self._following_by_session.get(session.id)
        if following is None or following.session is not session:
            following = self._following_by_session[session.id] = session.follower = Following(session)
        return following

    def _on_page_message(self, channel: str, message: dict[str, Any]) -> None:
        """Take a page's message, on the kernel's thread or a subshell's: nothing here waits or runs author's code."""
        if message.get("kind") == "shown":
            client = self.kernel.get_parent().get("header", {}).get("session")
            if isinstance(client, str) and isinstance(message.get("session"), str):
                self.pages.note_shown(client, message["session"])
        elif channel in self._bridge_by_channel:
            self._bridge_by_channel[channel].receive(message)
        elif message.get("kind") == "create" and channel in self._widget_by_channel:
            # A page that the server did not give out, such as an editor's, joined to a kernel of that server.
            text = "This front end cannot reach the chat on its server. Open the notebook or the chat's page there."
            body = {"code": "forbidden", "text": text}
            answer = {"kind": "created", "request": message.get("request"), "status": 403, "body": body}
            self._widget_by_channel[channel].send(answer)

    def _on_session_opened(self, session: BaseSession) -> None:
        if session.client_type == "notebook":  # Its cells read all that is said in it, from the first word.
            self._follow(session)

    def _on_session_ended(self, session: BaseSession) -> None:
        following = self._following_by_session.get(session.id)
        if following is not None and following.session is session:
            del self._following_by_session[session.id]
        if self._own_by_channel.get(session.channel) is session:
            del self._own_by_channel[session.channel]

    def _stop_runs(self) -> None:
        for session in self.runtime.sessions:
            if session.current_run is not None:
                self.runtime.interrupt(session)


def _result(future: Future[T]) -> T:
    """Wait for the link's thread, a little."""
    return future.result(ANSWER_LIMIT_S)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _kernel_id(kernel: Any) -> str | None:
    """Return the kernel's id, which its connection file is named after."""
    if kernel is None:
        return None
    from ipykernel.connect import get_connection_file

    try:
        named = re.search(r"kernel-([\w-]+)\.json$", get_connection_file())
    except RuntimeError:
        return None
    return None if named is None else named[1]


def _names(session: BaseSession) -> tuple[str, ...]:
    return () if session.user is None else tuple(filter(None, (session.user.identifier, session.user.display_name)))
