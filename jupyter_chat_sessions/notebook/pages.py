"""Which session a cell sees, by the page that ran the cell.

The one rule: an id that a page claims names nothing unless a session of that id lives in this kernel.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from ..host.runtime import Runtime
from ..host.session import BaseSession

MAX_PAGES = 64
"""Pages remembered; each reload of a browser is a new one."""


@dataclass
class _Page:
    shown: str | None = None
    picked: str | None = None
    spoken_in: str | None = None
    spoke_at: float = 0.0


class Pages:
    """The pages that look at this notebook, and what each of them is about.

    A page sees, first of these that lives: the session picked in it; of the one that its chat shows and the one
    that its `%%chat_session` cells speak in, the one it last spoke in; the session picked last in any page.

    Args:
        runtime: Where sessions live.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._page_by_client: OrderedDict[str, _Page] = OrderedDict()
        self._last_pick: str | None = None
        self._lock = threading.Lock()

    def note_shown(self, client: str, session_id: str) -> None:
        """Note which session a page shows. From any thread."""
        self._page(client).shown = session_id

    def note_spoken(self, client: str, session: BaseSession) -> None:
        """Note that a cell of a page spoke in a session."""
        page = self._page(client)
        page.spoken_in, page.spoke_at = session.id, time.monotonic()

    def pick(self, client: str, session: BaseSession) -> None:
        """Let the cells of a page see a session until it ends or `clear` is called."""
        self._page(client).picked = self._last_pick = session.id

    def clear(self, client: str) -> None:
        """Let the cells of a page see what its chat shows again."""
        self._page(client).picked = self._last_pick = None

    def picked(self, client: str) -> BaseSession | None:
        """Return the session that was picked in a page, else in any, while it lives."""
        return self._live(self._page(client).picked) or self._live(self._last_pick)

    def spoken_in(self, client: str) -> BaseSession | None:
        """Return the session that a cell of a page last spoke in, while it lives."""
        return self._live(self._page(client).spoken_in)

    def seen(self, client: str) -> BaseSession | None:
        """Return the session that a page's cells see, or None: then it is the notebook's own."""
        page = self._page(client)
        picked = self._live(page.picked)
        if picked is not None:
            return picked
        shown, spoken_in = self._live(page.shown), self._live(page.spoken_in)
        if shown is not None and spoken_in is not None:
            return spoken_in if page.spoke_at >= shown.heard_at else shown
        return shown or spoken_in or self._live(self._last_pick)

    def _page(self, client: str) -> _Page:
        with self._lock:
            page = self._page_by_client.setdefault(client, _Page())
            self._page_by_client.move_to_end(client)
            if len(self._page_by_client) > MAX_PAGES:
                self._page_by_client.popitem(last=False)
            return page

    def _live(self, session_id: str | None) -> BaseSession | None:
        session = None if session_id is None else self._runtime.session(session_id)
        return None if session is None or session.is_ending else session
