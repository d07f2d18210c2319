"""Starts a Jupyter server, with bugs asleep in it where that is wanted: `python -m tests.chaos.launch [options]`.

With `CHAOS_NETWORK_DISK` in its environment it takes every disk for one behind a network.

What checks the syntax of addresses for jsonschema, if it is there, builds a grammar when it is imported. That is half
of what a server takes to start, and nothing here asks for it: so it is not there.
"""

from __future__ import annotations

import os
import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # what Python takes for an ImportError

from jupyter_server.serverapp import main  # noqa: E402

from jupyter_chat_sessions.hub.sql import opening  # noqa: E402

from .seeded import seed  # noqa: E402


class _Everything(frozenset[str]):
    def __contains__(self, name: object) -> bool:
        return True


if __name__ == "__main__":
    seed()
    if "CHAOS_NETWORK_DISK" in os.environ:
        opening.NETWORK_FILE_SYSTEMS = _Everything()
    main(sys.argv[1:])
