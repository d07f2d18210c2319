"""When an app begins and ends in this process: `on_app_startup` and `on_app_shutdown`, each once a life.

The one rule: a life begins with the first handler that a session needs, and ends when no channel and no session has the
app any more. No handler runs before the startup is over, and what went well is not run a second time in one life.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING

from .app import App, Handler, Slot
from .threads import run_in_thread

if TYPE_CHECKING:
    from .dispatcher import ShowError

logger = logging.getLogger(__name__)

STARTUP_LIMIT_S = 60.0
"""How long the sessions of an app wait for its `on_app_startup`, in seconds."""
SHUTDOWN_LIMIT_S = 10.0
"""How long `on_app_shutdown` may take, in seconds."""


class _Life:
    """What is known of an app that has begun.

    Args:
        loop: The loop of the session that began it: startup and shutdown run there.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.is_started = False
        """A startup went well."""
        self.startup: Handler | None = None
        """The one that was run last."""
        self.running: Future[None] | None = None
        """Says when the startup is over that goes on."""
        self.task: asyncio.Task[None] | None = None

    def needs(self, startup: Handler | None) -> bool:
        """Return whether a startup is still to be run."""
        return not (startup is None or self.is_started or self.startup is startup)


class AppLives:
    """The apps that have begun in this process.

    Args:
        show_error: Returns what shows an exception to the author.
    """

    def __init__(self, *, show_error: Callable[[], ShowError]) -> None:
        self._show_error = show_error
        self._lock = threading.Lock()
        self._life_by_app: dict[App, _Life] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._is_over = False

    def has_begun(self, app: App) -> bool:
        """Return whether an app has begun, so that nobody need wait for it."""
        life = self._life_by_app.get(app)
        return life is not None and life.running is None and not life.needs(app.handler("on_app_startup"))

    async def begin(self, app: App) -> None:
        """Let an app begin, if it has not: return once its `on_app_startup` is over. On a loop of handlers.

        A startup that fails is shown to the author and keeps nobody from chatting. It runs again when its cell does.
        """
        if self.has_begun(app):
            return
        running = self._running(app, app.handler("on_app_startup"))
        if running is not None:
            # Shielded: a viewer's Stop ends the waiting of one session, not the startup.
            await asyncio.shield(asyncio.wrap_future(running))

    def end_unused(self, is_used: Callable[[App], bool]) -> None:
        """End the apps that nobody needs any more, each on its loop. From any thread; does not wait."""
        for app, life in self._take(lambda app: not is_used(app)):
            if life.loop.is_closed():
                continue
            if _running_loop() is life.loop:
                self._end_soon(app, life)
            else:
                life.loop.call_soon_threadsafe(self._end_soon, app, life)

    def end_all(self, *, limit_s: float) -> None:
        """End all apps because the process ends, and wait for them. From a thread that none of their loops runs on.

        Args:
            limit_s: How long to wait in all, in seconds: a cell may keep the loop.
        """
        self._is_over = True
        wait(
            [
                asyncio.run_coroutine_threadsafe(self._end(app, life), life.loop)
                for app, life in self._take(lambda app: True)
                if life.loop.is_running()
            ],
            timeout=limit_s,
        )

    def forget(self) -> None:
        """Know nothing of any app any more, as after the death of the process."""
        with self._lock:
            self._life_by_app.clear()

    async def wait_ended(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for those on a loop that are ending. On that loop."""
        ending = [task for task in self._ending if task.get_loop() is loop]
        if ending:
            await asyncio.wait(ending)

    # ---- private -----------------------------------------------------------------------------------------------------

    def _running(self, app: App, startup: Handler | None) -> Future[None] | None:
        """Begin the startup where it is due; return what says that it is over, or None where nothing is waited for."""
        with self._lock:
            if self._is_over:
                return None
            life = self._life_by_app.setdefault(app, _Life(asyncio.get_running_loop()))
            if life.running is not None or startup is None or not life.needs(startup):
                return life.running
            life.startup = startup
            running = life.running = Future()
        life.task = asyncio.get_running_loop().create_task(
            self._start(life, startup, running), name="chat on_app_startup", context=startup.context.copy()
        )
        return running

    async def _start(self, life: _Life, startup: Handler, running: Future[None]) -> None:
        try:
            await self._call("on_app_startup", startup, limit_s=STARTUP_LIMIT_S)
            life.is_started = True
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # the run boundary: what it raises must not end the kernel
            self._show("on_app_startup", error)
        finally:
            life.running = None
            running.set_result(None)

    def _take(self, is_wanted: Callable[[App], bool]) -> list[tuple[App, _Life]]:
        with self._lock:
            taken = [(app, life) for app, life in self._life_by_app.items() if is_wanted(app)]
            for app, _ in taken:
                del self._life_by_app[app]
        return taken

    def _end_soon(self, app: App, life: _Life) -> None:
        shutdown = app.handler("on_app_shutdown")
        context = None if shutdown is None else shutdown.context.copy()
        task = life.loop.create_task(self._end(app, life), name="chat on_app_shutdown", context=context)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _end(self, app: App, life: _Life) -> None:
        shutdown = app.handler("on_app_shutdown")
        try:
            if shutdown is not None:
                await self._call("on_app_shutdown", shutdown, limit_s=SHUTDOWN_LIMIT_S)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # likewise
            self._show("on_app_shutdown", error)
        await self._close_data_layer(app)

    async def _close_data_layer(self, app: App) -> None:
        handler = app.handler("data_layer")
        if handler is None or handler.made is None:
            return
        layer, handler.made = handler.made, None
        try:
            async with asyncio.timeout(SHUTDOWN_LIMIT_S):
                await layer.close()
        except Exception as error:
            self._show("data_layer", error)

    async def _call(self, slot: Slot, handler: Handler, *, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s) as limit:
                result = handler.function() if handler.is_async else await run_in_thread(handler.function)
                if inspect.isawaitable(result):
                    await result
        except TimeoutError:
            if not limit.expired():
                raise
            raise TimeoutError(f"{slot} took longer than {limit_s:g} s and was given up.") from None

    def _show(self, slot: Slot, error: BaseException) -> None:
        logger.debug("%s raised", slot, exc_info=error)
        try:
            self._show_error()(error, f"Error in {slot}:")
        except Exception:
            logger.exception("an error in %s could not be shown", slot)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
