"""Starts a Jupyter server, with bugs asleep in it where that is wanted: `python -m tests.chaos.launch [options]`.

With `CHAOS_NETWORK_DISK` in its environment it takes every disk for one behind a network.
"""

from __future__ import annotations

import os
import sys

from jupyter_server.serverapp import main

from jupyter_chat_sessions.hub.sql import opening

from .seeded import seed


class _Everything(frozenset[str]):
    def __contains__(self, name: object) -> bool:
        return True


if __name__ == "__main__":
    seed()
    if "CHAOS_NETWORK_DISK" in os.environ:
        opening.NETWORK_FILE_SYSTEMS = _Everything()
    main(sys.argv[1:])
